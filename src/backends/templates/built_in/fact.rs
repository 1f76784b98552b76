//! The facts of an app as templates see them: texts, lists and tables, borrowed.

use indexmap::IndexMap;
use serde_json::{Map, Number, Value};

use crate::google::resources::Resource;
use crate::kubernetes::WorkloadKind;
use crate::model::identity::{Account, Binding, Cluster, Identity, Location, Member, Step};
use crate::model::pod::{NativeContainer, Pod, Spec, Waiting};
use crate::model::previous::Earlier;
use crate::model::workload::{Container, Env, ServiceAccount, Workload};
use crate::spec::types::{ClusterType, Setup};

/// A value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fact<'a> {
    None,
    Bool(bool),
    Number(&'a Number),
    Text(&'a str),
    List(&'a dyn List),
    Table(&'a dyn Table),
}

/// Values in their order.
pub(super) trait List: std::fmt::Debug {
    fn len(&self) -> usize;
    /// One of them.
    fn at(&self, index: usize) -> Option<Fact<'_>>;
}

/// Values by name.
pub(super) trait Table: std::fmt::Debug {
    fn len(&self) -> usize;
    /// An entry by its number.
    fn at(&self, index: usize) -> Option<(&str, Fact<'_>)>;
    /// A value by its name.
    fn get(&self, key: &str) -> Option<Fact<'_>>;
}

impl Fact<'_> {
    /// Whether it counts as true; `None` for a number.
    pub(super) fn is_true(self) -> Option<bool> {
        match self {
            Self::None => Some(false),
            Self::Bool(boolean) => Some(boolean),
            Self::Number(_) => None,
            Self::Text(text) => Some(!text.is_empty()),
            Self::List(list) => Some(list.len() > 0),
            Self::Table(table) => Some(table.len() > 0),
        }
    }

    /// Whether two are the same; `None` for what no template compares.
    pub(super) fn is_same(self, other: Self) -> Option<bool> {
        match (self, other) {
            (Self::None, Self::None) => Some(true),
            (Self::Bool(one), Self::Bool(other)) => Some(one == other),
            (Self::Text(one), Self::Text(other)) => Some(one == other),
            (Self::Table(one), Self::Table(other)) => {
                if one.len() != other.len() {
                    return Some(false);
                }
                for index in 0..one.len() {
                    let (key, value) = one.at(index)?;
                    let same = match other.get(key) {
                        Some(other) => value.is_same(other)?,
                        None => false,
                    };
                    if !same {
                        return Some(false);
                    }
                }
                Some(true)
            }
            (Self::Number(_) | Self::List(_), _) | (_, Self::Number(_) | Self::List(_)) => None,
            _ => Some(false),
        }
    }
}

/// What templates can see.
pub(super) trait ToFact: std::fmt::Debug {
    fn to_fact(&self) -> Fact<'_>;
}

impl ToFact for bool {
    fn to_fact(&self) -> Fact<'_> {
        Fact::Bool(*self)
    }
}

impl ToFact for &str {
    fn to_fact(&self) -> Fact<'_> {
        Fact::Text(self)
    }
}

impl ToFact for String {
    fn to_fact(&self) -> Fact<'_> {
        Fact::Text(self)
    }
}

impl ToFact for Value {
    fn to_fact(&self) -> Fact<'_> {
        match self {
            Self::Null => Fact::None,
            Self::Bool(boolean) => Fact::Bool(*boolean),
            Self::Number(number) => Fact::Number(number),
            Self::String(text) => Fact::Text(text),
            Self::Array(list) => Fact::List(list),
            Self::Object(table) => Fact::Table(table),
        }
    }
}

impl<T: ToFact> ToFact for Option<T> {
    fn to_fact(&self) -> Fact<'_> {
        self.as_ref().map_or(Fact::None, T::to_fact)
    }
}

impl<T: ToFact> ToFact for Box<T> {
    fn to_fact(&self) -> Fact<'_> {
        T::to_fact(self)
    }
}

impl<T: ToFact> ToFact for Vec<T> {
    fn to_fact(&self) -> Fact<'_> {
        Fact::List(self)
    }
}

impl<T: ToFact> List for Vec<T> {
    fn len(&self) -> usize {
        self.len()
    }

    fn at(&self, index: usize) -> Option<Fact<'_>> {
        self.get(index).map(T::to_fact)
    }
}

impl ToFact for &[&str] {
    fn to_fact(&self) -> Fact<'_> {
        Fact::List(self)
    }
}

impl List for &[&str] {
    fn len(&self) -> usize {
        <[&str]>::len(self)
    }

    fn at(&self, index: usize) -> Option<Fact<'_>> {
        self.get(index).map(|text| Fact::Text(text))
    }
}

impl<A: ToFact, B: ToFact> ToFact for (A, B) {
    fn to_fact(&self) -> Fact<'_> {
        Fact::List(self)
    }
}

impl<A: ToFact, B: ToFact> List for (A, B) {
    fn len(&self) -> usize {
        2
    }

    fn at(&self, index: usize) -> Option<Fact<'_>> {
        [self.0.to_fact(), self.1.to_fact()].get(index).copied()
    }
}

impl ToFact for IndexMap<String, String> {
    fn to_fact(&self) -> Fact<'_> {
        Fact::Table(self)
    }
}

impl Table for IndexMap<String, String> {
    fn len(&self) -> usize {
        self.len()
    }

    fn at(&self, index: usize) -> Option<(&str, Fact<'_>)> {
        self.get_index(index).map(|(key, text)| (key.as_str(), Fact::Text(text)))
    }

    fn get(&self, key: &str) -> Option<Fact<'_>> {
        self.get(key).map(String::to_fact)
    }
}

impl ToFact for Map<String, Value> {
    fn to_fact(&self) -> Fact<'_> {
        Fact::Table(self)
    }
}

impl Table for Map<String, Value> {
    fn len(&self) -> usize {
        self.len()
    }

    fn at(&self, index: usize) -> Option<(&str, Fact<'_>)> {
        self.iter().nth(index).map(|(key, value)| (key.as_str(), value.to_fact()))
    }

    fn get(&self, key: &str) -> Option<Fact<'_>> {
        self.get(key).map(Value::to_fact)
    }
}

/// Types whose fields templates see by their names: all of them, or this does not compile.
macro_rules! tables {
    ($($type:ident { $($field:ident),* })*) => {$(
        impl ToFact for $type {
            fn to_fact(&self) -> Fact<'_> {
                Fact::Table(self)
            }
        }

        impl Table for $type {
            fn len(&self) -> usize {
                [$(stringify!($field)),*].len()
            }

            fn at(&self, index: usize) -> Option<(&str, Fact<'_>)> {
                let key = *[$(stringify!($field)),*].get(index)?;
                Some((key, Table::get(self, key)?))
            }

            fn get(&self, key: &str) -> Option<Fact<'_>> {
                let Self { $($field),* } = self;
                match key {
                    $(stringify!($field) => Some($field.to_fact()),)*
                    _ => None,
                }
            }
        }
    )*};
}

tables! {
    Identity {
        project, workload_pool, cluster, namespace, service_account, renders_service_account,
        annotation, account, member, steps, looks_up_number, earlier
    }
    Cluster { name, project, location, kind, setup, node_pools }
    Account { id, email, project, create, display_name, description, workload_member }
    Binding { roles, member, resource, condition }
    Resource { noun, group, name, flags, project, condition_flag }
    Earlier { spec, bindings, number_of, account, account_project }
    Workload {
        name, namespace, labels, annotations, selector, service_account, container, kind, spec, pod
    }
    ServiceAccount { name, labels, annotations, automount_token }
    Container { name, image, ports, env, before, after }
    Env { name, value, value_from }
    Spec { before, after, job }
    Pod { before, waiting, init_containers, sidecars, volumes }
    Waiting { name, image, expected }
    NativeContainer { name, image, fields }
}

/// Types whose variants templates tell apart by their `kind`, beside what these have.
macro_rules! variants {
    ($($type:ident { $($kind:literal: $variant:pat => { $($key:literal: $field:expr),* })* })*) => {$(
        impl ToFact for $type {
            fn to_fact(&self) -> Fact<'_> {
                Fact::Table(self)
            }
        }

        impl Table for $type {
            fn len(&self) -> usize {
                match self {
                    $($variant => ["kind", $($key),*].len(),)*
                }
            }

            fn at(&self, index: usize) -> Option<(&str, Fact<'_>)> {
                let key = match self {
                    $($variant => *["kind", $($key),*].get(index)?,)*
                };
                Some((key, Table::get(self, key)?))
            }

            fn get(&self, key: &str) -> Option<Fact<'_>> {
                match self {
                    $($variant => match key {
                        "kind" => Some(Fact::Text($kind)),
                        $($key => Some($field.to_fact()),)*
                        _ => None,
                    },)*
                }
            }
        }
    )*};
}

#[allow(unused_variables, reason = "how many fields a variant has is asked without them")]
const _: () = {
    variants! {
        Location {
            "region": Self::Region(name) => { "name": name }
            "zone": Self::Zone(name) => { "name": name }
        }
        Member {
            "account": Self::Account { text } => { "text": text }
            "principal": Self::Principal { text, project, before, after } => {
                "text": text, "project": project, "before": before, "after": after
            }
        }
        Step {
            "cluster": Self::Cluster => {}
            "account": Self::Account => {}
            "grants": Self::Grants { bindings } => { "bindings": bindings }
            "impersonation": Self::Impersonation { binding } => { "binding": binding }
        }
    }
};

impl ToFact for ClusterType {
    fn to_fact(&self) -> Fact<'_> {
        Fact::Text(match self {
            Self::Standard => "standard",
            Self::Autopilot => "autopilot",
        })
    }
}

impl ToFact for Setup {
    fn to_fact(&self) -> Fact<'_> {
        Fact::Text(match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Verify => "verify",
            Self::None => "none",
        })
    }
}

impl ToFact for WorkloadKind {
    fn to_fact(&self) -> Fact<'_> {
        Fact::Text(match self {
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
        })
    }
}

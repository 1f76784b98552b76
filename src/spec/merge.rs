//! Merges one document over another: an environment over its spec, a spec over the defaults of its
//! workspace.

use crate::text::{Node, NodeValue, Table};

/// A table of a spec that has only one of several keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TableKind {
    /// The top of a spec or of an environment.
    Top,
    Environments,
    Cluster,
    GoogleServiceAccount,
    Other,
}

impl TableKind {
    #[must_use]
    pub(super) fn below(self, key: &str) -> Self {
        match (self, key) {
            (Self::Top, "environments") => Self::Environments,
            (Self::Top, "cluster") => Self::Cluster,
            (Self::Top, "googleServiceAccount") => Self::GoogleServiceAccount,
            (Self::Environments, _) => Self::Top,
            _ => Self::Other,
        }
    }

    /// The keys of which the table has one.
    fn exclusive_keys(self) -> &'static [&'static str] {
        match self {
            Self::Top => &["deployment", "statefulSet", "daemonSet", "job", "cronJob"],
            Self::Cluster => &["region", "zone"],
            Self::GoogleServiceAccount => &["name", "email"],
            Self::Environments | Self::Other => &[],
        }
    }

    /// Takes out of a table the keys that cannot stand beside a new one.
    pub(super) fn make_way(self, table: &mut Table, new: &str) {
        self.make_way_for(table, &|key| key == new);
    }

    fn make_way_for(self, table: &mut Table, is_new: &dyn Fn(&str) -> bool) {
        let keys = self.exclusive_keys();
        if keys.iter().any(|key| is_new(key)) {
            for key in keys.iter().filter(|key| !is_new(key)) {
                table.shift_remove(*key);
            }
        }
    }
}

/// Which document an object comes from that both have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shared {
    /// The one below.
    Base,
    /// The one that is merged over it.
    Over,
}

/// Merges a document over another: objects key by key; everything else is replaced. Where a table has
/// only one of several keys (`cluster.region` and `zone`, `googleServiceAccount.name` and `email`, the
/// kinds of workload), the new one replaces the other.
pub(super) fn merge(base: &mut Node, over: Node, shared: Shared) {
    merge_at(TableKind::Top, base, over, shared);
}

fn merge_at(location: TableKind, base: &mut Node, over: Node, shared: Shared) {
    match (&mut base.value, over) {
        (NodeValue::Object(table), Node { value: NodeValue::Object(part), origin }) => {
            location.make_way_for(table, &|key| part.contains_key(key));
            for (key, node) in part {
                match table.get_mut(&key) {
                    Some(known) => merge_at(location.below(&key), known, node, shared),
                    None => drop(table.insert(key, node)),
                }
            }
            if shared == Shared::Over {
                base.origin = origin;
            }
        }
        (_, over) => *base = over,
    }
}

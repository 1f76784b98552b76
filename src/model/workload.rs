//! The Kubernetes side of an app, resolved: names, labels, annotations, the container.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::google::names::GSA_ANNOTATION;
use crate::kubernetes::names::NAME_LABEL;
use crate::kubernetes::{WorkloadKind, canonicalize};
use crate::model::identity::Identity;
use crate::model::pod::{self, PodFields, WorkloadFields};
use crate::spec::types::{self, App};
use crate::text::OrderedMap;

/// The Kubernetes side of an app.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Workload {
    /// Name of the workload.
    pub name: String,
    /// Namespace of every object.
    pub namespace: String,
    /// Labels of the workload.
    pub labels: OrderedMap<String>,
    /// Annotations of the workload.
    pub annotations: OrderedMap<String>,
    /// The labels that select its pods. A selector can never change, so by default it only has the
    /// label with the app's name.
    pub selector: OrderedMap<String>,
    /// The Namespace, if it is rendered.
    pub rendered_namespace: Option<RenderedNamespace>,
    /// What the NetworkPolicy allows, if there is one.
    pub network_policy: Option<NetworkPolicy>,
    /// The `ServiceAccount` that the pods use.
    pub service_account: ServiceAccount,
    /// The app's container; none if the workload is managed elsewhere and none is rendered.
    pub container: Option<Container>,
    /// Its kind.
    pub kind: WorkloadKind,
    /// Its other Kubernetes fields.
    pub spec: WorkloadFields,
    /// The Kubernetes fields of its pods.
    pub pod: PodFields,
}

/// The Namespace. It is not part of the app, so it only has the labels and annotations of the spec.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RenderedNamespace {
    /// Its labels.
    pub labels: OrderedMap<String>,
    /// Its annotations.
    pub annotations: OrderedMap<String>,
}

/// What a NetworkPolicy allows besides the metadata server.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct NetworkPolicy {
    /// Ranges of the addresses of Google APIs.
    pub google_apis: Vec<String>,
    /// Ranges of the addresses of DNS servers, besides those that every cluster may have.
    pub dns: Vec<String>,
}

/// The Kubernetes `ServiceAccount`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ServiceAccount {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: OrderedMap<String>,
    /// Its annotations, the one for Workload Identity last.
    pub annotations: OrderedMap<String>,
    /// Whether pods get a token for the Kubernetes API; none if the spec does not say.
    pub automount_token: Option<bool>,
}

/// The app's container.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Image reference.
    pub image: String,
    /// Ports that it listens on: Kubernetes `ContainerPort`s.
    pub ports: Vec<Value>,
    /// Environment variables in the order of the spec; those of a table each after those that it
    /// refers to.
    pub env: Vec<Env>,
    /// Its Kubernetes fields before its ports, such as its command.
    pub before: Map<String, Value>,
    /// Its other Kubernetes fields.
    pub after: Map<String, Value>,
}

/// An environment variable.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Env {
    /// Its name.
    pub name: String,
    /// Its value, if the spec gives one.
    pub value: Option<String>,
    /// Where Kubernetes takes its value from, otherwise.
    pub value_from: Option<Value>,
}

impl Workload {
    /// Resolves the facts of an app.
    pub fn from_app(app: &App, identity: &Identity) -> Self {
        let mut labels = OrderedMap::from_iter([(NAME_LABEL.to_owned(), app.name.to_string())]);
        labels.extend(app.labels.clone());
        let selector = if app.selector.is_empty() {
            OrderedMap::from_iter([(NAME_LABEL.to_owned(), app.name.to_string())])
        } else {
            app.selector.clone()
        };

        let mut account_labels = labels.clone();
        account_labels.extend(app.service_account.labels.clone());
        let mut account_annotations = app.annotations.clone();
        account_annotations.extend(app.service_account.annotations.clone());
        if let Some(account) = &identity.account {
            account_annotations.insert(GSA_ANNOTATION.to_owned(), account.email.clone());
        }

        let pod = PodFields::from_app(app, identity, &labels, &selector);
        Self {
            name: app.name.to_string(),
            namespace: identity.pods.namespace.clone(),
            selector,
            labels,
            annotations: app.annotations.clone(),
            rendered_namespace: app.create_namespace.then(|| RenderedNamespace {
                labels: app.labels.clone(),
                annotations: app.annotations.clone(),
            }),
            network_policy: app.network_policy.as_ref().map(|policy| NetworkPolicy {
                google_apis: policy
                    .google_apis
                    .iter()
                    .map(|apis| apis.range().to_owned())
                    .collect(),
                dns: policy.dns.iter().map(ToString::to_string).collect(),
            }),
            service_account: ServiceAccount {
                name: identity.pods.service_account.clone(),
                labels: account_labels,
                annotations: account_annotations,
                automount_token: app.service_account.automount_service_account_token,
            },
            container: app.container.as_ref().map(|container| Container::new(container, app)),
            kind: app.kind(),
            spec: WorkloadFields::from_app(app),
            pod,
        }
    }
}

impl Container {
    fn new(container: &types::Container, app: &App) -> Self {
        let (before, after) = pod::fields(container);
        Self {
            name: container.name.as_ref().unwrap_or(&app.name).to_string(),
            image: container.image.to_string(),
            ports: pod::ports(container),
            env: env(&container.env),
            before,
            after,
        }
    }
}

/// Variables in the order of the spec, but each after those that it refers to: Kubernetes replaces
/// `$(NAME)` only by a variable above, and not every tool that hands a spec on keeps its order. Source: Kubernetes, "Define Dependent Environment Variables".
fn in_order(env: Vec<Env>) -> Vec<Env> {
    let places: HashMap<&str, usize> =
        env.iter().enumerate().map(|(place, variable)| (variable.name.as_str(), place)).collect();
    let above = |place: usize| {
        let text = env[place].value.as_deref().unwrap_or_default();
        references(text).filter_map(|name| places.get(name).copied())
    };
    let (mut seen, mut ordered) = (vec![false; env.len()], Vec::with_capacity(env.len()));
    for first in 0..env.len() {
        let mut open = vec![(first, false)];
        while let Some((place, is_after)) = open.pop() {
            if is_after {
                ordered.push(place);
            } else if !std::mem::replace(&mut seen[place], true) {
                // No order helps variables that refer to each other in a circle.
                open.push((place, true));
                let above: Vec<usize> = above(place).filter(|place| !seen[*place]).collect();
                open.extend(above.into_iter().rev().map(|place| (place, false)));
            }
        }
    }
    let mut env: Vec<Option<Env>> = env.into_iter().map(Some).collect();
    ordered.into_iter().filter_map(|place| env[place].take()).collect()
}

/// The variables that a string refers to as `$(NAME)`; `$$` is a dollar sign.
fn references(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let at = rest.find('$')?;
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('$') {
                rest = after;
            } else if let Some(after) = rest.strip_prefix('(') {
                let end = after.find(')')?;
                rest = &after[end + 1..];
                return Some(&after[..end]);
            }
        }
    })
}

fn env(env: &types::Env) -> Vec<Env> {
    let variables = env.variables.iter().map(|variable| {
        let mut value_from = variable.value_from.clone();
        if let Some(table) = &mut value_from {
            canonicalize("EnvVarSource", table);
        }
        let value_from = value_from.map(Value::Object);
        let value = variable.value.as_deref().filter(|value| !value.is_empty());
        let value = value.or(value_from.is_none().then_some(""));
        Env { name: variable.name.to_string(), value: value.map(str::to_owned), value_from }
    });
    if env.is_list { variables.collect() } else { in_order(variables.collect()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(variables: &[(&str, &str)]) -> String {
        let env = |(name, value): &(&str, &str)| Env {
            name: (*name).to_owned(),
            value: Some((*value).to_owned()),
            value_from: None,
        };
        let ordered = in_order(variables.iter().map(env).collect());
        ordered.iter().map(|variable| variable.name.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn variables_come_after_those_that_they_refer_to() {
        assert_eq!(ordered(&[("C", ""), ("A", "x"), ("B", "y")]), "C A B");
        assert_eq!(ordered(&[("A", "$(B)/$(C)"), ("B", "$(C)"), ("C", "$(D)")]), "C B A");
        assert_eq!(ordered(&[("A", "$$(B)"), ("B", "")]), "A B");
        assert_eq!(ordered(&[("A", "$$$(B)"), ("B", "")]), "B A");
        assert_eq!(ordered(&[("A", "$(B)"), ("B", "$(A)"), ("C", "$(C)")]), "B A C");
    }
}

//! Finds workloads that select the pods of another app.

use std::collections::HashMap;

use crate::kubernetes::names::NAME_LABEL;
use crate::model::identity::Identity;
use crate::spec::types::App;

/// The labels of an app's pods, and those that its workload selects them by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PodLabels {
    /// The cluster and the namespace.
    scope: String,
    /// All labels, those of the selector first.
    labels: Vec<(String, String)>,
    /// How many labels the selector has.
    selected: usize,
    /// Whether the spec sets the selector.
    pub(super) has_selector: bool,
}

impl PodLabels {
    /// `None` without a workload that selects pods. Kubernetes gives every Job a selector of its own.
    pub(super) fn from_app(app: &App, identity: &Identity) -> Option<Self> {
        if app.container.is_none() || app.kind().completes() {
            return None;
        }
        let has_selector = !app.selector.is_empty();
        let text = |(key, value): (&String, &String)| (key.clone(), value.clone());
        let name = || (NAME_LABEL.to_owned(), app.name.to_string());
        let mut labels: Vec<(String, String)> = app.selector.iter().map(text).collect();
        labels.extend((!has_selector).then(name));
        let selected = labels.len();
        let others = app.pod.labels.iter().chain(&app.labels).map(text).chain([name()]);
        // The first value of a key is the one that the pods have.
        for (key, value) in others {
            if labels.iter().all(|(known, _)| *known != key) {
                labels.push((key, value));
            }
        }
        let cluster = &app.cluster;
        let place = cluster.region.as_deref().or(cluster.zone.as_deref()).unwrap_or_default();
        let pods = &identity.pods;
        let scope = [&pods.pool, place, &*cluster.name, &pods.namespace].join("/");
        Some(Self { scope, labels, selected, has_selector })
    }

    fn selects(&self, other: &Self) -> bool {
        self.labels[..self.selected].iter().all(|label| other.labels.contains(label))
    }
}

/// The pods of all apps so far.
#[derive(Debug)]
pub(super) struct Selectors<T>(HashMap<String, Vec<(T, PodLabels)>>);

impl<T> Default for Selectors<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Selectors<T> {
    /// Adds an app, and returns the first for which `may_conflict` holds and that selects its pods, or whose
    /// pods it selects. Workloads with the selector of wigen select only their own.
    pub(super) fn add(
        &mut self,
        app: T,
        pods: PodLabels,
        may_conflict: impl Fn(&T) -> bool,
    ) -> Option<&T> {
        let known = self.0.entry(pods.scope.clone()).or_default();
        let conflict = known.iter().position(|(other, theirs)| {
            (pods.has_selector || theirs.has_selector)
                && may_conflict(other)
                && (pods.selects(theirs) || theirs.selects(&pods))
        });
        known.push((app, pods));
        conflict.map(|index| &known[index].0)
    }
}

//! Finds workloads that select the pods of another app.

use std::collections::HashSet;

use crate::kubernetes::names::NAME_LABEL;
use crate::model::identity::Identity;
use crate::spec::types::App;
use crate::text::OrderedMap;

/// The labels of an app's pods, and those that its workload selects them by. It is small, since a run may have
/// many thousands of apps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PodLabels {
    /// The cluster and the namespace.
    scope: String,
    /// A line `KEY=VALUE` for each label, those of the selector first.
    labels: Box<str>,
    /// How many labels the selector has.
    selected: usize,
    /// Whether the spec sets the selector.
    pub(super) has_selector: bool,
}

/// The cluster of an app, and its namespace there.
pub(super) fn scope(app: &App, identity: &Identity) -> String {
    let cluster = &app.cluster;
    let place = cluster.region.as_deref().or(cluster.zone.as_deref()).unwrap_or_default();
    let pods = &identity.pods;
    [&pods.pool, place, &*cluster.name, &pods.namespace].join("/")
}

impl PodLabels {
    /// `None` without a workload that selects pods. Kubernetes gives every Job a selector of its own.
    pub(super) fn from_app(app: &App, identity: &Identity) -> Option<Self> {
        if app.container.is_none() || app.kind().completes() {
            return None;
        }
        let has_selector = !app.selector.is_empty();
        let mut labels = String::new();
        // The first value of a key is the one that the pods have.
        let name = (NAME_LABEL, app.name.as_str());
        let selector = entries(&app.selector).chain((!has_selector).then_some(name));
        let all = entries(&app.pod.labels).chain(entries(&app.labels)).chain([name]);
        let mut keys = HashSet::new();
        for (key, value) in selector.chain(all) {
            if keys.insert(key) {
                labels.extend([key, "=", value, "\n"]);
            }
        }
        let selected = app.selector.len().max(1);
        Some(Self { scope: scope(app, identity), labels: labels.into(), selected, has_selector })
    }

    fn selects(&self, other: &Self) -> bool {
        let mut selected = self.labels.lines().take(self.selected);
        selected.all(|label| other.labels.lines().any(|it| it == label))
    }
}

fn entries(table: &OrderedMap<String>) -> impl Iterator<Item = (&str, &str)> {
    table.iter().map(|(key, value)| (key.as_str(), value.as_str()))
}

/// The pods of all apps so far.
#[derive(Debug)]
pub(super) struct Selectors<T>(OrderedMap<Vec<(T, PodLabels)>>);

impl<T> Default for Selectors<T> {
    fn default() -> Self {
        Self(OrderedMap::default())
    }
}

impl<T> Selectors<T> {
    /// Adds an app, and returns the first for which `may_conflict` holds and that selects its pods, or whose
    /// pods it selects. Workloads with the selector of wigen select only their own.
    pub(super) fn add(
        &mut self,
        app: T,
        mut pods: PodLabels,
        may_conflict: impl Fn(&T) -> bool,
    ) -> Option<&T> {
        let scope = std::mem::take(&mut pods.scope);
        let known = self.0.entry(scope).or_insert_with(|| Vec::with_capacity(1));
        let conflict = known.iter().position(|(other, theirs)| {
            (pods.has_selector || theirs.has_selector)
                && may_conflict(other)
                && (pods.selects(theirs) || theirs.selects(&pods))
        });
        known.push((app, pods));
        conflict.map(|index| &known[index].0)
    }
}

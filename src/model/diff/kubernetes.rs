//! Changes of the Kubernetes objects, and whether pods roll.

use serde_json::{Value, json};

use super::apply::Live;
use super::change::{ApplyMode, Change, ChangeType, Effect, Resolved, Subject};
use super::cluster::is_same;
use super::manifest::differing;
use crate::google::names::GSA_ANNOTATION;
use crate::kubernetes::{Version, WorkloadKind};
use crate::model::workload::Workload;
use crate::text::OrderedMap;

/// The ServiceAccount, then the Namespace and the NetworkPolicy, then the workload.
pub(super) fn changes(old: Option<&Resolved>, new: Option<&Resolved>) -> Vec<Change> {
    let mut changes = service_accounts(old, new);
    changes.extend(objects(old, new));
    changes.extend(workloads(old, new));
    changes
}

fn account_change(change_type: ChangeType, side: &Resolved) -> Change {
    let Resolved { workload, .. } = side;
    let name = format!("{}/{}", workload.namespace, workload.service_account.name);
    Change::new(Subject::ServiceAccount, change_type, format!("ServiceAccount {name}"))
}

fn service_accounts(old: Option<&Resolved>, new: Option<&Resolved>) -> Vec<Change> {
    let place = |side: &Resolved| {
        (side.workload.namespace.clone(), side.workload.service_account.name.clone())
    };
    if let (Some(old), Some(new)) = (old, new)
        && place(old) == place(new)
        && is_same(&old.identity, &new.identity)
    {
        return same_service_account(old, new);
    }
    let place = cluster_words(old, new);
    let added = new.map(|new| {
        let change = account_change(ChangeType::Added, new);
        let annotation = match &new.identity.account {
            Some(account) => format!("the annotation {GSA_ANNOTATION}={}", account.email),
            None => format!("no annotation {GSA_ANNOTATION}"),
        };
        change.detail(if new.identity.renders_service_account {
            format!("is new{}, with {annotation}", place.new)
        } else {
            format!("must exist, with {annotation}: wigen does not render it")
        })
    });
    let removed = old.map(|old| {
        let change = account_change(ChangeType::Removed, old);
        if old.identity.renders_service_account {
            let detail = format!("{} stays until somebody deletes it", place.old);
            change.detail(detail).effect(Effect::Stays)
        } else {
            change.detail("is no longer used here")
        }
    });
    added.into_iter().chain(removed).collect()
}

/// What to say of new and of old objects.
struct ClusterWords {
    new: &'static str,
    old: &'static str,
}

fn cluster_words(old: Option<&Resolved>, new: Option<&Resolved>) -> ClusterWords {
    match (old, new) {
        (Some(old), Some(new)) if !is_same(&old.identity, &new.identity) => {
            ClusterWords { new: " in that cluster", old: "is in the old cluster, and" }
        }
        _ => ClusterWords { new: "", old: "is no longer rendered, and" },
    }
}

fn same_service_account(old: &Resolved, new: &Resolved) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut say =
        |detail: String| changes.push(account_change(ChangeType::Changed, new).detail(detail));
    let is_rendered = new.identity.renders_service_account;
    let (was, is) = (&old.workload.service_account, &new.workload.service_account);
    match (old.identity.renders_service_account, is_rendered) {
        (true, false) => {
            say("is no longer rendered, and stays; it must be managed elsewhere".to_owned());
        }
        (false, true) => {
            say("is now rendered; `kubectl apply` takes over the existing one".to_owned());
        }
        _ => {}
    }
    let then = "no pod rolls, and the tokens that pods hold stay valid until they expire";
    let must = if is_rendered { "gets" } else { "must be given" };
    let account = |annotations: &OrderedMap<String>| annotations.get(GSA_ANNOTATION).cloned();
    match (account(&was.annotations), account(&is.annotations)) {
        (was, is) if was == is => {}
        (Some(was), Some(is)) => {
            say(format!("{must} the annotation {GSA_ANNOTATION}={is}, had {was}; {then}"));
        }
        (None, Some(is)) => say(format!("{must} the annotation {GSA_ANNOTATION}={is}; {then}")),
        (Some(was), None) => {
            let must = if is_rendered { "loses" } else { "must lose" };
            say(format!("{must} the annotation {GSA_ANNOTATION}={was}; {then}"));
        }
        (None, None) => {}
    }
    if !is_rendered {
        return changes;
    }
    for (what, was, is) in
        [("labels", &was.labels, &is.labels), ("annotations", &was.annotations, &is.annotations)]
    {
        let other = |key: &&String| was.get(*key) != is.get(*key) && key.as_str() != GSA_ANNOTATION;
        let added = is.keys().filter(|key| !was.contains_key(*key));
        let differing: Vec<&str> =
            was.keys().chain(added).filter(other).map(String::as_str).collect();
        if !differing.is_empty() {
            say(format!("its {what} change: {}", differing.join(", ")));
        }
    }
    if was.automount_token != is.automount_token {
        let said = |value: Option<bool>| value.map_or("not set".to_owned(), |is| is.to_string());
        say(format!(
            "automountServiceAccountToken is {}, was {}; running pods keep what they have",
            said(is.automount_token),
            said(was.automount_token)
        ));
    }
    changes
}

/// The Namespace and the NetworkPolicy. Neither makes pods roll.
fn objects(old: Option<&Resolved>, new: Option<&Resolved>) -> Vec<Change> {
    let words = cluster_words(old, new);
    let is_same_cluster =
        old.zip(new).is_none_or(|(old, new)| is_same(&old.identity, &new.identity));
    let name = |object: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let metadata = &object["metadata"];
        let namespace = metadata["namespace"].as_str().map(|name| format!("{name}/"));
        let namespace = namespace.unwrap_or_default();
        format!("{} {namespace}{}", text(&object["kind"]), text(&metadata["name"]))
    };
    let all = |side: Option<&Resolved>| side.map_or_else(Vec::new, |side| side.objects.clone());
    let (mut old, mut changes) = (all(old), Vec::new());
    for is in all(new) {
        let change = |change_type| Change::new(Subject::Object, change_type, name(&is));
        let was = old.iter().position(|was| is_same_cluster && name(was) == name(&is));
        match was.map(|was| old.remove(was)) {
            None if is["kind"] == "NetworkPolicy" => {
                changes.push(change(ChangeType::Added).detail(format!(
                    "is new{}: the pods reach only what a policy allows",
                    words.new
                )));
            }
            None => changes.push(change(ChangeType::Added).detail(format!("is new{}", words.new))),
            Some(was) => {
                let mut fields = Vec::new();
                differing("", &was, &is, &mut fields);
                if !fields.is_empty() {
                    let verb = if fields.len() == 1 { "changes" } else { "change" };
                    let detail = format!("{} {verb}; no pod rolls", list(&fields));
                    changes.push(change(ChangeType::Changed).detail(detail).fields(fields));
                }
            }
        }
    }
    changes.extend(old.iter().map(|was| {
        let detail = format!("{} stays until somebody deletes it", words.old);
        let change = Change::new(Subject::Object, ChangeType::Removed, name(was));
        change.detail(detail).effect(Effect::Stays)
    }));
    changes
}

/// A workload that wigen renders.
struct Rendered<'a> {
    kind: WorkloadKind,
    side: &'a Resolved,
    manifest: &'a Value,
}

impl<'a> Rendered<'a> {
    fn new(side: Option<&'a Resolved>) -> Option<Self> {
        let side = side?;
        let manifest = side.manifest.as_ref()?;
        Some(Self { kind: side.workload.kind, side, manifest })
    }

    fn name(&self) -> String {
        let workload = &self.side.workload;
        format!("{} {}/{}", self.kind.as_str(), workload.namespace, workload.name)
    }

    fn is_same(&self, other: &Self) -> bool {
        self.name() == other.name() && is_same(&self.side.identity, &other.side.identity)
    }

    fn change(&self, change_type: ChangeType) -> Change {
        Change::new(Subject::Workload, change_type, self.name())
    }

    /// How to remove a field that the API server has set: a strategy, or the source of a volume.
    fn removal(&self, leftover: &str) -> String {
        let field = leftover.strip_prefix("spec.").and_then(|it| it.strip_suffix(".rollingUpdate"));
        let Some(field) = field else { return "give the volume another name".to_owned() };
        let mut patch = json!({"spec": {field: self.manifest["spec"][field].clone()}});
        patch["spec"][field]["rollingUpdate"] = Value::Null;
        let Workload { name, namespace, .. } = &self.side.workload;
        let kind = self.kind.as_str().to_lowercase();
        format!(
            "first run `kubectl patch {kind} {name} --namespace={namespace} --type=merge --patch='{patch}'`"
        )
    }

    fn has_claims(&self) -> bool {
        self.manifest["spec"]["volumeClaimTemplates"].is_array()
    }
}

fn workloads(old: Option<&Resolved>, new: Option<&Resolved>) -> Vec<Change> {
    let words = cluster_words(old, new);
    let (old, new) = (Rendered::new(old), Rendered::new(new));
    match (&old, &new) {
        (Some(old), Some(new)) if old.is_same(new) => same_workload(old, new),
        _ => {
            let has_claims = old.as_ref().is_some_and(Rendered::has_claims);
            let added = new.map(|new| added(&new, &words, has_claims));
            added.into_iter().chain(old.map(|old| removed(&old, &words))).collect()
        }
    }
}

fn added(new: &Rendered<'_>, words: &ClusterWords, old_has_claims: bool) -> Change {
    let volumes = if old_has_claims && new.has_claims() {
        ", with new and empty volumes: the data stays in the claims of the old one"
    } else {
        ""
    };
    new.change(ChangeType::Added).detail(format!("is new{}{volumes}", words.new))
}

fn removed(old: &Rendered<'_>, words: &ClusterWords) -> Change {
    let detail = match old.kind {
        WorkloadKind::CronJob => "keeps creating Jobs until somebody deletes it",
        WorkloadKind::Job => "stays until somebody deletes it",
        _ => "stays, with its pods, until somebody deletes it",
    };
    let detail = format!("{} {detail}", words.old);
    old.change(ChangeType::Removed).detail(detail).effect(Effect::Stays)
}

fn same_workload(old: &Rendered<'_>, new: &Rendered<'_>) -> Vec<Change> {
    let kind = new.kind;
    let live = Live::new(kind, new.side.version, old.manifest);
    let [client, server] =
        [ApplyMode::ClientSide, ApplyMode::ServerSide].map(|mode| live.apply(new.manifest, mode));
    let mut changes = Vec::new();
    let mut rejected: Vec<String> = Vec::new();
    let mut reject = |fields: Vec<String>, mode: Option<ApplyMode>, detail: String| {
        let under = match mode {
            Some(ApplyMode::ClientSide) => "under `kubectl apply`, ",
            Some(ApplyMode::ServerSide) => {
                "under server-side apply (`kubectl apply --server-side`, Flux, Config Sync), "
            }
            None => "",
        };
        let mut change = new.change(ChangeType::Changed).detail(format!("{under}{detail}"));
        change.rejected_by = mode;
        rejected.extend_from_slice(&fields);
        changes.push(change.effect(Effect::Refused).fields(fields));
    };
    for (fields, mode) in by_mode(client.refused, server.refused) {
        let detail = format!(
            "the API server refuses to change {}; {}",
            list(&fields),
            instead(kind, &fields)
        );
        reject(fields, mode, detail);
    }
    for (fields, mode) in by_mode(client.leftovers, server.leftovers) {
        let mut removals: Vec<String> = fields.iter().map(|path| new.removal(path)).collect();
        removals.dedup();
        let detail = format!(
            "the API server refuses it, because {} stays, which it has set itself; {}",
            list(&fields),
            removals.join("; ")
        );
        reject(fields, mode, detail);
    }
    let is_refused = changes.iter().any(|change| change.rejected_by.is_none());
    let then = if is_refused { "once that is solved, " } else { "" };
    let (was, is) = (&live.stored, &client.stored);
    let mut fields = Vec::new();
    differing("", was, is, &mut fields);
    fields.retain(|field| !rejected.iter().any(|path| path == field));
    let template = kind.pod_template();
    let template = template.trim_start_matches('/').replace('/', ".") + ".";
    let (pods, others): (Vec<String>, Vec<String>) =
        fields.into_iter().partition(|path| path.starts_with(&template));
    if !pods.is_empty() {
        let bare: Vec<String> = pods.iter().map(|path| path[template.len()..].to_owned()).collect();
        let (detail, effect) = rolls(kind, is, new.side.version);
        let detail = format!("{then}{detail}: {}", list(&bare));
        changes.push(new.change(ChangeType::Changed).detail(detail).effect(effect).fields(pods));
    }
    if !others.is_empty() {
        let detail = format!("{then}{}", in_place(kind, &others, old.manifest, new.manifest));
        changes.push(new.change(ChangeType::Changed).detail(detail).fields(others));
    }
    changes
}

/// The fields that are rejected whichever way they are applied, and those that are under one alone.
fn by_mode(
    client: Vec<String>,
    server: Vec<String>,
) -> impl Iterator<Item = (Vec<String>, Option<ApplyMode>)> {
    let (both, only_client): (Vec<String>, Vec<String>) =
        client.into_iter().partition(|path| server.contains(path));
    let only_server = server.into_iter().filter(|path| !both.contains(path)).collect();
    let groups = [
        (both, None),
        (only_client, Some(ApplyMode::ClientSide)),
        (only_server, Some(ApplyMode::ServerSide)),
    ];
    groups.into_iter().filter(|(fields, _)| !fields.is_empty())
}

/// What happens to the pods when their template changes. Sources: Kubernetes, "Deployments",
/// Strategy, and Pausing; "StatefulSets", Update strategies; "DaemonSet", updateStrategy; "CronJob",
/// Modifying a CronJob.
fn rolls(kind: WorkloadKind, manifest: &Value, version: Version) -> (String, Effect) {
    let spec = &manifest["spec"];
    let on_delete = spec["updateStrategy"]["type"] == "OnDelete";
    let partition = spec["updateStrategy"]["rollingUpdate"]["partition"].as_u64().unwrap_or(0);
    let (detail, effect) = match kind {
        WorkloadKind::CronJob => {
            ("no pod rolls; the Jobs that it creates from now on have the new pods", Effect::None)
        }
        // Every other change of its template is rejected.
        WorkloadKind::Job if version >= Version::RESOURCES_OF_JOBS_ARE_MUTABLE => {
            ("its pods change, as long as it is suspended and none of them runs", Effect::None)
        }
        WorkloadKind::Job => {
            ("its pods change, as long as it is suspended and has never run", Effect::None)
        }
        WorkloadKind::Deployment if spec["paused"] == true => {
            ("its pods roll as soon as it is no longer paused", Effect::Rolls)
        }
        WorkloadKind::Deployment if spec["strategy"]["type"] == "Recreate" => {
            ("all its pods stop before new ones start (Recreate)", Effect::Rolls)
        }
        WorkloadKind::StatefulSet | WorkloadKind::DaemonSet if on_delete => {
            ("each of its pods is replaced when somebody deletes it (OnDelete)", Effect::Rolls)
        }
        WorkloadKind::StatefulSet if partition > 0 => {
            let detail = format!("its pods roll from ordinal {partition} on (partition)");
            return (detail, Effect::Rolls);
        }
        _ => ("its pods roll", Effect::Rolls),
    };
    (detail.to_owned(), effect)
}

/// What to do about immutable fields.
fn instead(kind: WorkloadKind, refused: &[String]) -> &'static str {
    let is_claim = |path: &String| path.starts_with("spec.volumeClaimTemplates");
    match kind {
        WorkloadKind::Job => "delete the Job first, or give the app another name",
        WorkloadKind::StatefulSet if refused.iter().any(is_claim) => {
            "delete the StatefulSet first (`--cascade=orphan` leaves its pods); claims that are there stay as they are"
        }
        WorkloadKind::StatefulSet => {
            "delete the StatefulSet first (`--cascade=orphan` leaves its pods)"
        }
        _ => "delete the object first, and its pods with it",
    }
}

/// Describes changes that replace no pod.
fn in_place(kind: WorkloadKind, fields: &[String], was: &Value, is: &Value) -> String {
    const REPLICAS: &str = "spec.replicas";
    let said = |manifest: &Value| match &manifest["spec"]["replicas"] {
        Value::Null => "not set".to_owned(),
        replicas => replicas.to_string(),
    };
    let mut parts = Vec::new();
    if fields.iter().any(|path| path == REPLICAS) {
        parts.push(match &is["spec"]["replicas"] {
            Value::Null => format!(
                "{REPLICAS} was {}, and is no longer set: Kubernetes sets it to 1",
                said(was)
            ),
            _ => format!("{REPLICAS} is {}, was {}", said(is), said(was)),
        });
    }
    let others: Vec<String> = fields.iter().filter(|path| *path != REPLICAS).cloned().collect();
    if !others.is_empty() {
        let change = if others.len() == 1 { "changes" } else { "change" };
        parts.push(format!("{} {change}", list(&others)));
    }
    let suspends = is["spec"]["suspend"] == true;
    // These may resume a rollout.
    let resumes = |path: &String| {
        ["spec.paused", "spec.updateStrategy"].into_iter().any(|begins| path.starts_with(begins))
    };
    if kind == WorkloadKind::Job && fields.iter().any(|path| path == "spec.suspend") {
        parts.push(if suspends { "its pods are stopped" } else { "its pods start" }.to_owned());
    } else if kind == WorkloadKind::CronJob {
        parts.push("running Jobs are not affected".to_owned());
    } else if !fields.iter().any(resumes) {
        parts.push("no pod rolls".to_owned());
    }
    parts.join("; ")
}

/// The first fields, and how many more there are.
fn list(fields: &[String]) -> String {
    const MAX: usize = 4;
    let shown: Vec<&str> = fields.iter().take(MAX).map(String::as_str).collect();
    let shown = shown.join(", ");
    match fields.len().saturating_sub(MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

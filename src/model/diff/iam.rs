//! Changes of IAM: who the pods are, the account, who is granted which roles.

use super::change::{Change, ChangeType, Effect, Resolved, Subject};
use crate::google::members::Member;
use crate::google::names::WORKLOAD_IDENTITY_USER;
use crate::google::resources::{ResourceRef, ResourceType};
use crate::model::identity::{Account, Binding, Identity};
use crate::model::previous::bindings_not_in;
use crate::spec::types::{CloudFormat, Condition};

/// In this order: the pods, the member, the account, its roles, and the role that lets the pods impersonate
/// it.
pub(super) fn changes(old: Option<&Resolved>, new: Option<&Resolved>) -> Vec<Change> {
    let mut changes = Vec::from_iter(objects(old, new));
    let (old, new) = (old.map(|side| &side.identity), new.map(|side| &side.identity));
    changes.extend(owner(old, new));
    changes.extend(pods(old, new));
    changes.extend(member(old, new));
    changes.extend(accounts(old, new));
    changes.extend(bindings(old, new));
    changes
}

/// The tool that owns what follows.
fn owner(old: Option<&Identity>, new: Option<&Identity>) -> Option<Change> {
    let (old, new) = old.zip(new).filter(|(old, new)| old.format != new.format)?;
    let name = format!("owner of the Google Cloud side: {}", new.format.tool());
    let detail = format!(
        "was {}, which must forget the account and the bindings without revoking them",
        old.format.tool()
    );
    Some(Change::new(Subject::Identity, ChangeType::Changed, name).detail(detail))
}

/// Other names of the objects of Config Connector. The deletion of the old ones undoes what the new ones made.
fn objects(old: Option<&Resolved>, new: Option<&Resolved>) -> Option<Change> {
    let names = |side: &Resolved| {
        let namespace = &side.identity.config_connector.namespace;
        format!("{}-… in namespace {namespace}", side.workload.name)
    };
    let (old, new) = old.zip(new)?;
    let formats = [old.identity.format, new.identity.format];
    let (was, is) = (names(old), names(new));
    if formats != [CloudFormat::ConfigConnector; 2] || was == is {
        return None;
    }
    let abandon = if old.identity.config_connector.abandons {
        ""
    } else {
        "; before that, sync the old ones with `deletionPolicy = \"abandon\"`, or their deletion undoes what the new ones made"
    };
    let name = format!("objects of Config Connector: {is}");
    let change = Change::new(Subject::Identity, ChangeType::Changed, name);
    Some(change.detail(format!("were {was}{abandon}")))
}

/// What becomes of something that an old spec had and the new one has not, and whether it stays.
fn lost(old: &Identity, new: Option<&Identity>) -> (String, Effect) {
    let stays = |text: &str| (text.to_owned(), Effect::Stays);
    match old.format {
        format if new.is_some_and(|new| new.format != format) => {
            (format!("stays: {} made it, and no longer owns it", format.tool()), Effect::Stays)
        }
        CloudFormat::Gcloud => {
            let until = if new.is_none() { "destroy" } else { "prune" };
            (format!("stays granted until `bash gcloud.sh {until}`"), Effect::Stays)
        }
        CloudFormat::Terraform => ("goes with the next `terraform apply`".to_owned(), Effect::None),
        CloudFormat::ConfigConnector if new.unwrap_or(old).config_connector.abandons => {
            stays("stays, because its object is abandoned")
        }
        CloudFormat::ConfigConnector => {
            ("goes when its object is deleted".to_owned(), Effect::None)
        }
        CloudFormat::None => stays("stays until the tool that made it revokes it"),
    }
}

/// The pods, as Google Cloud knows them. Source: Google Cloud, "About Workload Identity Federation for
/// GKE".
fn pods(old: Option<&Identity>, new: Option<&Identity>) -> Option<Change> {
    let change = |change_type, identity: &Identity| {
        let name = format!("Kubernetes identity {}", identity.pods);
        Change::new(Subject::Identity, change_type, name)
    };
    match (old, new) {
        (Some(old), Some(new)) if old.pods != new.pods => {
            Some(change(ChangeType::Changed, new).detail(format!("was {}", old.pods)))
        }
        (None, Some(new)) => Some(change(ChangeType::Added, new)),
        (Some(old), None) => Some(change(ChangeType::Removed, old)),
        _ => None,
    }
}

fn member(old: Option<&Identity>, new: Option<&Identity>) -> Option<Change> {
    let name = |identity: &Identity| format!("member {}", identity.member);
    let means = |identity: &Identity| match &identity.account {
        Some(account) => format!("the pods act as {}", account.email),
        None => "roles are granted directly to the pods (direct federation)".to_owned(),
    };
    let (old, new) = match (old, new) {
        (None, None) => return None,
        (None, Some(new)) => {
            let change = Change::new(Subject::Member, ChangeType::Added, name(new));
            return Some(change.detail(means(new) + &number(&new.member)));
        }
        (Some(old), None) => {
            return Some(Change::new(Subject::Member, ChangeType::Removed, name(old)));
        }
        (Some(old), Some(new)) => (old, new),
    };
    if new.member.may_be(&old.member) {
        return None;
    }
    let mut detail = format!("was {}", old.member);
    if old.account.is_some() != new.account.is_some() {
        detail = format!("{detail}; {}", means(new));
    }
    let is_used = new.format == CloudFormat::Gcloud
        && old.bindings().next().is_some()
        && new.bindings().next().is_some();
    if is_used {
        // The order of docs/revoking-roles.md, "Switching identity mode".
        detail.push_str(
            "; first `bash gcloud.sh apply`, then the manifests, and `bash gcloud.sh prune` once every pod has the new identity",
        );
    }
    detail.push_str(&number(&new.member));
    Some(Change::new(Subject::Member, ChangeType::Changed, name(new)).detail(detail))
}

/// Which number [`Member`] writes as `PROJECT_NUMBER`.
fn number(member: &Member) -> String {
    match member.unknown_number() {
        Some(project) => format!("; PROJECT_NUMBER is that of {project}"),
        None => String::new(),
    }
}

fn accounts(old: Option<&Identity>, new: Option<&Identity>) -> Vec<Change> {
    let was = old.and_then(|old| old.account.as_ref());
    let is = new.and_then(|new| new.account.as_ref());
    match (was, is) {
        (Some(was), Some(is)) if was.email == is.email => {
            same_account(was, is, new.map_or(CloudFormat::Gcloud, |new| new.format))
        }
        _ => {
            let removed = old.zip(was).map(|(old, account)| old_account(account, old, new));
            let added = new.zip(is).map(|(new, account)| new_account(account, new.format));
            added.into_iter().chain(removed).collect()
        }
    }
}

fn account_change(change_type: ChangeType, account: &Account) -> Change {
    Change::new(Subject::Account, change_type, format!("service account {}", account.email))
}

fn new_account(account: &Account, format: CloudFormat) -> Change {
    let tool = format.tool();
    account_change(ChangeType::Added, account).detail(match format {
        _ if !account.create => format!("must exist: {tool} does not create it"),
        CloudFormat::Terraform => format!("{tool} creates it; one that exists must be imported"),
        _ => format!("{tool} creates it, unless it exists"),
    })
}

/// Only `destroy` deletes an account, and only one that the script creates.
fn old_account(account: &Account, old: &Identity, new: Option<&Identity>) -> Change {
    if account.create && old.format != CloudFormat::Gcloud {
        let (detail, effect) = lost(old, new);
        return account_change(ChangeType::Removed, account).effect(effect).detail(detail);
    }
    account_change(ChangeType::Removed, account).effect(Effect::Stays).detail(
        match (account.create, new.is_none()) {
            (true, true) => "stays until `bash gcloud.sh destroy`",
            (true, false) => {
                "is no longer used here; it stays until somebody deletes it: `bash gcloud.sh prune` does not"
            }
            (false, _) if old.format == CloudFormat::Gcloud => {
                "is no longer used here; it stays, as gcloud.sh did not create it"
            }
            (false, _) => "is no longer used here; it stays",
        },
    )
}

fn same_account(old: &Account, new: &Account, format: CloudFormat) -> Vec<Change> {
    let tool = format.tool();
    let is_script = format == CloudFormat::Gcloud;
    let mut changes = Vec::new();
    if old.create != new.create {
        let change = account_change(ChangeType::Changed, new);
        changes.push(change.detail(match (new.create, is_script) {
            (true, true) => "gcloud.sh now creates it if it is missing; `bash gcloud.sh destroy` deletes it only then".to_owned(),
            (false, true) => {
                "gcloud.sh no longer creates it, and `bash gcloud.sh destroy` leaves it".to_owned()
            }
            (true, false) => format!("{tool} now owns it"),
            (false, false) => {
                format!("{tool} no longer owns it: see that it forgets the account, and does not delete it")
            }
        }));
    }
    if old.project != new.project {
        let detail = format!("{tool} looks for it in project {}, was {}", new.project, old.project);
        changes.push(account_change(ChangeType::Changed, new).detail(detail));
    }
    for (what, was, is) in [
        ("display name", &old.display_name, &new.display_name),
        ("description", &old.description, &new.description),
    ] {
        if was != is {
            let quoted = |text: &Option<String>| match text {
                Some(text) => format!("`{text}`"),
                None => "none".to_owned(),
            };
            let when = if is_script { " only when it creates the account" } else { "" };
            let detail =
                format!("{what} {}, was {}; {tool} sets it{when}", quoted(is), quoted(was));
            changes.push(account_change(ChangeType::Changed, new).detail(detail));
        }
    }
    changes
}

/// The roles gained, then the roles lost; including the role that lets the pods impersonate the account.
fn bindings(old: Option<&Identity>, new: Option<&Identity>) -> Vec<Change> {
    let gained = only_in(new, old).into_iter().flat_map(|one| roles(ChangeType::Added, &one));
    let lost = only_in(old, new).into_iter().flat_map(|one| roles(ChangeType::Removed, &one));
    let lost = lost.filter_map(|change| {
        let (detail, effect) = self::lost(old?, new);
        Some(change.detail(detail).effect(effect))
    });
    gained.chain(lost).collect()
}

fn only_in(identity: Option<&Identity>, other: Option<&Identity>) -> Vec<Binding> {
    match (identity, other) {
        (Some(identity), Some(other)) => bindings_not_in(identity, other),
        (Some(identity), None) => identity.bindings().cloned().collect(),
        (None, _) => Vec::new(),
    }
}

fn roles(change_type: ChangeType, binding: &Binding) -> Vec<Change> {
    let on = describe_resource(&binding.resource);
    let condition = binding.condition.as_ref().map(describe_condition).unwrap_or_default();
    let change = |role: &String| {
        let name = format!("{role} on {on} for {}{condition}", binding.member);
        let subject =
            if role == WORKLOAD_IDENTITY_USER { Subject::Impersonation } else { Subject::Role };
        Change::new(subject, change_type, name)
    };
    binding.roles.iter().map(change).collect()
}

/// `secret db, location us-central1, project my-project`.
fn describe_resource(resource: &ResourceRef) -> String {
    let scheme = if resource.resource_type == ResourceType::Bucket { "gs://" } else { "" };
    let mut parts = vec![format!("{} {scheme}{}", resource.resource_type.noun(), resource.name())];
    let parents = resource.parents().iter();
    parts.extend(parents.map(|parent| format!("{} {}", parent.noun, parent.name)));
    // The names of the others contain their project, or need none.
    let needs_project = !matches!(
        resource.resource_type,
        ResourceType::Project | ResourceType::ServiceAccount | ResourceType::Bucket
    );
    let project = resource.project.as_ref().filter(|_| needs_project);
    parts.extend(project.map(|project| format!("project {project}")));
    parts.join(", ")
}

fn describe_condition(condition: &Condition) -> String {
    format!(" if {} ({})", condition.expression, condition.title)
}

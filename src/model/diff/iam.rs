//! The side of IAM: who the pods are, the account, who is granted what.

use super::{Change, Effect, How, Kind, Side};
use crate::google::names::WORKLOAD_IDENTITY_USER;
use crate::model::identity::{Account, Binding, Identity, Member};

/// In this order: who the pods are, who is granted the roles, the account, the roles, and the role by
/// which the pods act as the account.
pub(super) fn changes(old: Option<&Side>, new: Option<&Side>) -> Vec<Change> {
    let (old, new) = (old.map(|side| &side.identity), new.map(|side| &side.identity));
    let mut changes = Vec::new();
    changes.extend(pods(old, new));
    changes.extend(member(old, new));
    changes.extend(accounts(old, new));
    changes.extend(bindings(old, new));
    changes
}

/// The pods, as Google Cloud knows them. Source: Google Cloud, "About Workload Identity Federation for
/// GKE".
fn pods(old: Option<&Identity>, new: Option<&Identity>) -> Option<Change> {
    let name = |of: &Identity| {
        format!("Kubernetes identity {}[{}/{}]", of.workload_pool, of.namespace, of.service_account)
    };
    let (was, is) = (old.map(name), new.map(name));
    if was == is {
        return None;
    }
    Some(match (was, is) {
        (Some(was), Some(is)) => {
            let was = was.trim_start_matches("Kubernetes identity ");
            Change::new(Kind::Identity, How::Changed, is).words(format!("was {was}"))
        }
        (None, is) => Change::new(Kind::Identity, How::Added, is.unwrap_or_default()),
        (was, None) => Change::new(Kind::Identity, How::Removed, was.unwrap_or_default()),
    })
}

fn member(old: Option<&Identity>, new: Option<&Identity>) -> Option<Change> {
    let subject = |of: &Identity| format!("member {}", text(&of.member));
    let means = |of: &Identity| match &of.account {
        Some(account) => format!("the pods act as {}", account.email),
        None => "the pods hold the roles themselves (direct federation)".to_owned(),
    };
    let (old, new) = match (old, new) {
        (None, None) => return None,
        (None, Some(new)) => {
            let change = Change::new(Kind::Member, How::Added, subject(new));
            return Some(change.words(means(new) + &number(&new.member)));
        }
        (Some(old), None) => return Some(Change::new(Kind::Member, How::Removed, subject(old))),
        (Some(old), Some(new)) => (old, new),
    };
    if new.member.may_be(&old.member) {
        return None;
    }
    let mut words = format!("was {}", text(&old.member));
    if old.account.is_some() != new.account.is_some() {
        words = format!("{words}; {}", means(new));
    }
    let is_used = old.bindings().next().is_some() && new.bindings().next().is_some();
    if is_used {
        // The order of docs/revoking-roles.md, "Switching identity mode".
        words.push_str(
            "; first `bash gcloud.sh`, then the manifests, and `bash gcloud.sh prune` once every pod has the new identity",
        );
    }
    words.push_str(&number(&new.member));
    Some(Change::new(Kind::Member, How::Changed, subject(new)).words(words))
}

/// A member as IAM writes it; where the number of its project must be looked up, with a word for it.
fn text(member: &Member) -> String {
    match member {
        Member::Account { text } | Member::Principal { text: Some(text), .. } => text.clone(),
        Member::Principal { before, after, .. } => format!("{before}PROJECT_NUMBER{after}"),
    }
}

/// Whose number [`text`] leaves open.
fn number(member: &Member) -> String {
    match member.number_of() {
        Some(project) => format!("; PROJECT_NUMBER is that of {project}"),
        None => String::new(),
    }
}

fn accounts(old: Option<&Identity>, new: Option<&Identity>) -> Vec<Change> {
    let account = |of: Option<&Identity>| of.and_then(|of| of.account.clone());
    match (account(old), account(new)) {
        (Some(old), Some(new)) if old.email == new.email => same_account(&old, &new),
        (was, is) => {
            let mut changes = Vec::new();
            changes.extend(is.map(|account| new_account(&account)));
            changes.extend(was.map(|account| old_account(&account, new.is_none())));
            changes
        }
    }
}

fn of_account(how: How, account: &Account) -> Change {
    Change::new(Kind::Account, how, format!("service account {}", account.email))
}

fn new_account(account: &Account) -> Change {
    of_account(How::Added, account).words(if account.create {
        "gcloud.sh creates it, unless it is there"
    } else {
        "must be there: gcloud.sh does not create it"
    })
}

/// Only `destroy` deletes an account, and only one that its script creates.
fn old_account(account: &Account, app_is_gone: bool) -> Change {
    of_account(How::Removed, account).effect(Effect::Stays).words(
        match (account.create, app_is_gone) {
            (true, true) => "stays until `bash gcloud.sh destroy`",
            (true, false) => {
                "is no longer used here; it stays until somebody deletes it: `bash gcloud.sh prune` does not"
            }
            (false, _) => "is no longer used here; it stays, as gcloud.sh did not create it",
        },
    )
}

fn same_account(old: &Account, new: &Account) -> Vec<Change> {
    let mut changes = Vec::new();
    if old.create != new.create {
        let change = of_account(How::Changed, new);
        changes.push(change.words(if new.create {
            "gcloud.sh now creates it where it is absent, and `bash gcloud.sh destroy` deletes it"
        } else {
            "gcloud.sh no longer creates it, and `bash gcloud.sh destroy` leaves it"
        }));
    }
    if old.project != new.project {
        let words =
            format!("gcloud.sh looks for it in project {}, was {}", new.project, old.project);
        changes.push(of_account(How::Changed, new).words(words));
    }
    for (what, flag, was, is) in [
        ("display name", "--display-name", &old.display_name, &new.display_name),
        ("description", "--description", &old.description, &new.description),
    ] {
        if was != is {
            let said = |text: &Option<String>| match text {
                Some(text) => format!("`{text}`"),
                None => "none".to_owned(),
            };
            let words = format!(
                "{what} {}, was {}; an account that is there keeps its own until `gcloud iam service-accounts update {} {flag}=...`",
                said(is),
                said(was),
                new.email
            );
            changes.push(of_account(How::Changed, new).words(words));
        }
    }
    changes
}

/// The roles gained, then the roles lost; the same for the role by which the pods act as the account.
fn bindings(old: Option<&Identity>, new: Option<&Identity>) -> Vec<Change> {
    let gained = asked_for(new, old).into_iter().flat_map(|binding| roles(How::Added, &binding));
    let lost = asked_for(old, new).into_iter().flat_map(|binding| {
        let roles = roles(How::Removed, &binding).into_iter();
        roles.map(|change| {
            let until = if new.is_none() { "destroy" } else { "prune" };
            let words = format!("stays granted until `bash gcloud.sh {until}`");
            change.words(words).effect(Effect::Stays)
        })
    });
    gained.chain(lost).collect()
}

/// The bindings that one asks for and the other does not.
fn asked_for(by: Option<&Identity>, but_not_by: Option<&Identity>) -> Vec<Binding> {
    let Some(by) = by else { return Vec::new() };
    let Some(other) = but_not_by else { return by.bindings().cloned().collect() };
    let earlier = other.clone().after("", by).earlier;
    // It has them in the order in which they are taken back.
    earlier.map(|earlier| earlier.bindings).unwrap_or_default().into_iter().rev().collect()
}

fn roles(how: How, binding: &Binding) -> Vec<Change> {
    let resource = &binding.resource;
    let mut on = vec![format!("{} {}", resource.noun, resource.name)];
    let flag = |(flag, value): &(&str, String)| format!("{} {value}", flag.trim_start_matches('-'));
    on.extend(resource.flags.iter().map(flag));
    // The others say it by their names, or need no project.
    let says = !["project", "service account", "bucket"].contains(&resource.noun);
    let project = resource.project.as_ref().filter(|_| says);
    on.extend(project.map(|project| format!("project {project}")));
    let on = on.join(", ");
    let condition = binding.condition.as_deref().map(condition).unwrap_or_default();
    let change = |role: &String| {
        let subject = format!("{role} on {on} for {}{condition}", text(&binding.member));
        let kind = if role == WORKLOAD_IDENTITY_USER { Kind::Impersonation } else { Kind::Role };
        Change::new(kind, how, subject)
    };
    binding.roles.iter().map(change).collect()
}

/// A condition as gcloud takes it, `^DELIMITER^title=...`, for people.
fn condition(gcloud: &str) -> String {
    let mut parts = gcloud.splitn(3, '^').skip(1);
    let (delimiter, values) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let value = |key: &str| values.split(delimiter).find_map(|pair| pair.strip_prefix(key));
    let (expression, title) = (value("expression="), value("title="));
    format!(" if {} ({})", expression.unwrap_or(values), title.unwrap_or_default())
}

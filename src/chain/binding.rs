//! The links from a ServiceAccount to the Google Cloud service account that its pods act as: the
//! annotation, and the member, role and condition of a binding.

use super::evidence::{Evidence, Subject, mentions_annotation};
use super::link::{Fact, Link, LinkName};
use super::service_account::annotation_link;
use crate::diagnostics::{Code, Diagnostic, Location, Part, quoted, shown};
use crate::google::accounts;
use crate::google::conditions::{self, Holds};
use crate::google::members::{Member, WorkloadIdentity, malformation};
use crate::google::names::{GSA_ANNOTATION, WORKLOAD_IDENTITY_USER};
use crate::google::roles;
use crate::observed::{Binding, BindingTarget, Origin};

/// The links of a ServiceAccount: annotation, member, role and condition.
pub(super) type BindingLinks = [Link; 4];

const MEMBER_LINKS: [LinkName; 3] = [LinkName::Member, LinkName::Role, LinkName::Condition];

/// For each binding that names no ServiceAccount, the one that is meant.
pub(super) type Misnamed<'w> = Vec<(&'w Binding, usize)>;

/// The links of a ServiceAccount to the service account.
pub(super) fn binding_links(
    evidence: &Evidence<'_, '_>,
    misnamed: &Misnamed<'_>,
    index: usize,
) -> BindingLinks {
    let subject = &evidence.subjects[index];
    let mut misnamed: Vec<&Binding> =
        misnamed.iter().filter(|(_, meant)| *meant == index).map(|(binding, _)| *binding).collect();
    let misnamed = (!misnamed.is_empty()).then(|| {
        let first = misnamed.remove(0);
        let mut links = misnamed_links(subject, first);
        let others = misnamed.into_iter().flat_map(|other| misnamed_links(subject, other));
        let findings = others.flat_map(|link| link.findings).collect::<Vec<_>>();
        links[0].findings.extend(findings);
        links
    });
    let rest = |annotation: Link, [member, role, condition]: [Link; 3]| {
        [annotation, member, role, condition]
    };
    if let Some(annotation) = annotation_link(subject) {
        let links = match (subject.email(), misnamed) {
            (None, _) => MEMBER_LINKS.map(|name| Link::unknown(name, "a valid annotation")),
            (Some(_), Some(links)) => links,
            (Some(email), None) => bound_links(evidence, subject, email),
        };
        return rest(annotation, links);
    }
    if subject.object.is_none() {
        let needs = format!("the ServiceAccount {}", subject.path());
        let links = MEMBER_LINKS.map(|name| Link::unknown(name, &needs));
        let links = misnamed.unwrap_or(links);
        return rest(Link::unknown(LinkName::Annotation, &needs), links);
    }
    let none = Link::not_applicable(LinkName::Annotation);
    match (misnamed, unannotated(evidence, subject)) {
        (Some(links), _) => rest(none, links),
        (None, Some((annotation, binding))) => rest(annotation, held_links(binding)),
        (None, None) => rest(none, MEMBER_LINKS.map(Link::not_applicable)),
    }
}

crate::diagnostics::declare_code! {
    IAM_MEMBER: Error = "iam-member",
    what: "A binding has a member that matches no identity of the manifests exactly, but almost: the same ServiceAccount in another namespace, or a name that differs by one letter.",
    why: "IAM does not check the member string: it accepts a binding that applies to nobody, and the pods get a 403.",
    example: "gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com --role=roles/iam.workloadIdentityUser --member=\"serviceAccount:my-project.svc.id.goog[default/books]\" --condition=None",
    instead: "gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com --role=roles/iam.workloadIdentityUser --member=\"serviceAccount:my-project.svc.id.goog[shop/books]\" --condition=None",
    source: crate::diagnostics::references::WORKLOAD_IDENTITY,
}

/// The bindings that name no ServiceAccount exactly, each with the one that is meant.
pub(super) fn misnamed<'w>(evidence: &Evidence<'w, '_>) -> Misnamed<'w> {
    let mut all = Vec::new();
    for binding in &evidence.world.bindings {
        let Some((namespace, name)) = binding.subject.known_account() else { continue };
        if evidence.named(name, Some(namespace)).next().is_some() {
            continue;
        }
        let is_meant = |subject: &Subject<'_, '_>| can_be_meant(evidence, binding, subject);
        let same_name =
            || evidence.named(name, None).find(|index| is_meant(&evidence.subjects[*index]));
        let meant =
            same_name().or_else(|| evidence.similar(name, Some(namespace), false, is_meant));
        all.extend(meant.map(|index| (binding, index)));
    }
    all
}

/// Whether a binding can be meant for a ServiceAccount: it fits, and no other binding does.
fn can_be_meant(evidence: &Evidence<'_, '_>, binding: &Binding, subject: &Subject<'_, '_>) -> bool {
    let email = subject.annotation().and_then(|value| value.as_str()).or_else(|| subject.email());
    let fits = match (&binding.target, email) {
        (BindingTarget::ServiceAccount(target), Some(email))
            if binding.lets_act() == Some(true) =>
        {
            // With an unknown ID it can be for an account of another namespace.
            target.is_known_before('@') && binding.can_be_on(email)
        }
        // Pods name it, and it is made elsewhere.
        (BindingTarget::ServiceAccount(_), None) if subject.object.is_none() => {
            binding.role.is(WORKLOAD_IDENTITY_USER)
        }
        (_, None) => binding.is_direct(),
        _ => false,
    };
    fits && !evidence
        .bindings(subject)
        .iter()
        .any(|other| email.is_none_or(|email| other.can_let_act() && other.can_be_on(email)))
}

/// A member that names almost a ServiceAccount, and none exactly.
fn misnamed_links(subject: &Subject<'_, '_>, binding: &Binding) -> [Link; 3] {
    let (namespace, name) = binding.subject.known_account().unwrap_or_default();
    let found = format!("[{namespace}/{name}]");
    let right = format!("[{}/{}]", subject.namespace.unwrap_or(namespace), subject.name);
    let (place, label) = match (subject.name == name, subject.object) {
        (true, Some(_)) => (subject.namespace_place(), "the ServiceAccount is in this namespace"),
        (true, None) => (subject.name_place(), "pods of another namespace name it"),
        (false, Some(_)) => (subject.name_place(), "the ServiceAccount that is probably meant"),
        (false, None) => (subject.name_place(), "the ServiceAccount that pods name"),
    };
    let message = format!("no ServiceAccount here matches {}", quoted(&found));
    let finding = Diagnostic::new(Code::IAM_MEMBER, binding.place.clone(), message)
        .help(format!("did you mean {}?", quoted(&right)))
        .related(place.clone(), label);
    let found = Fact::at(found, binding.place.clone());
    broken_member(Link::broken(LinkName::Member, found, Fact::at(right, place), finding))
}

/// With another member, role and condition do not matter.
fn broken_member(member: Link) -> [Link; 3] {
    let unknown = |name| Link::unknown(name, "a binding with the right member");
    [member, unknown(LinkName::Role), unknown(LinkName::Condition)]
}

/// A binding that is as it should be.
fn held_links(binding: &Binding) -> [Link; 3] {
    let condition = match &binding.condition {
        None => Link::ok(LinkName::Condition, Fact::at("none", binding.place.clone())),
        Some(condition) => {
            Link::ok(LinkName::Condition, Fact::at(condition.shown(), binding.place.clone()))
        }
    };
    let member = Fact::at(binding.member.shown(), binding.place.clone());
    let role = Fact::at(binding.role.shown(), binding.role_place.clone());
    [Link::ok(LinkName::Member, member), Link::ok(LinkName::Role, role), condition]
}

crate::diagnostics::declare_code! {
    IAM_BINDING: Error = "iam-binding",
    what: "A ServiceAccount is annotated with a Google Cloud service account, but that account's policy, or a script that binds others on it, has no binding for it.",
    why: "Both halves are needed: the annotation says which account the pods want to act as, the binding allows it.",
    example: "gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com --role=roles/iam.workloadIdentityUser --member=\"serviceAccount:my-project.svc.id.goog[shop/orders]\" --condition=None",
    instead: "gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com --role=roles/iam.workloadIdentityUser --member=\"serviceAccount:my-project.svc.id.goog[shop/books]\" --condition=None",
    source: crate::diagnostics::references::WORKLOAD_IDENTITY,
}

/// The binding that lets the pods of an annotated ServiceAccount act as its account.
fn bound_links(evidence: &Evidence<'_, '_>, subject: &Subject<'_, '_>, email: &str) -> [Link; 3] {
    let mut on = evidence.bindings(subject);
    on.retain(|one| one.can_be_on(email) || one.target == BindingTarget::Project);
    let lets_act: Vec<&Binding> = on.iter().copied().filter(|one| one.can_let_act()).collect();
    // Of several bindings, one that holds is enough.
    if let Some(binding) = lets_act.iter().find(|one| condition_of(one) == Holds::Always) {
        if binding.member.is_known() && binding.lets_act() == Some(true) {
            return held_links(binding);
        }
        let mut links = MEMBER_LINKS.map(|name| Link::unknown(name, "what the script computes"));
        if lets_act.iter().all(|one| one.lets_act() != Some(true)) {
            links[1].findings.extend(unlisted_role(binding));
        }
        return links;
    }
    if let Some(binding) = lets_act.first() {
        let [member, role, _] = held_links(binding);
        return [member, role, condition_link(subject, binding)];
    }
    let is_exact = |one: &&&Binding| {
        one.subject.known_account().is_some() && one.target != BindingTarget::Project
    };
    if let Some(binding) = on.iter().find(is_exact) {
        let [member, _, condition] = held_links(binding);
        return [member, wrong_role(subject, binding, email), condition];
    }
    let expected = expected_member(evidence, subject, email);
    let unbound = unbound(evidence, subject, email, &expected);
    unbound.map_or_else(
        || MEMBER_LINKS.map(|name| Link::unknown(name, format!("the IAM policy of {email}"))),
        broken_member,
    )
}

/// Whether the condition of a binding holds.
fn condition_of(binding: &Binding) -> Holds<'_> {
    let Some(condition) = &binding.condition else { return Holds::Always };
    condition.as_known().map_or(Holds::Sometimes, conditions::holds)
}

crate::diagnostics::declare_code! {
    CONDITIONAL_BINDING: Warning = "conditional-binding",
    what: "The only binding that lets the pods act as their Google Cloud service account has a condition.",
    why: "Whenever the condition does not hold, the pods get a 403. A condition on the time ends the access of the pods without a change to any file.",
    example: "gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com --role=roles/iam.workloadIdentityUser --member=\"serviceAccount:my-project.svc.id.goog[shop/books]\" --condition='expression=request.time < timestamp(\"2099-01-01T00:00:00Z\"),title=migration'",
    instead: "gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com --role=roles/iam.workloadIdentityUser --member=\"serviceAccount:my-project.svc.id.goog[shop/books]\" --condition=None",
    source: "IAM, Overview of IAM Conditions: https://cloud.google.com/iam/docs/conditions-overview",
}

/// The condition of the only binding.
fn condition_link(subject: &Subject<'_, '_>, binding: &Binding) -> Link {
    const NAME: LinkName = LinkName::Condition;
    let pods = quoted(&format!("[{}]", subject.path()));
    let place = || binding.place.clone();
    let report = |code, message: String| {
        Diagnostic::new(code, place(), message).help("bind the role without a condition")
    };
    let found = binding.condition.as_ref().and_then(|condition| condition.as_known());
    let found = Fact::at(found.unwrap_or("…"), place());
    let message = match condition_of(binding) {
        Holds::Always | Holds::Sometimes => {
            let message = format!("{pods} is bound only while a condition holds");
            let mut link = Link::unknown(NAME, "whether the condition holds");
            link.findings.push(report(Code::CONDITIONAL_BINDING, message));
            return link;
        }
        Holds::Until(end) => format!("the binding of {pods} ended at {end}"),
        Holds::Never => format!("the condition of the binding of {pods} never holds"),
    };
    Link::broken(NAME, found, "none", report(Code::IAM_BINDING, message))
}

/// A role for exactly these pods that gives them no token.
fn wrong_role(subject: &Subject<'_, '_>, binding: &Binding, email: &str) -> Link {
    let role = binding.role.as_str();
    let finding = misspelt_role(binding).unwrap_or_else(|| {
        let message = format!(
            "{} does not let {} act as {}",
            quoted(role),
            quoted(&format!("[{}]", subject.path())),
            quoted(email)
        );
        Diagnostic::new(Code::IAM_BINDING, binding.role_place.clone(), message)
            .help(format!("bind `{WORKLOAD_IDENTITY_USER}`"))
    });
    let found = Fact::at(role, binding.role_place.clone());
    Link::broken(LinkName::Role, found, WORKLOAD_IDENTITY_USER, finding)
}

/// A predefined role that wigen does not know, for exactly these pods.
fn unlisted_role(binding: &Binding) -> Option<Diagnostic> {
    binding.subject.known_account()?;
    let role = binding.role.as_known().filter(|role| role.starts_with("roles/"))?;
    let message = format!("wigen does not know the role {}", quoted(role));
    let finding = Diagnostic::new(Code::UNKNOWN_ROLE, binding.role_place.clone(), message);
    Some(finding.help(format!("to act as the account, pods need `{WORKLOAD_IDENTITY_USER}`")))
}

/// A role that does not exist, as far as wigen knows.
pub(crate) fn misspelt_role(binding: &Binding) -> Option<Diagnostic> {
    let finding = roles::misspelt(binding.role.as_known()?, binding.role_place.clone())?;
    // In a script, the place is that of the flag and its value.
    Some(if binding.is_command() { Diagnostic { fix: None, ..finding } } else { finding })
}

/// A member that IAM does not know.
pub(crate) fn malformed(binding: &Binding) -> Option<Diagnostic> {
    let (message, help) = malformation(binding.member.as_known()?)?;
    Some(Diagnostic::new(Code::IAM_MEMBER, binding.place.clone(), message).help(help))
}

/// The member of a ServiceAccount, in the only pool that the world names, or else in that of the
/// account's project.
fn expected_member(evidence: &Evidence<'_, '_>, subject: &Subject<'_, '_>, email: &str) -> String {
    let project = || accounts::project(email).unwrap_or_else(|| "PROJECT".to_owned());
    let of_project = || WorkloadIdentity::pool_of_project(&project());
    let pool = evidence.pool().map_or_else(of_project, str::to_owned);
    subject.member(&pool).to_string()
}

/// The member link of an annotated ServiceAccount without a binding, where it is known that there is
/// none.
fn unbound(
    evidence: &Evidence<'_, '_>,
    subject: &Subject<'_, '_>,
    email: &str,
    expected: &str,
) -> Option<Link> {
    let annotation = subject.annotation_place()?;
    let broken = |found: &Binding, finding| {
        let found = Fact::at(found.member.shown(), found.place.clone());
        Some(Link::broken(LinkName::Member, found, expected, finding))
    };
    let on_account = || evidence.bindings_on(email);
    if let Some((binding, finding)) = on_account().find_map(|one| Some((one, malformed(one)?))) {
        return broken(binding, finding.help(format!("write `{}`", shown(expected))));
    }
    let own = Member::ServiceAccount(email.to_owned()).to_string();
    let is_own = |one: &&Binding| {
        one.role.is(WORKLOAD_IDENTITY_USER) && one.member.as_str().eq_ignore_ascii_case(&own)
    };
    if let Some(binding) = on_account().find(is_own) {
        let message = format!("{} is bound to itself, and no pod is", quoted(email));
        let finding = Diagnostic::new(Code::IAM_MEMBER, binding.place.clone(), message);
        return broken(binding, finding.help(format!("write `{}`", shown(expected))));
    }
    let member = quoted(&format!("[{}]", subject.path()));
    let is_withdrawn = |one: &&Binding| {
        let account = one.subject.known_account();
        let is_own =
            account.is_some_and(|it| it.1 == subject.name && Some(it.0) == subject.namespace);
        is_own && one.can_be_on(email) && one.role.is(WORKLOAD_IDENTITY_USER)
    };
    if let Some(binding) = evidence.world.facts.withdrawn.iter().find(is_withdrawn) {
        let message =
            format!("this withdraws the binding that lets {member} act as {}", quoted(email));
        let finding = Diagnostic::new(Code::IAM_BINDING, binding.place.clone(), message);
        return broken(binding, finding.help("remove the command, or the annotation"));
    }
    if let Some((binding, other)) = bound_elsewhere(evidence, subject, email) {
        let message = format!(
            "{member} is annotated with {}, but bound on {}",
            quoted(email),
            quoted(&other)
        );
        let place = Location { target: Part::Value, ..annotation };
        let finding = Diagnostic::new(Code::IAM_BINDING, place, message)
            .help("use the same service account in both places")
            .related(binding.place.clone(), "bound here");
        return broken(binding, finding);
    }
    let message = format!("no binding lets {member} act as {}", quoted(email));
    let finding = Diagnostic::new(Code::IAM_BINDING, annotation, message);
    let is_of_others = |one: &&Binding| {
        one.role.is(WORKLOAD_IDENTITY_USER) && one.subject.known_account().is_some()
    };
    if let Some(binding) = on_account().find(is_of_others) {
        let finding = finding
            .help(format!("also grant `{WORKLOAD_IDENTITY_USER}` to {member}"))
            .related(binding.place.clone(), "this binding names other pods");
        return broken(binding, finding);
    }
    // Other scripts, and other objects of Config Connector, can bind more.
    let is_policy_known = evidence.world.has_policy_of(email)
        || on_account().any(|binding| binding.origin == Origin::Policy);
    let help = format!("grant `{WORKLOAD_IDENTITY_USER}` on the service account to {member}");
    is_policy_known.then(|| Link::broken(LinkName::Member, "none", expected, finding.help(help)))
}

/// A binding of the same pods on another account, which no manifest names for them. The project of the
/// account may be unknown.
fn bound_elsewhere<'w>(
    evidence: &Evidence<'w, '_>,
    subject: &Subject<'_, '_>,
    email: &str,
) -> Option<(&'w Binding, String)> {
    let (binding, other) =
        exact_bindings(evidence, subject).find_map(|binding| match &binding.target {
            BindingTarget::ServiceAccount(on) if on.is_known_before('@') && !on.can_be(email) => {
                Some((binding, on))
            }
            _ => None,
        })?;
    // Two clusters may have one account each.
    let mut same = evidence.world.accounts_named(subject.name);
    let is_named = same.any(|one| {
        let email = one.annotation(GSA_ANNOTATION).and_then(|email| email.as_str());
        email.is_some_and(|email| other.can_be(email))
    });
    (!is_named).then(|| (binding, other.shown()))
}

/// The bindings that let the pods of exactly this ServiceAccount act as another by its annotation.
fn exact_bindings<'w>(
    evidence: &Evidence<'w, '_>,
    subject: &Subject<'_, '_>,
) -> impl Iterator<Item = &'w Binding> + use<'w> {
    evidence.bindings(subject).into_iter().filter(|binding| {
        binding.role.is(WORKLOAD_IDENTITY_USER)
            && matches!(binding.target, BindingTarget::ServiceAccount(_))
            && !binding.member.as_str().starts_with("principal")
            && binding.subject.known_account().is_some()
    })
}

crate::diagnostics::declare_code! {
    MISSING_ANNOTATION: Error = "missing-annotation",
    what: "A binding allows a ServiceAccount to act as a Google Cloud service account, but the ServiceAccount has no annotation for it.",
    why: "Both halves are needed. Without the annotation the pods get a token for their own principal, which has none of the account's roles. Nothing is reported if a script adds the annotations.",
    example: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n---\napiVersion: iam.cnrm.cloud.google.com/v1beta1\nkind: IAMPolicyMember\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  member: serviceAccount:my-project.svc.id.goog[shop/books]\n  role: roles/iam.workloadIdentityUser\n  resourceRef:\n    kind: IAMServiceAccount\n    external: projects/my-project/serviceAccounts/books@my-project.iam.gserviceaccount.com",
    instead: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: iam.cnrm.cloud.google.com/v1beta1\nkind: IAMPolicyMember\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  member: serviceAccount:my-project.svc.id.goog[shop/books]\n  role: roles/iam.workloadIdentityUser\n  resourceRef:\n    kind: IAMServiceAccount\n    external: projects/my-project/serviceAccounts/books@my-project.iam.gserviceaccount.com",
    source: crate::diagnostics::references::WORKLOAD_IDENTITY,
}

/// The annotation that a bound ServiceAccount lacks, and the binding.
fn unannotated<'w>(
    evidence: &Evidence<'w, '_>,
    subject: &Subject<'_, '_>,
) -> Option<(Link, &'w Binding)> {
    let (world, account) = (evidence.world, subject.object?);
    let binding = exact_bindings(evidence, subject).next()?;
    // A patch leaves it as it is, another one sets it, it is misspelt, or it is empty: switched off.
    let is_annotated = account.is_patch
        || world
            .accounts_named(account.id.name)
            .any(|one| one.annotation(GSA_ANNOTATION).is_some())
        || account.annotations().is_some_and(|entries| entries.contains_key(GSA_ANNOTATION))
        || mentions_annotation(&account.value.to_string());
    if is_annotated || evidence.direct_grant(subject).is_some() {
        return None;
    }
    if evidence.may_be_annotated(subject.name) {
        return None;
    }
    let email = binding.acts_as();
    let message = format!(
        "{} lacks the annotation for {}",
        account.id,
        email.map_or("its Google Cloud service account".to_owned(), quoted)
    );
    let email = email.unwrap_or("EMAIL");
    let finding = Diagnostic::new(Code::MISSING_ANNOTATION, subject.name_place(), message)
        .help(format!("add the annotation `{GSA_ANNOTATION}: {email}`"))
        .related(binding.place.clone(), "the binding");
    let found = Fact::at("none", subject.name_place());
    let expected = Fact::at(email, binding.place.clone());
    Some((Link::broken(LinkName::Annotation, found, expected, finding), binding))
}

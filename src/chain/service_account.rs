//! The links from pods to their ServiceAccount, and to its annotation.

use super::evidence::{Evidence, Subject};
use super::link::{Fact, Link, LinkName};
use crate::diagnostics::suggest::can_be_other_words;
use crate::diagnostics::{Code, Diagnostic, Edit, Location, Severity, quoted};
use crate::google::accounts::is_email_in_known_domain;
use crate::google::names::{ACCOUNT_EMAIL, GSA_ANNOTATION};
use crate::observed::{AccountUse, Pods, ScriptAccount, UseKind};

crate::diagnostics::declare_code! {
    MISSING_SERVICE_ACCOUNT: Error = "missing-service-account",
    what: "The pods use a ServiceAccount that is in another namespace, or whose name differs by one letter.",
    why: "A ServiceAccount belongs to its namespace: pods in another namespace cannot use it, and pods whose ServiceAccount does not exist are never created.",
    example: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: web\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books",
    instead: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books",
    source: "Kubernetes, Service Accounts: https://kubernetes.io/docs/concepts/security/service-accounts/",
}

/// Whether a ServiceAccount is in the namespace of what uses it, and exists. `user` is the field that names
/// it; without one, the chain is about the ServiceAccount.
pub(super) fn account_links(
    evidence: &Evidence<'_, '_>,
    user: Option<&AccountUse<'_>>,
    subject: &Subject<'_, '_>,
) -> [Link; 2] {
    let namespace = Fact::at(subject.namespace.unwrap_or("?"), subject.namespace_place());
    let found = Fact::at(subject.name, subject.name_place());
    let both = |exists| [Link::ok(LinkName::Namespace, namespace.clone()), exists];
    let unknown = |name| Link::unknown(name, format!("the ServiceAccount {}", subject.path()));
    // Every namespace has a ServiceAccount `default`.
    if subject.object.is_some() || subject.name == "default" || subject.is_made_by_script {
        return both(Link::ok(LinkName::ServiceAccount, found));
    }
    let Some(user) = user else { return both(unknown(LinkName::ServiceAccount)) };
    let what = match subject.namespace {
        Some(namespace) => format!(" in namespace {}", quoted(namespace)),
        None => String::new(),
    };
    let message = format!("there is no ServiceAccount {}{what}", quoted(subject.name));
    let missing = Diagnostic::new(Code::MISSING_SERVICE_ACCOUNT, user.place(), message);
    let mut elsewhere = evidence.named(subject.name, None);
    let object = elsewhere.find_map(|index| {
        let other = evidence.subjects[index].object?;
        Some((other.id.namespace.unwrap_or("?"), other.place("/metadata/namespace")))
    });
    if let Some((other, place)) = object.or_else(|| made_elsewhere(evidence, subject)) {
        let help = match user.kind {
            UseKind::Pods => "pods can only use a ServiceAccount of their own namespace",
            _ => "name the namespace of the ServiceAccount, or use one of this namespace",
        };
        let finding = missing
            .help(help)
            .related(place.clone(), "a ServiceAccount with this name is in this namespace");
        let is_in = Fact::at(other, place);
        let broken = Link::broken(LinkName::Namespace, is_in, namespace, finding);
        return [broken, unknown(LinkName::ServiceAccount)];
    }
    if let Some(other) = evidence.similar(subject.name, subject.namespace, true, |_| true) {
        let other = &evidence.subjects[other];
        let mut finding = missing
            .help(format!("there is a ServiceAccount {}", quoted(other.name)))
            .replacement(format!("\"{}\"", other.name))
            .related(other.name_place(), "its name");
        if can_be_other_words(subject.name, other.name) {
            finding.severity = Severity::Warning;
        }
        let expected = Fact::at(other.name, other.name_place());
        return both(Link::broken(LinkName::ServiceAccount, found, expected, finding));
    }
    both(unknown(LinkName::ServiceAccount))
}

/// The other namespace in which scripts make a ServiceAccount, and where, if they make it there alone.
fn made_elsewhere<'w>(
    evidence: &Evidence<'w, '_>,
    subject: &Subject<'_, '_>,
) -> Option<(&'w str, Location)> {
    let made = evidence.script_accounts.get(subject.name)?;
    let is_elsewhere =
        |one: &&&ScriptAccount| !one.namespace.can_be(subject.namespace.unwrap_or(""));
    let all_elsewhere = subject.namespace.is_some() && made.iter().all(|one| is_elsewhere(&one));
    let first = made.iter().find(|_| all_elsewhere)?;
    let namespace = first.namespace.as_known()?;
    // Bound there too, its member is reported.
    let mut bindings = evidence.world.bindings.iter().filter_map(|one| one.subject.known_account());
    let is_bound = bindings.any(|account| account == (namespace, subject.name));
    (!is_bound).then(|| (namespace, first.place.clone()))
}

crate::diagnostics::declare_code! {
    SERVICE_ACCOUNT_FIELD: Warning = "service-account-field",
    what: "The pods set both `serviceAccountName` and `serviceAccount`, with different values.",
    why: "`serviceAccount` is the deprecated name of the field. If both are set, `serviceAccountName` wins, and the other is misleading.",
    example: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books\n      serviceAccount: default",
    instead: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books",
    source: "Kubernetes, PodSpec: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/",
}

/// Both fields for the ServiceAccount, of which the old one does not count.
pub(super) fn old_field(pods: &Pods<'_>) -> Option<Diagnostic> {
    let named = |field: &str| pods.spec[field].as_str().filter(|name| !name.is_empty());
    let (new, old) = (named("serviceAccountName")?, named("serviceAccount")?);
    let message = format!("the pods run as {}, not as {}", quoted(new), quoted(old));
    let finding =
        Diagnostic::new(Code::SERVICE_ACCOUNT_FIELD, pods.place("/serviceAccount"), message)
            .related(pods.place("/serviceAccountName"), "this field counts")
            .help("remove `serviceAccount`, the deprecated name of `serviceAccountName`");
    (new != old).then_some(finding)
}

/// The annotation of a ServiceAccount, if it has one.
pub(super) fn annotation_link(subject: &Subject<'_, '_>) -> Option<Link> {
    let Some((account, value)) = subject.object.zip(subject.annotation()) else {
        let script = subject.script?;
        let found = Fact::at(script.value.shown(), script.place.clone());
        return Some(match (subject.email(), script.value.as_known()) {
            (Some(_), _) => Link::ok(LinkName::Annotation, found),
            (None, Some(_)) => Link::broken(LinkName::Annotation, found, ACCOUNT_EMAIL.words, None),
            (None, None) => Link::unknown(LinkName::Annotation, "what the script computes"),
        });
    };
    let place = account.annotation_value_place(GSA_ANNOTATION);
    let (found, finding) = if let Some(email) = value.as_str() {
        (email.to_owned(), email_problem(email, place.clone()))
    } else {
        let shown = value.to_string();
        let message = format!("{} is not a string; annotations are strings", quoted(&shown));
        let finding = Diagnostic::new(Code::WRONG_TYPE, place.clone(), message);
        (shown, Some(finding.help(ACCOUNT_EMAIL.words)))
    };
    let found = Fact::at(found, place);
    Some(match finding {
        None => Link::ok(LinkName::Annotation, found),
        Some(finding) => Link::broken(LinkName::Annotation, found, ACCOUNT_EMAIL.words, finding),
    })
}

/// What is wrong with the email of a service account.
pub(crate) fn email_problem(text: &str, place: Location) -> Option<Diagnostic> {
    if is_email_in_known_domain(text) {
        return None;
    }
    let message = format!("{} is not {}", quoted(text), ACCOUNT_EMAIL.noun);
    let diagnostic = Diagnostic::new(Code::ACCOUNT_EMAIL, place, message);
    Some(match email_in(text) {
        Some(email) => {
            diagnostic.help("write only the email").certainly(Edit::Text(format!("\"{email}\"")))
        }
        None => diagnostic.help(ACCOUNT_EMAIL.words),
    })
}

/// The email in the name of a resource or member.
fn email_in(text: &str) -> Option<&str> {
    let email = text.rsplit_once("/serviceAccounts/").map_or(text, |(_, email)| email);
    let email = email.strip_prefix("serviceAccount:").unwrap_or(email).trim();
    (email != text && is_email_in_known_domain(email)).then_some(email)
}

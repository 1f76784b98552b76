//! The objects of Config Connector: everything that is their syntax.

use schemars::JsonSchema;
use serde::Serialize;

use crate::google::config_connector::{
    DELETION_POLICY, IAM_GROUP, PROJECT_ANNOTATION, ResourceKind, external,
};
use crate::google::members::Member;
use crate::model::identity::{Account, Binding, Identity};
use crate::model::workload::Workload;
use crate::text::OrderedMap;

/// The longest name of an object: it may be the value of a label, too.
const MAX_NAME: usize = 63;

/// The objects of Config Connector.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ConfigConnectorContext {
    /// `apiVersion` of the objects.
    api_version: String,
    /// Namespace of the objects.
    namespace: String,
    /// Annotations of the bindings.
    annotations: OrderedMap<String>,
    /// The `IAMServiceAccount`; none if it is managed elsewhere, or in direct federation.
    account: Option<AccountObject>,
    /// One `IAMPolicyMember` for each role on each resource.
    bindings: Vec<BindingObject>,
}

/// An `IAMServiceAccount`.
#[derive(Serialize, JsonSchema)]
struct AccountObject {
    /// Its name: the account ID, and a hash of project and email, which are immutable.
    name: String,
    /// Its annotations, the one for the project among them.
    annotations: OrderedMap<String>,
    /// Its `spec`.
    spec: AccountSpec,
}

/// The `spec` of an `IAMServiceAccount`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AccountSpec {
    /// The account ID. It stays the same if Kustomize changes the name of the object.
    #[serde(rename = "resourceID")]
    resource_id: String,
    /// Display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    /// Description.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

/// An `IAMPolicyMember`.
#[derive(Serialize, JsonSchema)]
struct BindingObject {
    /// Its name: app, role, and a hash of the app and of the `spec`, which is immutable.
    name: String,
    /// Its `spec`.
    spec: BindingSpec,
}

/// The `spec` of an `IAMPolicyMember`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct BindingSpec {
    /// The resource that the role is granted on.
    resource_ref: ResourceReference,
    /// The role.
    role: String,
    /// The member, unless it is an `IAMServiceAccount` of this app.
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<String>,
    /// The `IAMServiceAccount` that is the member.
    #[serde(skip_serializing_if = "Option::is_none")]
    member_from: Option<MemberSource>,
    /// The condition of the binding.
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Condition>,
}

/// A reference to a resource.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ResourceReference {
    /// `apiVersion` of its kind.
    api_version: String,
    /// Its kind.
    kind: &'static str,
    /// The name of the object, for an `IAMServiceAccount` of this app.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The full name of a resource that is managed elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    external: Option<String>,
}

/// What a member is taken from.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct MemberSource {
    /// An `IAMServiceAccount` in the same namespace.
    service_account_ref: ObjectName,
}

/// The name of an object.
#[derive(Serialize, JsonSchema)]
struct ObjectName {
    /// Its name.
    name: String,
}

/// A condition of a binding.
#[derive(Serialize, JsonSchema)]
struct Condition {
    /// Its title.
    title: String,
    /// The condition, in CEL.
    expression: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

impl ConfigConnectorContext {
    pub(crate) fn new(identity: &Identity, workload: &Workload) -> Self {
        let account = identity.account.as_ref().filter(|account| account.create);
        let mut annotations = workload.annotations.clone();
        if identity.config_connector.abandons {
            annotations.insert(DELETION_POLICY.to_owned(), "abandon".to_owned());
        }
        let bindings = identity.bindings().flat_map(|binding| {
            let specs = binding.roles.iter().filter_map(|role| spec(binding, role, account));
            specs.map(|spec| BindingObject { name: binding_name(&workload.name, &spec), spec })
        });
        Self {
            api_version: format!("{IAM_GROUP}/v1beta1"),
            namespace: identity.config_connector.namespace.clone(),
            bindings: bindings.collect(),
            account: account.map(|account| AccountObject::new(account, &annotations)),
            annotations,
        }
    }
}

impl AccountObject {
    fn new(account: &Account, annotations: &OrderedMap<String>) -> Self {
        let Account { id, project, display_name, description, .. } = account;
        let mut annotations = annotations.clone();
        annotations.insert(PROJECT_ANNOTATION.to_owned(), project.clone());
        let spec = AccountSpec {
            resource_id: id.clone(),
            display_name: display_name.clone(),
            description: description.clone(),
        };
        Self { name: account_name(account), annotations, spec }
    }
}

/// The binding of one role. `account` is the one that another object creates: a reference to that object waits
/// for it. `None` for a resource that Config Connector does not know, which the rules refuse.
fn spec(binding: &Binding, role: &str, account: Option<&Account>) -> Option<BindingSpec> {
    let kind = ResourceKind::new(&binding.resource)?;
    let on_account = account.filter(|account| {
        kind.kind == "IAMServiceAccount" && account.email == binding.resource.name()
    });
    let from =
        account.filter(|account| binding.member == Member::ServiceAccount(account.email.clone()));
    Some(BindingSpec {
        resource_ref: ResourceReference {
            api_version: kind.api_version(),
            kind: kind.kind,
            name: on_account.map(account_name),
            external: on_account.is_none().then(|| external(&binding.resource)),
        },
        role: role.to_owned(),
        member: from.is_none().then(|| binding.member.to_string()),
        member_from: from.map(|account| MemberSource {
            service_account_ref: ObjectName { name: account_name(account) },
        }),
        condition: binding.condition.as_ref().map(|condition| Condition {
            title: condition.title.to_string(),
            expression: condition.expression.to_string(),
            description: condition.description.as_ref().map(ToString::to_string),
        }),
    })
}

/// The name of an account: accounts of other projects have other names, also in one namespace.
fn account_name(account: &Account) -> String {
    let content = format!("{}/{}", account.project, account.email);
    format!("{}{}", account.id, hash_suffix(&content))
}

/// The name of a binding: another `spec` is another object, because none can change.
fn binding_name(app: &str, spec: &BindingSpec) -> String {
    let content = serde_json::to_string(spec).unwrap_or_default();
    let role = spec.role.rsplit('/').next().unwrap_or_default();
    let role: String = role
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .collect();
    let hash = hash_suffix(&format!("{app}\0{content}"));
    let mut name = format!("{app}-{role}");
    name.truncate(MAX_NAME - hash.len());
    name.trim_end_matches('-').to_owned() + &hash
}

fn hash_suffix(content: &str) -> String {
    format!("-{:08x}", crc32fast::hash(content.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(app: &str, role: &str) -> String {
        let spec = BindingSpec {
            resource_ref: ResourceReference {
                api_version: "resourcemanager.cnrm.cloud.google.com/v1beta1".to_owned(),
                kind: "Project",
                name: None,
                external: Some("projects/my-project".to_owned()),
            },
            role: role.to_owned(),
            member: Some("user:a@example.com".to_owned()),
            member_from: None,
            condition: None,
        };
        binding_name(app, &spec)
    }

    #[test]
    fn names_are_labels_and_change_with_the_content_alone() {
        assert_eq!(named("books", "roles/run.invoker"), "books-run-invoker-9cead564");
        let custom = named("books", "projects/p/roles/My_Role.x");
        assert!(custom.starts_with("books-my-role-x-"), "{custom}");
        for app in ["a".repeat(63), "a".repeat(53), format!("{}-b", "a".repeat(50))] {
            let name = named(&app, "roles/secretmanager.secretAccessor");
            assert!(name.len() <= MAX_NAME && !name.contains("--"), "{name}");
        }
    }
}

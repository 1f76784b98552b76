//! The variable `terraform` of templates: the Google Cloud side of an app, in the syntax of Terraform. Its
//! fields are published; `docs/templates.md` describes them.

use schemars::JsonSchema;
use serde::Serialize;

use super::code::Code;
use crate::backends::terraform::label::label;
use crate::backends::terraform::quote::{content, literal};
use crate::backends::terraform::resource::{
    OLDEST_VERSION, binding_type, dataset_role, oldest_version,
};
use crate::google::members::Member;
use crate::google::names::WORKLOAD_IDENTITY_USER;
use crate::google::resources::ResourceType;
use crate::model::identity::{Account, Binding, Identity, Step};
use crate::spec::types::Condition;

/// The module that owns the Google Cloud side.
#[derive(Serialize, JsonSchema)]
pub(super) struct TerraformContext {
    /// The versions of the google provider that have all that is used.
    provider_version: String,
    /// What to say if the cluster does not use the workload identity pool.
    pool_error: String,
    /// HCL code: arguments of the account that is created, pairs of name and value; empty if none is.
    account: Vec<(Code, Code)>,
    /// ID of the project whose number must be looked up.
    number_of: Option<String>,
    /// HCL code: the principal of the pods in direct federation, `principal://…`.
    principal_value: Option<Code>,
    /// The blocks that grant the roles.
    grants: Vec<BlockContext>,
    /// The block that lets the pods act as the account.
    impersonation: Vec<BlockContext>,
    /// HCL code: the email of the account; `null` in direct federation.
    email: Code,
    /// HCL code: the member that gets the roles.
    member: Code,
    /// HCL code: the pods, as policies name them.
    principal: Code,
    /// What to import, with `--import`.
    imports: Vec<ImportContext>,
    /// HCL code: the addresses of blocks that the provider cannot import.
    not_importable: Vec<Code>,
    /// HCL code: the addresses of blocks that no ID names.
    ambiguous: Vec<Code>,
}

/// A block that binds a role.
#[derive(Serialize, JsonSchema)]
struct BlockContext {
    /// The type of the block.
    r#type: String,
    /// The label of the block.
    label: String,
    /// HCL code: its arguments, pairs of name and value.
    arguments: Vec<(Code, Code)>,
    /// HCL code: the arguments of its condition; empty if it has none.
    condition: Vec<(Code, Code)>,
    /// Whether it needs the workload identity pool, which comes with the first cluster.
    waits_for_cluster: bool,
}

/// An import.
#[derive(Serialize, JsonSchema)]
struct ImportContext {
    /// HCL code: the address of the block.
    to: Code,
    /// HCL code: what to import.
    id: Code,
}

/// The address of the block of the account.
const ACCOUNT: &str = "google_service_account.account";

impl TerraformContext {
    /// `import` is the address of the module in whose terms to import; empty for the root module.
    pub(super) fn new(identity: &Identity, import: Option<&str>) -> Self {
        let created = identity.account.as_ref().filter(|account| account.create);
        let (email, member) = match (&identity.account, created) {
            (Some(_), Some(_)) => (format!("{ACCOUNT}.email"), format!("{ACCOUNT}.member")),
            (Some(account), None) => {
                (literal(&account.email), literal(&identity.member.to_string()))
            }
            (None, _) => ("null".to_owned(), "local.principal".to_owned()),
        };
        let principal = match &identity.account {
            Some(_) => literal(&Member::WorkloadIdentity(identity.pods.clone()).to_string()),
            None => member.clone(),
        };
        let blocks = Blocks { identity, created, email: &email, member: &member };
        let mut context = Self {
            provider_version: provider_version(identity),
            pool_error: pool_error(identity),
            account: created.map(account_arguments).unwrap_or_default(),
            number_of: identity.member.unknown_number().map(str::to_owned),
            principal_value: principal_value(&identity.member).map(Code::hcl),
            grants: Vec::new(),
            impersonation: Vec::new(),
            email: Code::hcl(email.clone()),
            member: Code::hcl(member.clone()),
            principal: Code::hcl(principal),
            imports: Vec::new(),
            not_importable: Vec::new(),
            ambiguous: Vec::new(),
        };
        for step in &identity.steps {
            match step {
                Step::Cluster | Step::Account => {}
                Step::Grants(bindings) => {
                    context.grants = bindings.iter().flat_map(|one| blocks.list(one)).collect();
                }
                Step::Impersonation(binding) => context.impersonation = blocks.list(binding),
            }
        }
        if let Some(module) = import {
            context.add_imports(identity, created, module);
        }
        context
    }

    fn add_imports(&mut self, identity: &Identity, created: Option<&Account>, module: &str) {
        let dot = if module.is_empty() { "" } else { "." };
        if let Some(Account { email, project, .. }) = created {
            let id = literal(&format!("projects/{project}/serviceAccounts/{email}"));
            let to = Code::hcl(format!("{module}{dot}{ACCOUNT}"));
            self.imports.push(ImportContext { to, id: Code::hcl(id) });
        }
        for binding in identity.bindings() {
            let resource = binding_type(&binding.resource);
            for role in &binding.roles {
                let label = block_label(identity, binding, role);
                let to = Code::hcl(format!("{module}{dot}{}.{label}", resource.name));
                let Some(id) = &resource.import else {
                    self.not_importable.push(to);
                    continue;
                };
                let title = binding.condition.as_ref().map(|condition| condition.title.as_str());
                let titles = identity.bindings().filter(|other| {
                    other.resource.is_same(&binding.resource)
                        && other.roles.contains(role)
                        && other.condition.as_ref().map(|it| it.title.as_str()) == title
                });
                // White space divides the parts of an ID.
                let is_one_word = !id.contains(char::is_whitespace);
                let is_kept = title.is_none_or(|title| {
                    !title.is_empty()
                        && title.split_whitespace().collect::<Vec<_>>().join(" ") == title
                });
                if titles.count() > 1 || !is_one_word || !is_kept {
                    self.ambiguous.push(to);
                    continue;
                }
                let member = if binding.member.unknown_number().is_some() {
                    let principal = if module.is_empty() { "local" } else { module };
                    format!("${{{principal}.principal}}")
                } else {
                    content(&binding.member.to_string())
                };
                let before = content(&format!("{id} {role} "));
                let after = title.map(|title| content(&format!(" {title}"))).unwrap_or_default();
                let id = Code::hcl(format!("\"{before}{member}{after}\""));
                self.imports.push(ImportContext { to, id });
            }
        }
    }
}

/// What the blocks of bindings have in common.
struct Blocks<'a> {
    identity: &'a Identity,
    created: Option<&'a Account>,
    email: &'a str,
    member: &'a str,
}

impl Blocks<'_> {
    /// A block for each role of a binding.
    fn list(&self, binding: &Binding) -> Vec<BlockContext> {
        binding.roles.iter().map(|role| self.block(binding, role)).collect()
    }

    fn block(&self, binding: &Binding, role: &str) -> BlockContext {
        let resource = binding_type(&binding.resource);
        let is_own_account = binding.resource.resource_type == ResourceType::ServiceAccount
            && self.created.is_some_and(|account| account.email == binding.resource.name());
        let value = |(name, value): &(&'static str, String)| {
            let code = if is_own_account { format!("{ACCOUNT}.name") } else { literal(value) };
            (*name, code)
        };
        let mut arguments: Vec<(&str, String)> = resource.arguments.iter().map(value).collect();
        let is_of_pods = matches!(binding.member, Member::WorkloadIdentity(_));
        let member = match &binding.member {
            Member::WorkloadIdentity(_) => literal(&binding.member.to_string()),
            _ => self.member.to_owned(),
        };
        if binding.resource.resource_type == ResourceType::Dataset {
            arguments.push(("role", literal(dataset_role(role))));
            arguments.push(match binding.member {
                Member::ServiceAccount(_) => ("user_by_email", self.email.to_owned()),
                _ => ("iam_member", member),
            });
        } else {
            arguments.extend([("role", literal(role)), ("member", member)]);
        }
        let is_direct = matches!(binding.member, Member::Principal { .. });
        BlockContext {
            r#type: resource.name,
            label: block_label(self.identity, binding, role),
            arguments: aligned(arguments),
            condition: binding.condition.as_ref().map(condition_arguments).unwrap_or_default(),
            waits_for_cluster: self.identity.cluster.is_some() && (is_of_pods || is_direct),
        }
    }
}

fn block_label(identity: &Identity, binding: &Binding, role: &str) -> String {
    match &binding.member {
        Member::WorkloadIdentity(_) if role == WORKLOAD_IDENTITY_USER => {
            "workload_identity_user".to_owned()
        }
        _ => label(binding, role, &identity.project),
    }
}

fn provider_version(identity: &Identity) -> String {
    let (major, minor) = identity.bindings().map(oldest_version).max().unwrap_or(OLDEST_VERSION);
    format!(">= {major}.{minor}, < 9")
}

fn pool_error(identity: &Identity) -> String {
    let name = identity.cluster.as_ref().map_or("", |cluster| cluster.name.as_str());
    let pool = &identity.pods.pool;
    format!(
        "Cluster {name} does not use the workload identity pool {pool}. Set workload_identity_config.workload_pool of its google_container_cluster."
    )
}

/// The principal in direct federation; the number of its project may be looked up.
fn principal_value(member: &Member) -> Option<String> {
    match member {
        Member::Principal { number: None, pods, .. } => Some(format!(
            "\"{}${{data.google_project.pool.number}}{}\"",
            content(Member::PRINCIPAL_PREFIX),
            content(&pods.principal_suffix())
        )),
        Member::Principal { .. } => Some(literal(&member.to_string())),
        _ => None,
    }
}

fn account_arguments(account: &Account) -> Vec<(Code, Code)> {
    let mut arguments =
        vec![("project", literal(&account.project)), ("account_id", literal(&account.id))];
    arguments.extend(account.display_name.iter().map(|name| ("display_name", literal(name))));
    arguments.extend(account.description.iter().map(|text| ("description", literal(text))));
    aligned(arguments)
}

fn condition_arguments(condition: &Condition) -> Vec<(Code, Code)> {
    let mut arguments = vec![("title", literal(&condition.title))];
    arguments.extend(condition.description.iter().map(|text| ("description", literal(text))));
    arguments.push(("expression", literal(&condition.expression)));
    aligned(arguments)
}

/// Arguments with names of one width, as `terraform fmt` writes them.
fn aligned(arguments: Vec<(&str, String)>) -> Vec<(Code, Code)> {
    let width = arguments.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let code = |(name, value)| (Code::hcl(format!("{name:width$}")), Code::hcl(value));
    arguments.into_iter().map(code).collect()
}

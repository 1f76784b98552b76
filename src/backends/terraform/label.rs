//! The labels of resource blocks: unique, and stable whatever else a spec grants.

use crate::google::accounts;
use crate::google::resources::{ResourceRef, ResourceType};
use crate::model::identity::Binding;

/// The label of a role on a resource: `ROLE__NAMES`, with a checksum if that is not the whole truth.
/// `project` is the app's.
pub(crate) fn label(binding: &Binding, role: &str, project: &str) -> String {
    let predefined = role.strip_prefix("roles/").map(|name| name.replace('.', "_"));
    let is_predefined = predefined.is_some();
    let mut parts = vec![
        predefined
            .unwrap_or_else(|| format!("custom_{}", role.rsplit('/').next().unwrap_or_default())),
    ];
    parts.extend(names(&binding.resource, project));
    let is_whole = is_predefined
        && binding.condition.is_none()
        && parts[0].chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && parts.iter().all(|part| is_exact(part));
    for part in &mut parts {
        *part = part.replace(|c: char| !is_plain(c), "_");
    }
    if !is_whole {
        parts.push(checksum(binding, role));
    }
    parts.join("__")
}

/// The names that tell a resource from others of its type.
fn names(resource: &ResourceRef, project: &str) -> Vec<String> {
    let mut names: Vec<String> = resource.segments.iter().map(|one| one.name.clone()).collect();
    let mut own = resource.project.clone();
    if resource.resource_type == ResourceType::ServiceAccount {
        let email = resource.name();
        own = accounts::project(email);
        let id = email.split('@').next().unwrap_or_default();
        names = vec![if own.is_some() { id } else { email }.to_owned()];
    }
    // The name of a bucket is unique by itself.
    let is_foreign = own.as_deref().is_some_and(|own| own != project)
        && resource.resource_type != ResourceType::Bucket;
    own.filter(|_| is_foreign).into_iter().chain(names).collect()
}

/// Whether a part is written as it is, and `__` divides it from others.
fn is_exact(part: &str) -> bool {
    part.chars().all(is_plain)
        && !part.contains("__")
        && !part.starts_with('_')
        && !part.ends_with('_')
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

fn checksum(binding: &Binding, role: &str) -> String {
    let mut hasher = crc32fast::Hasher::new();
    let resource = &binding.resource;
    let mut add = |text: &str| {
        hasher.update(text.as_bytes());
        hasher.update(b"\0");
    };
    add(role);
    add(resource.project.as_deref().unwrap_or_default());
    resource.segments.iter().for_each(|segment| add(&segment.name));
    if let Some(condition) = &binding.condition {
        add(&condition.title);
        add(&condition.expression);
        add(condition.description.as_deref().unwrap_or_default());
    }
    format!("{:08x}", hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::google::members::Member;

    #[test]
    fn labels_name_role_and_resource() {
        let label_of = |resource_type: ResourceType, name: &str, role: &str| {
            let resource = resource_type.parse(name, "my-project").unwrap();
            let (member, roles) = (Member::ServiceAccount(String::new()), Vec::new());
            let binding = Binding { roles, member, resource, condition: None };
            label(&binding, role, "my-project")
        };
        for (resource_type, name, role, expected) in [
            (ResourceType::Project, "my-project", "roles/a.b", "a_b"),
            (ResourceType::Project, "my-data", "roles/a.b", "a_b__my-data"),
            (ResourceType::Secret, "db_1", "roles/a.b", "a_b__db_1"),
            (ResourceType::Secret, "projects/other-1/secrets/db", "roles/a.b", "a_b__other-1__db"),
            (ResourceType::KmsKey, "eu/r/k", "roles/a.b", "a_b__eu__r__k"),
            (
                ResourceType::ServiceAccount,
                "a@my-project.iam.gserviceaccount.com",
                "roles/a.b",
                "a_b__a",
            ),
        ] {
            assert_eq!(label_of(resource_type, name, role), expected);
        }
        let bucket = |name: &str| label_of(ResourceType::Bucket, name, "roles/a.b");
        assert!(bucket("a.bc").starts_with("a_b__a_bc__"), "{}", bucket("a.bc"));
        assert_ne!(bucket("a.bc"), bucket("a_bc"));
        assert_ne!(bucket("a--b__c"), bucket("a--b_c"));
        let custom = |role: &str| label_of(ResourceType::Project, "my-project", role);
        assert_ne!(custom("projects/my-project/roles/a.b"), custom("organizations/1/roles/a.b"));
    }
}

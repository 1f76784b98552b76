//! Whom a binding may name, as IAM checks it: members that do not exist are refused.

use super::world::World;

/// The message of the refusal, if the member is refused.
pub(super) fn check(world: &mut World, member: &str) -> Result<(), String> {
    if ["allUsers", "allAuthenticatedUsers"].contains(&member) {
        return Ok(());
    }
    if let Some(rest) = member.strip_prefix("principal://iam.googleapis.com/") {
        return principal(world, member, rest, &["subject"]);
    }
    if let Some(rest) = member.strip_prefix("principalSet://iam.googleapis.com/") {
        return principal(
            world,
            member,
            rest,
            &["namespace", "kubernetes.cluster", "group", "attribute"],
        );
    }
    let unknown = || {
        Err(format!(
            "The member {member} is of an unknown type. Please set a valid type prefix for the \
             member."
        ))
    };
    let Some((kind, name)) = member.split_once(':') else { return unknown() };
    match kind {
        "serviceAccount" => account(world, name),
        "deleted" => Ok(()),
        "user" | "group" if name.contains('@') => Ok(()),
        "domain" | "projectOwner" | "projectEditor" | "projectViewer" if !name.is_empty() => Ok(()),
        _ => unknown(),
    }
}

/// The message of the refusal, if there can be no such role.
pub(super) fn check_role(role: &str) -> Result<(), String> {
    let name = role
        .strip_prefix("roles/")
        .or_else(|| ["projects/", "organizations/"].iter().find_map(|p| role.strip_prefix(p)));
    if name.is_some_and(|name| !name.is_empty()) && !role.contains("_withcond_") {
        return Ok(());
    }
    Err(format!("Role {role} is not supported for this resource."))
}

/// A service account, or a Kubernetes one: `POOL[NAMESPACE/NAME]`.
fn account(world: &mut World, name: &str) -> Result<(), String> {
    match name.strip_suffix(']').and_then(|name| name.split_once('[')) {
        Some((pool, kubernetes)) => {
            let two = kubernetes.split('/').filter(|part| !part.is_empty()).count() == 2;
            if two { known_pool(world, pool, None) } else { Err(invalid(name)) }
        }
        None if name.contains(['[', ']']) => Err(invalid(name)),
        None if world.sees_account(name) => Ok(()),
        None => Err(format!("Service account {name} does not exist.")),
    }
}

/// `projects/NUMBER/locations/global/workloadIdentityPools/POOL/KIND/...`
fn principal(
    world: &mut World,
    member: &str,
    rest: &str,
    selectors: &[&str],
) -> Result<(), String> {
    let parts: Vec<&str> = rest.split('/').collect();
    let [
        "projects",
        number,
        "locations",
        "global",
        "workloadIdentityPools",
        pool,
        selector,
        rest @ ..,
    ] = parts.as_slice()
    else {
        return Err(invalid(member));
    };
    if rest.is_empty() || !selectors.iter().any(|known| selector.starts_with(known)) {
        return Err(invalid(member));
    }
    if *selector == "subject" && !matches!(rest, ["ns", _, "sa", _]) {
        return Err(invalid(member));
    }
    known_pool(world, pool, Some(number))
}

fn known_pool(world: &World, pool: &str, number: Option<&str>) -> Result<(), String> {
    let owner = world.pools.get(pool).and_then(|project| world.projects.get(project));
    let right = |owner: &super::world::Project| {
        number.is_none_or(|number| number == owner.number.to_string())
    };
    if owner.is_some_and(right) {
        return Ok(());
    }
    Err(format!(
        "Identity Pool does not exist ({pool}). Please check that you specified a valid resource \
         name as returned in the `name` attribute in the configuration API."
    ))
}

fn invalid(member: &str) -> String {
    format!("Invalid principal ({member}) in the policy.")
}

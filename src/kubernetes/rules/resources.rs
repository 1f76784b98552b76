//! Requests and limits.

use serde_json::Value;

use super::findings::{negative, not_a_name};
use super::place::Place;
use super::rule::{Found, Table, entries, find};
use crate::diagnostics::{Code, Diagnostic, quoted, similar};
use crate::kubernetes::names::{self, QUALIFIED_NAME};
use crate::kubernetes::quantity::Quantity;
use crate::kubernetes::version::Version;

crate::diagnostics::declare_code! {
    RESOURCES: Error = "resources",
    what: "A request is more than its limit; a GPU or another extended resource has no limit or another one, or is not whole; or there is no such resource.",
    why: "The API server would reject the manifest.",
    example: "[container.resources]\nrequests = { memory = \"1Gi\" }\nlimits = { memory = \"512Mi\" }",
    instead: "[container.resources]\nrequests = { memory = \"512Mi\" }\nlimits = { memory = \"512Mi\" }",
    source: "Kubernetes, Resource Management for Pods and Containers: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
}

const OF_CONTAINERS: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

fn is_huge_page(name: &str) -> bool {
    name.starts_with("hugepages-")
}

/// Whether a resource is one of Kubernetes itself, which may be limited to more than is requested.
fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// Resources have names that containers know and amounts that can be; requests are up to their limits.
pub(super) fn requests_and_limits(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let (of_limits, of_requests) = (at.at("limits"), at.at("requests"));
    for (name, value) in entries(table, "limits") {
        check_resource(name, value, &of_limits, found);
    }
    let limits = find(table, "limits").and_then(Value::as_object);
    for (name, value) in entries(table, "requests") {
        let request = check_resource(name, value, &of_requests, found);
        let is_fixed = !is_native(name) || is_huge_page(name);
        let given = limits.and_then(|limits| find(limits, name));
        let limit = given.filter(|limit| *limit != value);
        let problem = match request.zip(limit.and_then(Quantity::parse)) {
            _ if is_fixed && given.is_none() => {
                format!("{} needs a limit, which is the same", quoted(name))
            }
            Some((request, limit)) if is_fixed && request != limit => {
                format!("the request of {} is not its limit", quoted(name))
            }
            Some((request, limit)) if request > limit => {
                format!("the request of {} is more than its limit", quoted(name))
            }
            _ => continue,
        };
        let wrong = Diagnostic::new(Code::RESOURCES, of_requests.at(name).value(), problem);
        found.push(match limit {
            Some(limit) => wrong
                .related(of_limits.at(name).value(), "the limit")
                .help("request as much as the limit, or raise the limit")
                .replacement(limit.to_string()),
            None => wrong.help("add it to `limits`"),
        });
    }
    let has = |is: fn(&str) -> bool| {
        let mut names = ["limits", "requests"].into_iter().flat_map(|key| entries(table, key));
        names.any(|(name, _)| is(name))
    };
    if has(is_huge_page) && !has(|name| ["cpu", "memory"].contains(&name)) {
        let message = "huge pages need `cpu` or `memory` beside them";
        found.push(Diagnostic::new(Code::RESOURCES, at.key(), message).help("add one of them"));
    }
}

/// Pods as a whole have fewer resources than their containers.
pub(super) fn of_pod(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let Some(Value::Object(table)) = table.get("resources") else { return };
    let place = at.at("resources");
    for key in ["limits", "requests"] {
        let list = place.at(key);
        for (name, _) in entries(table, key) {
            let of_containers = name.contains('/') || *name == "ephemeral-storage";
            if of_containers {
                let message = format!("pods as a whole have no resource {}", quoted(name));
                found.push(
                    Diagnostic::new(Code::RESOURCES, list.at(name).key(), message)
                        .help("give it to a container"),
                );
            }
        }
    }
}

/// A resource has a name that containers know, and an amount that can be. Returns the amount.
pub(super) fn check_resource(
    name: &str,
    value: &Value,
    list: &Place<'_>,
    found: &mut Found,
) -> Option<Quantity> {
    let is_own = OF_CONTAINERS.contains(&name);
    if !is_own {
        check_name(name, list, found);
    }
    let amount = Quantity::parse(value)?;
    if amount < Quantity::ZERO {
        found.push(negative(name, &list.at(name)));
    } else if !is_own && let Some(problem) = problem_of_amount(name, amount) {
        let message = format!("{} {problem}", quoted(name));
        found.push(Diagnostic::new(Code::RESOURCES, list.at(name).value(), message));
    }
    Some(amount)
}

/// What is wrong with an amount that is not one of CPU, memory or storage.
fn problem_of_amount(name: &str, amount: Quantity) -> Option<&'static str> {
    let size = name.strip_prefix("hugepages-").map(|size| Quantity::parse(&Value::from(size)));
    let is_divisible = |size: Option<Quantity>| size.is_some_and(|it| amount.is_multiple_of(it));
    match size {
        _ if !is_native(name) && !amount.is_whole() => Some("must be whole"),
        Some(size) if !is_divisible(size) => Some("must be a multiple of the size of its pages"),
        _ => None,
    }
}

fn check_name(name: &str, list: &Place<'_>, found: &mut Found) {
    let place = list.at(name).key();
    if !names::accepts(&QUALIFIED_NAME, name) {
        return found.push(not_a_name(&QUALIFIED_NAME, name, place));
    }
    let is_extended = name.contains('/') && (is_native(name) || !name.starts_with("requests."));
    if is_huge_page(name) || is_extended {
        return;
    }
    let message = format!("containers have no resource {}", quoted(name));
    let wrong = Diagnostic::new(Code::RESOURCES, place, message);
    let meant = match name {
        "gpu" => Some("nvidia.com/gpu"),
        "mem" => Some("memory"),
        "storage" => Some("ephemeral-storage"),
        name => similar(name, OF_CONTAINERS),
    };
    found.push(match meant {
        Some(meant) => wrong.help(format!("there is {}", quoted(meant))).replacement(meant),
        None => wrong.help("they have `cpu`, `memory`, `ephemeral-storage`, `hugepages-` with a size, and names with a domain such as `nvidia.com/gpu`"),
    });
}

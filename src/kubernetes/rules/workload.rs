//! Rules for Deployments, StatefulSets and DaemonSets.

use std::collections::HashMap;

use serde_json::Value;

use super::findings::{conflict, duplicate, out_of_range};
use super::place::Place;
use super::rule::{Check, Found, Rules, Table, When, find, rule};
use crate::diagnostics::{Code, Diagnostic, Location, quoted};
use crate::kubernetes::names::DNS_LABEL;
use crate::kubernetes::version::Version;

use Check::{Forbidden, Name, Range};

const NOT_NEGATIVE: Check = Range(0, i64::MAX);

#[rustfmt::skip]
pub(super) const RULES: &[Rules] = &[
    Rules("DaemonSetSpec", "apps: ValidateDaemonSetSpec", &[
        rule("minReadySeconds", NOT_NEGATIVE),
        rule("revisionHistoryLimit", NOT_NEGATIVE),
    ]),
    Rules("DaemonSetUpdateStrategy", "apps: ValidateRollingUpdateDaemonSet", &[
        rule("rollingUpdate", Check::Code("one of `maxSurge` and `maxUnavailable` is 0, the other not", daemon_set))
            .when(When::IsNot("type", &["OnDelete"])),
    ]),
    Rules("DeploymentSpec", "apps: ValidateDeploymentSpec", &[
        rule("replicas", NOT_NEGATIVE),
        rule("minReadySeconds", NOT_NEGATIVE),
        rule("revisionHistoryLimit", NOT_NEGATIVE),
        rule("progressDeadlineSeconds", NOT_NEGATIVE),
        rule("", Check::Code("`progressDeadlineSeconds`, 600 unless given, is more than `minReadySeconds`", progress_deadline)),
    ]),
    Rules("DeploymentStrategy", "apps: ValidateDeploymentStrategy", &[
        rule("rollingUpdate", Forbidden).when(When::Is("type", &["Recreate"])),
    ]),
    Rules("RollingUpdateDeployment", "apps: ValidateRollingUpdateDeployment", &[
        rule("", Check::Code("whole numbers, or percentages in quotes; not both 0", deployment)),
    ]),
    Rules("RollingUpdateStatefulSetStrategy", "apps: ValidateStatefulSetSpec", &[
        rule("partition", NOT_NEGATIVE),
        rule("maxUnavailable", Check::Code("more than 0, up to 100%", stateful_set)),
    ]),
    Rules("StatefulSetOrdinals", "apps: ValidateStatefulSetSpec", &[rule("start", NOT_NEGATIVE)]),
    Rules("StatefulSetSpec", "apps: ValidateStatefulSetSpec", &[
        rule("replicas", NOT_NEGATIVE),
        rule("minReadySeconds", NOT_NEGATIVE),
        rule("serviceName", Name(&DNS_LABEL)),
        rule("volumeClaimTemplates", Check::Code("names", claim_names)),
    ]),
    Rules("StatefulSetUpdateStrategy", "apps: ValidateStatefulSetSpec", &[
        rule("rollingUpdate", Forbidden).when(When::Is("type", &["OnDelete"])),
    ]),
];

/// A Deployment fails after some time, which is longer than a pod takes to be available.
fn progress_deadline(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let number = |key: &str| find(table, key).map(Value::as_i64);
    let deadline = number("progressDeadlineSeconds").unwrap_or(Some(600));
    let ready = number("minReadySeconds").unwrap_or(Some(0));
    let Some((deadline, ready)) = deadline.zip(ready) else { return };
    if (0..=ready).contains(&deadline) && ready >= 0 {
        let deadline_at = at.at("progressDeadlineSeconds");
        let ready_at = at.at("minReadySeconds");
        let is_given = table.contains_key("progressDeadlineSeconds");
        let place = if is_given { deadline_at.value() } else { ready_at.value() };
        let message = format!(
            "`progressDeadlineSeconds` is {deadline}, which is not more than `minReadySeconds`, {ready}"
        );
        let wrong = Diagnostic::new(Code::OUT_OF_RANGE, place, message);
        found.push(if is_given {
            wrong.label(format!("expected {} or more", ready + 1))
        } else {
            wrong.help(format!(
                "set `progressDeadlineSeconds` to {} or more: its default is 600",
                ready + 1
            ))
        });
    }
}

/// Reads a key that is a number of pods, or a percentage of them; reports what is neither, or is out of range.
pub(super) fn amount(
    table: &Table,
    key: &str,
    most_percent: i64,
    at: &Place<'_>,
    found: &mut Found,
) -> Option<i64> {
    let place = at.at(key);
    let Value::String(string) = table.get(key)? else {
        let number = table[key].as_i64()?;
        if number < 0 {
            found.push(out_of_range(number, 0, i64::MAX, &place));
            return None;
        }
        return Some(number);
    };
    let percent = string.strip_suffix('%').filter(|it| it.bytes().all(|b| b.is_ascii_digit()));
    let Some(number) = percent.and_then(|it| it.parse().ok()) else {
        let message = format!("{} is not a percentage", quoted(string));
        let wrong = Diagnostic::new(Code::INVALID_VALUE, place.value(), message)
            .help("write a whole number without quotes, or a whole percentage such as `\"25%\"`");
        found.push(match string.parse::<u32>() {
            Ok(number) => wrong.replacement(number.to_string()),
            Err(_) => wrong,
        });
        return None;
    };
    if number > most_percent {
        let message = format!("{} is {string}; it must be 0% to {most_percent}%", quoted(key));
        found.push(Diagnostic::new(Code::OUT_OF_RANGE, place.value(), message));
    }
    Some(number)
}

const BOTH_ZERO: &str = "`maxUnavailable` and `maxSurge` are both 0, so no pod could be replaced";

/// The finding that two keys do not go together, at the first of them that is given.
fn do_not_fit(table: &Table, at: &Place<'_>, keys: [&str; 2], message: &str) -> Diagnostic {
    let mut given = keys.into_iter().filter(|key| table.contains_key(*key));
    let wrong = conflict(at.at(given.next().unwrap_or(keys[0])).value(), message);
    match given.next() {
        Some(other) => wrong.related(at.at(other).value(), "set here"),
        None => wrong,
    }
}

fn deployment(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let surge = amount(table, "maxSurge", i64::MAX, at, found);
    let unavailable = amount(table, "maxUnavailable", 100, at, found);
    if surge == Some(0) && unavailable == Some(0) {
        let wrong = do_not_fit(table, at, ["maxUnavailable", "maxSurge"], BOTH_ZERO);
        found.push(wrong.help("set one of them to 1 or more"));
    }
}

/// Nodes have one pod, or two for a while.
fn daemon_set(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let Some(Value::Object(table)) = table.get("rollingUpdate") else { return };
    let at = at.at("rollingUpdate");
    let mut read = |key, default| match amount(table, key, 100, &at, found) {
        None if !table.contains_key(key) => Some(default),
        amount => amount,
    };
    let (surge, unavailable) = (read("maxSurge", 0), read("maxUnavailable", 1));
    let Some((surge, unavailable)) = surge.zip(unavailable) else { return };
    if surge == 0 && unavailable == 0 {
        let wrong = do_not_fit(table, &at, ["maxUnavailable", "maxSurge"], BOTH_ZERO);
        found.push(wrong.help("set one of them to 1 or more: the default of `maxSurge` is 0"));
    } else if surge > 0 && unavailable > 0 {
        let message = "a DaemonSet has either `maxSurge` or `maxUnavailable`";
        let wrong = do_not_fit(table, &at, ["maxSurge", "maxUnavailable"], message);
        found.push(wrong.help("set one of them to 0: the default of `maxUnavailable` is 1"));
    }
}

fn stateful_set(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    if amount(table, "maxUnavailable", 100, at, found) == Some(0) {
        found.push(out_of_range(0, 1, i64::MAX, &at.at("maxUnavailable")));
    }
}

/// Every claim template has a name of its own.
fn claim_names(table: &Table, at: &Place<'_>, version: Version, found: &mut Found) {
    let list = at.at("volumeClaimTemplates");
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let templates = table.get("volumeClaimTemplates").and_then(Value::as_array);
    for (index, template) in templates.into_iter().flatten().enumerate() {
        if template["spec"].is_null() {
            let message = "missing key `spec` in `volumeClaimTemplates`";
            found.push(
                Diagnostic::new(Code::MISSING_KEY, list.element(index).key(), message)
                    .help("add it, with `accessModes` and `resources.requests.storage`"),
            );
        }
        if template["metadata"]["name"].as_str().unwrap_or_default().is_empty() {
            let message = "missing key `metadata.name` in `volumeClaimTemplates`";
            found.push(
                Diagnostic::new(Code::MISSING_KEY, list.element(index).key(), message)
                    .help("add it: containers mount the volume by this name"),
            );
        } else if let Some(metadata) = template["metadata"].as_object() {
            let name = metadata["name"].as_str().unwrap_or_default();
            let place = |index| list.element(index).pointer() + "/metadata/name";
            match seen.get(name) {
                Some(first) => {
                    let message = format!("there already is a claim {}", quoted(name));
                    let twice = Location::value(place(index));
                    found.push(duplicate(twice, message, Location::value(place(*first))));
                }
                None => _ = seen.insert(name, index),
            }
            let (template, name) = (list.element(index), rule("name", Name(&DNS_LABEL)));
            name.check(metadata, &template.at("metadata"), version, found);
        }
    }
}

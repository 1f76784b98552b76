//! Rules for Jobs and CronJobs.

use serde_json::Value;

use super::findings::{conflict, out_of_range};
use super::forms::{DOMAIN_PATH, SCHEDULE, TIME_ZONE};
use super::place::Place;
use super::rule::{Check, Found, Rules, Table, When, elements, field, rule, string};
use crate::diagnostics::{Code, Diagnostic, quoted};
use crate::kubernetes::names::QUALIFIED_NAME;
use crate::kubernetes::version::Version;

use Check::{
    AtLeastOneOf, AtMost, Forbidden, Form, Name, NotEmpty, OneOf, Only, Range, Required, Unique,
};

const NOT_NEGATIVE: Check = Range(0, i64::MAX);
const INDEXED: When = When::Is("completionMode", &["Indexed"]);
const NOT_INDEXED: When = When::IsNot("completionMode", &["Indexed"]);

#[rustfmt::skip]
pub(super) const RULES: &[Rules] = &[
    Rules("CronJobSpec", "batch: validateCronJobSpec", &[
        rule("schedule", NotEmpty),
        rule("schedule", Form(&SCHEDULE)),
        rule("timeZone", NotEmpty),
        rule("timeZone", Form(&TIME_ZONE)),
        rule("startingDeadlineSeconds", NOT_NEGATIVE),
        rule("successfulJobsHistoryLimit", NOT_NEGATIVE),
        rule("failedJobsHistoryLimit", NOT_NEGATIVE),
    ]),
    Rules("JobSpec", "batch: validateJobSpec", &[
        rule("parallelism", NOT_NEGATIVE),
        rule("completions", NOT_NEGATIVE),
        rule("activeDeadlineSeconds", NOT_NEGATIVE),
        rule("backoffLimit", NOT_NEGATIVE),
        rule("ttlSecondsAfterFinished", NOT_NEGATIVE),
        rule("backoffLimitPerIndex", NOT_NEGATIVE),
        rule("maxFailedIndexes", NOT_NEGATIVE),
        rule("managedBy", Form(&DOMAIN_PATH)),
        rule("managedBy", AtMost(63)),
        rule("completions", Required).when(INDEXED),
        rule("parallelism", Range(0, 100_000)).when(INDEXED),
        rule("maxFailedIndexes", Range(0, 100_000)).when(INDEXED),
        rule("backoffLimitPerIndex", Required).when(When::Has("maxFailedIndexes")),
        rule("backoffLimitPerIndex", Forbidden).when(NOT_INDEXED),
        rule("maxFailedIndexes", Forbidden).when(NOT_INDEXED),
        rule("successPolicy", Forbidden).when(NOT_INDEXED),
        rule("podReplacementPolicy", Only(&["Failed"])).when(When::Has("podFailurePolicy")),
        rule("", Check::Code("`maxFailedIndexes` up to `completions`, and fewer of many", indexes)),
        rule("successPolicy", Check::Code("indexes and counts up to `completions`", success)),
        rule("podFailurePolicy", Check::Code("`FailIndex` only with `backoffLimitPerIndex`", fail_index)),
    ]),
    Rules("PodFailurePolicy", "batch: validatePodFailurePolicy", &[rule("rules", AtMost(20))]),
    Rules("PodFailurePolicyOnExitCodesRequirement", "batch: validatePodFailurePolicyRuleOnExitCodes", &[
        rule("values", Required),
        rule("values", AtMost(255)),
        rule("values", Unique(&[])),
        rule("values", Check::Code("in order; without 0 if `operator` is `In`", exit_codes)),
    ]),
    Rules("PodFailurePolicyOnPodConditionsPattern", "batch: validatePodFailurePolicyRuleOnPodConditions", &[
        rule("type", NotEmpty),
        rule("type", Name(&QUALIFIED_NAME)),
    ]),
    Rules("PodFailurePolicyRule", "batch: validatePodFailurePolicyRule", &[
        rule("", OneOf(&["onExitCodes", "onPodConditions"])),
        rule("onPodConditions", AtMost(20)),
    ]),
    Rules("SuccessPolicy", "batch: validateSuccessPolicy", &[
        rule("rules", Required),
        rule("rules", AtMost(20)),
    ]),
    Rules("SuccessPolicyRule", "batch: validateSuccessPolicyRule", &[
        rule("", AtLeastOneOf(&["succeededCount", "succeededIndexes"])),
        rule("succeededCount", NOT_NEGATIVE),
        rule("succeededIndexes", AtMost(64 * 1024)),
    ]),
];

/// Most indexes of a Job that counts failures for each.
const MOST_INDEXES: i64 = 100_000;

/// A Job with many indexes runs and fails fewer at a time.
fn indexes(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let number = |key: &str| field(table, key).as_i64();
    if !INDEXED.holds(table) {
        return;
    }
    let Some(completions) = number("completions") else { return };
    let is_large = completions > MOST_INDEXES && table.contains_key("backoffLimitPerIndex");
    if is_large && !table.contains_key("maxFailedIndexes") {
        let message = "missing key `maxFailedIndexes`";
        found.push(
            Diagnostic::new(Code::MISSING_KEY, at.key(), message)
                .help(format!("add it: a Job with more than {MOST_INDEXES} completions needs it")),
        );
    }
    for (key, most) in [("maxFailedIndexes", completions), ("parallelism", i64::MAX)] {
        let most = if is_large { most.min(10_000) } else { most };
        if let Some(number) = number(key).filter(|it| *it > most && *it <= MOST_INDEXES) {
            found.push(out_of_range(number, 0, most, &at.at(key)));
        }
    }
}

fn success(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let completions = field(table, "completions").as_i64();
    let Some(completions) = completions.filter(|_| INDEXED.holds(table)) else { return };
    let policy = at.at("successPolicy");
    let list = policy.at("rules");
    let rules = field(table, "successPolicy")["rules"].as_array();
    for (index, policy_rule) in rules.into_iter().flatten().enumerate() {
        let place = list.element(index);
        let mut most = completions;
        if let Some(indexes) = policy_rule["succeededIndexes"].as_str() {
            if let Some(count) = count_indexes(indexes, completions) {
                most = count;
            } else {
                let message = format!("{} is not a list of indexes", quoted(indexes));
                let place = place.at("succeededIndexes").value();
                found.push(
                    Diagnostic::new(Code::INVALID_VALUE, place, message)
                        .help(format!("write indexes below {completions} in order, as `0,2-4`")),
                );
            }
        }
        if let Some(count) = policy_rule["succeededCount"].as_i64().filter(|it| *it > most) {
            found.push(out_of_range(count, 0, most, &place.at("succeededCount")));
        }
    }
}

/// How many indexes `0,2-4` names; `None` if they are not below the number of completions, or not in order.
fn count_indexes(indexes: &str, completions: i64) -> Option<i64> {
    let (mut total, mut last) = (0, -1);
    for part in indexes.split(',').filter(|_| !indexes.is_empty()) {
        let (first, end) = part.split_once('-').unwrap_or((part, part));
        let (first, end) = (first.parse::<i64>().ok()?, end.parse::<i64>().ok()?);
        let is_range = !part.contains('-') || first < end;
        if first <= last || !is_range || end >= completions {
            return None;
        }
        total += end - first + 1;
        last = end;
    }
    Some(total)
}

fn fail_index(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let policy = at.at("podFailurePolicy");
    let list = policy.at("rules");
    let rules = field(table, "podFailurePolicy")["rules"].as_array();
    for (index, policy_rule) in rules.into_iter().flatten().enumerate() {
        if policy_rule["action"] == "FailIndex" && !table.contains_key("backoffLimitPerIndex") {
            let place = list.element(index);
            let message = "the action `FailIndex` needs `backoffLimitPerIndex`";
            found.push(
                conflict(place.at("action").value(), message)
                    .help("add `backoffLimitPerIndex` to the Job, or use `FailJob`"),
            );
        }
    }
}

fn exit_codes(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let codes: Vec<i64> = elements(table, "values").iter().filter_map(Value::as_i64).collect();
    let list = at.at("values");
    if string(table, "operator") == "In"
        && let Some(index) = codes.iter().position(|code| *code == 0)
    {
        let message = "the exit code 0 is not a failure";
        found.push(
            Diagnostic::new(Code::INVALID_VALUE, list.element(index).value(), message)
                .help("remove it"),
        );
    }
    if !codes.is_sorted() {
        let mut sorted = codes;
        sorted.sort_unstable();
        let sorted = Value::from(sorted).to_string().replace(',', ", ");
        let message = "the exit codes are not in order";
        found.push(
            Diagnostic::new(Code::INVALID_VALUE, list.value(), message)
                .help("write the smallest first")
                .replacement(sorted),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_are_counted() {
        assert_eq!(count_indexes("0,2-4", 5), Some(4));
        assert_eq!(count_indexes("", 5), Some(0));
        for wrong in ["5", "0,0", "3,1", "4-2", "a", "1-2-3", "0,", "2-2"] {
            assert_eq!(count_indexes(wrong, 5), None, "{wrong}");
        }
    }
}

//! Rules for where pods run: tolerations, affinity, spreading, and selectors of labels.

use super::findings::conflict;
use super::place::Place;
use super::rule::{Check, Found, Rules, Table, When, elements, field, rule, string};
use crate::diagnostics::{Code, Diagnostic, quoted};
use crate::kubernetes::names::{DNS_LABEL, DNS_SUBDOMAIN, LABEL_VALUE, QUALIFIED_NAME};
use crate::kubernetes::version::Version;

use Check::{Forbidden, Keys, Name, NotEmpty, Only, Range, Required, Values};

const WEIGHT: Check = Range(1, 100);

#[rustfmt::skip]
pub(super) const RULES: &[Rules] = &[
    Rules("LabelSelector", "meta: ValidateLabelSelector", &[
        rule("matchLabels", Keys(&QUALIFIED_NAME)),
        rule("matchLabels", Values(&LABEL_VALUE)),
    ]),
    Rules("LabelSelectorRequirement", "meta: ValidateLabelSelectorRequirement", &[
        rule("key", NotEmpty),
        rule("key", Name(&QUALIFIED_NAME)),
        rule("values", Name(&LABEL_VALUE)),
        rule("values", Required).when(When::Is("operator", &["In", "NotIn"])),
        rule("values", Forbidden).when(When::Is("operator", &["Exists", "DoesNotExist"])),
    ]),
    Rules("NodeAffinity", "core: validateNodeAffinity", &[
        rule("requiredDuringSchedulingIgnoredDuringExecution", Check::Code("values that labels can have", required_values)),
    ]),
    Rules("NodeSelector", "core: ValidateNodeSelector", &[rule("nodeSelectorTerms", NotEmpty)]),
    Rules("NodeSelectorRequirement", "core: ValidateNodeSelectorRequirement", &[
        rule("key", NotEmpty),
        rule("key", Name(&QUALIFIED_NAME)),
        rule("values", Required).when(When::Is("operator", &["In", "NotIn", "Gt", "Lt"])),
        rule("values", Forbidden).when(When::Is("operator", &["Exists", "DoesNotExist"])),
        rule("values", Check::Code("one value if `operator` is `Gt` or `Lt`", one_value)),
    ]),
    Rules("NodeSelectorTerm", "core: ValidateNodeFieldSelectorRequirement", &[
        rule("matchFields", Check::Code("`metadata.name`, one value, `In` or `NotIn`", node_name)),
    ]),
    Rules("PodAffinityTerm", "core: validatePodAffinityTerm", &[
        rule("topologyKey", NotEmpty),
        rule("topologyKey", Name(&QUALIFIED_NAME)),
        rule("namespaces", Name(&DNS_LABEL)),
        rule("matchLabelKeys", Name(&QUALIFIED_NAME)),
        rule("mismatchLabelKeys", Name(&QUALIFIED_NAME)),
        rule("matchLabelKeys", Forbidden).when(When::Lacks("labelSelector")),
        rule("mismatchLabelKeys", Forbidden).when(When::Lacks("labelSelector")),
        rule("matchLabelKeys", Check::Code("not in `mismatchLabelKeys` too", in_both)),
    ]),
    Rules("PodReadinessGate", "core: validateReadinessGates", &[
        rule("conditionType", NotEmpty),
        rule("conditionType", Name(&QUALIFIED_NAME)),
    ]),
    Rules("PodSchedulingGate", "core: validateSchedulingGates", &[
        rule("name", NotEmpty),
        rule("name", Name(&QUALIFIED_NAME)),
    ]),
    Rules("PreferredSchedulingTerm", "core: ValidatePreferredSchedulingTerms", &[rule("weight", WEIGHT)]),
    Rules("Toleration", "core: ValidateTolerations", &[
        rule("key", Name(&QUALIFIED_NAME)),
        rule("operator", Required).when(When::Lacks("key")),
        rule("operator", Only(&["Exists"])).when(When::Lacks("key")),
        rule("effect", Required).when(When::Has("tolerationSeconds")),
        rule("effect", Only(&["NoExecute"])).when(When::Has("tolerationSeconds")),
        rule("value", Forbidden).when(When::Is("operator", &["Exists"])),
        rule("value", Name(&LABEL_VALUE)).when(When::Is("operator", &["", "Equal"])),
    ]),
    Rules("TopologySpreadConstraint", "core: validateTopologySpreadConstraints", &[
        rule("maxSkew", Range(1, i64::MAX)),
        rule("minDomains", Range(1, i64::MAX)),
        rule("minDomains", Forbidden).when(When::IsNot("whenUnsatisfiable", &["DoNotSchedule"])),
        rule("topologyKey", NotEmpty),
        rule("matchLabelKeys", Name(&QUALIFIED_NAME)),
        rule("matchLabelKeys", Forbidden).when(When::Lacks("labelSelector")),
        rule("matchLabelKeys", Check::Code("not in `labelSelector` too", in_selector)),
    ]),
    Rules("WeightedPodAffinityTerm", "core: validateWeightedPodAffinityTerms", &[rule("weight", WEIGHT)]),
];

fn one_value(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let is_order = ["Gt", "Lt"].contains(&string(table, "operator"));
    if is_order && elements(table, "values").len() > 1 {
        let message = "`values` has more than one value to compare with";
        found.push(Diagnostic::new(Code::WRONG_COUNT, at.at("values").value(), message));
    }
}

/// Of the fields of a node, only its name can be matched.
fn node_name(table: &Table, at: &Place<'_>, version: Version, found: &mut Found) {
    let fields = at.at("matchFields");
    for (index, field) in elements(table, "matchFields").iter().enumerate() {
        let place = fields.element(index);
        let mut wrong = |key: &str, message: &str| {
            found.push(Diagnostic::new(Code::INVALID_VALUE, place.at(key).value(), message));
        };
        if field["key"] != "metadata.name" {
            wrong("key", "the only field of a node to select by is `metadata.name`");
        }
        if !["In", "NotIn"].iter().any(|it| field["operator"] == **it) {
            wrong("operator", "the operators for a field of a node are `In` and `NotIn`");
        }
        if field["values"].as_array().is_none_or(|values| values.len() != 1) {
            wrong("values", "a field of a node is compared with exactly one value");
        } else if let Some(table) = field.as_object() {
            rule("values", Name(&DNS_SUBDOMAIN)).check(table, &place, version, found);
        }
    }
}

/// What nodes must have is a value that a label can have.
fn required_values(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let key = "requiredDuringSchedulingIgnoredDuringExecution";
    let (required, required_at) = (field(table, key), at.at(key));
    let list_at = required_at.at("nodeSelectorTerms");
    let terms = required["nodeSelectorTerms"].as_array().into_iter().flatten();
    for (index, term) in terms.enumerate() {
        let (element_at, expressions) = (list_at.element(index), &term["matchExpressions"]);
        let expressions_at = element_at.at("matchExpressions");
        for (index, expression) in expressions.as_array().into_iter().flatten().enumerate() {
            let place = expressions_at.element(index);
            if let Some(table) = expression.as_object() {
                rule("values", Name(&LABEL_VALUE)).check(table, &place, Version::NEWEST, found);
            }
        }
    }
}

fn in_both(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let keys = at.at("matchLabelKeys");
    for (index, key) in elements(table, "matchLabelKeys").iter().enumerate() {
        if elements(table, "mismatchLabelKeys").contains(key) {
            let message = "this key is in `mismatchLabelKeys` too";
            found.push(conflict(keys.element(index).value(), message));
        }
    }
}

/// A key whose value is that of the pod is not given another value.
fn in_selector(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let selector = field(table, "labelSelector");
    let keys = at.at("matchLabelKeys");
    for (index, key) in elements(table, "matchLabelKeys").iter().enumerate() {
        let Some(key) = key.as_str() else { continue };
        let expressions = selector["matchExpressions"].as_array().into_iter().flatten();
        let is_label = selector["matchLabels"].get(key).is_some();
        if is_label || expressions.into_iter().any(|it| it["key"] == key) {
            let message = format!("{} is in `labelSelector` too", quoted(key));
            found.push(conflict(keys.element(index).value(), message).help("keep one of them"));
        }
    }
}

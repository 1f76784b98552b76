//! What the API server would reject.

use serde_json::Value;

use super::rule::Found;
use super::shapes;
use crate::diagnostics::{Code, Diagnostic, Severity};
use crate::kubernetes::{self, ManifestKind, ProblemKind, Version, rules};
use crate::observed::{Object, World};

/// Objects with values that no cluster accepts. What only lacks something may be a patch, or a webhook may
/// add it.
pub(super) fn rejected(world: &World<'_>, found: &mut Found) {
    for object in &world.objects.all {
        let api = object.value["apiVersion"].as_str().unwrap_or_default();
        let ManifestKind::Known(definition) = ManifestKind::find(api, object.id.kind) else {
            continue;
        };
        let version = Version::NEWEST;
        let problems = kubernetes::problems(definition, object.value, "", version);
        let is_missing = |kind: &ProblemKind<'_>| matches!(kind, ProblemKind::MissingKey(_));
        let is_partial = problems.iter().any(|problem| is_missing(&problem.kind));
        found.extend(problems.iter().filter_map(|problem| shapes::problem(object, problem)));
        let mut of_object = Vec::new();
        rules::check_object(definition, object.value, "", version, &mut of_object);
        of_object.retain(|one| !(is_placeholder(object, one) || is_partial && may_come(one)));
        for mut one in of_object {
            if may_come(&one) {
                one.severity = Severity::Warning;
            }
            for place in one.places_mut() {
                place.pointer.insert_str(0, &object.pointer);
                place.source = Some(object.source.clone());
            }
            found.push(one);
        }
    }
}

/// Whether what is missing may be added later.
fn may_come(found: &Diagnostic) -> bool {
    [Code::MISSING_KEY, Code::VOLUME_MOUNT, Code::WRONG_COUNT, Code::RESTART_POLICY]
        .contains(&found.code)
}

/// Whether a value is to be filled in.
fn is_placeholder(object: &Object<'_>, found: &Diagnostic) -> bool {
    let value = object.value.pointer(&found.place.pointer).and_then(Value::as_str);
    value.is_some_and(|text| text.contains(['$', '<', '{']))
}

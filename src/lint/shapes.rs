//! Rules for fields of an identity whose place or type is wrong.

use serde_json::Value;

use super::rule::Found;
use crate::diagnostics::{Code, Diagnostic, Edit, Location, quoted, shown};
use crate::google::names::{GKE_ANNOTATIONS, GSA_ANNOTATION};
use crate::kubernetes::pod_template;
use crate::observed::{UseKind, World};

/// Annotations that are no table, or whose values are no strings. The API server rejects them.
pub(super) fn annotations(world: &World<'_>, found: &mut Found) {
    let mut check = |value: &Value, place: Location| {
        let what = match value {
            Value::Null | Value::Object(_) => return,
            Value::Array(_) => "a list",
            _ => "a string",
        };
        let message = format!("annotations are a table of strings, not {what}");
        let help = match value.as_str().and_then(|text| text.split_once('=')) {
            Some((key, value)) => format!("write `{key}: {value}`"),
            None => "write `KEY: VALUE`, without a hyphen".to_owned(),
        };
        found.push(Diagnostic::new(Code::WRONG_TYPE, place, message).help(help));
    };
    for object in &world.objects.all {
        check(
            &object.value["metadata"]["annotations"],
            object.key_place("/metadata", "annotations"),
        );
    }
    for pods in world.objects.pods.iter().filter(|pods| pods.is_verbatim) {
        if !world.owner(pods).id.is_a("", "Pod") {
            let place = Location::key(format!("{}/annotations", pods.metadata_pointer));
            check(&pods.metadata["annotations"], place.in_source(pods.source));
        }
    }
    for account in world.accounts() {
        for (key, value) in account.annotations().into_iter().flatten() {
            let is_known = GKE_ANNOTATIONS.contains(&key.as_str()) && key != GSA_ANNOTATION;
            if is_known && !value.is_string() && !value.is_null() {
                let text = value.to_string();
                let message = format!("{} is not a string; annotations are strings", quoted(&text));
                let place = account.annotation_value_place(key);
                let diagnostic = Diagnostic::new(Code::WRONG_TYPE, place, message);
                let edit = Edit::Text(format!("\"{text}\""));
                found.push(diagnostic.help("put it in quotes").certainly(edit));
            }
        }
    }
}

/// The path of a field as people write it: `spec.containers[0]`.
fn field_path(pointer: &str) -> String {
    let steps = pointer.split('/').skip(1).map(|step| match step.parse::<usize>() {
        Ok(index) => format!("[{index}]"),
        Err(_) => format!(".{step}"),
    });
    steps.collect::<String>()[1..].to_owned()
}

/// The name of a ServiceAccount that is no string, in the spec of pods.
pub(super) fn account_types(world: &World<'_>, found: &mut Found) {
    for pods in world.objects.pods.iter().filter(|pods| pods.is_verbatim) {
        for field in ["serviceAccountName", "serviceAccount"] {
            let value = &pods.spec[field];
            if !value.is_null() && !value.is_string() {
                let message =
                    format!("{} is the name of a ServiceAccount, a string", quoted(field));
                let place = pods.place(&format!("/{field}"));
                let diagnostic = Diagnostic::new(Code::WRONG_TYPE, place, message);
                found.push(diagnostic.help("write `serviceAccountName: NAME`"));
            }
        }
    }
}

/// The name of a ServiceAccount outside the spec of the pods.
pub(super) fn account_fields(world: &World<'_>, found: &mut Found) {
    for one in world.objects.uses.iter().filter(|one| one.kind == UseKind::Misplaced) {
        let owner = &world.objects.all[one.owner];
        let (table, field) = one.pointer.rsplit_once('/').unwrap_or_default();
        let template = pod_template(owner.id.group, owner.id.kind).unwrap_or_default();
        let right = format!("{template}/spec")[1..].replace('/', ".");
        let table = table.strip_prefix(&owner.pointer).unwrap_or(table);
        let table = if table.is_empty() { "the root".to_owned() } else { field_path(table) };
        let message = format!(
            "a {} has no field {} in `{}`; the pods do not run as {}",
            shown(owner.id.kind),
            quoted(field),
            table,
            quoted(one.name),
        );
        let place = Location::key(&one.pointer).in_source(one.source);
        found.push(
            Diagnostic::new(Code::UNKNOWN_KEY, place, message)
                .help(format!("move it to `{right}.serviceAccountName`")),
        );
    }
}

//! Rules for labels, annotations and names.

use serde_json::Value;

use super::place::Place;
use super::rule::{Check, Found, Rules, Table, entries, rule};
use crate::diagnostics::{Code, Diagnostic, Location};
use crate::kubernetes::names::{ANNOTATION_KEY, DNS_LABEL, LABEL_VALUE, QUALIFIED_NAME};
use crate::kubernetes::version::Version;

use Check::{Keys, Name, Values};

#[rustfmt::skip]
pub(super) const RULES: &[Rules] = &[
    Rules("ObjectMeta", "meta: ValidateObjectMeta", &[
        rule("labels", Keys(&QUALIFIED_NAME)),
        rule("labels", Values(&LABEL_VALUE)),
        rule("annotations", Keys(&ANNOTATION_KEY)),
        rule("annotations", Check::Code("256 KiB together", annotations_size)),
        rule("finalizers", Name(&QUALIFIED_NAME)),
        rule("namespace", Name(&DNS_LABEL)),
    ]),
];

/// The most bytes that the annotations of an object have together.
pub(in crate::kubernetes) const MOST_ANNOTATIONS: usize = 256 * 1024;

fn annotations_size(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let annotations = entries(table, "annotations");
    let length = |(key, value): (&String, &Value)| key.len() + value.as_str().map_or(0, str::len);
    let size = annotations.map(length).sum();
    found.extend(too_many_annotations(size, || at.at("annotations").key()));
}

/// The finding if the annotations of an object have this many bytes.
pub fn too_many_annotations(size: usize, place: impl FnOnce() -> Location) -> Option<Diagnostic> {
    let message =
        || format!("the annotations have {size} bytes in total; the maximum is {MOST_ANNOTATIONS}");
    (size > MOST_ANNOTATIONS).then(|| Diagnostic::new(Code::TOO_LONG, place(), message()))
}

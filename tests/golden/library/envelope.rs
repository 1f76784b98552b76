//! Specs that are Kubernetes objects.

use serde_json::{Value, json};
use wigen::Source;
use wigen::spec::envelope::{API_VERSION, Envelope, KIND, closed};
use wigen::text;

use crate::support::trials::{Trial, trials};

pub(super) fn all() -> Vec<Trial> {
    trials![the_envelope_opens_to_the_flat_form, pointers_follow_the_form,]
}

fn the_envelope_opens_to_the_flat_form() {
    let document = json!({
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": "a", "namespace": "n", "labels": {"x": "y"}},
        "spec": {"project": "p"},
    });
    let node = |document: &Value| {
        text::parse_located(&Source::new("a.json", document.to_string())).unwrap()
    };
    let form = Envelope::from_document(&node(&document));
    assert_eq!(form, Envelope::Krm);
    let flat = json!({"project": "p", "name": "a", "namespace": "n"});
    assert_eq!(form.open(node(&document)).into_value(), flat);
    assert_eq!(Envelope::Krm.open(node(&closed(flat.clone()))).into_value(), flat);
}

fn pointers_follow_the_form() {
    for (flat, krm) in [
        ("/name", "/metadata/name"),
        ("/cluster/name", "/spec/cluster/name"),
        ("", "/spec"),
        // An environment has no metadata: its name and namespace are keys like the others.
        ("/environments/prod/name", "/spec/environments/prod/name"),
    ] {
        assert_eq!(Envelope::Krm.pointer(flat), krm);
        assert_eq!(Envelope::Krm.flat(krm), flat);
        assert_eq!(Envelope::Flat.pointer(flat), flat);
    }
}

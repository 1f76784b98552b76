//! What was rendered, read back: whether it is what Kubernetes takes, told at the line of the
//! template, beside the rendered line and the value of the spec that it comes from.

use serde_json::Value;

use super::error::Fault;
use super::provenance::{Origin, Output};
use super::set::Templates;
use crate::diagnostics::source::Source;
use crate::diagnostics::{Code, Diagnostic, Place, Target, quoted};
use crate::kubernetes::Version;
use crate::spec::schema;
use crate::text;

/// The manifests of an app.
#[derive(Debug)]
pub(super) struct Manifests<'a> {
    spec: &'a Source,
    templates: &'a Templates,
    version: Version,
    /// Every object so far: what makes it one, and where it stands.
    objects: Vec<(Object, Place)>,
}

/// What one template made.
struct Made<'a> {
    template: &'a str,
    output: &'a Output,
    rendered: Source,
    documents: Vec<Value>,
}

impl Made<'_> {
    fn text_at(&self, place: &Place) -> Option<&str> {
        self.rendered.text().get(place.span.clone()?)
    }
}

/// What makes an object one: kind, namespace and name.
type Object = (String, String, String);

crate::diagnostics::declare_code! {
    MANIFEST: Error = "manifest",
    what: "The output of a template is not valid YAML, not a Kubernetes object with `apiVersion`, `kind` and `metadata.name`, or an object that another template renders too.",
    why: "wigen writes nothing that kubectl would reject or that would overwrite another object.",
    example: "{# settings.yaml.j2 #}\napiVersion: v1\nkind: ConfigMap\ndata:\n  NAME: {{ workload.name }}",
    instead: "{# settings.yaml.j2 #}\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ workload.name }}\ndata:\n  NAME: {{ workload.name }}",
    source: "Kubernetes, Objects in Kubernetes: https://kubernetes.io/docs/concepts/overview/working-with-objects/",
}

impl<'a> Manifests<'a> {
    pub(super) fn new(spec: &'a Source, templates: &'a Templates, version: Version) -> Self {
        Self { spec, templates, version, objects: Vec::new() }
    }

    /// Everything that is wrong with a manifest that a template made.
    pub(super) fn check(&mut self, template: &str, name: &str, output: &Output) -> Vec<Fault> {
        let rendered = Source::new(format!("rendered {name}"), output.text());
        let (documents, mut found) = match text::parse_rendered(&rendered) {
            Ok(documents) => {
                let found = self.of_documents(&documents, &rendered);
                (documents, found)
            }
            Err(found) => {
                let unreadable = |found: Diagnostic| {
                    let message = format!("the output is no YAML: {}", found.message);
                    Diagnostic { code: Code::MANIFEST, message, ..found }
                };
                (Vec::new(), found.into_iter().map(unreadable).collect())
            }
        };
        text::place_in_stream(&rendered, &mut found);
        let made = Made { template, output, rendered, documents };
        found.into_iter().map(|found| self.fault(&made, found)).collect()
    }

    fn of_documents(&mut self, documents: &[Value], rendered: &Source) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for (number, document) in documents.iter().enumerate() {
            let mut of_document = self.shape(document);
            for place in of_document.iter_mut().flat_map(Diagnostic::places_mut) {
                place.pointer.insert_str(0, &format!("/{number}"));
            }
            if of_document.is_empty() {
                let place = Place::value(format!("/{number}/metadata/name"));
                of_document.extend(self.twice(document, place, rendered));
            }
            found.extend(of_document);
        }
        found
    }

    fn shape(&self, document: &Value) -> Vec<Diagnostic> {
        let missing = |key: &str, pointer: &str| {
            let message = format!("the output is no Kubernetes object: it has no {}", quoted(key));
            vec![Diagnostic::new(Code::MANIFEST, Place::key(pointer), message)]
        };
        for key in ["apiVersion", "kind"] {
            if !document[key].is_string() {
                return missing(key, "");
            }
        }
        if !document["metadata"]["name"].is_string() {
            return missing("metadata.name", "/metadata");
        }
        schema::check_manifest(document, self.version)
    }

    /// Two objects of one name would be one, whichever is applied last.
    fn twice(&mut self, document: &Value, place: Place, rendered: &Source) -> Option<Diagnostic> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let metadata = &document["metadata"];
        let object =
            (text(&document["kind"]), text(&metadata["namespace"]), text(&metadata["name"]));
        let elsewhere = place.clone().of(rendered);
        let Some((_, other)) = self.objects.iter().find(|(known, _)| *known == object) else {
            self.objects.push((object, elsewhere));
            return None;
        };
        let (kind, _, name) = object;
        let message = format!("there is a {kind} {} already", quoted(&name));
        Some(Diagnostic::new(Code::MANIFEST, place, message).related(other.clone(), "here"))
    }

    /// What was found in an output, told of the template.
    fn fault(&self, made: &Made<'_>, found: Diagnostic) -> Fault {
        let Diagnostic { place, related, fix, .. } = found.clone();
        let span = place.span.clone().unwrap_or_default();
        let (template, at, from) = match made.output.origin(span.start) {
            Some(Origin { template, at, is_expression: true }) => {
                (template, at, self.in_spec(&made.documents, &place))
            }
            // As much of the template as is the same text.
            Some(Origin { template, at, .. }) => {
                let same = made.rendered.text()[span].lines().next().map_or(0, str::len);
                (template, at.start..at.start + same, None)
            }
            None => (made.template.to_owned(), 0..0, None),
        };
        let template = self.templates.source(&template);
        // What an expression printed is not corrected in the expression.
        let same_text = template.text().get(at.clone()) == made.text_at(&place);
        let mut others = vec![(place.of(&made.rendered), "rendered here".to_owned())];
        others.extend(from.map(|place| (place, "from this value".to_owned())));
        others.extend(related.into_iter().map(|(place, label)| match place.source {
            Some(_) => (place, label),
            None => (place.of(&made.rendered), label),
        }));
        let diagnostic = Diagnostic {
            place: Place::text(template.clamp(at)),
            fix: fix.filter(|_| same_text),
            related: others,
            ..found
        };
        Fault { template, diagnostic }
    }

    /// The one place of the spec that has the value, or the key, of a place in the output.
    fn in_spec(&self, documents: &[Value], place: &Place) -> Option<Place> {
        let (number, pointer) = place.pointer.strip_prefix('/')?.split_once('/')?;
        let wanted = if place.target == Target::Key {
            pointer.rsplit('/').next()?.replace("~1", "/").replace("~0", "~")
        } else {
            let document = documents.get(number.parse::<usize>().ok()?)?;
            scalar(document.pointer(&format!("/{pointer}"))?)?
        };
        let spec = text::parse(self.spec).ok()?;
        let mut places = Vec::new();
        search(&spec, "", &wanted, place.target, &mut places);
        let [pointer] = places.as_slice() else { return None };
        let place = match place.target {
            Target::Key => Place::key(pointer),
            Target::Value => Place::value(pointer),
        };
        let mut found = vec![Diagnostic::new(Code::MANIFEST, place, "")];
        text::place(self.spec, &mut found);
        found.pop().map(|found| found.place.of(self.spec))
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(boolean) => Some(boolean.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn search(value: &Value, pointer: &str, wanted: &str, target: Target, found: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            for (key, below) in entries {
                let pointer = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                if target == Target::Key && key == wanted {
                    found.push(pointer.clone());
                }
                search(below, &pointer, wanted, target, found);
            }
        }
        Value::Array(elements) => {
            for (index, below) in elements.iter().enumerate() {
                search(below, &format!("{pointer}/{index}"), wanted, target, found);
            }
        }
        leaf if target == Target::Value && scalar(leaf).as_deref() == Some(wanted) => {
            found.push(pointer.to_owned());
        }
        _ => {}
    }
}

//! Reads rendered manifests back and checks them. Errors show the line of the template, the rendered line,
//! and the value of the spec that it comes from.

use serde_json::Value;

use super::error::TemplateError;
use super::metering::original_range;
use super::provenance::{Origin, Output};
use super::set::Templates;
use crate::diagnostics::pointer::{join, steps};
use crate::diagnostics::source::Source;
use crate::diagnostics::{Code, Diagnostic, Location, Part, quoted};
use crate::kubernetes::Version;
use crate::spec::schema;
use crate::text;

/// Checks the manifests of an app.
#[derive(Debug)]
pub(super) struct Manifests<'a> {
    spec: &'a Source,
    templates: &'a Templates,
    version: Version,
    /// Every object so far, and its place.
    objects: Vec<(ObjectKey, Location)>,
}

/// The objects that one template rendered.
struct RenderedObjects<'a> {
    template: &'a str,
    output: &'a Output,
    rendered: Source,
    documents: Vec<Value>,
}

crate::diagnostics::declare_code! {
    MANIFEST: Error = "manifest",
    what: "The output of a template is not valid YAML, not a Kubernetes object with `apiVersion`, `kind` and `metadata.name`, or an object that another template renders too.",
    why: "wigen writes nothing that kubectl would reject or that would overwrite another object.",
    example: "{# settings.yaml.j2 #}\napiVersion: v1\nkind: ConfigMap\ndata:\n  NAME: {{ workload.name }}",
    instead: "{# settings.yaml.j2 #}\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ workload.name }}\ndata:\n  NAME: {{ workload.name }}",
    source: "Kubernetes, Objects in Kubernetes: https://kubernetes.io/docs/concepts/overview/working-with-objects/",
}

/// What identifies an object: kind, namespace and name.
type ObjectKey = (String, String, String);

impl<'a> Manifests<'a> {
    pub(super) fn new(spec: &'a Source, templates: &'a Templates, version: Version) -> Self {
        Self { spec, templates, version, objects: Vec::new() }
    }

    /// Checks the manifest `name`, the output of a template.
    pub(super) fn check(
        &mut self,
        template: &str,
        name: &str,
        output: &Output,
    ) -> Vec<TemplateError> {
        let rendered = Source::new(format!("rendered {name}"), output.whole.text.as_str());
        let (documents, mut found) = match text::parse_rendered(&rendered) {
            Ok(documents) => {
                let found = self.check_documents(&documents, &rendered);
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
        let objects = RenderedObjects { template, output, rendered, documents };
        found.into_iter().map(|found| self.template_error(&objects, found)).collect()
    }

    fn check_documents(&mut self, documents: &[Value], rendered: &Source) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for (number, document) in documents.iter().enumerate() {
            let mut of_document = self.check_document(document);
            for place in of_document.iter_mut().flat_map(Diagnostic::places_mut) {
                place.pointer.insert_str(0, &format!("/{number}"));
            }
            if of_document.is_empty() {
                let place = Location::value(format!("/{number}/metadata/name"));
                of_document.extend(self.check_duplicate(document, place, rendered));
            }
            found.extend(of_document);
        }
        found
    }

    fn check_document(&self, document: &Value) -> Vec<Diagnostic> {
        let missing = |key: &str, pointer: &str| {
            let message = format!("the output is no Kubernetes object: it has no {}", quoted(key));
            vec![Diagnostic::new(Code::MANIFEST, Location::key(pointer), message)]
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

    /// Of two objects with the same name, the one applied last would replace the other.
    fn check_duplicate(
        &mut self,
        document: &Value,
        place: Location,
        rendered: &Source,
    ) -> Option<Diagnostic> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let metadata = &document["metadata"];
        let object =
            (text(&document["kind"]), text(&metadata["namespace"]), text(&metadata["name"]));
        let elsewhere = place.clone().in_source(rendered);
        let Some((_, other)) = self.objects.iter().find(|(known, _)| *known == object) else {
            self.objects.push((object, elsewhere));
            return None;
        };
        let (kind, _, name) = object;
        let message = format!("there is a {kind} {} already", quoted(&name));
        Some(Diagnostic::new(Code::MANIFEST, place, message).related(other.clone(), "here"))
    }

    /// Moves a diagnostic of the output to the template.
    fn template_error(&self, objects: &RenderedObjects<'_>, found: Diagnostic) -> TemplateError {
        let RenderedObjects { rendered, documents, .. } = objects;
        let Diagnostic { place, related, fix, .. } = found.clone();
        let span = place.span.clone().unwrap_or_default();
        let (template, range, from) = match objects.output.origin(span.start) {
            Some(Origin { template, range, is_expression: true }) => {
                (template, range, self.find_in_spec(documents, &place))
            }
            // The first line is the same text in the template.
            Some(Origin { template, range, .. }) => {
                let same = rendered.text()[span.clone()].lines().next().map_or(0, str::len);
                (template, range.start..range.start + same, None)
            }
            None => (objects.template.to_owned(), 0..0, None),
        };
        let template = self.templates.source(&template);
        let range = original_range(template.text(), range);
        // A fix of the printed value does not fit the expression that printed it.
        let is_same_text = template.text().get(range.clone())
            == place.span.as_ref().and_then(|span| rendered.text().get(span.clone()));
        let mut others = vec![(place.in_source(rendered), "rendered here".to_owned())];
        others.extend(from.map(|place| (place, "from this value".to_owned())));
        others.extend(related.into_iter().map(|(place, label)| match place.source {
            Some(_) => (place, label),
            None => (place.in_source(rendered), label),
        }));
        let diagnostic = Diagnostic {
            place: Location::text(template.clamp(range)),
            fix: fix.filter(|_| is_same_text),
            related: others,
            ..found
        };
        TemplateError { template, diagnostic }
    }

    /// Finds the only place of the spec that has the value or the key of a place in the output.
    fn find_in_spec(&self, documents: &[Value], place: &Location) -> Option<Location> {
        let (number, pointer) = place.pointer.strip_prefix('/')?.split_once('/')?;
        let wanted = if place.target == Part::Key {
            steps(&place.pointer).last()?.into_owned()
        } else {
            let document = documents.get(number.parse::<usize>().ok()?)?;
            scalar(document.pointer(&format!("/{pointer}"))?)?
        };
        let spec = text::parse_located(self.spec).ok()?;
        let mut places = Vec::new();
        search(&spec.to_value(), "", &wanted, place.target, &mut places);
        let [pointer] = places.as_slice() else { return None };
        let place = match place.target {
            Part::Key => Location::key(pointer),
            Part::Value => Location::value(pointer),
        };
        let mut found = vec![Diagnostic::new(Code::MANIFEST, place, "")];
        text::locate(self.spec, &spec, &mut found);
        found.pop().map(|found| found.place.in_source(self.spec))
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

fn search(value: &Value, pointer: &str, wanted: &str, target: Part, found: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            for (key, below) in entries {
                let pointer = join(pointer, key);
                if target == Part::Key && key == wanted {
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
        leaf if target == Part::Value && scalar(leaf).as_deref() == Some(wanted) => {
            found.push(pointer.to_owned());
        }
        _ => {}
    }
}

//! The documents that are merged into one spec: the defaults of its workspace, the spec itself and the
//! settings of the command line. Every node keeps the document and the place that it comes from.

use crate::diagnostics::source::Source;
use crate::diagnostics::{Code, Diagnostic, Location, Part, pointer};
use crate::kubernetes::Version;
use crate::spec::envelope::{Envelope, METADATA};
use crate::spec::environments::ENVIRONMENTS;
use crate::spec::merge::{Shared, merge};
use crate::spec::settings::Settings;
use crate::spec::workspace::Workspace;
use crate::text::{self, Layer, Node, NodeValue, Table};

/// The sources of the documents, and how the spec is written.
#[derive(Debug, Clone)]
pub(super) struct Layers {
    pub(super) own: Source,
    defaults: Option<Source>,
    settings: Option<Source>,
    pub(super) form: Envelope,
}

impl Layers {
    /// Reads a spec and merges the documents, in the form of the spec. The error is what cannot be read,
    /// or what is wrong with the path of a setting, at its place.
    pub(super) fn merge(
        source: &Source,
        workspace: Option<&Workspace>,
        settings: Option<&Settings>,
        version: Version,
    ) -> Result<(Node, Self), Vec<Diagnostic>> {
        let mut document = text::parse_located(source)?;
        let form = Envelope::from_document(&document);
        let settings = settings.filter(|settings| !settings.is_empty());
        let layers = Self {
            own: source.clone(),
            defaults: workspace.map(|workspace| workspace.source().clone()),
            settings: settings.map(|settings| settings.source().clone()),
            form,
        };
        if let Some(defaults) = workspace.and_then(Workspace::defaults) {
            document = over_defaults(form, defaults, document);
        }
        if let Some(settings) = settings {
            document = settings.apply(document, form, version)?;
        }
        Ok((document, layers))
    }

    pub(super) fn has_workspace(&self) -> bool {
        self.defaults.is_some()
    }

    /// Finds the sources in which the places of diagnostics are, and where. Their pointers lead into
    /// `document`, the merged one in the form of the spec.
    pub(super) fn locate_in_document(&self, document: &Node, found: &mut Vec<Diagnostic>) {
        self.locate_by(document, found, &|pointer, layer| {
            if layer.is_default() {
                format!("/defaults{}", self.form.flat(pointer))
            } else {
                pointer.to_owned()
            }
        });
    }

    /// As [`Layers::locate_in_document`] for pointers into `spec`, the flat form, with the environment
    /// that has been merged over it.
    pub(super) fn locate(
        &self,
        spec: &Node,
        environment: Option<&str>,
        found: &mut Vec<Diagnostic>,
    ) {
        self.locate_by(spec, found, &|pointer, layer| self.written(pointer, layer, environment));
    }

    /// As [`Layers::locate`], for one place.
    pub(super) fn locate_place(
        &self,
        spec: &Node,
        environment: Option<&str>,
        place: &mut Location,
    ) {
        self.locate_place_by(spec, place, &|pointer, layer| {
            self.written(pointer, layer, environment)
        });
    }

    /// The pointer of a node of the flat form in the document that it comes from.
    fn written(&self, flat: &str, layer: Layer, environment: Option<&str>) -> String {
        let pointer = match environment {
            Some(name) if layer.is_in_environment() => environment_pointer(name) + flat,
            _ => flat.to_owned(),
        };
        if layer.is_default() { format!("/defaults{pointer}") } else { self.form.pointer(&pointer) }
    }

    fn locate_by(&self, root: &Node, found: &mut Vec<Diagnostic>, written: &Written<'_>) {
        for one in found.iter_mut() {
            let nearest = root.nearest(&one.place.pointer);
            let origin = nearest.node.origin;
            // The value of a setting is shown as a whole, also where it is a part of it that is wrong.
            one.fix.take_if(|_| origin.layer.is_setting() && origin.key().is_none());
            let is_missing = is_gap(one) && origin.layer.is_default() && !nearest.is_in_array;
            let pointer = is_missing.then(|| one.place.pointer.clone());
            one.places_mut().for_each(|place| self.locate_place_by(root, place, written));
            if let Some(pointer) = pointer {
                let span = text::shown(&self.own, nearest.own.span(Part::Key));
                let mut own = Location::key(written(&pointer, Layer::Own));
                own.span = Some(span);
                let table = std::mem::replace(&mut one.place, own);
                one.related.insert(0, (table, "what there is of it comes from here".to_owned()));
            }
        }
        // What the defaults allow need not come in every spec.
        found.retain(|one| one.code != Code::UNUSED_ALLOWANCE || one.place.source.is_none());
    }

    fn locate_place_by(&self, root: &Node, place: &mut Location, written: &Written<'_>) {
        if place.span.is_some() {
            return;
        }
        let nearest = root.nearest(&place.pointer);
        let layer = nearest.shown().origin.layer;
        let source = self.source(layer);
        place.span = Some(text::shown(source, nearest.span(place.target)));
        place.pointer = written(&place.pointer, layer);
        if !matches!(layer, Layer::Own | Layer::OwnEnvironment) {
            place.source = Some(source.clone());
        }
    }

    pub(super) fn source(&self, layer: Layer) -> &Source {
        let source = match layer {
            Layer::Own | Layer::OwnEnvironment => None,
            Layer::Defaults | Layer::DefaultsEnvironment => self.defaults.as_ref(),
            Layer::Setting | Layer::SettingEnvironment => self.settings.as_ref(),
        };
        source.unwrap_or(&self.own)
    }

    /// The pointers of an environment in the documents that may have it.
    pub(super) fn environment(&self, name: &str) -> [String; 2] {
        let flat = environment_pointer(name);
        [self.form.pointer(&flat), format!("/defaults{flat}")]
    }

    /// The place of the key of an environment.
    pub(super) fn key_of_environment(&self, name: &str, environment: &Node) -> Location {
        let layer = environment.origin.layer;
        let source = self.source(layer);
        let mut place = Location::key(self.written("", layer, Some(name)));
        place.span = Some(text::shown(source, environment.span(Part::Key)));
        let is_own = matches!(layer, Layer::Own | Layer::OwnEnvironment);
        place.source = (!is_own).then(|| source.clone());
        place
    }
}

/// Makes the pointer of a node of the merged document that of the document that it comes from.
type Written<'a> = dyn Fn(&str, Layer) -> String + 'a;

fn environment_pointer(name: &str) -> String {
    pointer::join(&format!("/{ENVIRONMENTS}"), name)
}

/// Whether something is missing from the table that a finding is about.
fn is_gap(found: &Diagnostic) -> bool {
    found.code == Code::MISSING_KEY
        || (found.code == Code::CLUSTER_LOCATION && found.related.is_empty())
}

/// A spec merged over defaults. The tables of the envelope are for the spec itself to bring.
fn over_defaults(form: Envelope, defaults: &Node, mut document: Node) -> Node {
    if form == Envelope::Flat {
        let mut merged = defaults.clone();
        merge(&mut merged, document, Shared::Over);
        return merged;
    }
    let Some(tables) = document.as_object_mut() else { return document };
    for (name, is_metadata) in [("metadata", true), ("spec", false)] {
        let Some(table) = tables.get_mut(name) else { continue };
        let defaults = defaults.as_object().into_iter().flatten();
        let part: Table = defaults
            .filter(|(key, _)| METADATA.contains(&key.as_str()) == is_metadata)
            .map(|(key, node)| (key.clone(), node.clone()))
            .collect();
        let mut merged = Node { value: NodeValue::Object(part), origin: table.origin };
        std::mem::swap(table, &mut merged);
        merge(table, merged, Shared::Over);
    }
    document
}

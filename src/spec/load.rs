//! Reads a spec once: its text, merged with the defaults of its workspace and the settings of the command
//! line, in the shape that its schema demands.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::diagnostics::pointer::join;
use crate::diagnostics::source::Source;
use crate::diagnostics::{Diagnostic, Diagnostics, Location};
use crate::kubernetes::Version;
use crate::spec::envelope::Envelope;
use crate::spec::environments;
use crate::spec::layers::Layers;
use crate::spec::schema;
use crate::spec::settings::Settings;
use crate::spec::types::App;
use crate::spec::workspace::Workspace;
use crate::text::{self, Node};

/// What a spec is read with.
#[derive(Debug, Clone, Copy, Default)]
pub struct LoadOptions<'a> {
    /// The workspace of the spec: the spec is merged over its defaults.
    pub workspace: Option<&'a Workspace>,
    /// The settings that are merged over the spec and over its environments.
    pub settings: Option<&'a Settings>,
    /// The version of Kubernetes whose fields there are.
    pub version: Version,
}

/// A parsed spec, which [`Spec::check`] checks.
#[derive(Debug, Clone)]
pub struct Spec {
    pub(super) layers: Layers,
    /// The flat, merged form.
    pub(super) root: Node,
    /// The spec without an environment, or what is wrong with its shape. Then nothing else is checked.
    pub(super) app: Result<Arc<App>, Vec<Diagnostic>>,
    pub(super) version: Version,
    /// What is wrong with its shape in each environment; computed when it is first needed.
    pub(super) wrong_shapes: OnceLock<Vec<(String, Vec<Diagnostic>)>>,
}

impl Spec {
    /// Reads a spec. The error is everything that is wrong with its text, or with the paths of settings.
    ///
    /// ```
    /// use wigen::{LoadOptions, Source, Spec};
    ///
    /// let source = Source::new("app.toml", "name = books-api\n");
    /// let errors = Spec::load(&source, &LoadOptions::default()).unwrap_err();
    /// assert_eq!(errors.to_string(), "app.toml:1:8: error[syntax]: string values must be quoted");
    /// ```
    pub fn load(source: &Source, options: &LoadOptions<'_>) -> Result<Self, Diagnostics> {
        let LoadOptions { workspace, settings, version } = *options;
        let (document, layers) = Layers::merge(source, workspace, settings, version)
            .map_err(|found| Diagnostics::new(source, found))?;
        let app = schema::read(layers.form, &document, version);
        let app = app.map(Arc::new).map_err(|mut found| {
            layers.locate_in_document(&document, &mut found);
            found
        });
        let mut root = layers.form.open(document);
        environments::mark(&mut root);
        Ok(Self { layers, root, app, version, wrong_shapes: OnceLock::new() })
    }

    /// The text of the spec.
    pub fn source(&self) -> &Source {
        &self.layers.own
    }

    /// The name of the app in an environment, or without one.
    pub fn name(&self, environment: Option<&str>) -> Option<&str> {
        let named = environments::environments(&self.root);
        let own = named.filter(|(name, _)| Some(*name) == environment);
        let mut own = own.filter_map(|(_, environment)| environment.get("name")?.as_str());
        own.next().or_else(|| self.root.get("name")?.as_str())
    }

    /// The names of its environments, including those of the defaults, in order.
    pub fn environments(&self) -> impl Iterator<Item = &str> {
        environments::environments(&self.root).map(|(name, _)| name)
    }

    /// The environment that the spec itself chooses.
    pub fn own_environment(&self) -> Option<&str> {
        self.root.get(environments::ENVIRONMENT)?.as_str()
    }

    /// The flat spec, merged with the environment that is asked for or that the spec itself chooses.
    pub fn merged(&self, environment: Option<&str>) -> Option<Value> {
        let chosen = environments::chosen(&self.root, environment).ok()?;
        let merged = chosen.map(|(_, environment)| environments::merged(&self.root, environment));
        Some(merged.unwrap_or_else(|| environments::base(&self.root)).into_value())
    }

    /// Where a node of the flat spec, merged with an environment, comes from: a range of the text of the
    /// spec, of the workspace or of the settings.
    pub fn origin(&self, environment: Option<&str>, mut place: Location) -> Location {
        let chosen = environments::chosen(&self.root, environment).ok().flatten();
        let name = chosen.map(|(name, _)| name);
        let merged = chosen.map(|(_, environment)| environments::merged(&self.root, environment));
        self.layers.locate_place(merged.as_ref().unwrap_or(&self.root), name, &mut place);
        place.source.get_or_insert_with(|| self.layers.own.clone());
        place
    }

    /// Where an environment is defined: its key in the spec, or in the defaults of the workspace.
    pub fn environment_location(&self, name: &str) -> Location {
        let mut location = Location::key(join("/environments", name));
        self.layers.locate_place(&self.root, None, &mut location);
        location
    }
}

/// The name of the app in the text of a spec, whatever else is wrong.
pub fn name_in(source: &Source) -> Option<String> {
    let document = text::parse_located(source).ok()?;
    name_at(&document, &Envelope::from_document(&document).pointer("/name"))
}

/// The names of the app in the text of a spec, also those in its environments. `None` for a source whose syntax
/// is wrong.
pub fn names_in(source: &Source) -> Option<Vec<String>> {
    let document = text::parse_located(source).ok()?;
    let form = Envelope::from_document(&document);
    let environments = document.pointer(&form.pointer("/environments"));
    let environments = environments.and_then(Node::as_object).into_iter().flatten();
    let in_environments = environments
        .map(|(name, _)| form.pointer(&format!("{}/name", join("/environments", name))));
    let pointers = std::iter::once(form.pointer("/name")).chain(in_environments);
    Some(pointers.filter_map(|pointer| name_at(&document, &pointer)).collect())
}

fn name_at(document: &Node, pointer: &str) -> Option<String> {
    document.pointer(pointer)?.as_str().map(str::to_owned)
}

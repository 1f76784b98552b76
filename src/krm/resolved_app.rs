//! The apps of a call: where they come from, and what they resolve to.

use std::rc::Rc;

use super::call::{Call, SpecFile};
use super::function_config::FunctionConfig;
use super::resource::Resource;
use super::results::FunctionResult;
use crate::diagnostics::Dedup;
use crate::diagnostics::source::Source;
use crate::model::identity::Identity;
use crate::model::workload::Workload;
use crate::spec::checked::CheckedApp;
use crate::spec::envelope::{self, Envelope};
use crate::spec::load::{LoadOptions, Spec};
use crate::spec::workspace::Workspace;
use crate::text;
use crate::text::yaml_writer::to_yaml;

/// An app of the call, not yet checked.
#[derive(Debug, Clone)]
pub(super) struct AppSource<'a> {
    /// The App, as an object.
    pub(super) resource: &'a Resource,
    /// The file that it was read from, unless it is an object of the call.
    pub(super) file: Option<&'a FileSpec>,
    pub(super) workspace: Option<Rc<Workspace>>,
}

/// An app of the call, checked and resolved.
pub(super) struct ResolvedApp<'a> {
    pub(super) resource: &'a Resource,
    pub(super) file: Option<&'a FileSpec>,
    pub(super) source: Source,
    pub(super) options: FunctionConfig,
    pub(super) spec: CheckedApp,
    pub(super) identity: Identity,
    pub(super) workload: Workload,
    /// Whether Kustomize generates its objects, and changes names afterwards.
    pub(super) is_generated: bool,
}

/// A spec that was read from a file.
#[derive(Debug)]
pub(super) struct FileSpec {
    file: SpecFile,
    form: Envelope,
    resource: Resource,
}

impl FileSpec {
    pub(super) fn new(file: SpecFile) -> Self {
        let (form, object) = envelope::object(&file.source);
        Self { file, form, resource: Resource::parse(to_yaml(&object)) }
    }

    pub(super) fn app(&self) -> AppSource<'_> {
        let workspace = self.file.workspace.clone();
        AppSource { resource: &self.resource, file: Some(self), workspace }
    }
}

impl<'a> ResolvedApp<'a> {
    /// Checks and resolves an app. Diagnostics become results.
    pub(super) fn new(
        call: &Call<'_>,
        app: &AppSource<'a>,
        options: &FunctionConfig,
        once: &mut Dedup,
        results: &mut Vec<FunctionResult>,
    ) -> Option<Self> {
        let AppSource { resource, file, .. } = *app;
        let options = match options.with(resource) {
            Ok(options) => options,
            // The check below reports the syntax error.
            Err(_) if resource.value().is_null() => options.clone(),
            Err(errors) => {
                results.extend(errors);
                return None;
            }
        };
        let source = match file {
            Some(file) => file.file.source.clone(),
            None => source_of(resource, call),
        };
        let load_options = LoadOptions {
            workspace: app.workspace.as_deref(),
            version: options.version,
            ..LoadOptions::default()
        };
        let environment = options.environment.as_deref();
        let checked = Spec::load(&source, &load_options)
            .and_then(|spec| spec.check(environment, &options.policy));
        let found = match &checked {
            Ok(checked) => checked.warnings(),
            Err(found) => found,
        };
        results.extend(found.iter().filter(|found| once.is_new(found)).map(|found| {
            let result = FunctionResult::from_diagnostic(resource, &source, found);
            let is_in_file = file.is_some() || found.place.source.is_some();
            if is_in_file { result.at(found.source(&source), found) } else { result }
        }));
        let spec = checked.ok()?.into_app();
        let identity = Identity::from_app(&spec);
        let workload = Workload::from_app(&spec, &identity);
        let is_generated = false;
        Some(Self { resource, file, source, options, spec, identity, workload, is_generated })
    }

    /// The path of a key of the spec as its author writes it, in the environment if there is one.
    pub(super) fn key_path(&self, flat: &str) -> String {
        let key = match self.environment() {
            Some(name) => format!("environments/{name}/{flat}"),
            None => flat.to_owned(),
        };
        let form = self.file.map_or(Envelope::Krm, |file| file.form);
        form.pointer(&format!("/{key}"))[1..].replace('/', ".")
    }

    /// The file name of the spec, for messages.
    pub(super) fn display_name(&self) -> &str {
        self.file.map_or("this App", |file| file.file.source.name())
    }

    fn environment(&self) -> Option<&str> {
        let own = || self.resource.value().pointer("/spec/environment")?.as_str();
        self.options.environment.as_deref().or_else(own)
    }
}

/// The source of an app that is an object of the call.
fn source_of(resource: &Resource, call: &Call<'_>) -> Source {
    let name = resource.path().or(call.config.map(Source::file_name)).unwrap_or("app.yaml");
    let is_yaml = [".yaml", ".yml"].iter().any(|ending| name.ends_with(ending));
    let name = if is_yaml { name.to_owned() } else { format!("{name}.yaml") };
    Source::new(name, without_merge_tags(resource.text()))
}

/// Removes the tag that Kustomize adds to the string `<<`, which makes it a merge key.
fn without_merge_tags(text: &str) -> String {
    const TAG: &str = "!!merge";
    let mut plain = text.to_owned();
    if text.contains(TAG) {
        let scalars = text::scalars(&Source::new("app.yaml", text)).unwrap_or_default();
        for span in scalars.into_iter().rev().filter(|span| &text[span.clone()] == "<<") {
            if let Some(before) = text[..span.start].trim_end().strip_suffix(TAG) {
                plain.replace_range(before.len()..span.end, "\"<<\"");
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_not_a_merge_key() {
        assert_eq!(
            without_merge_tags("a: !!merge <<\n!!merge <<: |\n  !!merge <<: x\n"),
            "a: \"<<\"\n\"<<\": |\n  !!merge <<: x\n"
        );
    }
}

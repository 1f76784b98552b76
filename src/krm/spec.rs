//! The apps of a call: checked and resolved, and where their authors wrote them.

use std::rc::Rc;

use super::resource::Item;
use super::results::Told;
use super::settings::Settings;
use super::{Call, Named};
use crate::diagnostics::Once;
use crate::diagnostics::source::Source;
use crate::model::identity::Identity;
use crate::model::workload::Workload;
use crate::spec::checked::CheckedApp;
use crate::spec::envelope::{self, Form};
use crate::spec::load::{LoadOptions, Spec as LoadedSpec};
use crate::spec::workspace::Workspace;
use crate::text;
use crate::text::yaml_writer::to_yaml;

/// An app as the call has it, right or wrong.
#[derive(Debug, Clone)]
pub(super) struct Given<'a> {
    pub(super) item: &'a Item,
    /// The file that it was read from, if it is no item.
    pub(super) file: Option<&'a File>,
    /// The workspace that it is a member of.
    pub(super) workspace: Option<Rc<Workspace>>,
}

/// An app of the call, right and resolved.
pub(super) struct Spec<'a> {
    pub(super) item: &'a Item,
    /// The file that it was read from, if it is no item.
    pub(super) file: Option<&'a File>,
    pub(super) source: Source,
    pub(super) settings: Settings,
    pub(super) app: CheckedApp,
    pub(super) identity: Identity,
    pub(super) workload: Workload,
    /// Whether Kustomize makes its objects before it changes names.
    pub(super) is_generated: bool,
}

/// A spec that was read from a file.
#[derive(Debug)]
pub(super) struct File {
    named: Named,
    form: Form,
    /// The same as an object.
    item: Item,
}

impl File {
    pub(super) fn of(named: Named) -> Self {
        let document = text::parse_located(&named.source).unwrap_or_default();
        let form = Form::of(&document);
        let document = document.into_value();
        let object = if form == Form::Flat { envelope::closed(document) } else { document };
        Self { named, form, item: Item::of(to_yaml(&object)) }
    }

    /// The app in it.
    pub(super) fn given(&self) -> Given<'_> {
        Given { item: &self.item, file: Some(self), workspace: self.named.workspace.clone() }
    }
}

impl<'a> Spec<'a> {
    /// Checks and resolves an app; what is wrong with it is told.
    pub(super) fn of(
        call: &Call<'_>,
        given: &Given<'a>,
        settings: &Settings,
        once: &mut Once,
        told: &mut Vec<Told>,
    ) -> Option<Self> {
        let Given { item, file, .. } = *given;
        let settings = match settings.with(item) {
            Ok(settings) => settings,
            // What cannot be read is told below.
            Err(_) if item.value().is_null() => settings.clone(),
            Err(wrong) => {
                told.extend(wrong);
                return None;
            }
        };
        let name = item.path().or(call.config.map(Source::file_name)).unwrap_or("app.yaml");
        let is_yaml = [".yaml", ".yml"].iter().any(|ending| name.ends_with(ending));
        let name = if is_yaml { name.to_owned() } else { format!("{name}.yaml") };
        let source = match file {
            Some(file) => file.named.source.clone(),
            None => Source::new(name, without_merge_tags(item.text())),
        };
        let options = LoadOptions {
            workspace: given.workspace.as_deref(),
            version: settings.version,
            ..LoadOptions::default()
        };
        let environment = settings.environment.as_deref();
        let checked = LoadedSpec::load(&source, &options)
            .and_then(|spec| spec.check(environment, &settings.policy));
        let found = match &checked {
            Ok(checked) => checked.warnings(),
            Err(found) => found,
        };
        told.extend(found.iter().filter(|found| once.is_new(found)).map(|found| {
            let told = Told::found(item, &source, found);
            let is_in_file = file.is_some() || found.place.source.is_some();
            if is_in_file { told.at(found.source(&source), found) } else { told }
        }));
        let app = checked.ok()?.into_app();
        let identity = Identity::from_app(&app);
        let workload = Workload::from_app(&app, &identity);
        Some(Self { item, file, source, settings, app, identity, workload, is_generated: false })
    }

    /// Where its author writes a key of the flat form, in the chosen environment if there is one.
    pub(super) fn key(&self, flat: &str) -> String {
        let key = match self.environment() {
            Some(name) => format!("environments/{name}/{flat}"),
            None => flat.to_owned(),
        };
        let form = self.file.map_or(Form::Krm, |file| file.form);
        form.pointer(&format!("/{key}"))[1..].replace('/', ".")
    }

    /// What its author calls it.
    pub(super) fn called(&self) -> &str {
        self.file.map_or("this App", |file| file.named.source.name())
    }

    /// The environment that is chosen.
    fn environment(&self) -> Option<&str> {
        let own = || self.item.value().pointer("/spec/environment")?.as_str();
        self.settings.environment.as_deref().or_else(own)
    }
}

/// The text of an app as its author wrote it: Kustomize tags the text `<<` as the key that merges.
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
    fn a_text_is_no_merge_key() {
        assert_eq!(
            without_merge_tags("a: !!merge <<\n!!merge <<: |\n  !!merge <<: x\n"),
            "a: \"<<\"\n\"<<\": |\n  !!merge <<: x\n"
        );
    }
}

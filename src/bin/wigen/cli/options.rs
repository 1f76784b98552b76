//! The options that every spec of a run is read, checked and rendered with.

use wigen::backends::artifact::ArtifactKind;
use wigen::backends::templates::Templates;
use wigen::diagnostics::Location;
use wigen::kubernetes::Version;
use wigen::{
    CheckedSpec, Diagnostic, Diagnostics, Levels, LoadOptions, Settings, Source, Spec, Workspace,
};

#[derive(Debug, Clone, Default)]
pub(crate) struct Options<'a> {
    pub(crate) levels: Levels,
    pub(crate) version: Version,
    /// The artifacts to render; none for all of them.
    pub(crate) kinds: Vec<ArtifactKind>,
    pub(crate) templates: Option<&'a Templates>,
    /// The address of Terraform modules, in whose terms imports are rendered.
    pub(crate) import: Option<&'a str>,
    /// The environment; unless given, that which the spec selects.
    pub(crate) environment: Option<&'a str>,
    pub(crate) workspace: Option<&'a Workspace>,
    pub(crate) settings: Option<&'a Settings>,
}

impl Options<'_> {
    pub(crate) fn load(&self, source: &Source) -> Result<Spec, Diagnostics> {
        let Self { workspace, settings, version, .. } = *self;
        Spec::load(source, &LoadOptions { workspace, settings, version })
    }

    /// Loads a spec from a file as it was read: with a diagnostic if its bytes are not valid text.
    pub(crate) fn load_file(
        &self,
        (source, invalid): &(Source, Option<Diagnostic>),
    ) -> Result<Spec, Vec<Diagnostic>> {
        match invalid {
            Some(found) => Err(vec![found.clone()]),
            None => self.load(source).map_err(Diagnostics::into_vec),
        }
    }

    /// As [`Self::load_file`], and checks it.
    pub(crate) fn check_file(
        &self,
        file: &(Source, Option<Diagnostic>),
    ) -> Result<CheckedSpec, Vec<Diagnostic>> {
        let checked = self.load_file(file)?.check(self.environment, &self.levels);
        checked.map_err(Diagnostics::into_vec)
    }

    /// Where a value of a spec comes from; the beginning of a spec that cannot be read any more.
    pub(crate) fn origin(&self, source: &Source, place: Location) -> Location {
        match self.load(source) {
            Ok(spec) => spec.origin(self.environment, place),
            Err(_) => Location { span: Some(0..0), ..place }.in_source(source),
        }
    }
}

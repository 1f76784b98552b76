//! What a call of the function brings, and its answer.

use std::rc::Rc;

use crate::diagnostics::source::Source;
use crate::spec::workspace::Workspace;

/// A call of the function.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// A ResourceList, or YAML documents if there is a separate function config.
    pub input: &'a Source,
    /// The function config of the exec plugin.
    pub config: Option<&'a Source>,
    /// Finds where the kustomization lists the function config of this kind and name.
    pub listed: &'a dyn Fn(&str, &str) -> Listed,
    /// Finds the workspace of the file with the function config of this kind and name; the error says
    /// what is wrong with it.
    pub workspace: &'a FindWorkspace<'a>,
    /// Reads the specs that a function config names; the error says why they cannot be read.
    pub specs: &'a ReadSpecs<'a>,
}

/// Finds a workspace.
pub type FindWorkspace<'a> = dyn Fn(&str, &str) -> Result<Option<Rc<Workspace>>, String> + 'a;

/// Reads specs from files, and from the files in directories.
pub type ReadSpecs<'a> = dyn Fn(&[String]) -> Result<Vec<SpecFile>, String> + 'a;

/// A spec file that a function config names.
#[derive(Debug, Clone)]
pub struct SpecFile {
    /// Its text.
    pub source: Source,
    /// The workspace that it is a member of.
    pub workspace: Option<Rc<Workspace>>,
}

/// Where a kustomization lists a function config.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// The list that this call is for.
    pub position: Position,
    /// Whether it is also listed under `generators:`.
    pub generates: bool,
}

/// The list of a kustomization that a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// `generators:` or `transformers:`.
    Elsewhere,
    /// `validators:`, where Kustomize only accepts an empty answer as unchanged. Source:
    /// kubernetes-sigs/kustomize#5036.
    Validators,
    /// `transformers:` first and `validators:` later; the objects tell which call this is. The number
    /// stands for this function config of this kustomization.
    Both(u32),
    /// It cannot be found out.
    Unknown,
}

/// The answer to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// For standard output.
    pub output: String,
    /// Lines for standard error.
    pub messages: Vec<String>,
    /// Whether there are errors; then no object was changed.
    pub failed: bool,
}

/// The program that calls, as the objects tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// `kustomize build`, with what it has built so far.
    Kustomize,
    /// kpt, with the files of a package.
    Kpt,
    /// Any other, with no objects or objects without annotations of the caller.
    Other,
}

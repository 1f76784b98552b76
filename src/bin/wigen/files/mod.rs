//! Files: finds and reads specs, manifests and templates, and writes what is rendered. Nothing else reads
//! or writes files.

mod checkout;
mod destination;
mod failure;
mod find;
mod left_over;
mod manifests;
mod open;
mod paths;
mod read;
mod selection;
mod staging;
mod stale;
mod stdout;
mod system;
mod templates;
mod temporary;
mod workspace;
mod write;

pub(crate) use checkout::{WORKSPACE_FILE, require_inside};
pub(crate) use destination::{Destination, library_file, library_path, output_directory};
pub(crate) use failure::Failure;
pub(crate) use find::{
    default_spec, has_spec_below, has_spec_extension, is_spec_name, no_spec, not_a_spec,
    unknown_app,
};
pub(crate) use left_over::{
    FileOfOtherTool, LeftOver, LeftOverSearch, RenderedFor, files_of_other_tools,
};
pub(crate) use manifests::read_manifests;
pub(crate) use paths::{UniquePaths, or_current, relative_to};
pub(crate) use read::{
    STDIN, SourceFile, not_text, read_existing, read_source, read_sources, read_text,
};
pub(crate) use selection::revision::SpecsAtRevision;
pub(crate) use selection::{Member, Membership, SelectedSpec, Selection};
pub(crate) use staging::{FileState, OutputFile, StagedFiles};
pub(crate) use stale::{StaleFile, StaleReason};
pub(crate) use stdout::StdoutBuffer;
pub(crate) use templates::read_templates;
pub(crate) use temporary::{remove_left_behind, replace_link};
pub(crate) use workspace::{WorkspaceError, WorkspaceRoot, is_in_workspace};
pub(crate) use write::{refuse_foreign, remove, replace_text, write};

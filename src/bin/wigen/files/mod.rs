//! Files: which specs there are, their text, and where artifacts go. Nothing else reads or writes files.

mod destination;
mod failure;
mod find;
mod manifests;
mod paths;
mod read;
mod selection;
mod staging;
mod stale;
mod stdout;
mod templates;
mod workspace;
mod write;

pub(crate) use destination::{Destination, output_directory};
pub(crate) use failure::Failure;
pub(crate) use find::{has_spec, has_specs, is_spec_name, no_spec};
pub(crate) use manifests::manifests;
pub(crate) use paths::{CanonicalPaths, directory, or_here, relative};
pub(crate) use read::{STDIN, Spec, files, read_one, text, text_of};
pub(crate) use selection::{Member, Membership, SelectedSpec, Selection, read_from_git};
pub(crate) use staging::{File, FileState, ParentDirectory, StagedFiles, state};
pub(crate) use stale::{StaleFile, StaleReason, left_over};
pub(crate) use stdout::StdoutBuffer;
pub(crate) use templates::templates;
pub(crate) use workspace::{FILE as WORKSPACE, WorkspaceRoot};
pub(crate) use write::{foreign, remove, rewrite, write};

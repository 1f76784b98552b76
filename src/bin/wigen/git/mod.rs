//! Reads revisions of git, with commands whose output is made for programs.

mod batch;
mod command;
mod object;
mod tree;

pub(crate) use batch::{read, read_existing};
pub(crate) use command::GitError;
pub(crate) use object::{ObjectType, RepoPath, is_relative, object_type, root, split_name};
pub(crate) use tree::{TreeEntry, changed_since, files_at, files_below};

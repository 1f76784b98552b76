//! OLD and NEW of `wigen diff`: what they mean, and the specs that they name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::files::{self, Failure, Member, Selection};
use crate::git::{self, ObjectType, RepoPath, TreeEntry};

/// What OLD or NEW means.
#[derive(Debug, Clone)]
pub(super) enum DiffOperand {
    Stdin,
    File(PathBuf),
    Directory(PathBuf),
    Revision(String),
    /// A file or directory at a revision, by git's name for it.
    AtRevision(String, ObjectType),
}

/// The specs of one side.
pub(super) enum Specs {
    /// One spec; `None` if the file did not exist at the revision.
    One(Option<Box<Member>>),
    /// The specs of a directory, by their paths below it.
    Many(BTreeMap<String, Member>),
}

/// Parses OLD and NEW; NEW has a default if OLD is at a revision.
pub(super) fn parse(old: &Path, new: Option<&Path>) -> Result<(DiffOperand, DiffOperand), Failure> {
    let old_operand = DiffOperand::parse(old)?;
    let new_operand = match (new, &old_operand) {
        (Some(new), _) => DiffOperand::parse(new)?,
        (None, DiffOperand::Revision(_)) => DiffOperand::Directory(PathBuf::from(".")),
        (None, DiffOperand::AtRevision(name, object)) => in_working_tree(name, *object)?,
        (None, _) => {
            let old = old.display();
            return Err(Failure::new(format!(
                "{old} is not a revision; name what to compare it with: `wigen diff HEAD {old}`"
            )));
        }
    };
    let without_file = |one: &DiffOperand, other: &DiffOperand| {
        matches!((one, other), (DiffOperand::Stdin, DiffOperand::Stdin | DiffOperand::Revision(_)))
    };
    if without_file(&old_operand, &new_operand) || without_file(&new_operand, &old_operand) {
        return Err(Failure::new(
            "standard input is to be compared with a file, here or at a revision",
        ));
    }
    Ok((old_operand, new_operand))
}

impl DiffOperand {
    fn parse(argument: &Path) -> Result<Self, Failure> {
        if argument.as_os_str() == "-" {
            return Ok(Self::Stdin);
        }
        if argument.is_dir() {
            return Ok(Self::Directory(argument.to_owned()));
        }
        if argument.exists() {
            return Ok(Self::File(argument.to_owned()));
        }
        let shown = argument.display();
        let Some(name) = argument.to_str() else {
            return Err(Failure::new(format!("there is no file {shown}")));
        };
        match git::object_type(Path::new("."), name) {
            Ok(ObjectType::Revision) => Ok(Self::Revision(name.to_owned())),
            Ok(object) => Ok(Self::AtRevision(name.to_owned(), object)),
            Err(error) => Err(Failure::new(format!("there is no file {shown}, and {}", error.0))),
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Stdin => String::new(),
            Self::File(path) | Self::Directory(path) => path.display().to_string(),
            Self::Revision(name) | Self::AtRevision(name, _) => name.clone(),
        }
    }

    /// Reads the specs. What a revision alone means depends on the other operand.
    pub(super) fn read(&self, other: &Self, side: &mut Selection) -> Result<Specs, Failure> {
        let current = Path::new(".");
        Ok(match self {
            Self::Stdin => Specs::One(Some(Box::new(side.read_spec(Path::new("-"))?))),
            Self::File(path) => Specs::One(Some(Box::new(side.read_spec(path)?))),
            Self::Directory(path) => Specs::Many(side.read_specs(path)?),
            Self::AtRevision(name, ObjectType::Directory) => {
                let files = git::files_below(current, name)?;
                let place = RepoPath::parse(current, name, ObjectType::Directory)?;
                let name = |path: &Path| {
                    let separator = if name.ends_with([':', '/']) { "" } else { "/" };
                    format!("{name}{separator}{}", path.display())
                };
                Specs::Many(match place {
                    Some(place) => side.read_specs_at(current, files, &place, &name)?,
                    None => BTreeMap::new(),
                })
            }
            Self::AtRevision(name, object) => {
                let place = RepoPath::parse(current, name, *object)?;
                let file = TreeEntry::named(name);
                Specs::One(Some(Box::new(side.read_spec_at(
                    current,
                    file,
                    name.clone(),
                    place.as_ref(),
                )?)))
            }
            Self::Revision(revision) => match other {
                Self::File(path) => Specs::One(read_file_at(revision, path, side)?.map(Box::new)),
                Self::AtRevision(name, _) => {
                    let path = git::split_name(name).map_or("", |(_, path)| path);
                    let name = format!("{revision}:{path}");
                    let object = git::object_type(current, &name)?;
                    return Self::AtRevision(name, object).read(other, side);
                }
                Self::Directory(directory) => read_directory_at(revision, directory, side)?,
                Self::Revision(_) | Self::Stdin => read_directory_at(revision, current, side)?,
            },
        })
    }
}

pub(super) fn no_specs(old: &DiffOperand, new: &DiffOperand) -> Failure {
    files::no_spec(&format!("{} or {}", old.shown(), new.shown()))
}

/// The path in the working tree of a file or directory at a revision.
fn in_working_tree(name: &str, object: ObjectType) -> Result<DiffOperand, Failure> {
    let Some((_, path)) = git::split_name(name) else {
        return Err(Failure::new(format!("name what to compare {name} with")));
    };
    // Other paths start at the root of the repository.
    let root = if git::is_relative(path) { PathBuf::new() } else { git::root(Path::new("."))? };
    let path = root.join(path.strip_prefix("./").unwrap_or(path));
    let path = if path.as_os_str().is_empty() { PathBuf::from(".") } else { path };
    Ok(match object {
        ObjectType::Directory => DiffOperand::Directory(path),
        _ => DiffOperand::File(path),
    })
}

/// Git's name for a file or directory of the working tree at a revision.
fn name_at(revision: &str, path: &Path) -> String {
    let is_explicit = path.is_absolute() || path.starts_with(".") || path.starts_with("..");
    format!("{revision}:{}{}", if is_explicit { "" } else { "./" }, path.display())
}

/// A file of the working tree as it was at a revision; `None` if it did not exist.
fn read_file_at(
    revision: &str,
    path: &Path,
    side: &mut Selection,
) -> Result<Option<Member>, Failure> {
    let directory = path.parent().unwrap_or(path);
    let Some(file) = git::files_at(directory, revision, path.file_name())?.pop() else {
        return Ok(None);
    };
    let mut place = RepoPath::of_directory(directory, revision)?;
    place.path.push(&file.path);
    side.read_spec_at(directory, file, name_at(revision, path), Some(&place)).map(Some)
}

/// The specs of a directory of the working tree as they were at a revision.
fn read_directory_at(
    revision: &str,
    directory: &Path,
    side: &mut Selection,
) -> Result<Specs, Failure> {
    let files = git::files_at(directory, revision, None)?;
    let place = RepoPath::of_directory(directory, revision)?;
    let name = |path: &Path| name_at(revision, &directory.join(path));
    Ok(Specs::Many(side.read_specs_at(directory, files, &place, &name)?))
}

//! `wigen diff`: what changes between specs, files or revisions of git.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use wigen::Options;
use wigen::diagnostics::Once;
use wigen::kubernetes::Version;
use wigen::model::diff::{self, Resolved};
use wigen::report::{self, Compared, Style};

use super::reporter::has_colour;
use super::{Outcome, Reporter, print, tell_line};
use crate::cli::{ChangeFormat, GlobalArgs};
use crate::files::{self, Failure, Member, Membership, Selection};
use crate::git::{self, Object};

/// How to compare, and how to tell.
pub(super) struct DiffArgs<'a> {
    pub(super) environment: Option<&'a str>,
    pub(super) format: ChangeFormat,
    pub(super) exit_code: bool,
}

/// What OLD or NEW means.
#[derive(Debug, Clone)]
enum DiffOperand {
    Stdin,
    File(PathBuf),
    Folder(PathBuf),
    Revision(String),
    /// A file or directory at a revision, by git's name for it.
    AtRevision(String, Object),
}

/// What was read of one side.
enum Specs {
    /// The one spec; none where the file was not there at the revision.
    One(Option<Member>),
    /// The specs of a directory, by their paths below it.
    Many(BTreeMap<String, Member>),
}

/// An old and a new spec that are of one app.
type Pair = (Option<Member>, Option<Member>);

pub(super) fn run(
    old: &Path,
    new: Option<&Path>,
    asked: &DiffArgs<'_>,
    global: &GlobalArgs,
) -> Result<Outcome, Failure> {
    let (old, new) = both(old, new)?;
    let (mut was, mut is) = (Selection::default(), Selection::default());
    let pairs = match (read(&old, &new, &mut was)?, read(&new, &old, &mut is)?) {
        (Specs::One(None), Specs::One(None)) => return Err(absent(&old, &new)),
        (Specs::One(old), Specs::One(new)) => vec![(old, new)],
        (Specs::Many(old_specs), Specs::Many(new_specs))
            if old_specs.is_empty() && new_specs.is_empty() =>
        {
            return Err(absent(&old, &new));
        }
        (Specs::Many(old), Specs::Many(new)) => by_path(old, new),
        _ => {
            return Err(Failure::Message(
                "one of OLD and NEW is a spec and the other a directory; name two of a kind"
                    .to_owned(),
            ));
        }
    };
    let mut told = Reporter::new(global);
    tell_wrong(&was, &is, &mut told);
    let (mut sides, mut once) = (Vec::new(), Once::default());
    for (old, new) in pairs {
        let mut side = |of: Option<Member>, selected| {
            of.and_then(|member| resolved(&member, selected, asked, &mut told, &mut once))
        };
        let old = side(old, &was);
        let new = side(new, &is);
        sides.push((old, new));
    }
    if told.finish("nothing was compared") == Outcome::WrongSpec {
        return Ok(Outcome::WrongSpec);
    }
    let compared: Vec<Compared> = by_name(sides).iter().map(compared).collect();
    let changes = compared.iter().any(|one| !one.changes.is_empty());
    say(&compared, asked.format, global)?;
    if global.verbose && !changes {
        tell_line("nothing changes");
    }
    Ok(if changes && asked.exit_code { Outcome::Changed } else { Outcome::Done })
}

/// Tells what is wrong with workspaces; once where both sides are in one.
fn tell_wrong(was: &Selection, is: &Selection, told: &mut Reporter) {
    let mut names = BTreeSet::new();
    for (source, found) in was.wrong.iter().chain(&is.wrong) {
        if names.insert(source.name()) {
            told.human(source, found);
        }
    }
}

fn say(
    compared: &[Compared],
    format: ChangeFormat,
    global: &GlobalArgs,
) -> Result<Outcome, Failure> {
    let style = Style { colour: has_colour(global, io::stdout().is_terminal()), ..Style::PLAIN };
    let shown: Vec<String> = compared
        .iter()
        .map(|one| match format {
            ChangeFormat::Human => report::changes(one, style),
            ChangeFormat::Json => report::changes_json(one),
        })
        .filter(|text| !text.is_empty())
        .collect();
    print(&shown.join(if format == ChangeFormat::Human { "\n" } else { "" }))
}

/// What OLD and NEW mean, the one that was left out too.
fn both(old: &Path, new: Option<&Path>) -> Result<(DiffOperand, DiffOperand), Failure> {
    let old_named = named(old)?;
    let new_named = match (new, &old_named) {
        (Some(new), _) => named(new)?,
        (None, DiffOperand::Revision(_)) => DiffOperand::Folder(PathBuf::from(".")),
        (None, DiffOperand::AtRevision(name, object)) => working(name, *object)?,
        (None, _) => {
            let old = old.display();
            return Err(Failure::Message(format!(
                "{old} is no revision; name what to compare it with: `wigen diff HEAD {old}`"
            )));
        }
    };
    let alone = |one: &DiffOperand, other: &DiffOperand| {
        matches!((one, other), (DiffOperand::Stdin, DiffOperand::Stdin | DiffOperand::Revision(_)))
    };
    if alone(&old_named, &new_named) || alone(&new_named, &old_named) {
        return Err(Failure::Message(
            "standard input is to be compared with a file, here or at a revision".to_owned(),
        ));
    }
    Ok((old_named, new_named))
}

fn named(argument: &Path) -> Result<DiffOperand, Failure> {
    if argument.as_os_str() == "-" {
        return Ok(DiffOperand::Stdin);
    }
    if argument.is_dir() {
        return Ok(DiffOperand::Folder(argument.to_owned()));
    }
    if argument.exists() {
        return Ok(DiffOperand::File(argument.to_owned()));
    }
    let shown = argument.display();
    let Some(name) = argument.to_str() else {
        return Err(Failure::Message(format!("there is no file {shown}")));
    };
    match git::object(Path::new("."), name) {
        Ok(Object::Revision) => Ok(DiffOperand::Revision(name.to_owned())),
        Ok(object) => Ok(DiffOperand::AtRevision(name.to_owned(), object)),
        Err(silence) => {
            Err(Failure::Message(format!("there is no file {shown}, and {}", silence.0)))
        }
    }
}

/// Where a file at a revision is in the working tree.
fn working(name: &str, object: Object) -> Result<DiffOperand, Failure> {
    let Some((_, path)) = git::split(name) else {
        return Err(Failure::Message(format!("name what to compare {name} with")));
    };
    // A path is from the root of the repository on, unless it says otherwise.
    let is_relative = git::is_relative(path);
    let root = if is_relative { PathBuf::new() } else { git::root(Path::new("."))? };
    let place = root.join(path.strip_prefix("./").unwrap_or(path));
    let place = if place.as_os_str().is_empty() { PathBuf::from(".") } else { place };
    Ok(if object == Object::Directory {
        DiffOperand::Folder(place)
    } else {
        DiffOperand::File(place)
    })
}

fn absent(old: &DiffOperand, new: &DiffOperand) -> Failure {
    let place = |named: &DiffOperand| match named {
        DiffOperand::Stdin => String::new(),
        DiffOperand::File(path) | DiffOperand::Folder(path) => path.display().to_string(),
        DiffOperand::Revision(name) | DiffOperand::AtRevision(name, _) => name.clone(),
    };
    files::no_spec(&format!("{} or {}", place(old), place(new)))
}

/// Reads one side. A revision alone takes its meaning from the other.
fn read(named: &DiffOperand, other: &DiffOperand, side: &mut Selection) -> Result<Specs, Failure> {
    let here = Path::new(".");
    Ok(match named {
        DiffOperand::Stdin => Specs::One(Some(side.file(Path::new("-"))?)),
        DiffOperand::File(path) => Specs::One(Some(side.file(path)?)),
        DiffOperand::Folder(path) => Specs::Many(side.below(path)?),
        DiffOperand::AtRevision(name, Object::Directory) => {
            let files = git::files_below(here, name)?;
            let place = git::place_of(here, name, Object::Directory)?;
            let name = |path: &Path| joined(name, path);
            Specs::Many(match place {
                Some(place) => side.below_in_git(here, files, &place, &name)?,
                None => BTreeMap::new(),
            })
        }
        DiffOperand::AtRevision(name, kind) => {
            let spec = files::read_from_git(here, git::file(name), name.clone())?;
            let place = git::place_of(here, name, *kind)?;
            Specs::One(Some(side.file_in_git(here, spec, place.as_ref())?))
        }
        DiffOperand::Revision(revision) => match other {
            DiffOperand::File(path) => Specs::One(file_at(revision, path, side)?),
            DiffOperand::AtRevision(name, _) => {
                let path = git::split(name).map_or("", |(_, path)| path);
                let name = format!("{revision}:{path}");
                let object = git::object(here, &name)?;
                return read(&DiffOperand::AtRevision(name, object), other, side);
            }
            DiffOperand::Folder(folder) => folder_at(revision, folder, side)?,
            DiffOperand::Revision(_) | DiffOperand::Stdin => folder_at(revision, here, side)?,
        },
    })
}

fn joined(name: &str, path: &Path) -> String {
    let separator = if name.ends_with([':', '/']) { "" } else { "/" };
    format!("{name}{separator}{}", path.display())
}

/// The path of a file or directory at a revision, as git takes it where wigen runs.
fn at(revision: &str, path: &Path) -> String {
    let is_git = path.is_absolute() || path.starts_with(".") || path.starts_with("..");
    format!("{revision}:{}{}", if is_git { "" } else { "./" }, path.display())
}

/// A file of the working tree as it was at a revision, if it was there.
fn file_at(revision: &str, path: &Path, side: &mut Selection) -> Result<Option<Member>, Failure> {
    let folder = path.parent().unwrap_or(path);
    let mut files = git::files_of(folder, revision, path.file_name())?;
    match files.pop() {
        Some(file) => {
            let mut place = git::place(folder, revision)?;
            place.path.push(&file.path);
            let spec = files::read_from_git(folder, file, at(revision, path))?;
            Ok(Some(side.file_in_git(folder, spec, Some(&place))?))
        }
        None => Ok(None),
    }
}

/// The specs of a directory of the working tree as they were at a revision.
fn folder_at(revision: &str, folder: &Path, side: &mut Selection) -> Result<Specs, Failure> {
    let files = git::files_of(folder, revision, None)?;
    let place = git::place(folder, revision)?;
    let name = |path: &Path| at(revision, &folder.join(path));
    Ok(Specs::Many(side.below_in_git(folder, files, &place, &name)?))
}

/// Specs of one path, in the order of the paths.
fn by_path(old: BTreeMap<String, Member>, mut new: BTreeMap<String, Member>) -> Vec<Pair> {
    let mut pairs: BTreeMap<String, Pair> = BTreeMap::new();
    for (path, spec) in old {
        let new = new.remove(&path);
        pairs.insert(path, (Some(spec), new));
    }
    pairs.extend(new.into_iter().map(|(path, spec)| (path, (None, Some(spec)))));
    pairs.into_values().collect()
}

/// A spec with all that follows from it.
struct ResolvedSpec {
    spec: String,
    side: Resolved,
}

impl ResolvedSpec {
    fn app(&self) -> (&str, &str) {
        (&self.side.workload.namespace, &self.side.workload.name)
    }
}

/// The one way by which the text of a spec becomes an app here; what is wrong with it is told.
fn resolved(
    ((source, not_text), membership): &Member,
    selected: &Selection,
    asked: &DiffArgs<'_>,
    told: &mut Reporter,
    once: &mut Once,
) -> Option<ResolvedSpec> {
    if let Some(found) = not_text {
        told.human(source, std::slice::from_ref(found));
        return None;
    }
    // What is wrong with its workspace was told.
    if *membership == Membership::Wrong {
        return None;
    }
    let workspace = selected.workspace_by(*membership);
    let options = Options { environment: asked.environment, workspace, ..Options::default() };
    let mut checked = wigen::check(source, &options);
    let Some(app) = checked.app else {
        checked.diagnostics.retain(|found| once.is_new(found));
        told.human(source, &checked.diagnostics);
        return None;
    };
    match wigen::side(source, &app, Version::default()) {
        Ok(side) => Some(ResolvedSpec { spec: source.name().to_owned(), side }),
        Err(faults) => {
            told.faults(&faults);
            None
        }
    }
}

/// The same, but an app that is gone from one path and new at another has moved.
fn by_name(
    sides: Vec<(Option<ResolvedSpec>, Option<ResolvedSpec>)>,
) -> Vec<(Option<ResolvedSpec>, Option<ResolvedSpec>)> {
    let (mut gone, mut pairs) = (Vec::new(), Vec::new());
    for pair in sides {
        match pair {
            (Some(old), None) => gone.push(Some(old)),
            pair => pairs.push(pair),
        }
    }
    for (old, new) in &mut pairs {
        if let (None, Some(new)) = (&old, &new) {
            let moved = |old: &&mut Option<ResolvedSpec>| {
                old.as_ref().is_some_and(|old| old.app() == new.app())
            };
            *old = gone.iter_mut().find(moved).and_then(Option::take);
        }
    }
    pairs.extend(gone.into_iter().flatten().map(|old| (Some(old), None)));
    pairs
}

fn compared((old, new): &(Option<ResolvedSpec>, Option<ResolvedSpec>)) -> Compared {
    let side = |of: &Option<ResolvedSpec>| of.as_ref().map(|of| of.side.clone());
    let spec = |of: &Option<ResolvedSpec>| of.as_ref().map(|of| of.spec.clone());
    let named = new.as_ref().or(old.as_ref());
    Compared {
        app: named.map(|of| of.side.workload.name.clone()).unwrap_or_default(),
        old: spec(old),
        new: spec(new),
        changes: diff::changes(side(old).as_ref(), side(new).as_ref()),
    }
}

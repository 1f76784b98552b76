//! Which specs there are, and their text.

mod selected;
mod workspace;

pub(crate) use selected::{Chosen, Member, Membership, Selected};
pub(crate) use workspace::{FILE as WORKSPACE, Located};

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use wigen::diagnostic::Diagnostic;
use wigen::locate;
use wigen::render::Template;
use wigen::source::Source;

use crate::git::{self, Silence};

/// A spec as it was read; with a diagnostic where its bytes are no text.
pub(crate) type Spec = (Source, Option<Diagnostic>);

/// Why wigen could not run.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What to tell the user.
    Told(String),
    /// The reader of the output has gone, which is none of our business.
    BrokenPipe,
}

impl Failure {
    /// A failure to do something with a file.
    pub(crate) fn file(what: &str, path: &Path, error: &io::Error) -> Self {
        Self::Told(format!("cannot {what} {}: {error}", path.display()))
    }
}

impl From<Silence> for Failure {
    fn from(silence: Silence) -> Self {
        Self::Told(silence.0)
    }
}

impl From<io::Error> for Failure {
    /// A failure to write to standard output.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::BrokenPipe
        } else {
            Self::Told(format!("cannot write to standard output: {error}"))
        }
    }
}

/// What standard input is called.
pub(crate) const STDIN: &str = "<stdin>";

/// The names by which a spec is found in a directory.
const NAMES: [&str; 4] = ["app.toml", "app.yaml", "app.yml", "app.json"];

/// The specs that were named, those in directories sorted by path: files, and `-` for standard input.
pub(crate) fn paths(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    if named.is_empty() {
        return Ok(vec![default_spec()?]);
    }
    let found = find_all(named, &is_spec_name, &NAMES.join(", "))?;
    Ok(found.into_iter().map(|(path, _)| path).collect())
}

/// Whether a file of this name is a spec.
pub(crate) fn is_spec_name(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Whether there is a spec in a directory.
pub(crate) fn has_spec(directory: &Path) -> bool {
    NAMES.iter().any(|name| directory.join(name).is_file())
}

/// Whether there is a spec below a directory.
pub(crate) fn has_specs(directory: &Path) -> bool {
    let mut found = Vec::new();
    search(directory, &is_spec_name, &mut found).is_ok() && !found.is_empty()
}

/// Those of the things that were named that are directories.
pub(crate) fn directories(named: &[PathBuf]) -> Vec<PathBuf> {
    named.iter().filter(|path| path.is_dir()).cloned().collect()
}

/// Reads a file, or `-`: standard input.
pub(crate) fn read_one(path: &Path) -> Result<Spec, Failure> {
    if path.as_os_str() == "-" { read_stdin() } else { read_file(path) }
}

/// The specs below a directory, each with its path there; none where there is none.
fn below(directory: &Path) -> Result<Vec<(PathBuf, Spec)>, Failure> {
    let mut paths = Vec::new();
    search(directory, &|name| NAMES.contains(&name), &mut paths)?;
    let read = |path: PathBuf| {
        let below = path.strip_prefix(directory).unwrap_or(&path);
        // `./app.toml` and `app.toml` are one place, and the shorter name is nicer to read.
        let spec = read_file(path.strip_prefix(".").unwrap_or(&path))?;
        Ok((below.to_owned(), spec))
    };
    paths.into_iter().map(read).collect()
}

/// The specs among files that git knows, each with its path; `name` is what they are called.
fn below_in_git(
    folder: &Path,
    files: Vec<git::File>,
    name: &dyn Fn(&Path) -> String,
) -> Result<Vec<(PathBuf, Spec)>, Failure> {
    let is_spec = |path: &Path| {
        let mut steps = path.iter().rev().map(std::ffi::OsStr::to_string_lossy);
        let is_named = steps.next().is_some_and(|name| NAMES.contains(&&*name));
        is_named && steps.all(|folder| !folder.starts_with('.'))
    };
    let mut files = files;
    files.retain(|file| is_spec(&file.path));
    let contents = git::read(folder, &files)?;
    let spec = |(file, content): (&git::File, Vec<u8>)| {
        (file.path.clone(), decode(name(&file.path), &content))
    };
    Ok(files.iter().zip(contents).map(spec).collect())
}

/// A file that git knows, by whatever name.
pub(crate) fn in_git(folder: &Path, file: git::File, name: String) -> Result<Spec, Failure> {
    let contents = git::read(folder, &[file])?;
    Ok(decode(name, contents.first().map_or(&[], Vec::as_slice)))
}

/// What to say where no spec is found.
pub(crate) fn no_spec(place: &str) -> Failure {
    Failure::Told(format!("there is no {} below {place}", NAMES.join(", ")))
}

/// Manifests, and the names of the files that were found beside them and are none.
pub(crate) type Manifests = (Vec<Spec>, Vec<String>);

/// Reads the manifests that were named, or all below this directory.
pub(crate) fn manifests(named: &[PathBuf]) -> Result<Manifests, Failure> {
    let is_one = |name: &str| {
        let ending = Path::new(name).extension().and_then(|ending| ending.to_str());
        ending.is_some_and(|ending| ["yaml", "yml", "json"].contains(&ending))
    };
    let here = [PathBuf::from(".")];
    let named = if named.is_empty() { here.as_slice() } else { named };
    let (mut specs, mut others) = (Vec::new(), Vec::new());
    let (mut is_any, mut without) = (false, Vec::new());
    for (path, how) in find_all(named, &is_one, "*.yaml, *.yml, *.json")? {
        let spec = read_one(&path)?;
        let name = spec.0.name().to_owned();
        if shows_an_object(&spec.0) {
            is_any = true;
        } else if how == How::Found {
            without.push(name.clone());
            others.push(name);
            continue;
        } else if spec.1.is_some() || locate::parse_stream(&spec.0).is_err() {
            // What was named is judged, whatever it is.
            is_any = true;
        } else if name == STDIN {
            // Whatever was to write here has failed.
            return Err(no_manifest(&[name]));
        } else {
            without.push(name);
        }
        specs.push(spec);
    }
    if is_any { Ok((specs, others)) } else { Err(no_manifest(&without)) }
}

/// Whether there can be an object of Kubernetes in a text.
fn shows_an_object(source: &Source) -> bool {
    ["apiVersion", "kind"].into_iter().all(|key| source.text().contains(key))
}

fn no_manifest(names: &[String]) -> Failure {
    let more = match names.len() {
        0 | 1 => String::new(),
        count => format!(", nor in {} more", count - 1),
    };
    let first = names.first().map_or("", String::as_str);
    Failure::Told(format!("there is no manifest in {first}{more}"))
}

/// Reads files, each by its name.
pub(crate) fn files(named: &[PathBuf]) -> Result<Vec<Spec>, Failure> {
    named.iter().map(|path| read_file(path)).collect()
}

/// Reads the templates below a directory: everything that ends in `.j2`.
pub(crate) fn templates(directory: &Path) -> Result<Vec<Template>, Failure> {
    let mut paths = Vec::new();
    let is_one = |name: &str| Path::new(name).extension().is_some_and(|ending| ending == "j2");
    search(directory, &is_one, &mut paths)?;
    if paths.is_empty() {
        let place = directory.display();
        return Err(Failure::Told(format!(
            "there is no template below {place}; `wigen templates eject {place}` writes them there"
        )));
    }
    let template = |path: PathBuf| {
        let below = path.strip_prefix(directory).unwrap_or(&path);
        let steps: Vec<_> = below.iter().map(|step| step.to_string_lossy()).collect();
        let name = steps.join("/");
        Ok(Template { name, source: text(&path)? })
    };
    paths.into_iter().map(template).collect()
}

/// How wigen came to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// It was named.
    Named,
    /// It was found in a directory.
    Found,
}

/// What was named; of a directory the files whose names are `wanted`.
fn find_all(
    named: &[PathBuf],
    wanted: &dyn Fn(&str) -> bool,
    words: &str,
) -> Result<Vec<(PathBuf, How)>, Failure> {
    let mut files = Vec::new();
    for path in named {
        if path.as_os_str() == "-" || !path.is_dir() {
            files.push((path.clone(), How::Named));
            continue;
        }
        let mut found = Vec::new();
        search(path, wanted, &mut found)?;
        if found.is_empty() {
            return Err(Failure::Told(format!("there is no {words} below {}", path.display())));
        }
        files.extend(found.into_iter().map(|path| (path, How::Found)));
    }
    Ok(if named.len() > 1 { once(files) } else { files })
}

/// Each file once, also where several of the names lead to it.
fn once(files: Vec<(PathBuf, How)>) -> Vec<(PathBuf, How)> {
    let (mut places, mut known) = (Places::default(), HashMap::new());
    let mut each: Vec<(PathBuf, How)> = Vec::new();
    for (path, how) in files {
        let place = if path.as_os_str() == "-" { path.clone() } else { places.of(&path) };
        match known.entry(place) {
            Entry::Vacant(free) => {
                free.insert(each.len());
                each.push((path, how));
            }
            // What is named is more than found.
            Entry::Occupied(known) if how == How::Named => each[*known.get()].1 = how,
            Entry::Occupied(_) => {}
        }
    }
    each
}

/// Where files are, whichever of the ways there their paths go.
#[derive(Debug, Default)]
pub(crate) struct Places(HashMap<PathBuf, PathBuf>);

impl Places {
    /// The one path of a file. A link to it is another file.
    pub(crate) fn of(&mut self, path: &Path) -> PathBuf {
        match path.file_name() {
            Some(name) => self.of_directory(directory(path)).join(name),
            None => path.to_owned(),
        }
    }

    /// The one path of a directory; of one that is not there, that which it has here.
    pub(crate) fn of_directory(&mut self, path: &Path) -> &Path {
        let real = || fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        self.0.entry(path.to_owned()).or_insert_with(real)
    }
}

/// The path of a file from a directory, which need not be there yet, as the file system has both.
pub(crate) fn relative(directory: &Path, file: &Path) -> io::Result<PathBuf> {
    fn real(path: &Path) -> io::Result<PathBuf> {
        match (fs::canonicalize(path), path.parent(), path.file_name()) {
            (Err(error), Some(above), Some(name)) if error.kind() == io::ErrorKind::NotFound => {
                Ok(real(or_here(above))?.join(name))
            }
            (found, ..) => found,
        }
    }
    let (directory, file) = (real(directory)?, real(file)?);
    let shared = directory.components().zip(file.components()).take_while(|(a, b)| a == b).count();
    let up = directory.components().skip(shared).map(|_| Component::ParentDir);
    Ok(up.chain(file.components().skip(shared)).collect())
}

/// The directory of a file.
pub(crate) fn directory(path: &Path) -> &Path {
    or_here(path.parent().unwrap_or(Path::new("")))
}

/// A directory; this one where the path is empty.
pub(crate) fn or_here(directory: &Path) -> &Path {
    if directory.as_os_str().is_empty() { Path::new(".") } else { directory }
}

fn default_spec() -> Result<PathBuf, Failure> {
    let path = Path::new(NAMES[0]);
    if path.exists() {
        return Ok(path.to_owned());
    }
    Err(Failure::Told(format!(
        "there is no {} here; name a spec, or write a first one with `wigen init`",
        NAMES[0]
    )))
}

/// Everything below a directory whose name is wanted. Hidden directories (`.git`) and
/// links to directories are passed over.
fn search(
    directory: &Path,
    wanted: &dyn Fn(&str) -> bool,
    found: &mut Vec<PathBuf>,
) -> Result<(), Failure> {
    let unreadable = |error: io::Error| Failure::file("read", directory, &error);
    let mut entries = fs::read_dir(directory)
        .and_then(Iterator::collect::<io::Result<Vec<_>>>)
        .map_err(unreadable)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if entry.file_type().map_err(unreadable)?.is_dir() {
            if !name.starts_with('.') {
                search(&entry.path(), wanted, found)?;
            }
        } else if wanted(&name) {
            found.push(entry.path());
        }
    }
    Ok(())
}

/// The text of a file that must be one, or of standard input.
pub(crate) fn text(path: &Path) -> Result<Source, Failure> {
    match read_one(path)? {
        (source, None) => Ok(source),
        (source, Some(found)) => text_of(Err(Box::new((source, found)))),
    }
}

/// Text that was taken from bytes; or the failure that they are none.
pub(crate) fn text_of(read: Result<Source, Box<(Source, Diagnostic)>>) -> Result<Source, Failure> {
    read.map_err(|wrong| Failure::Told(format!("{}: {}", wrong.0.name(), wrong.1.message)))
}

fn read_stdin() -> Result<Spec, Failure> {
    let mut bytes = Vec::new();
    io::stdin()
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::Told(format!("cannot read standard input: {error}")))?;
    Ok(decode(STDIN.to_owned(), &bytes))
}

fn read_file(path: &Path) -> Result<Spec, Failure> {
    let bytes = fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
    Ok(decode(path.display().to_string(), &bytes))
}

fn decode(name: String, bytes: &[u8]) -> Spec {
    match locate::decode(name, bytes) {
        Ok(source) => (source, None),
        Err(wrong) => (wrong.0, Some(wrong.1)),
    }
}

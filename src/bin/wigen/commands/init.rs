//! `wigen init`: writes a first spec.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{fs, io};

use wigen::backends::bash_word;
use wigen::google::names::ACCOUNT_ID;
use wigen::kubernetes::names::DNS_LABEL;
use wigen::spec::schema;
use wigen::text::Node;

use super::console::eprintln;
use super::outcome::Outcome;
use crate::files::{self, Failure, OutputFile, UniquePaths, WorkspaceRoot};

/// The first spec.
pub(super) const APP_TOML: &str = include_str!("../../../../templates/app.toml");

/// The name of the app in the first spec.
const NAME: &str = "my-app";

const SCHEMA_FILE: &str = "app.schema.json";

pub(super) fn init(directory: &Path, force: bool) -> Result<Outcome, Failure> {
    let is_here = directory == Path::new(".");
    let directory = if is_here { Path::new("") } else { directory };
    let path = directory.join("app.toml");
    if path.exists() && !force {
        return Err(Failure::exists(&path));
    }
    // Without `..`, as a workspace knows its members.
    let place = UniquePaths::new().directory(directory);
    let around = WorkspaceRoot::around(&place)?;
    let is_member = |workspace: &&WorkspaceRoot| workspace.has_member(&place.join("app.toml"));
    let member_of = around.as_ref().filter(is_member);
    let schema_path = match member_of {
        None => directory.join(SCHEMA_FILE),
        Some(workspace) => shared_schema(&place, workspace),
    };
    let is_known_schema = is_schema(&schema_path);
    if schema_path.exists() && !is_known_schema && !force {
        return Err(Failure::exists(&schema_path));
    }
    let spec = path.display().to_string();
    let name = app_name(if is_here { Path::new(".") } else { directory });
    let text = first_spec(&name, &schema_link(directory, &schema_path)?, member_of);
    let mut files = vec![OutputFile { path, text: &text, executable: false }];
    // The schema of a workspace is for all of its specs; another one is renewed.
    if !(is_known_schema && member_of.is_some()) {
        files.push(OutputFile { path: schema_path, text: schema::APP, executable: false });
    }
    for path in files::write(&files, true)? {
        eprintln(&format!("wrote {}", path.display()));
    }
    if let (Some(workspace), None) = (&around, member_of) {
        let file = workspace.root.join(files::WORKSPACE_FILE);
        eprintln(&format!(
            "{spec} is not a member of {}, so it has no defaults; add it to `members`",
            file.display()
        ));
    }
    let named = if is_here { String::new() } else { format!(" {}", bash_word(&spec)) };
    let out = match member_of.and_then(|workspace| workspace.out.as_ref()) {
        Some(_) => String::new(),
        None => format!(" -o {}", bash_word(&directory.join("rendered").to_string_lossy())),
    };
    eprintln(&format!(
        "now fill in {spec} for the app {name}; then `wigen check{named}` checks it, and `wigen render{named}{out}` writes the files"
    ));
    Ok(Outcome::Done)
}

/// Where the schema of a workspace is: the nearest, from the directory of a spec upwards, or else beside
/// `wigen.toml`.
fn shared_schema(directory: &Path, workspace: &WorkspaceRoot) -> PathBuf {
    let above = directory.ancestors().take_while(|above| above.starts_with(&workspace.root));
    above
        .map(|above| above.join(SCHEMA_FILE))
        .find(|path| is_schema(path))
        .unwrap_or_else(|| workspace.root.join(SCHEMA_FILE))
}

/// Whether a file is the schema of specs, whichever version of wigen wrote it.
fn is_schema(path: &Path) -> bool {
    let title = schema::APP.lines().find(|line| line.trim_start().starts_with("\"title\""));
    let text = files::read_existing(path).unwrap_or_default();
    text.lines().take(5).any(|line| Some(line) == title)
}

/// The path of the schema as a spec in a directory writes it.
fn schema_link(directory: &Path, schema: &Path) -> Result<String, Failure> {
    let failed = |error: io::Error| Failure::file("find", schema, &error);
    let relative = files::relative_to(directory, schema).map_err(failed)?;
    let relative = relative.to_string_lossy().into_owned();
    Ok(if relative.starts_with("..") { relative } else { format!("./{relative}") })
}

/// The name of the app in a directory: that of the directory, repaired.
fn app_name(directory: &Path) -> String {
    let absolute = || fs::canonicalize(directory).ok()?.file_name().map(OsStr::to_owned);
    let name = directory.file_name().map(OsStr::to_owned).or_else(absolute).unwrap_or_default();
    let name = name.to_string_lossy().into_owned();
    if DNS_LABEL.matches(&name) {
        return name;
    }
    DNS_LABEL.suggest(&name).unwrap_or_else(|| NAME.to_owned())
}

/// The first spec of an app, without what its workspace provides. The template is wigen's own and has a key on each
/// line; an editor of TOML would lose the columns in which its comments stand.
fn first_spec(name: &str, schema: &str, workspace: Option<&WorkspaceRoot>) -> String {
    const COMMENTS: usize = 40;
    let default = |pointer: &str| workspace?.workspace.default_value(pointer);
    let project = default("/project").and_then(Node::as_str).unwrap_or("my-project");
    let account = [format!("{name}-gke-sa"), format!("app-{name}-gke-sa")]
        .into_iter()
        .find_map(|id| if ACCOUNT_ID.matches(&id) { Some(id) } else { ACCOUNT_ID.suggest(&id) });
    let account = account.unwrap_or_else(|| format!("{NAME}-gke-sa"));
    let line = |line: &str| {
        let text = line.replace(&format!("{NAME}-gke-sa"), &account);
        let text = text.replace(NAME, name).replace("My App", name);
        let text = text.replace("my-project", project).replace("./app.schema.json", schema);
        match text.split_once(" # ") {
            Some((keys, comment)) => format!("{:<COMMENTS$}# {comment}\n", keys.trim_end()),
            None => text + "\n",
        }
    };
    // A table of the template and its keys stand between empty lines.
    let table = |table: &str| {
        let (header, keys) = match table.split_once('\n') {
            Some((header, keys)) if header.starts_with('[') => (header, keys),
            _ => ("", table),
        };
        let is_list = header.starts_with("[[");
        let table_name = header.split('#').next().unwrap_or_default().trim();
        let table_name = table_name.trim_matches(['[', ']']).replace('.', "/");
        let place = if table_name.is_empty() { String::new() } else { format!("/{table_name}") };
        let is_provided = |line: &&str| {
            let key = line.split('=').next().unwrap_or_default().trim();
            let zone = key == "region" && default(&format!("{place}/zone")).is_some();
            zone || default(&format!("{place}/{key}")).is_some()
        };
        let keys: Vec<&str> = keys.lines().filter(|line| !is_provided(line)).collect();
        let is_empty = keys.is_empty() || is_list && default(&place).is_some();
        let lines = Some(header).filter(|header| !header.is_empty()).into_iter().chain(keys);
        (!is_empty).then(|| lines.map(line).collect::<String>())
    };
    APP_TOML.split("\n\n").filter_map(table).collect::<Vec<_>>().join("\n")
}

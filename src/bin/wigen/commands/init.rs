//! `wigen init`: writes a first spec.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use wigen::google::names::ACCOUNT_ID;
use wigen::kubernetes::names::DNS_LABEL;
use wigen::spec::schema;

use super::console::eprintln;
use super::outcome::Outcome;
use crate::files::{self, Failure, OutputFile};

/// The first spec.
pub(super) const APP_TOML: &str = include_str!("../../../../templates/app.toml");

/// The name of the app in the first spec.
const NAME: &str = "my-app";

pub(super) fn init(directory: &Path, force: bool) -> Result<Outcome, Failure> {
    let is_here = directory == Path::new(".");
    let place = |name: &str| if is_here { PathBuf::from(name) } else { directory.join(name) };
    let path = place("app.toml");
    if path.exists() && !force {
        return Err(Failure::exists(&path));
    }
    let spec = path.display().to_string();
    let name = app_name(directory);
    let text = first_spec(&name);
    let files = [
        OutputFile { path, text: &text, executable: false },
        OutputFile { path: place("app.schema.json"), text: schema::APP, executable: false },
    ];
    // The spec is handled above, and the schema is wigen's, whichever version wrote it.
    for path in files::write(&files, true)? {
        eprintln(&format!("wrote {}", path.display()));
    }
    let (named, out) = if is_here {
        (String::new(), "rendered".to_owned())
    } else {
        (format!(" {spec}"), place("rendered").display().to_string())
    };
    eprintln(&format!(
        "now fill in {spec} for the app {name}; then `wigen check{named}` checks it, and `wigen render{named} -o {out}` writes the files"
    ));
    Ok(Outcome::Done)
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

/// The first spec of an app.
fn first_spec(name: &str) -> String {
    const COMMENTS: usize = 40;
    let account = [format!("{name}-gke-sa"), format!("app-{name}-gke-sa")]
        .into_iter()
        .find_map(|id| if ACCOUNT_ID.matches(&id) { Some(id) } else { ACCOUNT_ID.suggest(&id) });
    let account = account.unwrap_or_else(|| format!("{NAME}-gke-sa"));
    let line = |line: &str| {
        let text = line.replace(&format!("{NAME}-gke-sa"), &account);
        let text = text.replace(NAME, name).replace("My App", name);
        match text.split_once(" # ") {
            Some((keys, comment)) => format!("{:<COMMENTS$}# {comment}\n", keys.trim_end()),
            None => text + "\n",
        }
    };
    APP_TOML.lines().map(line).collect()
}

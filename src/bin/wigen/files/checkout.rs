//! The checkout around a path. Whoever may change files in it cannot make wigen read or write outside: links
//! and paths that lead out are refused. Paths of the command line may lead anywhere.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use super::failure::Failure;
use super::paths::{parent, real};
use super::system;

pub(crate) const WORKSPACE_FILE: &str = "wigen.toml";

/// The directory of git in a checkout. It may hold credentials.
const GIT: &str = ".git";

/// Refuses a path on which a link in a checkout leads out of it. Returns whether there is any link.
pub(super) fn check_links(path: &Path) -> io::Result<bool> {
    let mut names: Vec<&Path> = path.ancestors().collect();
    names.pop_if(|first| first.as_os_str().is_empty());
    if has_no_link(&names) {
        return Ok(false);
    }
    let mut found = false;
    for link in names.into_iter().rev() {
        match fs::symlink_metadata(link) {
            Ok(metadata) if metadata.is_symlink() => {}
            Ok(_) => continue,
            // Nothing below it exists.
            Err(_) => break,
        }
        found = true;
        let target = fs::canonicalize(link)?;
        if let Some(checkout) = around(&real(parent(link))?)
            && !is_in(&target, &checkout)
        {
            return Err(io::Error::other(format!(
                "the link {} leads out of {}, to {}",
                link.display(),
                checkout.display(),
                target.display()
            )));
        }
    }
    Ok(found)
}

/// Whether the part of a path that exists certainly has no link. `names` are the path and all above it.
fn has_no_link(names: &[&Path]) -> bool {
    let is_missing = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    let mut opened = names.iter().map(|name| system::open_without_links(name, false));
    opened.find(|opened| !opened.as_ref().is_err_and(is_missing)).is_some_and(|it| it.is_ok())
}

/// Refuses a path that a file in a checkout names and that leads out of the checkout. `base` is the directory
/// of that file.
pub(crate) fn require_inside(path: &Path, base: &Path) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::file("find", path, &error);
    let Some(checkout) = around(&real(base).map_err(failed)?) else { return Ok(()) };
    if is_in(&real(path).map_err(failed)?, &checkout) {
        return Ok(());
    }
    let (path, checkout) = (path.display(), checkout.display());
    Err(Failure::new(format!(
        "{path} is outside of {checkout}, the root of git or of the workspace, or else this directory; name a path inside"
    )))
}

fn is_in(path: &Path, checkout: &Path) -> bool {
    let is_git = |name: &OsStr| name.eq_ignore_ascii_case(GIT);
    path.strip_prefix(checkout).is_ok_and(|below| !below.iter().any(is_git))
}

/// The root of the checkout around a canonical directory: of git, or else of the outermost workspace, or else the
/// current directory.
pub(super) fn around(directory: &Path) -> Option<PathBuf> {
    let with =
        |name: &'static str| directory.ancestors().filter(move |root| root.join(name).exists());
    let root = with(GIT).next().or_else(|| with(WORKSPACE_FILE).last()).map(Path::to_owned);
    let current = || env::current_dir().ok().filter(|current| directory.starts_with(current));
    root.or_else(current)
}

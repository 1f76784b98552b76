//! Where artifacts go: standard output, or files, whole or not at all. The only room that writes
//! files.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use wigen::artifact::{Artifact, is_ours};

use crate::cli::Out;
use crate::input::Failure;

/// The artifacts of one app, under its name.
pub(crate) struct Rendered<'a> {
    /// Where its spec is, as far as that is a file.
    pub(crate) spec: &'a str,
    /// Name of the app.
    pub(crate) app: String,
    /// Its artifacts.
    pub(crate) artifacts: Vec<Artifact>,
}

/// A file to write.
pub(crate) struct File<'a> {
    /// Where.
    pub(crate) path: PathBuf,
    /// What.
    pub(crate) text: &'a str,
    /// Whether it is a program.
    pub(crate) executable: bool,
}

/// Prints artifacts: one alone just as it is, several each under its name, with the `---` that
/// separates YAML documents between them.
pub(crate) fn print(apps: &[Rendered<'_>]) -> Result<(), Failure> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let several_apps = apps.len() > 1;
    let all: Vec<(&str, &Artifact)> = apps
        .iter()
        .flat_map(|app| app.artifacts.iter().map(|artifact| (app.app.as_str(), artifact)))
        .collect();
    for (index, (app, artifact)) in all.iter().enumerate() {
        if index > 0 {
            out.write_all(b"---\n")?;
        }
        if several_apps {
            writeln!(out, "# {app}/{}", artifact.name)?;
        } else if all.len() > 1 {
            writeln!(out, "# {}", artifact.name)?;
        }
        out.write_all(artifact.text.as_bytes())?;
    }
    Ok(out.flush()?)
}

/// The files that artifacts become, each its own: where a pattern says, or else in a directory for
/// each app where there are several.
pub(crate) fn files<'a>(out: &Out, apps: &'a [Rendered<'_>]) -> Result<Vec<File<'a>>, Failure> {
    let mut files = Vec::new();
    let mut taken = HashSet::new();
    for app in apps {
        if out.has_dir() && app.spec.contains(char::REPLACEMENT_CHARACTER) {
            let text = format!("the path of {} is not UTF-8, so there is no {{dir}}", app.spec);
            return Err(Failure::Told(text));
        }
        let mut directory = out.of(Path::new(app.spec), &app.app);
        if apps.len() > 1 && !out.is_pattern() {
            directory.push(&app.app);
        }
        for artifact in &app.artifacts {
            let path = directory.join(&artifact.name);
            if !taken.insert(path.clone()) {
                let path = path.display();
                let instead = if out.is_pattern() && !out.has_name() {
                    "-o needs {name} to tell them apart"
                } else {
                    "give the apps different names"
                };
                return Err(Failure::Told(format!("two specs render {path}: {instead}")));
            }
            let executable = artifact.kind.is_script();
            files.push(File { path, text: &artifact.text, executable });
        }
    }
    Ok(files)
}

/// Writes files. Everything that can go wrong is tried before the first of them changes: the text
/// of every file is on disk, beside its place, before any is moved there. Returns the files that
/// changed; a file that holds its text already is left as it is.
pub(crate) fn write<'a>(files: &'a [File<'a>], force: bool) -> Result<Vec<&'a Path>, Failure> {
    let mut changed = Vec::new();
    let mut foreign = Vec::new();
    for file in files {
        match fs::read(&file.path) {
            Ok(text) if text == file.text.as_bytes() => {}
            Ok(text) => {
                if !force && !is_ours(&text) {
                    foreign.push(file.path.display().to_string());
                }
                changed.push(file);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => changed.push(file),
            Err(error) => return Err(Failure::file("write", &file.path, &error)),
        }
    }
    if !foreign.is_empty() {
        return Err(Failure::Told(format!(
            "not written by wigen, so not overwritten: {}; --force overwrites",
            foreign.join(", ")
        )));
    }
    let mut ready = Vec::new();
    for file in changed {
        ready.push((
            file,
            prepare(file).map_err(|error| Failure::file("write", &file.path, &error))?,
        ));
    }
    let mut written = Vec::new();
    for (file, prepared) in ready {
        prepared
            .persist(&file.path)
            .map_err(|error| Failure::file("write", &file.path, &error.error))?;
        written.push(file.path.as_path());
    }
    Ok(written)
}

/// Puts a text into the place of a file's: with the same permissions, behind the same link, and
/// with the byte order mark that it may have had.
pub(crate) fn rewrite(path: &Path, text: &str) -> Result<(), Failure> {
    let rewrite = || {
        let path = fs::canonicalize(path)?;
        let marked = fs::read(&path)?.starts_with(BYTE_ORDER_MARK.as_bytes());
        let mut prepared = NamedTempFile::new_in(path.parent().unwrap_or(Path::new("/")))?;
        prepared.as_file().set_permissions(fs::metadata(&path)?.permissions())?;
        if marked {
            prepared.write_all(BYTE_ORDER_MARK.as_bytes())?;
        }
        prepared.write_all(text.as_bytes())?;
        prepared.persist(&path).map(drop).map_err(|error| error.error)
    };
    rewrite().map_err(|error| Failure::file("write", path, &error))
}

const BYTE_ORDER_MARK: &str = "\u{feff}";

fn prepare(file: &File<'_>) -> io::Result<NamedTempFile> {
    let directory =
        file.path.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".wigen-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any program creates files: the umask takes away what it takes away.
        let mode = if file.executable { 0o777 } else { 0o666 };
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    let mut prepared = builder.tempfile_in(directory)?;
    prepared.write_all(file.text.as_bytes())?;
    Ok(prepared)
}

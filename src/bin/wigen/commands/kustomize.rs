//! `wigen kustomize`: the link by which kubectl finds wigen, and a first kustomization.

use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::{Value, json};
use wigen::Options;
use wigen::backends::templates;
use wigen::diagnostics::source::Source;
use wigen::spec::envelope::{self, API_VERSION, Form};
use wigen::text;

use super::{APP_TOML, Outcome, Reporter, tell_line};
use crate::cli::{For, GlobalArgs, KustomizeAction, Specs};
use crate::files::{self, Failure, File, Selection};

/// The folder and name of each kind below the root of plugins. Source: Kustomize, "Exec plugin".
const LINKS: [(&str, &str); 2] = [("app", "App"), ("apps", "Apps")];

/// How a kustomization lists an app that brings its workload.
const GENERATES: &str = "\
generators:
  - app.yaml
# The same again: the names that come out must be those that Google Cloud is set up for. And where a
# flag is missing, Kustomize says so here; a generator it would leave out and say nothing.
validators:
  - app.yaml
";

/// How a kustomization lists an app that is an identity alone.
const TRANSFORMS: &str = "\
# The manifests of the workloads that are to have the identity:
resources: []
transformers:
  - app.yaml
";

const EXEC: &str = "exec: {path: wigen}";

pub(super) fn run(action: KustomizeAction, global: &GlobalArgs) -> Result<Outcome, Failure> {
    match action {
        KustomizeAction::Install { home } => install(home),
        KustomizeAction::Uninstall { home } => uninstall(home),
        KustomizeAction::Init { spec, out, target, force } => {
            init(spec, &out, target, force, global)
        }
    }
}

/// Where plugins are: the first of the places that Kustomize looks in, as it takes the first that
/// exists, and no other.
fn root(home: Option<PathBuf>) -> Result<PathBuf, Failure> {
    let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    if let Some(home) = home.or_else(|| variable("KUSTOMIZE_PLUGIN_HOME").map(PathBuf::from)) {
        return Ok(home);
    }
    let user = variable("HOME").map(PathBuf::from);
    let config = variable("XDG_CONFIG_HOME").map(PathBuf::from);
    let config = config.or_else(|| user.as_ref().map(|user| user.join(".config")));
    let known: Vec<PathBuf> = [
        config.map(|config| config.join("kustomize/plugin")),
        user.map(|user| user.join("kustomize/plugin")),
    ]
    .into_iter()
    .flatten()
    .collect();
    let there = known.iter().find(|root| root.is_dir()).or(known.first());
    there.cloned().ok_or_else(|| {
        Failure::Message(
            "there is no HOME to put the plugin below; name a place with `--home`".to_owned(),
        )
    })
}

fn links(root: &Path) -> impl Iterator<Item = PathBuf> {
    LINKS.iter().map(move |(folder, name)| root.join(API_VERSION).join(folder).join(name))
}

fn install(home: Option<PathBuf>) -> Result<Outcome, Failure> {
    let is_default = home.is_none();
    let root = root(home)?;
    let wigen = env::current_exe()
        .map_err(|error| Failure::Message(format!("cannot tell where wigen is: {error}")))?;
    let links: Vec<PathBuf> = links(&root).collect();
    for link in &links {
        if !is_replaceable(link) {
            return Err(Failure::Message(format!(
                "{} is there and no link; take it away first",
                link.display()
            )));
        }
    }
    for link in &links {
        place(&wigen, link).map_err(|error| Failure::file("link", link, &error))?;
        tell_line(&format!("linked {} -> {}", link.display(), wigen.display()));
    }
    let place = if is_default {
        String::new()
    } else {
        format!("KUSTOMIZE_PLUGIN_HOME={} ", root.display())
    };
    tell_line(&format!(
        "now `{place}kubectl kustomize --enable-alpha-plugins DIR` knows the kinds App and Apps; `wigen kustomize uninstall` takes it back"
    ));
    Ok(Outcome::Done)
}

/// Whether there is nothing at this place, or a link.
fn is_replaceable(link: &Path) -> bool {
    fs::symlink_metadata(link).map_or(true, |found| found.file_type().is_symlink())
}

#[cfg(unix)]
fn place(wigen: &Path, link: &Path) -> std::io::Result<()> {
    if let Some(folder) = link.parent() {
        fs::create_dir_all(folder)?;
    }
    match fs::remove_file(link) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    std::os::unix::fs::symlink(wigen, link)
}

#[cfg(not(unix))]
fn place(_: &Path, _: &Path) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

fn uninstall(home: Option<PathBuf>) -> Result<Outcome, Failure> {
    let root = root(home)?;
    let mut any = false;
    for link in links(&root) {
        if fs::symlink_metadata(&link).is_ok_and(|found| found.file_type().is_symlink()) {
            fs::remove_file(&link).map_err(|error| Failure::file("remove", &link, &error))?;
            tell_line(&format!("removed {}", link.display()));
            any = true;
        }
        // The folders that are left empty; those of others stay.
        let folders = link.ancestors().skip(1).take_while(|folder| *folder != root);
        let _ = folders.map(fs::remove_dir).take_while(Result::is_ok).count();
    }
    if !any {
        tell_line(&format!("nothing is installed below {}", root.display()));
    }
    Ok(Outcome::Done)
}

/// Writes a kustomization that builds, and the function config that it lists: one that names the spec, so
/// that there is one text of the app; without a file of a spec, the app itself.
fn init(
    spec: Option<PathBuf>,
    out: &Path,
    target: For,
    force: bool,
    global: &GlobalArgs,
) -> Result<Outcome, Failure> {
    let here = || Path::new("app.toml").exists().then(|| "app.toml".into());
    let selected = match spec.or_else(here) {
        Some(path) => Selection::of(&Specs::named(vec![path]))?,
        None => Selection::default(),
    };
    let mut told = Reporter::new(global);
    for (source, found) in &selected.wrong {
        told.human(source, found);
    }
    if !selected.wrong.is_empty() {
        return Ok(told.finish("nothing was written"));
    }
    if let count @ 2.. = selected.specs.len() {
        return Err(Failure::Message(format!(
            "a kustomization is made of one spec, and these are {count}"
        )));
    }
    let chosen = selected.specs.first();
    let (source, not_text) = match chosen {
        Some(chosen) => files::read_one(&chosen.path)?,
        None => (Source::new("app.toml", APP_TOML), None),
    };
    let workspace = chosen.and_then(|chosen| selected.workspace(chosen));
    let checked = wigen::check(&source, &Options { workspace, ..Options::default() });
    told.human(&source, &not_text.map_or(checked.diagnostics, |found| vec![found]));
    let Some(app) = checked.app.filter(|_| told.outcome() != Outcome::WrongSpec) else {
        return Ok(told.finish("nothing was written"));
    };
    let (name, mut config) = match chosen.filter(|chosen| chosen.path.as_os_str() != "-") {
        Some(chosen) => ("apps.yaml", naming(&chosen.path, &app.name, out)?),
        None => ("app.yaml", object(&source)),
    };
    if target == For::Kustomize {
        config["metadata"]["annotations"]["config.kubernetes.io/function"] = EXEC.into();
    }
    let role = if app.container.is_none() { TRANSFORMS } else { GENERATES };
    let role = role.replace("app.yaml", name);
    let head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";
    let texts = [(name, templates::yaml(&config)), ("kustomization.yaml", head.to_owned() + &role)];
    let files = texts.iter().map(|(name, text)| File {
        path: if out == Path::new(".") { name.into() } else { out.join(name) },
        text,
        executable: false,
    });
    let files: Vec<File<'_>> = files.collect();
    for path in files::write(&files, force)? {
        tell_line(&format!("wrote {}", path.display()));
    }
    let out = out.display();
    tell_line(&match target {
        For::Kustomize => format!(
            "now `kustomize build --enable-alpha-plugins --enable-exec {out}` builds it; without the second flag it says that a validator modified the resource map"
        ),
        For::Kubectl => format!(
            "now `wigen kustomize install`, and then `kubectl kustomize --enable-alpha-plugins {out}` builds it"
        ),
    });
    Ok(Outcome::Done)
}

/// A function config that names a spec.
fn naming(spec: &Path, app: &str, out: &Path) -> Result<Value, Failure> {
    let path = files::relative(out, spec).map_err(|error| Failure::file("find", spec, &error))?;
    let Some(path) = path.to_str() else {
        return Err(Failure::Message(format!("the path {} is not UTF-8", path.display())));
    };
    Ok(json!({
        "apiVersion": API_VERSION,
        "kind": LINKS[1].1,
        "metadata": {"name": app},
        "spec": {"specs": [path]},
    }))
}

/// The app of a spec as an object.
fn object(source: &Source) -> Value {
    let document = text::parse(source).unwrap_or_default();
    match Form::of(&document) {
        Form::Flat => envelope::closed(document),
        Form::Krm => document,
    }
}

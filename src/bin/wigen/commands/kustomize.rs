//! `wigen kustomize`: installs wigen as a plugin for kubectl, and writes a first kustomization.

use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::{Value, json};
use wigen::backends::bash_word;
use wigen::diagnostics::source::Source;
use wigen::spec::envelope::{self, API_VERSION};
use wigen::text::yaml_writer::to_yaml;

use super::console::eprintln;
use super::init::APP_TOML;
use super::outcome::Outcome;
use super::reporter::Reporter;
use crate::cli::{BuildTool, GlobalArgs, KustomizeAction, Options};
use crate::files::{self, Failure, OutputFile, Selection};

/// The directory and name of each kind's plugin. Source: Kustomize, "Exec plugin".
const LINKS: [(&str, &str); 2] = [("app", "App"), ("apps", "Apps")];

/// The part of a kustomization for an app with a container.
const GENERATES: &str = "\
generators:
  - app.yaml
# Also as a validator: the final names must be those that Google Cloud is set up for. And without the
# flags, Kustomize fails here; it would skip a generator silently.
validators:
  - app.yaml
";

/// What only an overlay can see, and how it does.
const BASE: &str = "\
# This sees no names that an overlay changes: an overlay lists it under its own validators, too.
# `wigen kustomize init SPEC --base DIR` writes such an overlay of the kustomization in DIR.
";

/// The part of a kustomization for an overlay.
const OVERLAY: &str = "\
# Fails if namePrefix, nameSuffix or namespace here change names that Google Cloud is set up for. An overlay
# that is to have other names lists an App with these names instead, and runs the gcloud.sh of that App.
validators:
  - app.yaml
";

/// The part of a kustomization for an app that is only an identity.
const TRANSFORMS: &str = "\
# The manifests of the workloads that get the identity:
resources: []
transformers:
  - app.yaml
# Also as a validator: the final names must be those that Google Cloud is set up for.
validators:
  - app.yaml
";

const EXEC: &str = "exec: {path: wigen}";

pub(super) fn run(action: KustomizeAction, global: &GlobalArgs) -> Result<Outcome, Failure> {
    match action {
        KustomizeAction::Install { home } => install(home),
        KustomizeAction::Uninstall { home } => uninstall(home),
        KustomizeAction::Init { spec, base, out, tool, force } => {
            let written = Scaffold { base, out, tool, force };
            init(spec, &written, global)
        }
    }
}

/// The plugin directory. Kustomize uses the first one that exists of those that it looks for.
fn plugin_root(home: Option<PathBuf>) -> Result<PathBuf, Failure> {
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
        Failure::new("there is no HOME for the plugin; name a directory with `--home`")
    })
}

fn links(root: &Path) -> impl Iterator<Item = PathBuf> {
    LINKS.iter().map(move |(directory, name)| root.join(API_VERSION).join(directory).join(name))
}

fn install(home: Option<PathBuf>) -> Result<Outcome, Failure> {
    let is_default = home.is_none();
    let root = plugin_root(home)?;
    let wigen = env::current_exe()
        .map_err(|error| Failure::new(format!("cannot find the path of wigen: {error}")))?;
    let links: Vec<PathBuf> = links(&root).collect();
    for link in &links {
        if !is_replaceable(link) {
            let link = link.display();
            return Err(Failure::new(format!("{link} exists and is not a link; remove it first")));
        }
    }
    for link in &links {
        create_link(&wigen, link).map_err(|error| Failure::file("link", link, &error))?;
        eprintln(&format!("linked {} -> {}", link.display(), wigen.display()));
    }
    let variable = if is_default {
        String::new()
    } else {
        format!("KUSTOMIZE_PLUGIN_HOME={} ", bash_word(&root.to_string_lossy()))
    };
    eprintln(&format!(
        "now `{variable}kubectl kustomize --enable-alpha-plugins DIR` knows the kinds App and Apps; `wigen kustomize uninstall` removes the links"
    ));
    Ok(Outcome::Done)
}

/// Whether the path is free, or a link.
fn is_replaceable(link: &Path) -> bool {
    fs::symlink_metadata(link).map_or(true, |found| found.file_type().is_symlink())
}

#[cfg(unix)]
fn create_link(wigen: &Path, link: &Path) -> std::io::Result<()> {
    if let Some(directory) = link.parent() {
        fs::create_dir_all(directory)?;
    }
    files::replace_link(wigen, link)
}

#[cfg(not(unix))]
fn create_link(_: &Path, _: &Path) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

fn uninstall(home: Option<PathBuf>) -> Result<Outcome, Failure> {
    let root = plugin_root(home)?;
    let mut any = false;
    for link in links(&root) {
        if fs::symlink_metadata(&link).is_ok_and(|found| found.file_type().is_symlink()) {
            fs::remove_file(&link).map_err(|error| Failure::file("remove", &link, &error))?;
            eprintln(&format!("removed {}", link.display()));
            any = true;
        }
        // Remove the directories that become empty.
        let directories = link.ancestors().skip(1).take_while(|directory| *directory != root);
        let _ = directories.map(fs::remove_dir).take_while(Result::is_ok).count();
    }
    if !any {
        eprintln(&format!("nothing is installed below {}", root.display()));
    }
    Ok(Outcome::Done)
}

/// What [`init`] writes.
struct Scaffold {
    /// The directory that it is an overlay of.
    base: Option<PathBuf>,
    out: PathBuf,
    tool: BuildTool,
    force: bool,
}

/// Writes a kustomization that builds, and its function config: one that names the spec, so that the app is
/// written in one place; or without a spec, an example.
fn init(
    spec: Option<PathBuf>,
    Scaffold { base, out, tool, force }: &Scaffold,
    global: &GlobalArgs,
) -> Result<Outcome, Failure> {
    let spec = match spec {
        None => files::default_spec()?,
        spec => spec,
    };
    let selection = match spec {
        Some(path) => Selection::named(&[path])?,
        None => Selection::default(),
    };
    let mut reporter = Reporter::new(global);
    reporter.report_invalid(&selection);
    if !selection.invalid.is_empty() {
        return Ok(reporter.finish("nothing was written"));
    }
    if let count @ 2.. = selection.specs.len() {
        return Err(Failure::new(format!(
            "a kustomization is made of one spec, and these are {count}"
        )));
    }
    let spec = selection.specs.first();
    let file = match spec {
        Some(spec) => files::read_source(&spec.path)?,
        None => (Source::new("app.toml", APP_TOML), None),
    };
    let source = &file.0;
    let workspace = spec.and_then(|spec| selection.workspace(spec));
    let app = match (Options { workspace, ..Options::default() }).check_file(&file) {
        Ok(checked) => {
            reporter.report(source, checked.warnings());
            checked.into_app()
        }
        Err(found) => {
            reporter.report(source, &found);
            return Ok(reporter.finish("nothing was written"));
        }
    };
    let (name, mut config) = match spec.filter(|spec| spec.path.as_os_str() != "-") {
        Some(spec) => ("apps.yaml", config_naming(&spec.path, &app.name, out)?),
        None => ("app.yaml", envelope::object(source).1),
    };
    if *tool == BuildTool::Kustomize {
        config["metadata"]["annotations"]["config.kubernetes.io/function"] = EXEC.into();
    }
    let lists = match base {
        Some(base) => resources(base, out)? + OVERLAY,
        None if app.container.is_none() => TRANSFORMS.to_owned() + BASE,
        None => GENERATES.to_owned() + BASE,
    };
    let kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
        .to_owned()
        + &lists.replace("app.yaml", name);
    let texts = [(name, to_yaml(&config)), ("kustomization.yaml", kustomization)];
    let file = |(name, text)| OutputFile {
        path: if out.as_path() == Path::new(".") { PathBuf::from(name) } else { out.join(name) },
        text,
        executable: false,
    };
    let files: Vec<OutputFile<'_>> =
        texts.iter().map(|(name, text)| file((*name, text.as_str()))).collect();
    for path in files::write(&files, *force)? {
        eprintln(&format!("wrote {}", path.display()));
    }
    let out = out.to_string_lossy();
    let out = bash_word(&out);
    eprintln(&match tool {
        BuildTool::Kustomize => format!(
            "now `kustomize build --enable-alpha-plugins --enable-exec {out}` builds it; without the second flag it says that a validator modified the resource map"
        ),
        BuildTool::Kubectl => format!(
            "now `wigen kustomize install`, and then `kubectl kustomize --enable-alpha-plugins {out}` builds it"
        ),
    });
    Ok(Outcome::Done)
}

/// The resources of an overlay.
fn resources(base: &Path, out: &Path) -> Result<String, Failure> {
    let names = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
    if !names.iter().any(|name| base.join(name).is_file()) {
        return Err(Failure::new(format!("there is no kustomization in {}", base.display())));
    }
    let path =
        files::relative_to(out, base).map_err(|error| Failure::file("find", base, &error))?;
    Ok(to_yaml(&json!({"resources": [path.to_string_lossy()]})))
}

fn config_naming(spec: &Path, app: &str, out: &Path) -> Result<Value, Failure> {
    files::require_inside(spec, out)?;
    let path =
        files::relative_to(out, spec).map_err(|error| Failure::file("find", spec, &error))?;
    let Some(path) = path.to_str() else {
        return Err(Failure::new(format!("the path {} is not UTF-8", path.display())));
    };
    Ok(json!({
        "apiVersion": API_VERSION,
        "kind": LINKS[1].1,
        "metadata": {"name": app},
        "spec": {"specs": [path]},
    }))
}

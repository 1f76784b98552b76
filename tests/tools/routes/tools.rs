//! The tools, each in the oldest and the newest version at hand.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::Value;

use super::objects;
use super::place::Place;
use crate::support::outcome;
use crate::support::tools::{find, on_path};
use crate::support::trials::Trial;

/// What builds a kustomization.
#[derive(Debug)]
pub(crate) struct Builder {
    pub(crate) name: &'static str,
    /// The tool, as it is looked for.
    tool: &'static str,
    program: Option<PathBuf>,
    /// It runs plugins of the older protocol, where they are installed; otherwise functions that are on
    /// the PATH.
    pub(crate) legacy: bool,
}

static BUILDERS: LazyLock<[Builder; 4]> = LazyLock::new(|| {
    let [oldest, newest] = kubectl();
    let kustomize = |name, tool| Builder { name, tool, program: find(tool), legacy: false };
    let kubectl = |name, program| Builder { name, tool: "kubectl", program, legacy: true };
    [
        kustomize("kustomize_oldest", "kustomize-oldest"),
        kustomize("kustomize_newest", "kustomize-newest"),
        kubectl("kubectl_oldest", oldest),
        kubectl("kubectl_newest", newest),
    ]
});

static KPT: LazyLock<Option<PathBuf>> = LazyLock::new(|| on_path("kpt"));

pub(crate) fn builders() -> &'static [Builder; 4] {
    &BUILDERS
}

/// The tools that are not there, of those that these tests can use.
pub(crate) fn missing() -> Vec<&'static str> {
    let builders = builders().iter().filter(|builder| builder.program.is_none());
    builders.map(|builder| builder.tool).chain(missing_kpt()).collect()
}

fn missing_kpt() -> Option<&'static str> {
    KPT.is_none().then_some("kpt")
}

/// A trial for every builder.
pub(crate) type Test = (&'static str, fn(&Builder));

/// One trial for every builder.
pub(crate) fn by_each_builder(name: &str, test: fn(&Builder)) -> impl Iterator<Item = Trial> {
    builders().iter().map(move |builder| by_builder(builder, name, test))
}

/// A trial for a builder.
pub(crate) fn by_builder(builder: &'static Builder, name: &str, test: fn(&Builder)) -> Trial {
    let missing = builder.program.is_none().then_some(builder.tool);
    let name = format!("{name}_by_{}", builder.name);
    Trial::new(name, move || test(builder)).without(missing.as_slice())
}

/// A trial that needs kpt.
pub(crate) fn by_kpt(name: &str, test: fn()) -> Trial {
    Trial::new(name, test).without(missing_kpt().as_slice())
}

impl Builder {
    /// The build of a folder of the place.
    pub(crate) fn command(&self, place: &Place, folder: &str) -> std::process::Command {
        let program = self.program.as_deref().expect("the trial needs it");
        let mut command = place.command(program);
        if self.legacy {
            command.arg("kustomize").env("KUSTOMIZE_PLUGIN_HOME", place.plugins());
        } else {
            command.args(["build", "--enable-exec"]);
        }
        command.args(["--enable-alpha-plugins", folder]);
        command
    }

    /// Exit code, what was built, and what was said.
    pub(crate) fn build(&self, place: &Place, folder: &str) -> (Option<i32>, String, String) {
        outcome(&mut self.command(place, folder))
    }

    /// The objects of a build that must succeed, sorted.
    pub(crate) fn objects(&self, place: &Place, folder: &str) -> Vec<Value> {
        let (code, built, said) = self.build(place, folder);
        assert_eq!(code, Some(0), "the build of {folder} failed:\n{said}");
        objects::read(&built).unwrap_or_else(|error| panic!("the build of {folder}: {error}"))
    }

    /// What is said by a build that must fail, and that must be what the plugin said.
    pub(crate) fn failure(&self, place: &Place, folder: &str) -> String {
        let (code, built, said) = self.build(place, folder);
        assert_ne!(code, Some(0), "the build of {folder} should fail; it gave\n{built}{said}");
        assert!(said.contains("wigen: error["), "no error of wigen's:\n{said}");
        assert!(!said.contains("panicked"), "{said}");
        said
    }

    /// The text of a plugin's configuration, with the annotation that has Kustomize start it.
    pub(crate) fn config(&self, config: &Value) -> String {
        self.started_as(config, "wigen")
    }

    /// As [`Builder::config`], for a plugin of the tests.
    pub(crate) fn started_as(&self, config: &Value, program: &str) -> String {
        if self.legacy {
            return objects::text(config);
        }
        objects::text(&with_function(config, &format!("exec: {{path: {program}}}")))
    }
}

/// A configuration that says how its function is started.
pub(crate) fn with_function(config: &Value, how: &str) -> Value {
    objects::annotated(config, "config.kubernetes.io/function", how)
}

/// gcloud brings kubectl in several versions, beside the one that chooses among them.
fn kubectl() -> [Option<PathBuf>; 2] {
    let Some(path) = on_path("kubectl") else { return [None, None] };
    let path = path.canonicalize().unwrap();
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir(path.parent().unwrap())
        .unwrap()
        .filter_map(|entry| {
            let path = entry.unwrap().path();
            Some((minor(&path)?, path))
        })
        .collect();
    versions.sort();
    let version = |found: Option<&(u32, PathBuf)>| {
        Some(found.map_or_else(|| path.clone(), |(_, versioned)| versioned.clone()))
    };
    [version(versions.first()), version(versions.last())]
}

fn minor(path: &Path) -> Option<u32> {
    path.file_name()?.to_str()?.strip_prefix("kubectl.1.")?.parse().ok()
}

//! The routes from an app to its objects.

use std::process::Command;

use serde_json::{Value, json};

use super::apps::App;
use super::objects;
use super::place::Place;
use super::tools::{Builder, builders, with_function};
use crate::support::outcome;

/// A route: which program reads the app, and how wigen is started by it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Way {
    /// `wigen render`.
    Render,
    /// `wigen krm` by hand.
    Hand,
    /// A ResourceList on standard input, of `wigen` and `wigen krm`.
    List(&'static str),
    /// A generator.
    Build(&'static Builder),
    /// A generator in a container.
    BuildImage(&'static Builder),
    /// `kpt fn eval --fn-config`.
    KptConfig,
    /// `kpt fn eval` of a package that has the app.
    KptItem,
    /// The same in a container.
    KptImage,
    /// `kpt fn render`.
    KptRender,
    /// `kpt fn source | wigen | kpt fn sink`.
    KptPipe,
}

/// Every route.
pub(crate) fn all() -> Vec<Way> {
    let builders = builders();
    let mut ways = vec![Way::Render, Way::Hand, Way::List("wigen"), Way::List("wigen krm")];
    ways.extend(builders.iter().map(Way::Build));
    ways.extend(builders.iter().map(Way::BuildImage));
    ways.extend([Way::KptConfig, Way::KptItem, Way::KptImage, Way::KptRender, Way::KptPipe]);
    ways
}

impl Way {
    pub(crate) fn name(self) -> String {
        match self {
            Self::Build(builder) => builder.name.to_owned(),
            Self::BuildImage(builder) => format!("{}, container", builder.name),
            other => format!("{other:?}"),
        }
    }

    pub(crate) fn is_kpt(self) -> bool {
        use Way::{KptConfig, KptImage, KptItem, KptPipe, KptRender};
        matches!(self, KptConfig | KptItem | KptImage | KptRender | KptPipe)
    }

    /// Writes the files of the route.
    pub(crate) fn prepare(self, place: &Place, app: &App) {
        let generators = "generators: [app.yaml]\n";
        match self {
            Self::Render | Self::Hand => place.write("app.yaml", &app.text),
            Self::List(_) => {
                let list = json!({
                    "apiVersion": "config.kubernetes.io/v1",
                    "kind": "ResourceList",
                    "items": [app.value],
                    "functionConfig": app.value,
                });
                place.write("list.yaml", &objects::list_text(&list));
            }
            Self::Build(builder) => {
                place.write("dir/kustomization.yaml", generators);
                place.write("dir/app.yaml", &builder.config(&app.value));
            }
            Self::BuildImage(_) => {
                place.docker();
                let app = with_function(&app.value, "container: {image: example.com/wigen}");
                place.write("dir/kustomization.yaml", generators);
                place.write("dir/app.yaml", &objects::text(&app));
            }
            Self::KptConfig => {
                place.write("app.yaml", &app.text);
                std::fs::create_dir(place.path("dir")).unwrap();
            }
            Self::KptItem | Self::KptPipe => place.write("dir/app.yaml", &app.text),
            Self::KptImage => {
                place.docker();
                place.write("dir/app.yaml", &app.text);
            }
            Self::KptRender => {
                place.write("dir/app.yaml", &app.text);
                place.write("dir/Kptfile", &kptfile("wigen"));
            }
        }
    }

    pub(crate) fn command(self, place: &Place) -> Command {
        let eval = ["fn", "eval", "dir", "--results-dir", "results", "--truncate-output=false"];
        let kpt = |more: &[&str]| place.kpt(&[&eval, more].concat());
        match self {
            Self::Render => place.wigen(&["render", "--only", "manifests", "app.yaml"]),
            Self::Hand => place.wigen(&["krm", "app.yaml"]),
            Self::List(command) => place.pipe(&format!("{command} <list.yaml")),
            Self::Build(builder) | Self::BuildImage(builder) => builder.command(place, "dir"),
            Self::KptConfig => kpt(&["--exec", "wigen", "--fn-config", "app.yaml"]),
            Self::KptItem => kpt(&["--exec", "wigen"]),
            Self::KptImage => kpt(&["--image", "example.com/wigen"]),
            Self::KptRender => place.kpt(&[
                "fn",
                "render",
                "dir",
                "--allow-exec",
                "--results-dir",
                "results",
                "--truncate-output=false",
            ]),
            Self::KptPipe => place.pipe("kpt fn source dir | wigen | kpt fn sink out"),
        }
    }

    /// The objects that come out, or what went wrong.
    pub(crate) fn objects(self, place: &Place, app: &App) -> Result<Vec<Value>, String> {
        self.prepare(place, app);
        let (code, printed, said) = outcome(&mut self.command(place));
        if code != Some(0) {
            return Err(format!("exit code {code:?}: {printed}{said}"));
        }
        match self {
            Self::List(_) => {
                let list = objects::read(&printed)?;
                let [list] = list.as_slice() else { return Err(format!("no list: {printed}")) };
                let items = list["items"].as_array().cloned().unwrap_or_default();
                // Read again, for the order.
                let items: Vec<String> = items.iter().map(objects::text).collect();
                objects::read(&items.join("---\n"))
            }
            Self::KptPipe => objects::read_files(place, "out"),
            way if way.is_kpt() => objects::read_files(place, "dir"),
            _ => objects::read(&printed),
        }
    }
}

/// A package whose pipeline is one program.
pub(crate) fn kptfile(program: &str) -> String {
    format!(
        "apiVersion: kpt.dev/v1\n\
         kind: Kptfile\n\
         metadata:\n  name: package\n\
         pipeline:\n  mutators:\n    - exec: {program}\n"
    )
}

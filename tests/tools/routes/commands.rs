//! `wigen kustomize`: the plugin's place, and a first kustomization.

use std::fs;

use crate::support::trials::Trial;

use super::apps::books;
use super::objects::{self, assert_same, one};
use super::place::Place;
use super::tools::{Builder, by_each_builder};
use crate::support::{outcome, succeed};

pub(crate) fn trials() -> Vec<Trial> {
    let tests: [(&str, fn()); 3] = [
        ("install_and_uninstall", install),
        ("install_finds_the_place", install_finds),
        ("init_leaves_files_alone", init_leaves),
    ];
    let trials = tests.map(|(name, test)| Trial::new(name, test));
    let overlay = by_each_builder("a_first_overlay_finds_what_it_renames", init_overlay);
    let first = by_each_builder("a_first_kustomization", init);
    trials.into_iter().chain(first).chain(overlay).collect()
}

const LINKS: [&str; 2] = ["wigen.dev/v1alpha1/app/App", "wigen.dev/v1alpha1/apps/Apps"];

fn assert_installed(place: &Place, root: &str) {
    let wigen = fs::canonicalize(env!("CARGO_BIN_EXE_wigen")).unwrap();
    for link in LINKS {
        let link = place.path(root).join(link);
        let target = fs::canonicalize(&link);
        assert!(target.is_ok_and(|target| target == wigen), "{}", link.display());
    }
}

fn install() {
    let place = Place::new();
    let install = ["kustomize", "install", "--home", "root"];
    // Again and again.
    for _ in 0..2 {
        let (code, printed, said) = outcome(&mut place.wigen(&install));
        assert_eq!(code, Some(0), "{printed}{said}");
        assert!((printed + &said).contains("root"), "it does not say where");
        assert_installed(&place, "root");
    }
    let uninstall = || {
        let mut command = place.wigen(&["kustomize", "uninstall"]);
        command.env("KUSTOMIZE_PLUGIN_HOME", place.path("root"));
        command
    };
    succeed(&mut uninstall());
    for link in LINKS {
        let link = place.path("root").join(link);
        assert!(fs::symlink_metadata(&link).is_err(), "{} is there", link.display());
    }
    // Files of others stay.
    place.write(&format!("root/{}", LINKS[0]), "theirs\n");
    let (code, _, said) = outcome(&mut place.wigen(&install));
    assert_ne!(code, Some(0), "{said}");
    outcome(&mut uninstall());
    assert_eq!(place.read(&format!("root/{}", LINKS[0])), "theirs\n");
}

/// The first root that exists, in Kustomize's order.
fn install_finds() {
    let roots = [
        "plugins",
        "config/kustomize/plugin",
        "home/.config/kustomize/plugin",
        "home/kustomize/plugin",
    ];
    for (index, root) in roots.iter().enumerate() {
        let place = Place::new();
        for root in &roots[index..] {
            fs::create_dir_all(place.path(root)).unwrap();
        }
        let mut command = place.wigen(&["kustomize", "install"]);
        if index == 0 {
            command.env("KUSTOMIZE_PLUGIN_HOME", place.path("plugins"));
        }
        if index <= 1 {
            command.env("XDG_CONFIG_HOME", place.path("config"));
        }
        succeed(&mut command);
        assert_installed(&place, root);
    }
    // None is there: one is made that Kustomize finds.
    let place = Place::new();
    succeed(&mut place.wigen(&["kustomize", "install"]));
    assert!(
        roots[2..].iter().any(|root| place.path(root).join(LINKS[0]).exists()),
        "{:?}",
        place.files("home")
    );
}

fn init(builder: &Builder) {
    let place = Place::with([("app.yaml", objects::text(&books()).as_str())]);
    let tool = if builder.legacy { "kubectl" } else { "kustomize" };
    succeed(&mut place.wigen(&["kustomize", "init", "app.yaml", "-o", "dir", "--for", tool]));
    let names: Vec<String> = place.files("dir").into_keys().collect();
    assert_eq!(names, ["apps.yaml", "kustomization.yaml"]);
    let expected = objects::rendered(&objects::text(&books()));
    assert_same("the first kustomization", &expected, &builder.objects(&place, "dir"));
}

/// An overlay of a first kustomization, of an app with a container and of an identity alone: it builds, and
/// it fails as soon as it changes a name.
fn init_overlay(builder: &Builder) {
    let tool = if builder.legacy { "kubectl" } else { "kustomize" };
    let place = Place::with([("app.yaml", objects::text(&books()).as_str())]);
    let init = |words: &[&str]| {
        let words = [&["kustomize", "init", "app.yaml", "--for", tool, "--force", "-o"], words];
        outcome(&mut place.wigen(&words.concat()))
    };
    let (code, _, said) = init(&["over", "--base", "base"]);
    assert_eq!((code, said.as_str()), (Some(2), "wigen: there is no kustomization in base\n"));
    assert_eq!(init(&["base"]).0, Some(0));
    let expected = builder.objects(&place, "base");
    for identity in [false, true] {
        if identity {
            let mut app = books();
            app["spec"].as_object_mut().unwrap().remove("container");
            place.write("app.yaml", &objects::text(&app));
            place.write("base/objects.yaml", &objects::text(one(&expected, "Deployment", "books")));
            assert_eq!(init(&["base"]).0, Some(0));
            let listed = place.read("base/kustomization.yaml");
            let listed = listed.replace("resources: []", "resources: [objects.yaml]");
            place.write("base/kustomization.yaml", &listed);
        }
        assert_eq!(init(&["new/over lay", "--base", "base"]).0, Some(0));
        let built = builder.objects(&place, "new/over lay");
        assert_same("the overlay", &builder.objects(&place, "base"), &built);
        let written = place.read("new/over lay/kustomization.yaml");
        for renames in ["namePrefix: pre-", "nameSuffix: -x", "namespace: final"] {
            place.write("new/over lay/kustomization.yaml", &format!("{written}{renames}\n"));
            let said = builder.failure(&place, "new/over lay");
            assert!(said.contains("error[final-names]"), "{renames}: {said}");
        }
    }
}

fn init_leaves() {
    let place = Place::with([
        ("app.yaml", objects::text(&books()).as_str()),
        ("dir/kustomization.yaml", "resources: []\n"),
    ]);
    let before = place.theirs();
    let (code, _, said) =
        outcome(&mut place.wigen(&["kustomize", "init", "app.yaml", "-o", "dir"]));
    assert_ne!(code, Some(0), "{said}");
    assert_eq!(before, place.theirs(), "files were changed");
}

//! The examples build, and give what `wigen render` gives.

use crate::support::trials::Trial;
use serde_json::Value;

use super::objects;
use super::place::Place;
use super::tools::{Builder, by_each_builder, by_kpt};
use crate::support::{repository, succeed};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> =
        by_each_builder("the_examples_are_built", kustomizations).collect();
    trials.push(by_kpt("the_example_is_rendered", package));
    trials
}

/// A place with a copy of the examples.
fn place() -> Place {
    let place = Place::new();
    let from = repository().join("examples");
    for folder in ["kustomize", "kpt"] {
        succeed(place.command("cp").arg("-r").arg(from.join(folder)).arg(place.path(folder)));
    }
    place
}

/// What `wigen render` renders from a spec.
fn rendered(place: &Place, spec: &str, more: &[&str]) -> Vec<Value> {
    let mut wigen = place.wigen(&["render", "--only", "manifests", spec]);
    objects::read(&succeed(wigen.args(more))).unwrap()
}

fn kustomizations(builder: &Builder) {
    let place = place();
    let built = |name: &str| builder.objects(&place, &format!("kustomize/{name}"));
    if builder.legacy {
        let expected = rendered(&place, "kustomize/kubectl/app.yaml", &[]);
        objects::assert_same("kubectl", &expected, &built("kubectl"));
        return;
    }
    objects::assert_same("app", &rendered(&place, "kustomize/app/app.yaml", &[]), &built("app"));
    let expected = rendered(&place, "kustomize/overlay/spec/app.yaml", &["--env", "prod"]);
    objects::assert_same("overlay", &expected, &built("overlay"));
    objects::assert_same("fleet", &rendered(&place, "kustomize/fleet/apps", &[]), &built("fleet"));

    let chart = built("chart");
    let account = rendered(&place, "kustomize/chart/identity.yaml", &[]).remove(0);
    assert_eq!(*objects::one(&chart, "ServiceAccount", "books"), account);
    for (kind, name, pods) in [
        ("Deployment", "books-api", "/spec/template/spec"),
        ("CronJob", "books-report", "/spec/jobTemplate/spec/template/spec"),
    ] {
        let workload = objects::one(&chart, kind, name);
        assert_eq!(workload.pointer(pods).unwrap()["serviceAccountName"], "books");
    }
}

fn package() {
    let place = place();
    let render = ["fn", "render", "kpt", "--allow-exec"];
    succeed(&mut place.kpt(&render));
    let once = place.files("kpt");
    let mut wigen = place.wigen(&["render", "--only", "manifests", "-o", "rendered"]);
    succeed(wigen.arg("kpt/books/app.yaml"));
    for (name, text) in place.files("rendered") {
        // Only the first line differs: it has the owner and the checksum of the file.
        let without_checksum = |text: &str| {
            let (first, rest) = text.split_once('\n').unwrap();
            format!("{}\n{rest}", first.split(" [").next().unwrap())
        };
        let rendered = without_checksum(&text);
        assert_eq!(once[&format!("books/books/{name}")], rendered, "{name}");
    }
    succeed(&mut place.kpt(&render));
    assert_eq!(place.files("kpt"), once, "a second run changed something");
}

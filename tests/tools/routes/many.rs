//! Hundreds of apps in one call.

use std::time::{Duration, Instant};

use crate::support::trials::{Trial, samples};
use serde_json::json;

use super::apps::books;
use super::objects::{self, annotated, assert_same};
use super::place::Place;
use super::tools::{Builder, builders, by_builder};
use crate::support::succeed;

/// How many apps there are in one call.
pub(super) fn count() -> usize {
    samples(100, 500)
}

pub(crate) fn trials() -> Vec<Trial> {
    let newest = builders().iter().filter(|builder| builder.name.ends_with("newest"));
    newest.map(|builder| by_builder(builder, "many_apps_in_one_call", many)).collect()
}

fn many(builder: &Builder) {
    let place = Place::new();
    let mut names = Vec::new();
    for number in 0..count() {
        let mut app = annotated(&books(), "config.kubernetes.io/local-config", "true");
        app["metadata"]["name"] = format!("app-{number:03}").into();
        app["spec"]["googleServiceAccount"]["name"] = format!("account-{number:03}").into();
        let name = format!("apps/{number:03}/app.yaml");
        place.write(&name, &objects::text(&app));
        names.push(name);
    }
    let resources = |names: &[String]| format!("resources:\n- {}\n", names.join("\n- "));
    let apps =
        json!({"apiVersion": "wigen.dev/v1alpha1", "kind": "Apps", "metadata": {"name": "all"}});
    place.write("all.yaml", &builder.config(&apps));
    place.write("kustomization.yaml", &(resources(&names) + "transformers: [all.yaml]\n"));
    let mut files = apps.clone();
    files["spec"] = json!({"specs": ["../apps"]});
    place.write("files/all.yaml", &builder.config(&files));
    place.write("files/kustomization.yaml", "generators: [all.yaml]\nvalidators: [all.yaml]\n");
    place.plugins();

    let (render_time, text) =
        timed(|| succeed(&mut place.wigen(&["render", "--only", "manifests", "apps"])));
    let expected = objects::read(&text).unwrap();
    assert_eq!(expected.len(), count() * 2);

    let documents: Vec<String> = expected.iter().map(objects::text).collect();
    place.write("finished/objects.yaml", &documents.join("---\n"));
    place.write("finished/kustomization.yaml", &resources(&["objects.yaml".to_owned()]));
    let (finished_time, finished) = timed(|| builder.objects(&place, "finished"));
    assert_same("the finished files", &expected, &finished);

    let (items_time, built) = timed(|| builder.objects(&place, "."));
    assert_same("all apps among the resources", &expected, &built);
    let (files_time, built) = timed(|| builder.objects(&place, "files"));
    assert_same("all apps in files", &expected, &built);
    println!(
        "{} apps by {}: {files_time:.1?} from files, {items_time:.1?} among the resources; \
         wigen render: {render_time:.1?}; the finished files: {finished_time:.1?}",
        count(),
        builder.name
    );
}

fn timed<T>(run: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = run();
    (start.elapsed(), result)
}

//! Every route gives the objects that `wigen render` gives.

use crate::support::trials::Trial;
use serde_json::Value;

use super::apps::{self, App};
use super::objects;
use super::place::Place;
use super::tools;
use super::ways::{self, Way};

pub(crate) fn trials() -> Vec<Trial> {
    let trial = |app: App| {
        let name = format!("every_route_gives_the_same_objects_{}", app.name);
        Trial::new(name, move || same(&app)).without(&tools::missing())
    };
    apps::all().into_iter().map(trial).collect()
}

fn same(app: &App) {
    let expected = objects::rendered(&objects::text(&app.plain));
    assert!(expected.len() >= 2, "an account and a workload: {expected:#?}");
    let mut failures = Vec::new();
    for way in ways::all() {
        let place = Place::new();
        let sorts = matches!(way, Way::Build(_) | Way::BuildImage(_));
        let expected =
            if sorts { objects::with_sorted_variables(expected.clone()) } else { expected.clone() };
        let difference = match way.objects(&place, app) {
            Ok(mut objects) => {
                objects.iter_mut().for_each(without_blueprint);
                objects::differences(&expected, &objects)
            }
            Err(error) => Some(error),
        };
        failures.extend(difference.map(|text| format!("---- {}\n{text}", way.name())));
    }
    assert!(failures.is_empty(), "{} routes:\n{}", failures.len(), failures.join("\n"));
}

/// Removes the annotation that kpt adds to objects of Config Connector.
fn without_blueprint(object: &mut Value) {
    let Some(metadata) = object["metadata"].as_object_mut() else { return };
    let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) else {
        return;
    };
    annotations.shift_remove("cnrm.cloud.google.com/blueprint");
    if annotations.is_empty() {
        metadata.shift_remove("annotations");
    }
}

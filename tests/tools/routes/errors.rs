//! A wrong spec, by every route: the same is said, and no file is changed.

use crate::support::trials::Trial;

use super::apps::{self, FAULTS};
use super::objects;
use super::place::Place;
use super::tools;
use super::ways::{self, Way};
use crate::support::outcome;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::new("every_route_reports_an_invalid_spec", everywhere).without(&tools::missing()),
        Trial::new("a_wrong_spec_in_a_list_is_in_its_results", results),
    ]
}

fn app() -> apps::App {
    let value = apps::wrong();
    apps::App { name: "wrong", text: objects::text(&value), plain: value.clone(), value }
}

fn everywhere() {
    let failures: Vec<String> = ways::all()
        .into_iter()
        // What `wigen render` says has its own tests, and other words for the places.
        .filter(|way| !matches!(way, Way::Render))
        .filter_map(|way| {
            require_report(way).err().map(|error| format!("---- {}: {error}", way.name()))
        })
        .collect();
    assert!(failures.is_empty(), "{} routes:\n{}", failures.len(), failures.join("\n"));
}

fn require_report(way: Way) -> Result<(), String> {
    let place = Place::new();
    way.prepare(&place, &app());
    let before = place.theirs();
    let (code, printed, mut said) = outcome(&mut way.command(&place));
    let mut after = place.theirs();
    if code == Some(0) {
        return Err(format!("exit code 0\n{printed}{said}"));
    }
    if said.contains("panicked") {
        return Err(said);
    }
    if way.is_kpt() && !matches!(way, Way::KptPipe) {
        // kpt prints the message and the place; the codes are in the file that it writes on demand.
        for [_, place] in FAULTS {
            if !said.contains(place) {
                return Err(format!("kpt does not print {place}:\n{said}"));
            }
        }
        said += &after.remove("results/results.yaml").unwrap_or_default();
    }
    for word in FAULTS.as_flattened() {
        if !said.contains(word) {
            return Err(format!("nothing is said of {word}:\n{said}"));
        }
    }
    if !way.is_kpt() {
        for [code, place] in FAULTS {
            let line = format!("wigen: error[{code}]: App books: {place}: ");
            if !said.contains(&line) {
                return Err(format!("there is no line with `{line}`:\n{said}"));
            }
        }
    }
    // `sink` writes the list as it was.
    let sunk: Vec<String> = after.keys().filter(|name| name.starts_with("out/")).cloned().collect();
    for name in sunk {
        let text = after.remove(&name).unwrap();
        if objects::read(&text)? != [] as [serde_json::Value; 0] {
            return Err(format!("{name} was made"));
        }
    }
    if before != after {
        return Err(format!("files were changed: {before:#?}\n{after:#?}"));
    }
    Ok(())
}

/// The list that comes back has what came, and every error as a result.
fn results() {
    let place = Place::new();
    let way = Way::List("wigen");
    way.prepare(&place, &app());
    let (code, printed, said) = outcome(&mut way.command(&place));
    assert_eq!(code, Some(1), "{printed}{said}");
    let list = &objects::read(&printed).unwrap()[0];
    assert_eq!(list["items"], serde_json::json!([app().value]), "the items as they came");
    let results = list["results"].as_array().expect("results");
    assert_eq!(results.len(), FAULTS.len(), "{results:#?}");
    for ([code, place], result) in FAULTS.iter().zip(results) {
        assert_eq!(result["severity"], "error", "{result:#}");
        assert_eq!(result["tags"]["code"], *code, "{result:#}");
        assert_eq!(result["field"]["path"], *place, "{result:#}");
        let reference = &result["resourceRef"];
        assert_eq!(reference["apiVersion"], "wigen.dev/v1alpha1", "{result:#}");
        assert_eq!(reference["kind"], "App", "{result:#}");
        assert_eq!(reference["name"], "books", "{result:#}");
        assert!(result["message"].as_str().is_some_and(|text| !text.is_empty()), "{result:#}");
    }
    assert!(results[0].to_string().contains("region"), "did you mean: {:#}", results[0]);
}

//! The protocol of KRM functions itself, and `wigen krm` by hand.

use std::io::Write;
use std::process::Stdio;

use crate::support::trials::Trial;
use serde_json::{Value, json};

use super::apps::{books, books_in_prod, books_with_prod};
use super::foreign::assert_script;
use super::objects::{self, annotated, assert_same, one};
use super::place::Place;
use super::tools::by_kpt;
use crate::support::{outcome, outcome_of, succeed};

pub(crate) fn trials() -> Vec<Trial> {
    let tests: &[(&str, fn())] = &[
        ("json_in_json_out", json_out),
        ("the_version_of_the_list_is_handed_back", version),
        ("a_list_in_other_spellings", spellings),
        ("a_list_without_an_app", no_app),
        ("items_of_others_come_back_in_their_order", order),
        ("a_reader_that_closes_is_no_panic", closed_pipe),
        ("what_is_no_list_is_an_error", no_list),
        ("by_hand_with_files", by_hand),
        ("by_hand_with_standard_input", by_hand_from_a_pipe),
        ("by_hand_with_a_config_map", by_hand_config_map),
        ("by_hand_the_script", by_hand_script),
        ("by_hand_a_misspelt_option", by_hand_misspelt),
        ("warnings_can_be_denied_and_allowed", warnings),
    ];
    let mut trials: Vec<Trial> =
        tests.iter().map(|(name, test)| Trial::new(*name, *test)).collect();
    trials.push(by_kpt("a_sink_that_refuses_is_no_panic", refusing_sink));
    trials
}

fn list(app: &Value, more: &[Value]) -> Value {
    let mut items = vec![app.clone()];
    items.extend_from_slice(more);
    json!({
        "apiVersion": "config.kubernetes.io/v1",
        "kind": "ResourceList",
        "items": items,
        "functionConfig": app,
    })
}

/// Gives wigen a list; returns what it prints, which must go well.
#[track_caller]
fn run(list: &str) -> String {
    let (code, printed, said) = outcome_of(&mut Place::new().wigen(&[]), list);
    assert_eq!(code, Some(0), "{printed}{said}");
    printed
}

fn rendered() -> Vec<Value> {
    objects::rendered(&objects::text(&books()))
}

/// The objects of a list that are not apps, sorted.
fn items(list: &Value) -> Vec<Value> {
    let items = list["items"].as_array().expect("items");
    let texts: Vec<String> = items.iter().map(objects::text).collect();
    objects::read(&texts.join("---\n")).unwrap()
}

fn json_out() {
    let printed = run(&list(&books(), &[]).to_string());
    let answer: Value = serde_json::from_str(&printed)
        .unwrap_or_else(|error| panic!("this is no JSON: {error}\n{printed}"));
    assert_eq!(answer["apiVersion"], "config.kubernetes.io/v1");
    assert_eq!(answer["kind"], "ResourceList");
    assert_same("the items", &rendered(), &items(&answer));
}

fn version() {
    for version in ["config.kubernetes.io/v1", "config.kubernetes.io/v1beta1"] {
        let mut list = list(&books(), &[]);
        list["apiVersion"] = version.into();
        let printed = run(&objects::list_text(&list));
        assert!(!printed.starts_with('{'), "YAML in, YAML out: {printed}");
        let answer = &objects::read(&printed).unwrap()[0];
        assert_eq!(answer["apiVersion"], version);
        assert_same("the items", &rendered(), &items(answer));
    }
}

/// YAML may begin and be written in more than one way.
fn spellings() {
    let list = list(&books(), &[]);
    let (block, flow) = (objects::list_text(&list), objects::text(&list));
    let texts = [
        ("a comment first", format!("# By hand.\n{block}")),
        ("a document marker first", format!("---\n{block}")),
        ("an end", format!("---\n{block}...\n")),
        ("carriage returns", block.replace('\n', "\r\n")),
        ("a byte order mark", format!("\u{feff}{block}")),
        ("a quoted kind", block.replace("kind: ResourceList", "\"kind\": 'ResourceList'")),
        ("a comment before flow style", format!("# By hand.\n{flow}")),
    ];
    let mut failures = Vec::new();
    for (name, text) in texts {
        let (code, printed, said) = outcome_of(&mut Place::new().wigen(&[]), &text);
        let answer = objects::read(&printed).unwrap_or_default();
        let right = code == Some(0)
            && answer.len() == 1
            && objects::differences(&rendered(), &items(&answer[0])).is_none();
        if !right {
            let first = said.lines().chain(printed.lines()).next().unwrap_or_default().to_owned();
            failures.push(format!("{name}: exit code {code:?}: {first}"));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

fn no_app() {
    let list = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n";
    let answer = &objects::read(&run(list)).unwrap()[0];
    assert_eq!(answer["items"], json!([]), "{answer:#}");
}

fn config_map(name: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name},
        "data": {"on": "off", "number": "1_000", "date": "2024-01-01", "lines": "a  \n\nb\n"},
    })
}

/// As kpt sends them; `several.yaml` is one of its files.
fn order() {
    let in_file = |object: &Value, index: usize| {
        let object = annotated(object, "internal.config.kubernetes.io/path", "several.yaml");
        annotated(&object, "internal.config.kubernetes.io/index", &index.to_string())
    };
    let theirs: Vec<Value> = ["z", "a", "m"]
        .iter()
        .enumerate()
        .map(|(index, name)| in_file(&config_map(name), index + 1))
        .collect();
    let app = in_file(&books(), 0);
    let mut list = list(&app, &theirs);
    list["functionConfig"] = config_map("options");
    list["functionConfig"]["data"] = json!({});
    let answer: Value = serde_json::from_str(&run(&list.to_string())).unwrap();
    let back = answer["items"].as_array().unwrap();
    let kept: Vec<&Value> =
        back.iter().filter(|item| item["kind"] == "App" || item["kind"] == "ConfigMap").collect();
    let mut expected = vec![&app];
    expected.extend(&theirs);
    assert_eq!(kept, expected, "the items that came, in their order");
    assert_eq!(back.len(), 6, "{back:#?}");
}

/// More than a pipe holds, and a reader that takes none of it.
fn closed_pipe() {
    let theirs: Vec<Value> =
        (0..2000).map(|number| config_map(&format!("number-{number}"))).collect();
    let place = Place::new();
    let mut child = place
        .wigen(&[])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    child.stdin.take().unwrap().write_all(list(&books(), &theirs).to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!said.contains("panicked"), "{said}");
    assert!(output.status.code().is_some(), "it was ended by a signal: {said}");
}

fn refusing_sink() {
    let place = Place::new();
    for number in 0..300 {
        let name = format!("dir/number-{number}.yaml");
        place.write(&name, &objects::text(&config_map(&format!("number-{number}"))));
    }
    place.write("dir/app.yaml", &objects::text(&books()));
    place.write("out/mine.yaml", "here: before\n");
    let pipe = "kpt fn source dir | wigen 2>said | kpt fn sink out";
    let (code, _, refusal) = outcome(&mut place.pipe(pipe));
    assert_ne!(code, Some(0), "sink should refuse a folder that is there: {refusal}");
    let said = place.read("said");
    assert!(!said.contains("panicked"), "{said}");
    assert_eq!(place.files("out").len(), 1);
}

fn no_list() {
    for input in ["", "[]", "a: [", "kind: List\napiVersion: v1\nitems: []\n"] {
        let place = Place::new();
        let (code, printed, said) = outcome_of(&mut place.wigen(&["krm"]), input);
        assert_ne!(code, Some(0), "{input:?} was read as a list: {printed}");
        assert!(said.starts_with("wigen: ") || said.starts_with("error"), "{input:?}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

/// An app that is an identity, and manifests in two files.
fn with_manifests() -> Place {
    let mut identity = books();
    identity["spec"].as_object_mut().unwrap().shift_remove("container");
    let all = rendered();
    let mut deployment = one(&all, "Deployment", "books").clone();
    let pods = deployment["spec"]["template"]["spec"].as_object_mut().unwrap();
    pods.shift_remove("serviceAccountName");
    Place::with([
        ("identity.yaml", objects::text(&identity).as_str()),
        ("deployment.yaml", objects::text(&deployment).as_str()),
        ("others.yaml", objects::text(&config_map("theirs")).as_str()),
    ])
}

#[track_caller]
fn has_identity(printed: &str) {
    let printed = objects::read(printed).unwrap();
    assert_eq!(printed.len(), 3, "{printed:#?}");
    let all = rendered();
    for (kind, name, expected) in [
        ("Deployment", "books", one(&all, "Deployment", "books")),
        ("ConfigMap", "theirs", &config_map("theirs")),
    ] {
        assert_same(kind, std::slice::from_ref(expected), &[one(&printed, kind, name).clone()]);
    }
    one(&printed, "ServiceAccount", "books");
}

fn by_hand() {
    let place = with_manifests();
    let before = place.theirs();
    let arguments = ["krm", "identity.yaml", "deployment.yaml", "others.yaml"];
    has_identity(&succeed(&mut place.wigen(&arguments)));
    assert_eq!(before, place.theirs(), "files were changed");
}

fn by_hand_from_a_pipe() {
    let place = with_manifests();
    let pipe = "(cat deployment.yaml; echo ---; cat others.yaml) | wigen krm identity.yaml -";
    has_identity(&succeed(&mut place.pipe(pipe)));
}

fn by_hand_config_map() {
    let mut config = config_map("options");
    config["data"] = json!({"environment": "prod"});
    let place = Place::with([
        ("options.yaml", objects::text(&config).as_str()),
        ("app.yaml", objects::text(&books_with_prod()).as_str()),
    ]);
    let printed = succeed(&mut place.wigen(&["krm", "options.yaml", "app.yaml"]));
    let expected = objects::rendered(&objects::text(&books_in_prod()));
    assert_same("in production", &expected, &objects::read(&printed).unwrap());
}

fn by_hand_script() {
    let app = annotated(&books(), "wigen.dev/only", "gcloud");
    let place = Place::with([("app.yaml", objects::text(&app).as_str())]);
    let printed = objects::read(&succeed(&mut place.wigen(&["krm", "app.yaml"]))).unwrap();
    assert_eq!(printed.len(), 1, "{printed:#?}");
    assert_script(one(&printed, "ConfigMap", "books-gcloud"));
}

fn by_hand_misspelt() {
    let app = annotated(&books(), "wigen.dev/onyl", "gcloud");
    let place = Place::with([("app.yaml", objects::text(&app).as_str())]);
    let (code, printed, said) = outcome(&mut place.wigen(&["krm", "app.yaml"]));
    assert_eq!((code, printed.as_str()), (Some(1), ""), "{said}");
    assert!(said.contains("wigen.dev/onyl") && said.contains("only"), "{said}");
}

/// A basic role is worth a warning.
fn warnings() {
    let mut app = books();
    app["spec"]["grants"] = json!([{"roles": ["roles/owner"]}]);
    let run = |app: &Value| {
        let place = Place::with([("app.yaml", objects::text(app).as_str())]);
        outcome(&mut place.wigen(&["krm", "app.yaml"]))
    };
    let (code, _, said) = run(&app);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("wigen: warning[basic-role]: App books: "), "{said}");
    for deny in ["warnings", "basic-role"] {
        let denied = annotated(&app, "wigen.dev/deny", deny);
        let (code, printed, said) = run(&denied);
        assert_eq!((code, printed.as_str()), (Some(1), ""), "{deny}: {said}");
        assert!(said.contains("error[basic-role]"), "{said}");
        let allowed = annotated(&denied, "wigen.dev/allow", "basic-role");
        let (code, _, said) = run(&allowed);
        assert_eq!(code, Some(0), "{said}");
        assert!(!said.contains("basic-role"), "{said}");
    }
}

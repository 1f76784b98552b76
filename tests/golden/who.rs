//! The cases of `golden/who`: one test for each folder, byte for byte, through the real binary.
//!
//! A folder holds a spec `app.toml`, or `manifests.yaml` and, if it is there, `iam.sh`; and what is printed:
//! `who.txt`, `graph.mmd` and `graph.dot`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use wigen::model::workload::Workload;
use wigen::{Artifact, Levels, LoadOptions, RenderOptions, Setting, Settings, Source, Spec, chain};

use crate::support::trials::{Topic, each_folder, trials};
use crate::support::{expect_file, folders, outcome, outcome_of, wigen};
use serde_json::Value;

pub(crate) fn topic() -> Topic {
    let mut all = each_folder("golden/who", check);
    all.extend(trials![what_is_rendered_keeps_the_promise, what_cannot_be_shown, a_workspace]);
    Topic::new("who", "`wigen who` and `wigen graph` show whose identity each workload has", all)
}

fn check(case: &Path) -> Result<(), String> {
    let mut arguments = Vec::new();
    for (name, before) in [("app.toml", None), ("manifests.yaml", None), ("iam.sh", Some("--iam"))]
    {
        if case.join(name).exists() {
            arguments.extend(before.into_iter().chain([name]));
        }
    }
    let print = |command: &[&str]| {
        let (code, stdout, stderr) = outcome(wigen(case).args(command).args(&arguments));
        let is_fine = code == Some(0) && stderr.is_empty();
        is_fine.then_some(stdout).ok_or(format!("exit code {code:?}:\n{stderr}"))
    };
    expect_file(&case.join("who.txt"), &print(&["who"])?)?;
    expect_file(&case.join("graph.mmd"), &print(&["graph"])?)?;
    expect_file(&case.join("graph.dot"), &print(&["graph", "--format", "dot"])?)?;
    let schema: Value = serde_json::from_str(wigen::spec::schema::CHAIN).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for line in print(&["who", "--format", "json"])?.lines() {
        let line: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        schema.validate(&line).map_err(|error| format!("{error}: {line}"))?;
    }
    Ok(())
}

/// What is rendered from every golden case, for each tool, shows the chain that the spec promises.
fn what_is_rendered_keeps_the_promise() -> Result<(), String> {
    let mut checked = [0; 3];
    let formats = ["gcloud", "terraform", "configConnector"];
    for case in folders("golden/cases") {
        let Some(spec) =
            ["app.toml", "app.yaml", "app.json"].into_iter().find(|name| case.join(name).exists())
        else {
            continue;
        };
        let Ok(text) = fs::read_to_string(case.join(spec)) else { continue };
        let source = Source::new(spec, text);
        for (format, checked) in formats.iter().zip(&mut checked) {
            let settings = [Setting::parse(&format!("cloud.format={format}")).unwrap()];
            let settings = Settings::new(&settings);
            let options = LoadOptions { settings: Some(&settings), ..LoadOptions::default() };
            let spec = Spec::load(&source, &options);
            let Ok(spec) = spec.and_then(|one| one.check(None, &Levels::default())) else {
                continue;
            };
            let rendered = spec.render(&RenderOptions::default()).unwrap();
            let workload = Workload::from_app(spec.app(), &rendered.identity);
            let promised = chain::promise(&rendered.identity, &workload);
            let (manifests, iam): (Vec<_>, Vec<_>) =
                rendered.artifacts.into_iter().partition(|one| one.kind.is_manifest());
            let [manifests, iam] = [manifests, iam].map(|all| {
                let source = |one: Artifact| Source::new(one.name, one.text);
                all.into_iter().map(source).collect::<Vec<_>>()
            });
            let (chains, errors) = chain::observe(&manifests, &iam, None);
            assert!(errors.is_empty(), "{}", case.display());
            let is_own = |one: &&chain::Chain| {
                one.workload.kind == promised.workload.kind
                    && one.workload.name == promised.workload.name
            };
            let Some(observed) = chains.iter().find(is_own) else { continue };
            let differences = chain::compare(&promised, observed);
            let grants = |chain: &chain::Chain| -> BTreeSet<_> {
                let grants = chain.grants.iter().cloned();
                grants.map(|grant| (grant.role, grant.resource, grant.condition)).collect()
            };
            // A script names resources in its own words, and a ServiceAccount elsewhere may be of anybody.
            let is_known = *format != "gcloud" && observed.identity == promised.identity;
            // What the spec is warned of, or allows, the manifests have too.
            let is_allowed = case.join("stderr.txt").exists() || source.text().contains("[lint");
            let has_grants = !is_known || grants(observed) == grants(&promised);
            if !(differences.is_empty() && has_grants || is_allowed) {
                let (observed, promised) = (&observed.grants, &promised.grants);
                let case = case.display();
                return Err(format!(
                    "{case} as {format}: {differences:#?} {observed:#?}, not {promised:#?}"
                ));
            }
            *checked += 1;
        }
    }
    assert!(checked.iter().all(|count| *count > 20), "{checked:?}");
    Ok(())
}

fn what_cannot_be_shown() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let nothing = outcome(wigen(here).arg("who"));
    assert_eq!(nothing.0, Some(2));
    fs::write(here.join("app.toml"), "name = 1\n").unwrap();
    let (code, stdout, stderr) = outcome(wigen(here).arg("who"));
    assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
    assert!(stderr.contains("error[wrong-type]"), "{stderr}");
    let (code, stdout, stderr) =
        outcome_of(wigen(here).args(["graph", "-"]), "kind: a\napiVersion: [\n");
    assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
    assert!(stderr.contains("error[syntax]"), "{stderr}");
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n";
    let (code, stdout, _) = outcome_of(wigen(here).args(["who", "-", "--namespace", "shop"]), pod);
    assert_eq!(
        (code, stdout.as_str()),
        (Some(0), "shop/a  Pod  ?  depends on the ServiceAccount shop/default  ?\n")
    );
    let (_, stdout, _) = outcome_of(wigen(here).args(["who", "-", "--color", "always"]), pod);
    assert!(stdout.contains("\u{1b}[33m?\u{1b}[0m"), "{stdout}");
    let mut plain = wigen(here);
    let (_, stdout, _) = outcome_of(plain.args(["who", "-"]).env("NO_COLOR", "1"), pod);
    assert!(!stdout.contains('\u{1b}'), "{stdout}");
}

fn a_workspace() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let app = |name: &str| {
        let container = "container = {image = \"registry.example.com/a:1\"}";
        let environments = "[environments.prod]\nnamespace = \"prod\"";
        fs::create_dir(here.join(name)).unwrap();
        let text = format!("name = \"{name}\"\n{container}\n{environments}\n");
        fs::write(here.join(name).join("app.toml"), text).unwrap();
    };
    fs::write(
        here.join("wigen.toml"),
        "members = [\"*\"]\n[defaults]\nproject = \"my-project\"\ncluster = {name = \"c\", region = \"us-central1\"}\n",
    )
    .unwrap();
    app("books");
    app("orders");
    let lines = |arguments: &[&str]| {
        let (code, stdout, stderr) = outcome(wigen(here).arg("who").args(arguments));
        assert_eq!(code, Some(0), "{stderr}");
        let names = stdout.lines().filter(|line| !line.starts_with(' '));
        names.map(|line| line.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(lines(&[]), ["default/books", "default/orders"]);
    assert_eq!(lines(&["-p", "orders", "--env", "prod"]), ["prod/orders"]);
    assert_eq!(lines(&["books"]), ["default/books"]);
}

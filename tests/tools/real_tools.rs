//! What was rendered, before the tools it is for. A tool that is missing makes its check ignored,
//! and in CI failed; `.ci/run` installs those that can be installed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::trials::{Check, Topic, Trial};
use crate::support::{cases, outcome, repository, succeed};
use serde_json::Value;
use wigen::diagnostics::source::Source;
use wigen::kubernetes::{self, ProblemKind, Version, WorkloadKind};

pub(crate) fn topic() -> Topic {
    let checks: [Check; 14] = [
        ("mistakes_are_those_of_the_official_schema", "python", mistakes),
        ("the_definitions_are_those_of_kubernetes", "python", definitions),
        ("kubernetes_validate_accepts_every_manifest", "python", kubernetes_validates),
        ("a_yaml_1_1_reader_reads_what_the_spec_says", "python", yaml_1_1_reads),
        ("kubectl_reads_what_the_spec_says", "kubectl", kubectl_reads),
        (
            "a_second_apply_by_kubectl_changes_nothing",
            "kubectl",
            super::apply::second_apply_changes_nothing,
        ),
        ("every_link_of_the_identity_holds", "python", chain),
        ("shellcheck_has_nothing_to_say", "shellcheck", shellcheck),
        ("bash_parses_every_script", "bash", bash_parses),
        ("gcloud_knows_every_flag", "gcloud", gcloud_parses),
        ("a_public_validator_reads_the_schema", "python", public_schema),
        ("a_public_validator_reads_the_functions", "python", functions),
        ("taplo_reads_the_schema", "taplo", taplo),
        ("the_package_can_be_published", "cargo", publish),
    ];
    Topic::new(
        "real_tools",
        "the tools that read artifacts and schemas accept them",
        checks.map(Trial::from).into(),
    )
}

/// The files of this name in the golden cases.
pub(super) fn golden(names: &[&str]) -> Vec<PathBuf> {
    let files: Vec<PathBuf> = cases()
        .iter()
        .flat_map(|case| names.iter().map(move |name| case.join(name)))
        .filter(|path| path.exists())
        .collect();
    for name in names {
        assert!(files.iter().any(|file| file.ends_with(name)), "no golden file is a {name}");
    }
    assert!(files.len() >= 5, "too few golden files of {names:?}");
    files
}

pub(super) const MANIFESTS: [&str; 8] = [
    "00-namespace.yaml",
    "network-policy.yaml",
    "service-account.yaml",
    "deployment.yaml",
    "stateful-set.yaml",
    "daemon-set.yaml",
    "job.yaml",
    "cron-job.yaml",
];

fn python(python: &Path) -> Command {
    let mut command = Command::new(python);
    command.arg(repository().join("tests/tools/real_tools.py"));
    command
}

fn kubernetes_validates(path: &Path) {
    let files = golden(&MANIFESTS);
    let printed = succeed(python(path).arg("kubernetes").args(&files));
    assert_eq!(printed, format!("{} validations\n", files.len() * 8));
}

/// A manifest as the program's own reader, one of YAML 1.2, takes it.
fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap();
    wigen::text::parse(&Source::new("manifest.yaml", text)).unwrap()
}

fn yaml_1_1_reads(path: &Path) {
    let files = golden(&MANIFESTS);
    let printed = succeed(python(path).arg("read").args(&files));
    let documents: Vec<Value> = serde_json::from_str(&printed).unwrap();
    assert_eq!(documents.len(), files.len());
    for (file, document) in files.iter().zip(documents) {
        assert_eq!(document, read(file), "{}", file.display());
    }
    // And both are what the spec says.
    let case = repository().join("golden/cases/hostile");
    let spec = std::fs::read_to_string(case.join("app.toml")).unwrap();
    let spec = wigen::text::parse(&Source::new("app.toml", spec)).unwrap();
    let deployment = read(&case.join("deployment.yaml"));
    let env = deployment["spec"]["template"]["spec"]["containers"][0]["env"].as_array().unwrap();
    let read: Vec<(&Value, &Value)> =
        env.iter().map(|variable| (&variable["name"], &variable["value"])).collect();
    let said: Vec<(Value, &Value)> = spec["container"]["env"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.as_str().into(), value))
        .collect();
    assert_eq!(read, said.iter().map(|(name, value)| (name, *value)).collect::<Vec<_>>());
    assert_eq!(deployment["metadata"]["annotations"], spec["annotations"]);
}

fn kubectl_reads(path: &Path) {
    for file in golden(&MANIFESTS) {
        // `label --local` reads a manifest the way `apply` does, and asks no server.
        let mut command = Command::new(path);
        command.args(["label", "--local", "-o", "json", "read=back", "-f"]).arg(&file);
        command.env("KUBECONFIG", "/dev/null").env("HOME", repository().join("target"));
        let mut document: Value = serde_json::from_str(&succeed(&mut command)).unwrap();
        document["metadata"]["labels"].as_object_mut().unwrap().remove("read");
        // What kubectl writes out of the zero values of its Go types.
        for (table, key) in [
            ("/metadata", "creationTimestamp"),
            ("", "status"),
            ("/spec", "strategy"),
            ("/spec/template/metadata", "creationTimestamp"),
            ("/spec/template/spec/containers/0", "resources"),
        ] {
            if let Some(table) = document.pointer_mut(table).and_then(Value::as_object_mut) {
                if !table
                    .get(key)
                    .is_some_and(|value| value.is_null() || *value == serde_json::json!({}))
                {
                    continue;
                }
                table.remove(key);
            }
        }
        assert_eq!(document, read(&file), "{}", file.display());
    }
}

/// Every golden case, joined from its files alone and by code that is not the program's.
fn chain(path: &Path) {
    let scripts = golden(&["gcloud.sh"]);
    let folders: Vec<&Path> = scripts.iter().map(|script| script.parent().unwrap()).collect();
    let printed = succeed(python(path).arg("chain").args(&folders));
    let links: usize = printed.trim_end().strip_suffix(" links").unwrap().parse().unwrap();
    assert!(links > folders.len() * 4, "{links} links in {} cases", folders.len());
}

/// Manifests with a mistake somewhere: the program finds it exactly where the official schema does.
fn mistakes(path: &Path) {
    let versions = [30, 32, 34, 35, 37];
    let mut damaged: Vec<(u8, String, Value)> = Vec::new();
    for file in golden(&MANIFESTS[3..]) {
        let document = read(&file);
        let kind = document["kind"].as_str().unwrap();
        let kind = WorkloadKind::ALL.into_iter().find(|known| known.as_str() == kind).unwrap();
        let spec = &document["spec"];
        let mut places = Vec::new();
        pointers(spec, "", &mut places);
        // What the server says of an object is not checked.
        for place in places.into_iter().filter(|place| !place.contains("/status")) {
            for mistake in 0..4 {
                let mut spec = spec.clone();
                if damage(&mut spec, &place, mistake) {
                    let version = versions[damaged.len() % versions.len()];
                    damaged.push((version, kind.definition().to_owned(), spec));
                }
            }
        }
    }
    for manifest in kinds() {
        let kind = manifest["kind"].as_str().unwrap().to_owned();
        let mut places = Vec::new();
        pointers(&manifest, "", &mut places);
        // Their values, which the official schema lists, are compared elsewhere.
        places.retain(|place| !["/apiVersion", "/kind"].contains(&place.as_str()));
        for place in places {
            for mistake in 0..4 {
                let mut manifest = manifest.clone();
                if damage(&mut manifest, &place, mistake) {
                    let version = versions[damaged.len() % versions.len()];
                    damaged.push((version, kind.clone(), manifest));
                }
            }
        }
    }
    assert!(damaged.len() > 3000, "{}", damaged.len());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("damaged.json");
    std::fs::write(&file, serde_json::to_string(&damaged).unwrap()).unwrap();
    let printed = succeed(python(path).arg("mistakes").arg(&file));
    let official: Vec<bool> = serde_json::from_str(&printed).unwrap();
    assert_eq!(official.len(), damaged.len());
    let right = official.iter().filter(|valid| **valid).count();
    assert!((100..official.len() / 2).contains(&right), "{right} of {}", official.len());
    for ((minor, definition, spec), valid) in damaged.iter().zip(official) {
        let version = Version::parse(&format!("1.{minor}")).unwrap();
        let found = kubernetes::problems(definition, spec, "", version);
        // What the official schema leaves to the server.
        let found: Vec<_> = found
            .iter()
            .filter(|problem| !matches!(problem.kind, ProblemKind::Value | ProblemKind::Quantity))
            .collect();
        assert_eq!(found.is_empty(), valid, "{version} {definition}: {spec}\n{found:?}");
    }
}

/// One manifest of each kind that the program knows.
fn kinds() -> Vec<Value> {
    let text = std::fs::read_to_string(repository().join("golden/kubernetes/kinds.yaml")).unwrap();
    let kinds = wigen::text::parse_stream(&Source::new("kinds.yaml", text)).unwrap();
    let file = std::fs::read_to_string(repository().join("schemas/kubernetes.json")).unwrap();
    assert_eq!(kinds.len(), file.matches("\"apiVersion\": \"").count(), "a kind has no manifest");
    for kind in &kinds {
        let text = |key: &str| kind[key].as_str().unwrap();
        let known = kubernetes::ManifestKind::find(text("apiVersion"), text("kind"));
        assert!(matches!(known, kubernetes::ManifestKind::Known(name) if name == text("kind")));
        for minor in 30..38 {
            let version = Version::parse(&format!("1.{minor}")).unwrap();
            assert_eq!(wigen::spec::schema::check_manifest(kind, version), [], "{}", text("kind"));
        }
    }
    kinds
}

/// The pointers of all nodes below a node.
fn pointers(node: &Value, pointer: &str, found: &mut Vec<String>) {
    let below: Vec<(String, &Value)> = match node {
        Value::Object(entries) => entries
            .iter()
            .map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value))
            .collect(),
        Value::Array(list) => {
            list.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
        }
        _ => return,
    };
    for (step, value) in below {
        let pointer = format!("{pointer}/{step}");
        found.push(pointer.clone());
        pointers(value, &pointer, found);
    }
}

/// Makes one of four mistakes at a place: no key, another key, another type, another type again.
fn damage(document: &mut Value, place: &str, mistake: usize) -> bool {
    if mistake > 1 {
        let node = document.pointer_mut(place).unwrap();
        let others = [Value::from("x"), Value::from(1), Value::from(true), serde_json::json!({})];
        let others = others.iter().cycle().skip(place.len()).take(4);
        let kind = std::mem::discriminant(node);
        let mut others = others.filter(|other| std::mem::discriminant(*other) != kind);
        *node = others.nth(mistake - 2).unwrap().clone();
        return true;
    }
    let (table, key) = place.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/").replace("~0", "~");
    let Some(Value::Object(table)) = document.pointer_mut(table) else { return false };
    let value = table.remove(&key).unwrap();
    if mistake == 1 {
        table.insert(format!("{key}x"), value);
    }
    true
}

/// `schemas/kubernetes.json` is what its script makes from the official schemas.
fn definitions(path: &Path) {
    let schemas = repository().join("schemas");
    let made = succeed(Command::new(path).arg(schemas.join("kubernetes.py")));
    if let Err(difference) = crate::support::expect_file(&schemas.join("kubernetes.json"), &made) {
        panic!("WIGEN_UPDATE=1 cargo test --test tools updates it\n{difference}");
    }
}

fn shellcheck(path: &Path) {
    succeed(Command::new(path).args(golden(&["gcloud.sh"])));
    for case in ["bigquery", "direct", "previous-impersonation"] {
        let (folder, script) = crate::support::shared_script(case);
        let library = folder.path().join("gcloud-lib.sh");
        succeed(Command::new(path).arg(script).arg(library));
    }
}

fn bash_parses(path: &Path) {
    for script in golden(&["gcloud.sh"]) {
        succeed(Command::new(path).arg("-n").arg(script));
    }
}

/// The real gcloud parses every command of every script with its own parser, and runs none.
fn gcloud_parses(path: &Path) {
    let mut commands = BTreeSet::new();
    for script in golden(&["gcloud.sh"]) {
        for (cloud, action) in [
            (crate::support::cloud::Cloud::empty(), "apply"),
            (crate::support::cloud::Cloud::with_cluster(""), "apply"),
        ] {
            let (_, _, mut calls) = cloud.run(&script, &[action]);
            calls.extend(cloud.run(&script, &["destroy"]).2);
            for call in calls.into_iter().filter(|call| call[0] != "bq") {
                // The free text of the hostile case is not what the parser is asked about, and the
                // helper splits its lines as a shell does.
                let words: Vec<String> = call
                    .iter()
                    .filter(|word| {
                        !word.starts_with("--display-name=") && !word.starts_with("--description=")
                    })
                    .map(|word| match word.split_once('^') {
                        Some(("--condition=", text)) if text.contains('\'') => "--condition=None",
                        _ => word,
                    })
                    .map(|word| format!("'{word}'"))
                    .collect();
                commands.insert(format!("gcloud {}", words.join(" ")));
            }
        }
    }
    assert!(commands.len() > 20, "too few commands: {commands:?}");
    let wrong = "gcloud projects add-iam-policy-binding my-project --membr=x --role=y";
    let commands: Vec<Value> = commands
        .iter()
        .map(String::as_str)
        .chain([wrong])
        .map(|command| serde_json::json!({ "command_string": command }))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("commands.json");
    std::fs::write(&file, serde_json::to_string(&commands).unwrap()).unwrap();
    let mut gcloud = Command::new(path);
    gcloud
        .arg("meta")
        .arg("lint-gcloud-commands")
        .arg(format!("--commands-file={}", file.display()));
    gcloud.env("CLOUDSDK_CONFIG", folder.path()).env("HOME", folder.path());
    let (_, stdout, stderr) = outcome(&mut gcloud);
    let results: Vec<Value> =
        serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}"));
    assert_eq!(results.len(), commands.len());
    let (last, ours) = results.split_last().unwrap();
    assert_eq!(last["success"], false, "a flag that gcloud does not have was accepted");
    for result in ours {
        assert_eq!(
            result["success"], true,
            "{}: {}",
            result["command_string"], result["error_message"]
        );
    }
}

const SPECS: [(&str, &str); 9] = [
    ("documented-create/app.toml", "[]"),
    ("minimal/app.toml", "[]"),
    ("deployment/app.toml", "[]"),
    ("native-shape/app.toml", ""),
    (
        "four-faults-toml/app.toml",
        r#"["cluster:additionalProperties","cluster:required","container/port:type","name:pattern"]"#,
    ),
    (
        "four-faults-yaml/app.yaml",
        r#"["cluster:additionalProperties","cluster:required","container/port:type","name:pattern"]"#,
    ),
    ("unsupported-value/app.toml", ""),
    ("names/app.toml", ""),
    ("shape/app.toml", ""),
];

/// The published schema, and a JSON Schema validator that is not ours.
fn public_schema(path: &Path) {
    let files = SPECS.map(|(spec, _)| repository().join("golden/cases").join(spec));
    let printed = succeed(
        python(path).arg("schema").arg(repository().join("schemas/app.schema.json")).args(&files),
    );
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.len(), SPECS.len());
    for ((spec, expected), line) in SPECS.iter().zip(lines) {
        let places: Vec<String> = serde_json::from_str(line).unwrap();
        if expected.is_empty() {
            assert!(!places.is_empty(), "{spec} was accepted");
        } else {
            assert_eq!(serde_json::to_string(&places).unwrap(), *expected, "{spec}");
        }
    }
}

fn functions(path: &Path) {
    let good = [
        "golden/cases/krm/app.yaml",
        "examples/kustomize/overlay/spec/app.yaml",
        "examples/kustomize/chart/identity.yaml",
        "examples/kustomize/fleet/apps.yaml",
    ];
    let wrong =
        ["golden/cases/four-faults-krm/app.yaml", "golden/cases/environments-shape-krm/app.yaml"];
    let files = good.iter().chain(&wrong).map(|file| repository().join(file));
    let definitions = repository().join("schemas/krm-functions.yaml");
    let printed = succeed(python(path).arg("functions").arg(definitions).args(files));
    let counts: Vec<usize> = printed.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(counts.len(), good.len() + wrong.len());
    assert_eq!(counts[..good.len()], [0; 4]);
    assert!(counts[good.len()..].iter().all(|count| *count > 0), "{counts:?}");
}

/// The schema in the editor: taplo is what Even Better TOML runs.
fn taplo(path: &Path) {
    for (spec, _) in SPECS {
        let file = repository().join("golden/cases").join(spec);
        if file.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let schema = format!("file://{}", repository().join("schemas/app.schema.json").display());
        let (code, _, stderr) = outcome(
            Command::new(path).args(["lint", "--no-auto-config", "--schema", &schema]).arg(&file),
        );
        let good = ["documented-create/app.toml", "minimal/app.toml", "deployment/app.toml"]
            .contains(&spec);
        assert_eq!(code == Some(0), good, "{spec}: {stderr}");
    }
}

fn publish(path: &Path) {
    succeed(Command::new(path).current_dir(repository()).args([
        "publish",
        "--dry-run",
        "--allow-dirty",
        "--no-verify",
    ]));
}

//! What is rendered for the documented example, before the documented page itself: all of it is
//! there, and what wigen adds is listed here, item by item. An addition that is not listed fails.

use std::fs;

use crate::support::cloud::Cloud;
use crate::support::repository;
use crate::support::trials::{Topic, trials};
use serde_json::Value;
use wigen::diagnostics::source::Source;

pub(crate) fn topic() -> Topic {
    Topic::new(
        "documented",
        "what is rendered for the example of Google's documentation holds all that it documents",
        trials![
            the_top_fifty_lines_of_the_script_say_all_that_it_does,
            every_documented_command_is_run_with_every_documented_argument,
            every_documented_field_has_its_documented_value,
        ],
    )
}

/// The words of a command with `--flag value` written as `--flag=value`.
fn joined(call: &[String]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut takes_value = false;
    for word in call {
        if takes_value && !word.starts_with("--") {
            let flag = words.pop().unwrap();
            words.push(format!("{flag}={word}"));
            takes_value = false;
        } else {
            takes_value = word.starts_with("--") && !word.contains('=');
            words.push(word.clone());
        }
    }
    words
}

/// What the second list has and the first has not; nothing of the first may be missing.
fn added(documented: &[String], rendered: &[String]) -> Vec<String> {
    for word in documented {
        assert!(rendered.contains(word), "documented, and not rendered: {word} in {rendered:?}");
    }
    rendered.iter().filter(|word| !documented.contains(word)).cloned().collect()
}

fn compare_scripts(page: &str, case: &str, cloud: &dyn Fn() -> Cloud, expected: &[&[&str]]) {
    let documented = cloud().writes(&repository().join("golden/documented").join(page), &[]);
    let rendered =
        cloud().writes(&repository().join("golden/cases").join(case).join("gcloud.sh"), &["apply"]);
    // The page shows the steps after the cluster once, with the command that creates one.
    let rendered = &rendered[..documented.len()];
    assert_eq!(documented.len(), expected.len());
    for ((documented, rendered), expected) in documented.iter().zip(rendered).zip(expected) {
        let (documented, rendered) = (joined(documented), joined(rendered));
        let plain = |words: &[String]| -> Vec<String> {
            words.iter().filter(|word| !word.starts_with("--")).cloned().collect()
        };
        assert_eq!(
            plain(&documented),
            plain(&rendered),
            "commands and resources stand in the documented order"
        );
        assert_eq!(added(&documented, &rendered), *expected);
    }
}

fn the_top_fifty_lines_of_the_script_say_all_that_it_does() {
    let script = repository().join("golden/cases/documented-create/gcloud.sh");
    let script = fs::read_to_string(script).unwrap();
    let end = script.lines().position(|line| line == "}").unwrap();
    assert!(script.lines().nth(end + 2).unwrap().starts_with("# Reverse order"));
    assert!(end < 50, "the steps end in line {}", end + 1);
}

fn every_documented_command_is_run_with_every_documented_argument() {
    compare_scripts(
        "gcloud-create.sh",
        "documented-create",
        &Cloud::empty,
        &[
            // The metadata server on every node; no wait inside gcloud, so that a killed run can
            // go on; and the project, whatever the caller's own default is.
            &["--workload-metadata=GKE_METADATA", "--project=my-project", "--async"],
            // Which accounts it may delete.
            &[
                "--description=Created by wigen; gcloud.sh destroy deletes it.",
                "--project=my-project",
            ],
            // Without it gcloud refuses to bind in a policy that holds any condition.
            &["--project=my-project", "--condition=None"],
            &["--project=my-project", "--condition=None"],
        ],
    );
    compare_scripts(
        "gcloud-update.sh",
        "documented-update",
        &|| Cloud::with_cluster(""),
        &[&["--project=my-project"]],
    );
}

/// Every leaf of a document, as `path = value`.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(key, value)| leaves(value, &format!("{path}.{key}"), found));
        }
        Value::Array(list) => {
            list.iter()
                .enumerate()
                .for_each(|(index, value)| leaves(value, &format!("{path}[{index}]"), found));
        }
        leaf => found.push(format!("{path} = {leaf}")),
    }
}

fn compare_manifests(name: &str, expected: &[&str]) {
    let read = |folder: &str| {
        let text = fs::read_to_string(repository().join(folder).join(name)).unwrap();
        let mut found = Vec::new();
        leaves(&wigen::text::parse(&Source::new(name, text)).unwrap(), "", &mut found);
        found
    };
    for case in ["documented-create", "documented-update", "krm"] {
        let rendered = read(&format!("golden/cases/{case}"));
        assert_eq!(added(&read("golden/documented"), &rendered), expected, "{case}");
    }
}

fn every_documented_field_has_its_documented_value() {
    compare_manifests(
        "service-account.yaml",
        &[".metadata.labels.app.kubernetes.io/name = \"fastapi-books\""],
    );
    compare_manifests(
        "deployment.yaml",
        &[
            // The ServiceAccount is in this namespace: a Deployment elsewhere would not find it.
            ".metadata.namespace = \"default\"",
            ".metadata.labels.app.kubernetes.io/name = \"fastapi-books\"",
            // The API server demands a selector, and labels on the pods that it selects.
            ".spec.selector.matchLabels.app.kubernetes.io/name = \"fastapi-books\"",
            ".spec.template.metadata.labels.app.kubernetes.io/name = \"fastapi-books\"",
        ],
    );
}

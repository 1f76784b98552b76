//! wigen as a function, over `golden/krm`: one test for each folder, byte for byte, through the real
//! binary.
//!
//! A folder holds what comes in (`in.yaml` or `in.json`, a ResourceList; or `config.yaml` and
//! `documents.yaml`, which Kustomize's exec plugin gets), and what comes out: `out.yaml` or
//! `out.json`, and `stderr.txt`. What comes out is given to the function again, which then has nothing
//! to change, unless the name of the case begins with `once`.

use std::fs;
use std::path::Path;

use crate::support::trials::{Topic, each_folder};
use crate::support::{expect_file, outcome_of, updating, wigen};

pub(crate) fn topic() -> Topic {
    Topic::new(
        "krm",
        "a call of the KRM function gives its answer, byte for byte, and again on that answer",
        each_folder("golden/krm", check),
    )
}

/// What a run of the function gives: exit code, standard output, standard error.
type Outcome = (Option<i32>, String, String);

fn check(case: &Path) -> Result<(), String> {
    let read = |name: &str| fs::read_to_string(case.join(name)).ok();
    let (input, config, ending) = match (read("in.yaml"), read("in.json"), read("config.yaml")) {
        (Some(input), None, None) => (input, None, "yaml"),
        (None, Some(input), None) => (input, None, "json"),
        (None, None, Some(_)) => {
            (read("documents.yaml").unwrap_or_default(), Some("config.yaml"), "yaml")
        }
        _ => return Err("what comes in?".to_owned()),
    };
    let (code, stdout, stderr) = run(case, &input, config);
    let expect = |name: &str, text: &str| {
        let path = case.join(name);
        if text.is_empty() && !path.exists() {
            return Ok(());
        }
        if text.is_empty() && updating() {
            return fs::remove_file(path).map_err(|error| error.to_string());
        }
        expect_file(&path, text)
    };
    expect("stderr.txt", &stderr)?;
    expect(&format!("out.{ending}"), &stdout)?;
    let failed = stderr.contains("error[") || stdout.contains("severity: error");
    if code != Some(i32::from(failed)) {
        return Err(format!("exit code {code:?}:\n{stderr}"));
    }
    let is_once = case.file_name().unwrap().to_string_lossy().starts_with("once");
    let again = run(case, &stdout, config).1;
    if !failed && !is_once && again != stdout {
        return Err(format!("a second run changes it:\n{again}"));
    }
    Ok(())
}

fn run(case: &Path, input: &str, config: Option<&str>) -> Outcome {
    let mut wigen = wigen(case);
    if let Some(config) = config {
        wigen.arg(config).env("KUSTOMIZE_PLUGIN_CONFIG_ROOT", case);
    }
    outcome_of(&mut wigen, input)
}

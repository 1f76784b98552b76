//! A thousand specs in one workspace: nothing is said of them while all are right, and of twenty that
//! are wrong each is reported at its place.

use crate::support::fleet::{Fault, Fleet};
use crate::support::trials::{Topic, trials};
use crate::support::{outcome, wigen};
use serde_json::Value;

pub(crate) fn topic() -> Topic {
    Topic::new(
        "fleet",
        "in a thousand specs exactly the faults are found",
        trials![valid_specs_have_no_findings, each_of_twenty_faults_is_reported_at_its_place,],
    )
}

const SPECS: usize = 1000;

fn valid_specs_have_no_findings() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::workspace(SPECS);
    fleet.write(folder.path()).unwrap();
    let quiet = (Some(0), String::new(), String::new());
    assert_eq!(outcome(wigen(folder.path()).arg("check")), quiet);
    // The same without a workspace; and they were all looked at.
    let folder = tempfile::tempdir().unwrap();
    Fleet::alone(100).write(folder.path()).unwrap();
    let (code, stdout, stderr) = outcome(wigen(folder.path()).args(["check", "-v", "."]));
    assert_eq!((code, stdout.as_str()), (Some(0), ""), "{stderr}");
    assert_eq!(stderr.matches(": no errors or warnings\n").count(), 100, "{stderr}");
    assert_eq!(stderr.lines().count(), 100, "{stderr}");
}

fn each_of_twenty_faults_is_reported_at_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let mut fleet = Fleet::workspace(SPECS);
    let faults = fleet.spoil();
    assert_eq!(faults.len(), 20);
    fleet.write(folder.path()).unwrap();
    let (code, stdout, stderr) = outcome(wigen(folder.path()).args(["check", "--format", "json"]));
    assert_eq!(code, Some(1), "{stderr}");
    let mut found: Vec<Fault> = stdout.lines().map(fault).collect();
    found.sort();
    similar_asserts::assert_eq!(found, faults);
}

fn fault(line: &str) -> Fault {
    let finding: Value = serde_json::from_str(line).unwrap();
    let number = |key: &str| usize::try_from(finding[key].as_u64().unwrap()).unwrap();
    Fault {
        file: finding["file"].as_str().unwrap().to_owned(),
        line: number("line"),
        column: number("column"),
        code: finding["code"].as_str().unwrap().to_owned(),
    }
}

//! The cases of `golden/cases`: one test for each folder, byte for byte, through the real binary.
//!
//! A folder holds one spec, and what the program renders from it: the artifacts, `stderr.txt` for what
//! it says, or both (warnings). `previous.toml` beside it is rendered after (`--previous`), and a case with
//! `import.tf` with `--import`.
//! `WIGEN_UPDATE=1 cargo test --test golden` writes what is expected; it is read before it is
//! committed.

use crate::support::trials::{Topic, each_folder};
use std::fs;
use std::path::Path;

/// Every name that an artifact may have; of the last five, a case has one.
const ARTIFACTS: [&str; 12] = [
    "gcloud.sh",
    "main.tf",
    "import.tf",
    "iam.yaml",
    "00-namespace.yaml",
    "service-account.yaml",
    "network-policy.yaml",
    "deployment.yaml",
    "stateful-set.yaml",
    "daemon-set.yaml",
    "job.yaml",
    "cron-job.yaml",
];

pub(crate) fn topic() -> Topic {
    Topic::new(
        "cases",
        "a spec gives its artifacts and its messages, byte for byte",
        each_folder("golden/cases", check),
    )
}

fn check(case: &Path) -> Result<(), String> {
    let spec = crate::support::spec_of(case);
    let spec = spec.file_name().unwrap();
    let out = tempfile::tempdir().unwrap();
    let mut wigen = crate::support::wigen(case);
    wigen.args(["render", "-o"]).arg(out.path()).arg(spec);
    if case.join("previous.toml").exists() {
        wigen.args(["--previous", "previous.toml"]);
    }
    if case.join("import.tf").exists() {
        wigen.arg("--import");
    }
    let (code, stdout, stderr) = crate::support::outcome(&mut wigen);
    if !stdout.is_empty() {
        return Err(format!("files were asked for, and this was printed:\n{stdout}"));
    }
    if !matches!(code, Some(0 | 1)) {
        return Err(format!("exit code {code:?}:\n{stderr}"));
    }
    let mut rendered = 0;
    for name in ARTIFACTS {
        if let Ok(text) = fs::read_to_string(out.path().join(name)) {
            crate::support::expect_file(&case.join(name), &text)?;
            rendered += 1;
        } else if crate::support::updating() {
            let _ = fs::remove_file(case.join(name));
        } else if case.join(name).exists() {
            return Err(format!("{name} was expected and not rendered:\n{stderr}"));
        }
    }
    if fs::read_dir(out.path()).unwrap().count() != rendered {
        return Err("something was written that is no artifact".to_owned());
    }
    let said = case.join("stderr.txt");
    if stderr.is_empty() && !said.exists() {
        if rendered < 2 {
            return Err("nothing was said, and not everything was rendered".to_owned());
        }
    } else if stderr.is_empty() && crate::support::updating() {
        fs::remove_file(said).map_err(|error| error.to_string())?;
    } else {
        crate::support::expect_file(&said, &stderr)?;
    }
    match (code, rendered) {
        // A ServiceAccount that is kept elsewhere is not rendered.
        (Some(0), 2..=5) | (Some(1), 0) => Ok(()),
        (code, rendered) => Err(format!("exit code {code:?} with {rendered} artifacts")),
    }
}

//! `wigen lint` over `golden/lint`: one test for each folder, byte for byte, through the real binary.
//!
//! A folder holds `manifests.yaml`, `manifests.json` or the folder `manifests`; what IAM has in
//! `iam.sh` or the folder `iam`; the namespace that is given in `namespace.txt`; and what is found in
//! `stderr.txt`. A case whose name begins with `good` has nothing to find.

use std::fs;
use std::path::Path;

use crate::support::trials::{Topic, each_folder, trials};
use crate::support::{expect_file, folders, outcome, outcome_of, repository, wigen};

pub(crate) fn topic() -> Topic {
    let mut all = each_folder("golden/lint", check);
    assert!(all.len() > 90);
    all.extend(trials![
        what_wigen_renders_is_good,
        standard_input_is_one_stream,
        files_that_are_not_manifests_are_skipped,
        many_names_of_missing_accounts_take_linear_time,
        ten_thousand_objects,
    ]);
    Topic::new("lint", "`wigen lint` finds what is wrong in manifests, byte for byte", all)
}

fn check(case: &Path) -> Result<(), String> {
    let mut wigen = wigen(case);
    wigen.arg("lint");
    let manifests: Vec<&str> = ["manifests.yaml", "manifests.json", "manifests"]
        .into_iter()
        .filter(|name| case.join(name).exists())
        .collect();
    assert_eq!(manifests.len(), 1, "{}", case.display());
    wigen.args(manifests);
    if let Ok(namespace) = fs::read_to_string(case.join("namespace.txt")) {
        wigen.args(["--namespace", namespace.trim()]);
    }
    if case.join("iam.sh").exists() {
        wigen.args(["--iam", "iam.sh"]);
    }
    for entry in fs::read_dir(case.join("iam")).into_iter().flatten() {
        wigen.arg("--iam").arg(Path::new("iam").join(entry.unwrap().file_name()));
    }
    let (code, stdout, stderr) = outcome(&mut wigen);
    if !stdout.is_empty() {
        return Err(format!("printed:\n{stdout}"));
    }
    let said = case.join("stderr.txt");
    if case.file_name().unwrap().to_string_lossy().starts_with("good") {
        assert!(!said.exists(), "a good case has nothing to say");
        return if (code, stderr.as_str()) == (Some(0), "") { Ok(()) } else { Err(stderr) };
    }
    let expected = i32::from(stderr.contains("error["));
    if code != Some(expected) || stderr.is_empty() {
        return Err(format!("exit code {code:?}:\n{stderr}"));
    }
    expect_file(&said, &stderr)
}

/// Manifests and script of every golden case, as they are.
fn what_wigen_renders_is_good() -> Result<(), String> {
    let mut checked = 0;
    for case in folders("golden/cases") {
        // What the spec is warned of, the manifests have too.
        if case.join("stderr.txt").exists() {
            continue;
        }
        let manifests: Vec<_> = fs::read_dir(&case)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
            .filter(|path| path.file_name().is_some_and(|name| name != "app.yaml"))
            .collect();
        if manifests.is_empty() {
            continue;
        }
        let mut lint = wigen(&case);
        lint.arg("lint").args(manifests);
        for iam in ["gcloud.sh", "main.tf"] {
            if case.join(iam).exists() {
                lint.args(["--iam", iam]);
            }
        }
        let (code, _, stderr) = outcome(&mut lint);
        if code != Some(0) || !stderr.is_empty() {
            return Err(format!("{}\n{stderr}", case.display()));
        }
        checked += 1;
    }
    assert!(checked > 20);
    Ok(())
}

fn standard_input_is_one_stream() {
    let case = repository().join("golden/lint/namespace-differs");
    let text = fs::read_to_string(case.join("manifests.yaml")).unwrap();
    let (code, _, stderr) = outcome_of(wigen(&case).args(["lint", "-"]), &text);
    let expected = fs::read_to_string(case.join("stderr.txt")).unwrap();
    assert_eq!((code, stderr), (Some(1), expected.replace("manifests.yaml", "<stdin>")));
    let (code, stdout, _) = outcome_of(wigen(&case).args(["lint", "-", "--format", "json"]), &text);
    let line: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(code, Some(1));
    assert_eq!(line["pointer"], "/1/spec/template/spec/serviceAccountName");
    let nothing = tempfile::tempdir().unwrap();
    assert_eq!(outcome(wigen(nothing.path()).arg("lint")).0, Some(2));
}

fn files_that_are_not_manifests_are_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let said = |arguments: &[&str], input: &str| {
        let (code, _, stderr) = outcome_of(wigen(here).arg("lint").args(arguments), input);
        (code, stderr)
    };
    let no_manifest = |name: &str| (Some(2), format!("wigen: there is no manifest in {name}\n"));
    // The pipe before it failed.
    assert_eq!(said(&["-"], ""), no_manifest("<stdin>"));
    assert_eq!(said(&["-"], "# nothing\n---\n"), no_manifest("<stdin>"));
    fs::write(here.join("values.yaml"), "replicas: 1\n").unwrap();
    assert_eq!(said(&["values.yaml"], ""), no_manifest("values.yaml"));
    assert_eq!(said(&[], ""), no_manifest("./values.yaml"));
    fs::write(here.join("zero.json"), "[]").unwrap();
    assert_eq!(said(&[], ""), no_manifest("./values.yaml, nor in 1 more"));
    for (name, text) in [
        ("main.tf", "data \"x\" \"y\" {\n}\n"),
        ("apply.sh", "echo\n"),
        ("a.sh", "kind apiVersion: [\n"),
    ] {
        fs::write(here.join(name), text).unwrap();
        let expected = format!(
            "wigen: {name} is not a manifest; pass a script, a Terraform file or a policy with --iam\n"
        );
        assert_eq!(said(&[name], ""), (Some(2), expected));
    }
    // Beside a manifest it does no harm; what was named and cannot be read is an error.
    fs::write(here.join("app.yaml"), "apiVersion: v1\nkind: ConfigMap\n").unwrap();
    fs::write(here.join("tsconfig.json"), "{ // none\n}").unwrap();
    assert_eq!(said(&["values.yaml", "app.yaml"], ""), (Some(0), String::new()));
    assert_eq!(said(&[], ""), (Some(0), String::new()));
    assert!(said(&["-v"], "").1.contains("./tsconfig.json: not a manifest\n"));
    let (code, stderr) = said(&["app.yaml", "tsconfig.json"], "");
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.starts_with("error[syntax]"), "{stderr}");
}

/// Thousands of pods whose accounts are made elsewhere, beside thousands of other accounts.
fn many_names_of_missing_accounts_take_linear_time() {
    let letters = |number: usize| -> String {
        (0..9)
            .map(|place| char::from(b'a' + u8::try_from((number >> place) * 7 % 26).unwrap()))
            .collect()
    };
    let objects = (0..4_000).map(|number| {
        let name = letters(number);
        format!(
            "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: a{name}, namespace: shop}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{number}, namespace: shop}}\nspec: {{serviceAccountName: {name}-of-somebody-else}}\n"
        )
    });
    let text: String = objects.collect();
    let (code, _, stderr) = outcome_of(wigen(repository()).args(["lint", "-"]), &text);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
}

fn ten_thousand_objects() {
    let objects = (0..5_000).map(|number| {
        format!(
            "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: a{number}\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: a@p-project.iam.gserviceaccount.com\n---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: p{number}\n  namespace: shop\nspec:\n  serviceAccountName: a{number}\n"
        )
    });
    let text: String = objects.collect();
    let here = repository();
    let (code, _, stderr) = outcome_of(wigen(here).args(["lint", "-"]), &text);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    // An alias of aliases of aliases is refused, not written out.
    let levels = (1..40).map(|level| format!("a{level}: &a{level} [*a{0}, *a{0}]\n", level - 1));
    let bomb = std::iter::once("a0: &a0 [x, x]\n".to_owned()).chain(levels).collect::<String>();
    let (code, _, stderr) = outcome_of(wigen(here).args(["lint", "-"]), &bomb);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.starts_with("error[syntax]"), "{stderr}");
}

//! The rendered script at work, before a gcloud that records: what it does twice, what it does when
//! it is stopped, and that every word arrives as it was meant.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::cloud::Cloud;
use crate::support::trials::{Topic, trials};
use crate::support::{cases, repository, shared_script};
use wigen::google::accounts::CREATED_MARK;

pub(crate) fn topic() -> Topic {
    Topic::new(
        "script",
        "the rendered script is idempotent, stops where it must, and passes words on unchanged",
        trials![
            every_word_of_the_hostile_spec_arrives_as_the_spec_has_it,
            applied_twice_it_changes_nothing_and_destroy_takes_it_back,
            what_is_slow_is_tried_again_and_what_is_wrong_stops,
            a_cluster_that_does_not_fit_stops_it_before_anything_is_changed,
            without_an_argument_it_plans,
            wrong_arguments_change_nothing,
            destroy_keeps_an_account_that_apply_did_not_create,
            output_that_is_not_understood_stops_it,
            variables_and_functions_of_the_caller_change_nothing,
            a_failed_change_is_never_counted,
            what_cannot_be_printed_stops_it,
            the_script_runs_from_a_file_a_pipe_and_a_string,
            nothing_in_it_is_newer_than_bash_3_2,
            with_a_shared_library_it_does_the_same,
            it_finds_its_library_from_everywhere,
            it_refuses_a_library_of_another_version,
        ],
    )
}

fn script(case: &str) -> PathBuf {
    repository().join("golden/cases").join(case).join("gcloud.sh")
}

fn every_word_of_the_hostile_spec_arrives_as_the_spec_has_it() {
    let spec = fs::read_to_string(repository().join("golden/cases/hostile/app.toml")).unwrap();
    let source = wigen::Source::new("app.toml", spec);
    let spec = wigen::Spec::load(&source, &wigen::LoadOptions::default()).unwrap();
    let app = spec.check(None, &wigen::Levels::default()).unwrap().into_app();
    let account = app.google_service_account.as_ref().unwrap();
    let email = "remove-iam-policy-binding@add-iam-policy-binding.iam.gserviceaccount.com";
    let project = "--project=add-iam-policy-binding".to_owned();
    let words = |words: &[&str], more: &[String]| -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).chain(more.iter().cloned()).collect()
    };
    let mut expected = vec![
        words(
            &[
                "container",
                "clusters",
                "create",
                "null",
                "--workload-pool=add-iam-policy-binding.svc.id.goog",
            ],
            &words(
                &["--workload-metadata=GKE_METADATA", "--zone=us-central1-a"],
                &[project.clone(), "--async".into()],
            ),
        ),
        words(
            &["iam", "service-accounts", "create", "remove-iam-policy-binding"],
            &[
                format!("--display-name={}", account.display_name.as_ref().unwrap()),
                format!("--description={} {CREATED_MARK}", account.description.as_ref().unwrap()),
                project.clone(),
            ],
        ),
    ];
    for role in &app.grants[0].roles {
        expected.push(words(
            &["projects", "add-iam-policy-binding", "add-iam-policy-binding"],
            &[
                format!("--member=serviceAccount:{email}"),
                project.clone(),
                "--condition=None".into(),
                format!("--role={role}"),
            ],
        ));
    }
    expected.push(words(
        &["iam", "service-accounts", "add-iam-policy-binding", email],
        &[
            "--member=serviceAccount:add-iam-policy-binding.svc.id.goog[default/no]".into(),
            project,
            "--condition=None".into(),
            "--role=roles/iam.workloadIdentityUser".into(),
        ],
    ));
    let cloud = Cloud::empty();
    assert_eq!(cloud.writes(&script("hostile"), &["apply"]), expected);
    assert!(!cloud.file("pwned").exists(), "a text of the spec was run");

    // The same words under the plainest locale.
    let plain = Cloud::empty();
    let wrapper = plain.file("plain.sh");
    fs::write(&wrapper, format!("LC_ALL=C exec bash {} apply\n", script("hostile").display()))
        .unwrap();
    assert_eq!(plain.writes(&wrapper, &[]), expected);

    // Bindings are found again, and taken back.
    assert_eq!(cloud.writes(&script("hostile"), &["apply"]), [[""; 0]; 0]);
    assert_eq!(cloud.writes(&script("hostile"), &["destroy"]).len(), 5);
}

fn applied_twice_it_changes_nothing_and_destroy_takes_it_back() {
    for case in ["documented-create", "documented-update", "value-from"] {
        let cloud = Cloud::with_cluster("");
        let (code, planned, calls) = cloud.run(&script(case), &["plan"]);
        assert_eq!(code, Some(0), "{planned}");
        let announced = planned.lines().filter(|line| line.starts_with("+ gcloud ")).count();
        assert!(planned.ends_with(&format!("Planned changes: {announced}\n")), "{planned}");
        assert!(!cloud.file("account").exists() && !calls.is_empty());

        let writes = cloud.writes(&script(case), &["apply"]);
        assert_eq!(writes.len(), announced, "apply does what plan says");
        let (code, text, _) = cloud.run(&script(case), &["apply"]);
        assert_eq!(code, Some(0));
        assert!(text.ends_with("Nothing to change.\n"), "{text}");

        let taken_back = cloud.writes(&script(case), &["destroy"]);
        assert_eq!(taken_back.last().unwrap()[2], "delete", "the account goes last");
        assert!(cloud.file("cluster").exists(), "the cluster is kept");
        for policy in ["policy-iam", "policy-projects"] {
            assert_eq!(fs::read_to_string(cloud.file(policy)).unwrap(), "");
        }
        let (code, text, _) = cloud.run(&script(case), &["destroy"]);
        assert_eq!(code, Some(0));
        assert!(text.ends_with("Nothing to change.\n"), "{text}");
    }
}

fn what_is_slow_is_tried_again_and_what_is_wrong_stops() {
    let slow = "ABORTED: There were concurrent policy changes. Please retry\n\
                INVALID_ARGUMENT: Service account x@y.iam.gserviceaccount.com does not exist.\n\
                ResponseError: code=503, message=unavailable\n";
    let cloud = Cloud::with_cluster("my-project.svc.id.goog");
    fs::write(cloud.file("trouble"), slow).unwrap();
    let (code, text, _) = cloud.run(&script("documented-update"), &["apply"]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(text.matches(" of 8, again in 0s: ").count(), 3, "{text}");
    assert!(text.ends_with("Changes made: 3\n"), "{text}");

    let cloud = Cloud::with_cluster("my-project.svc.id.goog");
    fs::write(cloud.file("trouble"), "PERMISSION_DENIED: Permission 'iam.serviceAccounts.create' denied on resource (or it may not exist).\n").unwrap();
    let (code, text, calls) = cloud.run(&script("documented-update"), &["apply"]);
    assert_eq!(code, Some(2));
    assert!(
        text.contains("gcloud.sh: failed: gcloud iam service-accounts create")
            && text.contains("PERMISSION_DENIED"),
        "{text}"
    );
    assert_eq!(calls.last().unwrap()[2], "create", "nothing is done after it");

    let cloud = Cloud::with_cluster("my-project.svc.id.goog");
    fs::write(cloud.file("trouble"), slow.repeat(9)).unwrap();
    let (code, text, _) = cloud.run(&script("documented-update"), &["apply"]);
    assert_eq!(code, Some(2), "patience ends: {text}");
}

fn a_cluster_that_does_not_fit_stops_it_before_anything_is_changed() {
    for (case, cloud, message) in [
        (
            "documented-update",
            Cloud::empty(),
            "cluster fastapi-cluster does not exist in us-central1, project my-project",
        ),
        (
            "minimal",
            Cloud::empty(),
            "cluster fastapi-cluster does not exist in us-central1, project my-project",
        ),
        (
            "minimal",
            Cloud::with_cluster(""),
            "Workload Identity is off on cluster fastapi-cluster; this turns it on: gcloud container clusters update fastapi-cluster",
        ),
        (
            "minimal",
            Cloud::with_cluster("other.svc.id.goog"),
            "cluster fastapi-cluster uses the workload pool other.svc.id.goog, not my-project.svc.id.goog",
        ),
        (
            "documented-create",
            Cloud::with_cluster("other.svc.id.goog"),
            "not my-project.svc.id.goog",
        ),
    ] {
        let (code, text, _) = cloud.run(&script(case), &["apply"]);
        assert_eq!(code, Some(2), "{case}: {text}");
        assert!(text.contains(message), "{case}: {text}");
        assert!(!cloud.file("account").exists());
    }
}

fn without_an_argument_it_plans() {
    let cloud = Cloud::with_cluster("");
    let run = |arguments: &[&str]| {
        let (code, text, _) = cloud.run(&script("documented-update"), arguments);
        (code, text)
    };
    let planned = run(&[]);
    assert_eq!(planned, run(&["plan"]));
    assert!(planned.1.ends_with("Planned changes: 4\n"), "{}", planned.1);
    assert_eq!(run(&["plan", "--exit-code"]), (Some(1), planned.1));
    assert!(!cloud.file("account").exists());
    run(&["apply"]);
    assert_eq!(run(&["plan", "--exit-code"]).0, Some(0));
    assert_eq!(run(&["plan", "destroy", "--exit-code"]).0, Some(1));
    fs::remove_file(cloud.file("cluster")).unwrap();
    assert_eq!(run(&["plan", "--exit-code"]).0, Some(2), "what cannot be read is not a change");
}

fn wrong_arguments_change_nothing() {
    let cloud = Cloud::empty();
    for arguments in [
        &["aply"] as &[&str],
        &[""],
        &["plan destroy"],
        &["plan", "plan"],
        &["apply", "plan"],
        &["apply", "destroy"],
        &["destroy", "destroy"],
        &["apply", "--exit-code"],
        &["--exit-code"],
        &["plan", "--exit-code", "--exit-code"],
        &["plan", "prune"],
        &["apply", ""],
    ] {
        let (code, text, calls) = cloud.run(&script("minimal"), arguments);
        assert_eq!((code, calls.len()), (Some(2), 0), "{arguments:?}");
        let usage = "usage: bash gcloud.sh [plan [--exit-code]] [apply | destroy]";
        assert!(text.contains(usage), "{arguments:?}: {text}");
    }
}

fn destroy_keeps_an_account_that_apply_did_not_create() {
    let email = "fastapi-gke-sa@my-project.iam.gserviceaccount.com";
    for description in ["", "\t", "\tOf the platform team", "\tCreated by wigen"] {
        let cloud = Cloud::with_cluster("my-project.svc.id.goog");
        fs::write(cloud.file("account"), format!("{email}{description}\n")).unwrap();
        assert_eq!(cloud.writes(&script("documented-update"), &["apply"]).len(), 2);
        let (code, text, _) = cloud.run(&script("documented-update"), &["destroy"]);
        assert_eq!(code, Some(0), "{text}");
        let command = format!("gcloud iam service-accounts delete {email} --project=my-project");
        assert!(text.contains(&format!("to delete it: {command}\n")), "{text}");
        assert!(cloud.file("account").exists() && text.ends_with("Changes made: 2\n"), "{text}");
    }
}

fn output_that_is_not_understood_stops_it() {
    let wrappers = [
        "echo Welcome to the proxy; itself \"$@\"",
        "itself \"$@\" && echo 'Update available: 529.0.0'",
        "itself \"$@\" | sed 's/$/\\r/'",
        "itself \"$@\" >/dev/null",
        "itself \"$@\" | sed 's/^/> /'",
    ];
    // Nothing that it prints reaches the terminal as a command.
    let cloud = Cloud::with_cluster("my-project.svc.id.goog");
    cloud.wrap("gcloud", "printf '\\033]0;title\\007\\n'; printf '\\033[2J' >&2; exit 1");
    let (code, text, _) = cloud.run(&script("documented-update"), &["plan"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("?[2J") && !text.contains(['\u{1b}', '\u{7}']), "{text:?}");
    let applied = || {
        let cloud = Cloud::with_cluster("my-project.svc.id.goog");
        cloud.writes(&script("documented-update"), &["apply"]);
        cloud
    };
    let states: &[fn() -> Cloud] = &[Cloud::empty, applied];
    for (case, program, states) in [
        ("documented-create", "gcloud", states),
        ("value-from", "gcloud", states),
        ("direct", "gcloud", states),
        ("existing", "gcloud", states),
        ("previous-impersonation", "gcloud", states),
        ("bigquery", "bq", &states[1..]),
    ] {
        for state in states {
            for wrapper in wrappers {
                let cloud = state();
                cloud.wrap(program, wrapper);
                for action in ["plan", "apply", "destroy", "prune"] {
                    let (code, text, calls) = cloud.run(&script(case), &[action]);
                    assert_eq!(code, Some(2), "{case} {action} {wrapper}: {text}");
                    let wrote = |call: &Vec<String>| {
                        ["create", "delete", "update", "add-iam-policy-binding"]
                            .iter()
                            .any(|verb| call.iter().any(|word| word == verb))
                    };
                    assert!(!calls.iter().any(wrote), "{case} {action} {wrapper}: {text}");
                }
            }
        }
    }
}

/// What a caller may have exported, to no effect.
const EXPORTED: &[(&str, &str)] = &[
    ("PROJECT", "other"),
    ("CLUSTER", "other"),
    ("REGION", "other"),
    ("ACCOUNT_EMAIL", "other@other.iam.gserviceaccount.com"),
    ("MEMBER", "user:other@example.com"),
    ("PROJECT_NUMBER", "7"),
    ("action", "destroy"),
    ("plan", "yes"),
    ("created", "yes"),
    ("heard", "yes"),
    ("finished", "yes"),
    ("DELAY", "x"),
    ("IFS", "/-e"),
    ("CDPATH", "/"),
    ("GLOBIGNORE", "*"),
    ("GREP_OPTIONS", "-v"),
    ("FUNCNEST", "1"),
    ("TMOUT", "1"),
    ("EXECIGNORE", "*"),
    ("BASH_COMPAT", "31"),
    ("SHELLOPTS", "noclobber:noglob:physical"),
    ("BASHOPTS", "nocasematch"),
    ("CLOUDSDK_CORE_PROJECT", "other"),
    ("CLOUDSDK_CORE_USER_OUTPUT_ENABLED", "false"),
    ("CLOUDSDK_CORE_VERBOSITY", "none"),
    ("CLOUDSDK_CORE_DISABLE_PROMPTS", "0"),
];

fn variables_and_functions_of_the_caller_change_nothing() {
    for case in ["documented-update", "direct", "value-from"] {
        let (plain, exported) = (Cloud::with_cluster(""), Cloud::with_cluster(""));
        for action in ["plan", "apply", "apply", "destroy"] {
            let expected = plain.run(&script(case), &[action]);
            let mut command = Command::new("bash");
            command.arg(script(case)).arg(action).envs(EXPORTED.iter().copied());
            let functions = exported.file("functions");
            let mut code = String::new();
            for name in ["gcloud", "grep", "printf", "local", "cat", "command"] {
                code.extend(["function ", name, " { echo pwned; }\n"]);
            }
            for name in ["gcloud", "exec", "unset", "trap", "mktemp", "command", "sleep", "die"] {
                command.env(format!("BASH_FUNC_{name}%%"), "() { echo pwned; }");
            }
            fs::write(&functions, code).unwrap();
            for name in ["BASH_ENV", "ENV"] {
                command.env(name, &functions);
            }
            assert_eq!(exported.run_command(&mut command), expected, "{case} {action}");
        }
    }
}

fn a_failed_change_is_never_counted() {
    let slow = "ABORTED: There were concurrent policy changes.\n".repeat(40);
    for (name, value) in [
        ("WIGEN_DELAY", "00"),
        ("WIGEN_DELAY", "0x0"),
        ("WIGEN_DELAY", "0.1"),
        ("WIGEN_DELAY", "-1"),
        ("WIGEN_DELAY", "1 0"),
        ("WIGEN_DELAY", "a[$(touch pwned)]"),
        ("WIGEN_DELAY", "99999999999999999999"),
        ("WIGEN_ATTEMPTS", "0"),
        ("WIGEN_ATTEMPTS", "08"),
        ("WIGEN_ATTEMPTS", "010"),
        ("WIGEN_ATTEMPTS", "x"),
        ("FUNCNEST", "3"),
        ("TMPDIR", "/does/not/exist"),
    ] {
        let cloud = Cloud::with_cluster("my-project.svc.id.goog");
        fs::write(cloud.file("trouble"), &slow).unwrap();
        let mut command = Command::new("bash");
        command.arg(script("documented-update")).arg("apply").env(name, value);
        let (code, text, _) = cloud.run_command(&mut command);
        assert_eq!(code, Some(2), "{name}={value}: {text}");
        assert!(!text.contains("Changes made"), "{name}={value}: {text}");
        let tries = text.matches(", again in 0s: ").count();
        let expected = match (name, value) {
            ("WIGEN_DELAY", "00") | ("WIGEN_ATTEMPTS", "08") | ("FUNCNEST", _) => 7,
            ("WIGEN_ATTEMPTS", "010") => 9,
            _ => 0,
        };
        assert_eq!(tries, expected, "{name}={value}: {text}");
        assert!(!cloud.file("pwned").exists());
    }
}

/// As a file, from standard input, and as an argument.
/// In an `if`, a failure to print would mean "does not exist".
fn what_cannot_be_printed_stops_it() {
    let script = script("documented-create");
    for output in [">/dev/full", ">&-"] {
        for action in ["plan", "plan --exit-code", "apply", "destroy", "plan destroy"] {
            let cloud = Cloud::with_cluster("");
            let wrapper = cloud.file("wrapper.sh");
            if action != "apply" {
                cloud.writes(&script, &["apply"]);
            }
            fs::write(&wrapper, format!("bash {} {action} {output}\n", script.display())).unwrap();
            let (code, text, calls) = cloud.run(&wrapper, &[]);
            assert_eq!(code, Some(2), "{action} {output}: {text}");
            assert!(text.contains("gcloud.sh: cannot write to standard output\n"), "{text}");
            assert!(!calls.iter().flatten().any(|word| ["create", "delete"].contains(&&**word)));
        }
    }
}

fn the_script_runs_from_a_file_a_pipe_and_a_string() {
    let path = script("documented-update");
    let text = fs::read_to_string(&path).unwrap();
    let pipe = format!("cat '{}' | bash -s \"$@\"", path.display());
    let ways: [&dyn Fn() -> Command; 5] = [
        &|| {
            let mut command = Command::new("bash");
            command.arg("-s").stdin(fs::File::open(&path).unwrap());
            command
        },
        &|| {
            let mut command = Command::new("bash");
            command.args(["-c", &pipe, "bash"]).stdin(Stdio::null());
            command
        },
        &|| {
            let mut command = Command::new("bash");
            command.args(["-c", &text, "bash"]);
            command
        },
        &|| {
            let mut command = Command::new("sh");
            command.arg(&path);
            command
        },
        &|| {
            let mut command = Command::new("bash");
            command.arg("-px").arg(&path);
            command
        },
    ];
    for (number, way) in ways.iter().enumerate() {
        let (cloud, same) = (Cloud::with_cluster(""), Cloud::with_cluster(""));
        for arguments in [&["apply"] as &[&str], &[], &["destroy"]] {
            let expected = same.run(&path, arguments);
            let (code, text, calls) = cloud.run_command(way().args(arguments));
            assert_eq!((code, calls), (expected.0, expected.2), "{number} {arguments:?}: {text}");
        }
    }
}

/// Constructs that bash got after 3.2, which macOS still has.
const NEWER_THAN_3_2: &[&str] = &[
    "mapfile",
    "readarray",
    "declare -A",
    "local -A",
    "declare -n",
    "local -n",
    "declare -g",
    "coproc",
    "globstar",
    "lastpipe",
    "wait -n",
    "|&",
    "&>>",
    ";;&",
    ";&",
    "BASHPID",
    "EPOCHSECONDS",
    "EPOCHREALTIME",
    "SRANDOM",
    "$(<",
    "printf '%(",
    "read -N",
    "read -i",
    "[[ -v",
    "[ -v",
    "test -v",
    "exec {",
    "inherit_errexit",
    "[-1]",
    "shopt -s compat",
    "\\u{",
];

fn nothing_in_it_is_newer_than_bash_3_2() {
    // ${x^^} ${x,,} ${x@Q} ${x: -1} {01..10}
    let expansions = ["^", ",", "@", ": -"];
    let scripts =
        cases().into_iter().map(|case| case.join("gcloud.sh")).filter(|path| path.exists());
    let (folder, shared) = shared_script("bigquery");
    for path in scripts.chain([shared, folder.path().join("gcloud-lib.sh")]) {
        let text = fs::read_to_string(&path).unwrap();
        // What a spec says is in the steps; it is quoted.
        let (_, code) = text.split_once("# ---- The machinery").unwrap_or(("", &text));
        for construct in NEWER_THAN_3_2 {
            assert!(!code.contains(construct), "{}: {construct}", path.display());
        }
        for part in code.split("${").skip(1) {
            let name = part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
            let newer = expansions.iter().any(|operator| name.starts_with(operator));
            assert!(!newer, "{}: ${{{part:.20}", path.display());
        }
    }
    let Some(old) = bash_3_2() else { return };
    for case in ["documented-create", "value-from", "direct", "hostile", "previous-impersonation"] {
        let (new_cloud, old_cloud) = (Cloud::empty(), Cloud::empty());
        for action in ["apply", "plan", "prune", "destroy"] {
            let expected = new_cloud.run(&script(case), &[action]);
            let got = old_cloud.run_command(Command::new(&old).arg(script(case)).arg(action));
            assert_eq!((got.0, got.2), (expected.0, expected.2), "{case} {action}");
            // It quotes letters outside ASCII.
            assert!(got.1 == expected.1 || case == "hostile", "{case} {action}: {}", got.1);
        }
    }
}

fn with_a_shared_library_it_does_the_same() {
    for case in [
        "autopilot-create",
        "autopilot-verify",
        "bigquery-direct",
        "direct-nothing",
        "documented-create",
        "existing",
        "hostile",
        "node-pools",
        "previous-impersonation",
        "projects",
    ] {
        let (_folder, shared) = shared_script(case);
        let (alone, sharing) = (Cloud::empty(), Cloud::empty());
        for action in ["apply", "plan", "prune", "destroy", "other"] {
            if action == "prune" && !case.starts_with("previous") && !case.starts_with("bigquery") {
                continue;
            }
            let expected = alone.run(&script(case), &[action]);
            let (code, text, calls) = sharing.run(&shared, &[action]);
            assert_eq!((code, calls), (expected.0, expected.2), "{case} {action}: {text}");
            // The library knows no script, so it names every action.
            let text = text.replace("apply | prune | destroy", "apply | destroy");
            let expected = expected.1.replace("apply | prune | destroy", "apply | destroy");
            assert_eq!(text, expected, "{case} {action}");
        }
    }
    let (_folder, shared) = shared_script("minimal");
    let (code, text, calls) = Cloud::with_cluster("").run(&shared, &["prune"]);
    assert!(code == Some(2) && text.contains("knows no earlier spec"), "{code:?} {text}");
    assert!(calls.iter().all(|call| call[0] == "config"), "{calls:?}");
}

/// Through links, from any directory, and with any characters in the path.
fn it_finds_its_library_from_everywhere() {
    let (folder, shared) = shared_script("minimal");
    let moved = tempfile::tempdir().unwrap();
    let place = moved.path().join("it's \"here\" $now");
    fs::rename(folder.path(), &place).unwrap();
    let script = place.join(shared.strip_prefix(folder.path()).unwrap());
    let [link, second] = ["link.sh", "second.sh"].map(|name| moved.path().join(name));
    std::os::unix::fs::symlink(&script, &link).unwrap();
    std::os::unix::fs::symlink("link.sh", &second).unwrap();
    let pool = "my-project.svc.id.goog";
    let plan = |directory: &Path, script: &Path| {
        let mut bash = Command::new("bash");
        bash.args(["-c", "cd \"$1\" && exec bash -u \"$2\" plan", "bash"])
            .args([directory, script]);
        let (code, text, _) = Cloud::with_cluster(pool).run_command(&mut bash);
        assert_eq!(code, Some(0), "{}: {text}", script.display());
        text
    };
    let expected = plan(Path::new("/"), &script);
    for (directory, script) in [
        (Path::new("/"), &*link),
        (moved.path(), Path::new("second.sh")),
        (moved.path(), &*second),
        (script.parent().unwrap(), Path::new("gcloud.sh")),
    ] {
        assert_eq!(plan(directory, script), expected);
    }
}

fn it_refuses_a_library_of_another_version() {
    let (folder, shared) = shared_script("minimal");
    let library = folder.path().join("gcloud-lib.sh");
    let text = fs::read_to_string(&library).unwrap();
    let cloud = Cloud::empty();
    let mut found = Vec::new();
    for text in [Some(text.replace("version: 1\n", "version: 2\n")), Some(String::new()), None] {
        match text {
            Some(text) => fs::write(&library, text).unwrap(),
            None => fs::remove_file(&library).unwrap(),
        }
        let (code, text, calls) = cloud.run(&shared, &["plan", "--exit-code"]);
        assert_eq!((code, calls.len()), (Some(2), 0), "{text}");
        found.push(text);
    }
    let expected = format!(
        "gcloud.sh: there is no version 1 of {}/../../../gcloud-lib.sh, which this script needs; render both again\n",
        shared.parent().unwrap().display()
    );
    assert_eq!(found, [expected.clone(), expected.clone(), expected]);
}

/// A bash 3.2, if there is one.
fn bash_3_2() -> Option<PathBuf> {
    let is_old = |path: &PathBuf| {
        let output = Command::new(path).arg("--version").output();
        output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("version 3.2."))
    };
    let names = ["bash-3.2", "bash3.2", "bash"];
    names.iter().filter_map(|name| crate::support::tools::on_path(name)).find(is_old)
}

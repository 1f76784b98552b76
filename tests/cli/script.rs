//! The rendered script at work, before a gcloud that records: what it does twice, what it does when
//! it is stopped, and that every word arrives as it was meant.

use std::fs;
use std::path::PathBuf;

use crate::support::cloud::Cloud;
use crate::support::repository;
use crate::support::trials::{Topic, trials};

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
                format!("--description={}", account.description.as_ref().unwrap()),
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
        &[
            "iam",
            "service-accounts",
            "add-iam-policy-binding",
            email,
            "--role=roles/iam.workloadIdentityUser",
        ],
        &[
            "--member=serviceAccount:add-iam-policy-binding.svc.id.goog[default/no]".into(),
            "--condition=None".into(),
            project,
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
    for (case, cloud, told) in [
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
        assert!(text.contains(told), "{case}: {text}");
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
    assert_eq!(run(&["plan", "--exit-code"]).0, Some(2), "what cannot be read is no change");
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

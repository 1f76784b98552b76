//! Rendered scripts, run by bash with the real gcloud before the Google Cloud of the tests. What
//! counts is the state in the end, not what was printed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cloud::{ALWAYS, Cluster, Condition, Google};
use crate::support::tools::find;
use crate::support::trials::{Topic, Trial};
use crate::support::{repository, shared_script};
use serde_json::{Value, json};

type Scenario = (&'static str, fn());

const SCENARIOS: &[Scenario] = &[
    ("create_a_cluster_and_impersonate", create),
    ("update_a_cluster_and_impersonate", update),
    ("verify_a_cluster_and_impersonate", verify),
    ("leave_clusters_alone_and_impersonate", none),
    ("verify_a_cluster_and_federate_directly", direct),
    ("leave_clusters_alone_and_federate_with_a_known_number", direct_number),
    ("nothing_to_do_at_all", direct_nothing),
    ("scripts_that_share_a_library", shared_library),
    ("create_an_autopilot_cluster", autopilot_create),
    ("verify_an_autopilot_cluster", autopilot_verify),
    ("switch_node_pools", node_pools),
    ("cluster_account_and_data_in_their_own_projects", projects),
    ("a_project_with_a_domain", domain_scoped),
    ("accounts_that_are_kept_elsewhere", existing),
    ("a_grant_on_every_kind_of_resource", resources),
    ("every_odd_character_of_names", odd_names),
    ("a_cluster_with_another_pool_stops_it", another_pool),
    ("a_cluster_of_another_type_stops_it", another_type),
    ("an_absent_cluster_stops_it", absent_cluster),
    ("a_cluster_without_workload_identity_stops_a_verification", pool_off),
    ("an_absent_secret_stops_it_before_anything_is_made", absent_secret),
    ("forbidden_is_not_absent", forbidden),
    ("a_refused_write_is_reported_and_a_second_run_completes_it", refused_write),
    ("a_policy_changed_by_others_meanwhile_loses_nothing", conflict),
    ("a_policy_with_conditions_keeps_them", conditional_policy),
    ("an_account_that_is_not_visible_for_a_while", hidden_account),
    ("a_busy_cluster_and_slow_operations", busy),
    ("a_server_in_trouble", trouble),
    ("answers_that_are_lost", lost_answers),
    ("destroy_keeps_an_account_that_apply_did_not_create", kept_account),
    ("plan_exits_with_1_if_something_would_change", exit_code),
    ("settings_of_the_caller_change_nothing", settings),
    ("an_earlier_spec_with_more_roles", previous_roles),
    ("prune_of_one_environment_leaves_the_others_alone", previous_environments),
    ("destroy_of_a_removed_app_leaves_the_others_alone", removed_app),
    ("from_impersonation_to_direct_federation", previous_impersonation),
    ("from_direct_federation_to_impersonation", previous_direct),
];

pub(crate) fn topic() -> Topic {
    let trial = |(name, scenario): &Scenario| {
        let scenario = *scenario;
        Trial::with_tool(*name, "gcloud", move |_| scenario())
    };
    let mut all: Vec<Trial> = SCENARIOS.iter().map(trial).collect();
    let with_bq = |name: &'static str, scenario: fn()| {
        let missing: &[&str] = if find("bq").is_none() { &["bq"] } else { &[] };
        Trial::with_tool(name, "gcloud", move |_| scenario()).without(missing)
    };
    all.push(with_bq("bigquery_and_impersonate", bigquery));
    all.push(with_bq("bigquery_and_federate_directly", bigquery_direct).long());
    all.push(with_bq("a_dataset_that_others_change_meanwhile", bigquery_conflict));
    for case in ["documented-create", "direct"] {
        for part in 0..KILL_PARTS {
            let name = format!("{case}_killed_after_each_request_part_{part}");
            let trial = Trial::with_tool(name, "gcloud", move |_| killed(case, part));
            all.push(if part == 0 { trial } else { trial.long() });
        }
    }
    Topic::new(
        "scenarios",
        "the real gcloud, run by a rendered script, leaves the right state",
        all,
    )
}

fn script(case: &str) -> PathBuf {
    repository().join("golden/cases").join(case).join("gcloud.sh")
}

const POOL: &str = "my-project.svc.id.goog";
const NUMBER: u64 = 123_456_789_012;
const MEMBER: &str = "serviceAccount:fastapi-gke-sa@my-project.iam.gserviceaccount.com";
const BOOKS: &str = "principal://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/my-project.svc.id.goog/subject/ns/default/sa/fastapi-books";
const USER: &str = "roles/iam.workloadIdentityUser";

/// A cloud with the project of the example, in which others work too.
fn cloud() -> Google {
    let google = Google::start();
    google.project("my-project", NUMBER).account("others@my-project.iam.gserviceaccount.com");
    google.binding("crm/projects/my-project", "roles/owner", "user:owner@example.com", None);
    google
}

/// The same, with the cluster of the example.
fn cloud_with(cluster: Cluster) -> Google {
    let google = cloud();
    google.cluster("my-project", "us-central1", "fastapi-cluster", cluster);
    google
}

/// What a policy holds, one `[role, member, condition]` each.
fn policy(google: &Google, resource: &str) -> Vec<Value> {
    google.state()["policies"][resource].as_array().unwrap_or(&Vec::new()).clone()
}

/// Everything that policies hold now and did not before, as `resource: role member`.
fn added(before: &Value, google: &Google) -> Vec<String> {
    let state = google.state();
    let mut found = Vec::new();
    for (resource, bindings) in state["policies"].as_object().unwrap() {
        for binding in bindings.as_array().unwrap() {
            let old = before["policies"][resource].as_array();
            if old.is_some_and(|old| old.contains(binding)) {
                continue;
            }
            let condition = &binding[2]["title"];
            let condition =
                condition.as_str().map(|title| format!(" if {title}")).unwrap_or_default();
            found.push(format!(
                "{resource}: {} {}{condition}",
                binding[0].as_str().unwrap(),
                binding[1].as_str().unwrap()
            ));
        }
    }
    found
}

fn run(google: &Google, script: &Path, arguments: &[&str]) -> String {
    let (code, text) = google.bash(script, arguments);
    assert_eq!(code, Some(0), "{text}");
    text
}

/// Runs a script that must stop with this message and change nothing.
fn stops(google: &Google, case: &str, message: &str) {
    let before = google.state();
    let (code, text) = google.bash(&script(case), &["apply"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains(message), "{message:?} is not in\n{text}");
    assert_eq!(google.state(), before, "something was changed:\n{text}");
}

fn announced(text: &str) -> usize {
    text.lines().filter(|line| line.starts_with("+ ")).count()
}

/// The whole life of a script: plan says what apply does, apply does it, a second apply changes
/// nothing, destroy leaves what was there before. `grants` are the bindings that apply adds, and
/// `kept` tells what destroy keeps of the state: the cluster.
fn life(google: &Google, case: &str, grants: &[&str], kept: &dyn Fn(&mut Value, &Value)) {
    life_of(google, &script(case), grants, kept);
}

/// The same of any script.
fn life_of(google: &Google, script: &Path, grants: &[&str], kept: &dyn Fn(&mut Value, &Value)) {
    let before = google.state();
    let plan = run(google, script, &["plan"]);
    assert_eq!(google.state(), before, "plan changed something:\n{plan}");
    assert_eq!(google.writes().len(), 0, "{plan}");

    let text = run(google, script, &["apply"]);
    assert_eq!(announced(&plan), announced(&text), "{plan}\n{text}");
    let mut expected: Vec<String> = grants.iter().map(|&grant| grant.to_owned()).collect();
    let mut found = added(&before, google);
    expected.sort();
    found.sort();
    assert_eq!(found, expected, "{text}");

    let after = google.state();
    let writes = google.writes().len();
    let text = run(google, script, &["apply"]);
    assert!(text.ends_with("Nothing to change.\n"), "{text}");
    assert_eq!((google.state(), google.writes().len()), (after.clone(), writes), "{text}");
    let plan = run(google, script, &["plan"]);
    assert_eq!(announced(&plan), 0, "{plan}");

    let plan = run(google, script, &["plan", "destroy"]);
    assert_eq!(google.state(), after, "plan destroy changed something:\n{plan}");
    let text = run(google, script, &["destroy"]);
    assert_eq!(announced(&plan), announced(&text), "{plan}\n{text}");
    let mut expected = before;
    kept(&mut expected, &after);
    assert_eq!(google.state(), expected, "{text}");
    let text = run(google, script, &["destroy"]);
    assert!(text.ends_with("Nothing to change.\n"), "{text}");
}

fn all_taken_back(_: &mut Value, _: &Value) {}

fn cluster_kept(expected: &mut Value, after: &Value) {
    expected["clusters"] = after["clusters"].clone();
    expected["pools"] = after["pools"].clone();
}

fn impersonation(account: &str, pool: &str, pods: &str) -> String {
    let project = account.split_once('@').unwrap().1.split('.').next().unwrap();
    format!(
        "iam/projects/{project}/serviceAccounts/{account}: {USER} serviceAccount:{pool}[{pods}]"
    )
}

fn documented_grants() -> Vec<String> {
    vec![
        format!("crm/projects/my-project: roles/secretmanager.secretAccessor {MEMBER}"),
        impersonation(
            "fastapi-gke-sa@my-project.iam.gserviceaccount.com",
            POOL,
            "default/fastapi-sa",
        ),
    ]
}

fn texts(grants: &[String]) -> Vec<&str> {
    grants.iter().map(String::as_str).collect()
}

fn shared_library() {
    let (_folder, script) = shared_script("documented-create");
    life_of(&cloud(), &script, &texts(&documented_grants()), &cluster_kept);
    let (_folder, script) = shared_script("direct-number");
    let grant = format!("crm/projects/my-project: roles/aiplatform.user {BOOKS}");
    life_of(&cloud_with(Cluster::with_pool(POOL)), &script, &[&grant], &all_taken_back);
}

fn create() {
    let google = cloud();
    life(&google, "documented-create", &texts(&documented_grants()), &cluster_kept);
    let cluster = &google.state()["clusters"]["projects/my-project/locations/us-central1/clusters/fastapi-cluster"];
    assert_eq!(cluster["pool"], POOL);
    assert_eq!(cluster["nodePools"], json!([["default-pool", "GKE_METADATA"]]));

    // A cluster that is there is updated.
    let google = cloud_with(Cluster::default());
    life(&google, "documented-create", &texts(&documented_grants()), &cluster_kept);
}

fn update() {
    let google = cloud_with(Cluster::default());
    life(&google, "documented-update", &texts(&documented_grants()), &cluster_kept);
    let cluster = &google.state()["clusters"]["projects/my-project/locations/us-central1/clusters/fastapi-cluster"];
    assert_eq!(cluster["pool"], POOL);
    assert_eq!(cluster["nodePools"], json!([["default-pool", ""]]), "node pools are left alone");
    let text = run(&google, &script("documented-update"), &["plan"]);
    assert!(
        text.contains("! node pool default-pool: its pods use the service account of the nodes.")
            && text.contains("gcloud container node-pools update default-pool --cluster=fastapi-cluster --workload-metadata=GKE_METADATA --region=us-central1 --project=my-project"),
        "{text}"
    );
}

fn verify() {
    let email = "fastapi-books@my-project.iam.gserviceaccount.com";
    let google = cloud_with(Cluster::with_pool(POOL));
    let grants = [impersonation(email, POOL, "default/fastapi-books")];
    life(&google, "minimal", &texts(&grants), &all_taken_back);
}

fn none() {
    let google = cloud_with(Cluster::with_pool(POOL));
    let email = "books-worker@my-project.iam.gserviceaccount.com";
    let grants = [
        format!("crm/projects/my-project: roles/pubsub.subscriber serviceAccount:{email}"),
        format!("crm/projects/my-project: roles/storage.objectViewer serviceAccount:{email}"),
        format!(
            "crm/projects/my-project: projects/my-project/roles/worker.custom serviceAccount:{email}"
        ),
        impersonation(email, POOL, "books/books-worker"),
    ];
    life(&google, "value-from", &texts(&grants), &all_taken_back);
}

fn direct() {
    let google = cloud_with(Cluster::with_pool(POOL));
    google.resource("secretmanager/projects/my-project/secrets/books-db-password");
    let grant = format!(
        "secretmanager/projects/my-project/secrets/books-db-password: roles/secretmanager.secretAccessor {BOOKS}"
    );
    life(&google, "direct", &[&grant], &all_taken_back);
    assert_eq!(google.state()["accounts"].as_object().unwrap().len(), 1, "no account is made");
}

fn direct_number() {
    let google = cloud_with(Cluster::with_pool(POOL));
    let grant = format!("crm/projects/my-project: roles/aiplatform.user {BOOKS}");
    life(&google, "direct-number", &[&grant], &all_taken_back);
    assert!(
        google.requests().iter().all(|request| !request.path.ends_with("projects/my-project")),
        "a number that is known is not looked up"
    );
}

fn direct_nothing() {
    let google = Google::start();
    life(&google, "direct-nothing", &[], &all_taken_back);
    assert_eq!(google.requests().len(), 0);
}

fn autopilot_create() {
    let google = cloud();
    let email = "fastapi-gke-sa@my-project.iam.gserviceaccount.com";
    let grants = [impersonation(email, POOL, "default/fastapi-books")];
    life(&google, "autopilot-create", &texts(&grants), &cluster_kept);
}

fn autopilot_verify() {
    let google = cloud_with(Cluster::autopilot(POOL));
    let grant = format!("crm/projects/my-project: roles/datastore.user {BOOKS}");
    life(&google, "autopilot-verify", &[&grant], &all_taken_back);
}

fn node_pools() {
    let google = cloud();
    let pool = |name: &str, mode: &str| (name.to_owned(), mode.to_owned());
    let pools = ["default-pool", "books", "spare"].map(|name| pool(name, "GCE_METADATA")).to_vec();
    let cluster = Cluster { node_pools: pools, ..Cluster::default() };
    google.cluster("my-project", "us-central1-a", "fastapi-cluster", cluster);
    let email = "fastapi-gke-sa@my-project.iam.gserviceaccount.com";
    let grants = [impersonation(email, POOL, "default/fastapi-books")];
    life(&google, "node-pools", &texts(&grants), &cluster_kept);
    let path = "projects/my-project/locations/us-central1-a/clusters/fastapi-cluster";
    assert_eq!(
        google.state()["clusters"][path]["nodePools"],
        json!([
            ["default-pool", "GKE_METADATA"],
            ["books", "GKE_METADATA"],
            ["spare", "GCE_METADATA"]
        ])
    );
    let text = run(&google, &script("node-pools"), &["plan"]);
    assert!(text.contains("! node pool spare: ") && !text.contains("! node pool books"), "{text}");

    let google = cloud();
    google.cluster("my-project", "us-central1-a", "fastapi-cluster", Cluster::default());
    let (code, text) = google.bash(&script("node-pools"), &["apply"]);
    assert!(code == Some(2) && text.contains("has no node pool books"), "{text}");
    assert_eq!(google.writes().len(), 0);
}

fn projects() {
    let google = cloud();
    google.project("my-clusters", 2).project("my-accounts", 3).project("my-data", 4);
    let pool = "my-clusters.svc.id.goog";
    google.cluster("my-clusters", "us-central1", "fastapi-cluster", Cluster::with_pool(pool));
    let email = "fastapi-gke-sa@my-accounts.iam.gserviceaccount.com";
    let grants = [
        format!("crm/projects/my-data: roles/bigquery.dataViewer serviceAccount:{email}"),
        format!("crm/projects/my-data: roles/bigquery.jobUser serviceAccount:{email}"),
        format!("crm/projects/my-project: roles/logging.logWriter serviceAccount:{email}"),
        impersonation(email, pool, "default/fastapi-books"),
    ];
    life(&google, "projects", &texts(&grants), &all_taken_back);
}

fn domain_scoped() {
    let google = Google::start();
    let pool = "example.com:my-project.svc.id.goog";
    google.project("example.com:my-project", 5).cluster(
        "example.com:my-project",
        "us-central1",
        "fastapi-cluster",
        Cluster::with_pool(pool),
    );
    let email = "fastapi-gke-sa@my-project.example.com.iam.gserviceaccount.com";
    let grants = [
        format!(
            "crm/projects/example.com:my-project: roles/logging.logWriter serviceAccount:{email}"
        ),
        format!(
            "iam/projects/example.com:my-project/serviceAccounts/{email}: {USER} serviceAccount:{pool}[default/fastapi-books]"
        ),
    ];
    life(&google, "domain-scoped", &texts(&grants), &all_taken_back);
}

fn existing() {
    let google = cloud_with(Cluster::with_pool(POOL));
    let email = "books@my-accounts.iam.gserviceaccount.com";
    google.project("my-accounts", 3);
    stops(&google, "existing", email);
    google.account(email);
    let grants = [
        format!("crm/projects/my-project: roles/logging.logWriter serviceAccount:{email}"),
        impersonation(email, POOL, "default/fastapi-sa"),
    ];
    life(&google, "existing", &texts(&grants), &all_taken_back);
    assert!(google.state()["accounts"][email].is_object(), "an account of others is not deleted");
}

fn resources() {
    let google = cloud_with(Cluster::with_pool(POOL));
    google.project("my-events", 6).project("my-accounts", 7);
    google.account("signer@my-accounts.iam.gserviceaccount.com");
    let on = [
        (
            "secretmanager/projects/my-project/secrets/books-db-password",
            "roles/secretmanager.secretAccessor",
            " if until 2027, at most",
        ),
        (
            "secretmanager/projects/my-project/secrets/books-db-password",
            "roles/secretmanager.viewer",
            " if until 2027, at most",
        ),
        (
            "secretmanager/projects/my-project/secrets/books-db-password",
            "roles/secretmanager.secretAccessor",
            "",
        ),
        (
            "secretmanager/projects/my-project/locations/us-central1/secrets/books-regional",
            "roles/secretmanager.secretAccessor",
            "",
        ),
        ("storage/b/books-data", "roles/storage.objectViewer", " if covers"),
        ("pubsub/projects/my-project/topics/books-events", "roles/pubsub.publisher", ""),
        ("pubsub/projects/my-events/subscriptions/books-worker", "roles/pubsub.subscriber", ""),
        (
            "artifactregistry/projects/my-project/locations/us-central1/repositories/books",
            "roles/artifactregistry.reader",
            "",
        ),
        (
            "cloudkms/projects/my-project/locations/us-central1/keyRings/books/cryptoKeys/tokens",
            "roles/cloudkms.cryptoKeyDecrypter",
            "",
        ),
        (
            "run/projects/my-project/locations/us-central1/services/recommend",
            "roles/run.invoker",
            "",
        ),
        ("spanner/projects/my-project/instances/books", "roles/spanner.viewer", ""),
        (
            "spanner/projects/my-project/instances/books/databases/catalog",
            "roles/spanner.databaseUser",
            "",
        ),
        ("bigtableadmin/projects/my-project/instances/books-cache", "roles/bigtable.viewer", ""),
        (
            "bigtableadmin/projects/my-project/instances/books-cache/tables/loans",
            "roles/bigtable.user",
            "",
        ),
        (
            "iam/projects/my-accounts/serviceAccounts/signer@my-accounts.iam.gserviceaccount.com",
            "roles/iam.serviceAccountTokenCreator",
            "",
        ),
        ("crm/folders/123456789012", "roles/browser", ""),
        ("crm/organizations/1234567890", "organizations/1234567890/roles/booksViewer", ""),
    ];
    let mut grants = vec![impersonation(
        "fastapi-gke-sa@my-project.iam.gserviceaccount.com",
        POOL,
        "default/fastapi-books",
    )];
    for (resource, role, condition) in on {
        google.resource(resource);
        grants.push(format!("{resource}: {role} {MEMBER}{condition}"));
    }
    life(&google, "resources", &texts(&grants), &all_taken_back);
}

fn odd_names() {
    let google = Google::start();
    google.project("a-b--c9", 8);
    let email = "a--b-c0@a-b--c9.iam.gserviceaccount.com";
    let member = format!("serviceAccount:{email}");
    let spec = fs::read_to_string(repository().join("golden/cases/odd-names/app.toml")).unwrap();
    let source = wigen::Source::new("app.toml", spec);
    let spec = wigen::Spec::load(&source, &wigen::LoadOptions::default()).unwrap();
    let app = spec.check(None, &wigen::Levels::default()).unwrap().into_app();
    let condition = app.grants[0].condition.as_ref().unwrap();
    let secret = "secretmanager/projects/a-b--c9/secrets/0_A-";
    for resource in [secret, "pubsub/projects/a-b--c9/topics/a-_.~+Z", "storage/b/0-a_b.c-0"] {
        google.resource(resource);
    }
    let grants = [
        format!("{secret}: roles/secretmanager.secretAccessor {member} if {}", condition.title),
        format!("pubsub/projects/a-b--c9/topics/a-_.~+Z: roles/pubsub.publisher {member}"),
        format!("storage/b/0-a_b.c-0: roles/storage.objectViewer {member}"),
        format!("crm/projects/a-b--c9: projects/a-b--c9/roles/a_.9 {member}"),
        format!("crm/projects/a-b--c9: roles/viewer {member}"),
        impersonation(email, "a-b--c9.svc.id.goog", "default/0.a-b.c0"),
    ];
    life(&google, "odd-names", &texts(&grants), &cluster_kept);

    // The texts themselves.
    run(&google, &script("odd-names"), &["apply"]);
    let account = app.google_service_account.as_ref().unwrap();
    let state = google.state();
    assert_eq!(state["accounts"][email]["displayName"], account.display_name.as_deref().unwrap());
    let description = account.description.as_deref().unwrap();
    let description = format!("{description} Created by wigen; gcloud.sh destroy deletes it.");
    assert_eq!(state["accounts"][email]["description"], description);
    assert_eq!(
        policy(&google, secret)[0][2],
        json!({
            "title": condition.title,
            "expression": condition.expression,
            "description": condition.description,
        })
    );
}

fn another_pool() {
    for case in ["documented-create", "documented-update", "minimal"] {
        let google = cloud();
        google.project("my-others", 9).cluster(
            "my-project",
            "us-central1",
            "fastapi-cluster",
            Cluster::with_pool("my-others.svc.id.goog"),
        );
        stops(
            &google,
            case,
            "uses the workload pool my-others.svc.id.goog, not my-project.svc.id.goog",
        );
    }
}

fn another_type() {
    stops(&cloud_with(Cluster::autopilot(POOL)), "minimal", "is an Autopilot cluster");
    stops(&cloud_with(Cluster::with_pool(POOL)), "autopilot-verify", "is not an Autopilot cluster");
}

fn absent_cluster() {
    for case in ["minimal", "documented-update", "direct", "autopilot-verify"] {
        let message = "cluster fastapi-cluster does not exist in us-central1, project my-project";
        stops(&cloud(), case, message);
    }
}

fn pool_off() {
    let message = "Workload Identity is off on cluster fastapi-cluster; this turns it on: gcloud container clusters update fastapi-cluster --workload-pool=my-project.svc.id.goog";
    stops(&cloud_with(Cluster::default()), "minimal", message);
}

fn absent_secret() {
    let google = cloud_with(Cluster::with_pool(POOL));
    stops(
        &google,
        "previous-roles",
        "what this command changes does not exist: gcloud secrets add-iam-policy-binding books-db-password",
    );
}

fn forbidden() {
    for (method, path) in [
        ("GET", "/clusters/fastapi-cluster"),
        ("GET", "/serviceAccounts"),
        ("POST", "/projects/my-project:getIamPolicy"),
    ] {
        let google = cloud();
        google.refuse(method, path, 403, ALWAYS);
        stops(&google, "documented-create", "cannot read: gcloud ");
    }
    let google = cloud();
    google.forbid_absent_accounts();
    life(&google, "documented-create", &texts(&documented_grants()), &cluster_kept);
}

fn refused_write() {
    let google = cloud();
    google.refuse("POST", "/projects/my-project:setIamPolicy", 403, 1);
    let (code, text) = google.bash(&script("documented-create"), &["apply"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("failed: gcloud projects add-iam-policy-binding my-project"), "{text}");
    assert_eq!(policy(&google, "crm/projects/my-project").len(), 1);
    let before = cloud().state();
    run(&google, &script("documented-create"), &["apply"]);
    let mut grants = documented_grants();
    grants.sort();
    let mut found = added(&before, &google);
    found.sort();
    assert_eq!(found, grants);
}

fn conflict() {
    let google = cloud_with(Cluster::with_pool(POOL));
    let theirs = "user:meanwhile@example.com";
    google.conflict("crm/projects/my-project", 2, Some(("roles/browser", theirs)));
    run(&google, &script("documented-update"), &["apply"]);
    let project = policy(&google, "crm/projects/my-project");
    for binding in [
        json!(["roles/browser", theirs]),
        json!(["roles/owner", "user:owner@example.com"]),
        json!(["roles/secretmanager.secretAccessor", MEMBER]),
    ] {
        assert!(project.contains(&binding), "{binding} is lost: {project:?}");
    }
    google.conflict("crm/projects/my-project", 1, Some(("roles/viewer", theirs)));
    run(&google, &script("documented-update"), &["destroy"]);
    let project = policy(&google, "crm/projects/my-project");
    assert!(
        project.contains(&json!(["roles/viewer", theirs])) && project.len() == 3,
        "{project:?}"
    );

    let google = cloud_with(Cluster::with_pool(POOL));
    google.conflict("crm/projects/my-project", ALWAYS, None);
    let (code, text) = google.bash(&script("documented-update"), &["apply"]);
    assert!(code == Some(2) && text.contains("concurrent policy changes"), "{text}");
}

fn conditional_policy() {
    let google = cloud();
    let condition = || Some(Condition::new("office-hours", "request.time.getHours() < 17"));
    // A binding of another user, and the same role for our own account under a condition.
    google.binding("crm/projects/my-project", "roles/viewer", "user:a@example.com", condition());
    let role = "roles/secretmanager.secretAccessor";
    google.binding("crm/projects/my-project", role, "user:a@example.com", condition());
    life(&google, "documented-create", &texts(&documented_grants()), &cluster_kept);

    let google = cloud_with(Cluster::with_pool(POOL));
    let email = "fastapi-gke-sa@my-project.iam.gserviceaccount.com";
    google.account(email);
    google.binding("crm/projects/my-project", role, MEMBER, condition());
    let account = format!("iam/projects/my-project/serviceAccounts/{email}");
    google.binding(&account, USER, "user:a@example.com", condition());
    let before = google.state();
    run(&google, &script("documented-update"), &["apply"]);
    let mut found = added(&before, &google);
    let mut grants = documented_grants();
    found.sort();
    grants.sort();
    assert_eq!(found, grants, "a binding under a condition is another binding");
}

fn hidden_account() {
    let google = cloud();
    google.hide_account("fastapi-gke-sa@my-project.iam.gserviceaccount.com", 4);
    let before = google.state();
    run(&google, &script("documented-create"), &["apply"]);
    let mut found = added(&before, &google);
    let mut grants = documented_grants();
    found.sort();
    grants.sort();
    assert_eq!(found, grants);
}

fn busy() {
    let google = cloud_with(Cluster::default());
    google.busy("my-project", "us-central1", "fastapi-cluster", 12);
    let before = google.state();
    run(&google, &script("documented-update"), &["apply"]);
    assert_eq!(added(&before, &google).len(), 2);

    let google = cloud();
    google.slow_operations(4);
    let before = google.state();
    run(&google, &script("documented-create"), &["apply"]);
    assert_eq!(added(&before, &google).len(), 2);
}

fn trouble() {
    let google = cloud();
    google.refuse("GET", "/clusters/fastapi-cluster", 503, 2).refuse(
        "POST",
        "/projects/my-project:setIamPolicy",
        429,
        2,
    );
    let before = google.state();
    run(&google, &script("documented-create"), &["apply"]);
    assert_eq!(added(&before, &google).len(), 2);
}

fn lost_answers() {
    let google = cloud();
    google
        .lose_answers("POST", "/clusters", 1)
        .lose_answers("POST", "/serviceAccounts", 1)
        .lose_answers("POST", ":setIamPolicy", 1);
    let before = google.state();
    run(&google, &script("documented-create"), &["apply"]);
    let mut found = added(&before, &google);
    let mut grants = documented_grants();
    found.sort();
    grants.sort();
    assert_eq!(found, grants);
}

fn kept_account() {
    let email = "fastapi-gke-sa@my-project.iam.gserviceaccount.com";
    let google = cloud_with(Cluster::with_pool(POOL));
    google.account(email);
    let before = google.state();
    run(&google, &script("documented-update"), &["apply"]);
    let text = run(&google, &script("documented-update"), &["destroy"]);
    assert_eq!(google.state(), before, "{text}");
    let command = format!("gcloud iam service-accounts delete {email} --project=my-project");
    assert!(text.contains(&format!("to delete it: {command}\n")), "{text}");
}

fn exit_code() {
    let google = cloud_with(Cluster::with_pool(POOL));
    let script = script("documented-update");
    let plan = |arguments: &[&str]| google.bash(&script, arguments).0;
    assert_eq!(plan(&["plan", "--exit-code"]), Some(1));
    assert_eq!(plan(&["plan", "--exit-code", "destroy"]), Some(0));
    assert_eq!(plan(&["plan destroy"]), Some(2));
    run(&google, &script, &["apply"]);
    assert_eq!(plan(&["plan", "--exit-code"]), Some(0));
    google.refuse("GET", "/clusters/fastapi-cluster", 403, 1);
    assert_eq!(plan(&["plan", "--exit-code"]), Some(2));
}

/// Variables of the caller that would make gcloud silent, talkative, or act elsewhere.
fn settings() {
    let google = cloud();
    google.project("other", 9);
    let before = google.state();
    let settings = [
        ("CLOUDSDK_CORE_USER_OUTPUT_ENABLED", "false"),
        ("CLOUDSDK_CORE_VERBOSITY", "none"),
        ("CLOUDSDK_CORE_LOG_HTTP", "true"),
        ("CLOUDSDK_CORE_DEFAULT_FORMAT", "json"),
        ("CLOUDSDK_CORE_SHOW_STRUCTURED_LOGS", "always"),
        ("CLOUDSDK_CORE_PROJECT", "other"),
        ("CLOUDSDK_COMPUTE_REGION", "europe-west1"),
        ("CLOUDSDK_RUN_PLATFORM", "gke"),
        ("CLOUDSDK_ENCODING", "latin-1"),
        ("PYTHONIOENCODING", "latin-1"),
        ("PROJECT", "other"),
        ("MEMBER", "user:other@example.com"),
    ];
    for action in ["plan", "apply", "apply", "destroy"] {
        let (code, text) = google.bash_with(&script("documented-create"), &[action], &settings);
        assert_eq!(code, Some(0), "{text}");
    }
    let mut expected = before;
    cluster_kept(&mut expected, &google.state());
    assert_eq!(google.state(), expected);
    assert_eq!(google.writes().len(), 7, "{:?}", google.writes());
}

const DATASET: &str = "bigquery/projects/my-project/datasets/my_books";
const TABLE: &str = "bigquery/projects/my-project/datasets/my_books/tables/sold-2026";

fn bigquery() {
    let google = cloud_with(Cluster::with_pool(POOL));
    google.resource(DATASET).resource(TABLE);
    let others = "serviceAccount:others@my-project.iam.gserviceaccount.com";
    google.binding(DATASET, "roles/bigquery.dataViewer", others, None);
    google.binding(TABLE, "roles/bigquery.dataViewer", "user:a@example.com", None);
    let account = "fastapi-gke-sa@my-project.iam.gserviceaccount.com";
    let grants = [
        format!("{DATASET}: roles/bigquery.dataEditor {MEMBER}"),
        format!("{DATASET}: roles/bigquery.metadataViewer {MEMBER}"),
        format!("{TABLE}: roles/bigquery.dataViewer {MEMBER}"),
        impersonation(account, POOL, "default/fastapi-books"),
    ];
    life(&google, "bigquery", &texts(&grants), &all_taken_back);
}

fn bigquery_direct() {
    let google = cloud_with(Cluster::with_pool(POOL));
    google.project("my-data", 4).resource(DATASET).resource(TABLE);
    let theirs = "bigquery/projects/my-data/datasets/theirs";
    let table = format!("{theirs}/tables/b c");
    google.resource(theirs).resource(&table);
    let grants = [
        format!("{DATASET}: roles/bigquery.dataEditor {BOOKS}"),
        format!("{theirs}: roles/bigquery.user {BOOKS}"),
        format!("{table}: roles/bigquery.dataEditor {BOOKS}"),
        format!("{TABLE}: roles/bigquery.dataOwner {BOOKS}"),
    ];
    pruned(&google, "bigquery-direct", BOOKS, 2, &grants);
    run(&google, &script("bigquery-direct"), &["destroy"]);
    for resource in [DATASET, TABLE, theirs, &table] {
        assert!(policy(&google, resource).is_empty(), "{resource}");
    }
}

fn bigquery_conflict() {
    let google = cloud_with(Cluster::with_pool(POOL));
    google.resource(TABLE);
    stops(&google, "bigquery", "does not exist: bq_dataset add-iam-policy-binding");
    google.resource(DATASET).account("fastapi-gke-sa@my-project.iam.gserviceaccount.com");
    google.binding(DATASET, "roles/bigquery.metadataViewer", MEMBER, None);
    let others = "serviceAccount:others@my-project.iam.gserviceaccount.com";
    let theirs = ("roles/bigquery.dataViewer", others);
    google.conflict(DATASET, 1, Some(theirs));
    let text = run(&google, &script("bigquery"), &["apply"]);
    assert!(text.contains("Precondition check failed."), "{text}");
    let dataset = policy(&google, DATASET);
    assert!(dataset.contains(&json!([theirs.0, theirs.1])) && dataset.len() == 3, "{dataset:?}");
}

/// The script of an earlier spec, run; and the state before and after it.
fn earlier(google: &Google, case: &str) -> (Value, Value) {
    let folder = tempfile::tempdir().unwrap();
    let spec = repository().join("golden/cases").join(case).join("previous.toml");
    let mut wigen = crate::support::wigen(folder.path());
    crate::support::succeed(wigen.args(["render", "--only", "gcloud", "-o", "."]).arg(spec));
    let before = google.state();
    run(google, &folder.path().join("gcloud.sh"), &["apply"]);
    (before, google.state())
}

/// Applies the spec after an earlier one, and prunes; what the earlier one granted and this one
/// does not is reported and kept by apply, and revoked by prune, and nothing else. `member` is the
/// one of the earlier spec.
fn pruned(google: &Google, case: &str, member: &str, left: usize, grants: &[String]) {
    // What another user granted to the same member stays.
    google.binding("crm/projects/my-project", "roles/browser", member, None);
    google.resource("secretmanager/projects/my-project/secrets/books-db-password");
    let (before, old) = earlier(google, case);
    let text = run(google, &script(case), &["apply"]);
    assert_eq!(
        text.matches("! still granted, until bash gcloud.sh prune: ").count(),
        left,
        "{text}"
    );
    for (resource, bindings) in old["policies"].as_object().unwrap() {
        for binding in bindings.as_array().unwrap() {
            assert!(policy(google, resource).contains(binding), "apply took {binding} back");
        }
    }
    let plan = run(google, &script(case), &["plan", "prune"]);
    assert_eq!(announced(&plan), left, "{plan}");
    run(google, &script(case), &["prune"]);
    let mut found = added(&before, google);
    let mut grants = grants.to_vec();
    found.sort();
    grants.sort();
    assert_eq!(found, grants);
    assert!(policy(google, "crm/projects/my-project").contains(&json!(["roles/browser", member])));
    let text = run(google, &script(case), &["prune"]);
    assert!(text.ends_with("Nothing to change.\n"), "{text}");
    assert!(!run(google, &script(case), &["plan"]).contains("still granted"));
}

fn impersonated_grants() -> Vec<String> {
    let secret = "secretmanager/projects/my-project/secrets/books-db-password";
    vec![
        format!("crm/projects/my-project: roles/logging.logWriter {MEMBER}"),
        format!("{secret}: roles/secretmanager.secretAccessor {MEMBER}"),
        impersonation(
            "fastapi-gke-sa@my-project.iam.gserviceaccount.com",
            POOL,
            "default/fastapi-books",
        ),
    ]
}

fn previous_roles() {
    let google = cloud_with(Cluster::with_pool(POOL));
    pruned(&google, "previous-roles", MEMBER, 1, &impersonated_grants());
}

/// Nothing was removed from the spec, so `prune` of `test` revokes nothing, least of all from `prod`.
fn previous_environments() {
    let google = cloud();
    google.project("my-project-prod", 5);
    for (project, location, name) in [
        ("my-project", "us-central1-a", "test-cluster"),
        ("my-project-prod", "us-central1", "fastapi-cluster"),
    ] {
        google.cluster(
            project,
            location,
            name,
            Cluster::with_pool(&format!("{project}.svc.id.goog")),
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let spec = repository().join("golden/cases/environments/app.toml");
    for name in ["app.toml", "old.toml"] {
        fs::copy(&spec, folder.path().join(name)).unwrap();
    }
    let mut wigen = crate::support::wigen(folder.path());
    let arguments =
        ["render", "app.toml", "--previous", "old.toml", "--all-envs", "--only", "gcloud"];
    crate::support::succeed(wigen.args(arguments).args(["-o", "o"]));
    let script = |environment: &str| folder.path().join("o").join(environment).join("gcloud.sh");
    for environment in ["prod", "test"] {
        run(&google, &script(environment), &["apply"]);
    }
    let before = google.state();
    let granted = policy(&google, "crm/projects/my-project-prod");
    assert_eq!(granted.len(), 1, "{granted:?}");
    for environment in ["test", "prod"] {
        let text = run(&google, &script(environment), &["prune"]);
        assert!(text.ends_with("Nothing to change.\n"), "{text}");
        assert_eq!(google.state(), before, "{text}");
    }
}

/// Two apps in test and production; one is removed from the workspace.
fn removed_app() {
    let google = cloud();
    google.project("my-project-prod", 5);
    for project in ["my-project", "my-project-prod"] {
        let cluster = Cluster::with_pool(&format!("{project}.svc.id.goog"));
        google.cluster(project, "us-central1", "apps", cluster);
    }
    let spec = |name: &str| {
        format!(
            "name = \"{name}\"\ngoogleServiceAccount = {{ name = \"{name}-gsa\" }}\ncontainer = {{ image = \"a:1\" }}\ngrants = [{{ roles = [\"roles/logging.logWriter\"] }}]\n"
        )
    };
    let folder = crate::support::folder_with(&[
        (
            "wigen.toml",
            "members = [\"apps/*\"]\nenvironments = [\"test\", \"prod\"]\nout = \"deploy/{env}/{name}\"\n[defaults]\nproject = \"my-project\"\ncluster = { name = \"apps\", region = \"us-central1\" }\n[defaults.environments.test]\n[defaults.environments.prod]\nproject = \"my-project-prod\"\n",
        ),
        ("apps/books/app.toml", &spec("books")),
        ("apps/films/app.toml", &spec("films")),
    ]);
    let render = |arguments: &[&str]| {
        let mut wigen = crate::support::wigen(folder.path());
        crate::support::outcome(wigen.arg("render").args(arguments))
    };
    let script = |app: &str| folder.path().join("deploy").join(app).join("gcloud.sh");
    let all = ["test/books", "prod/books", "test/films", "prod/films"];
    assert_eq!(render(&[]), (Some(0), String::new(), String::new()));
    run(&google, &script("test/books"), &["apply"]);
    run(&google, &script("prod/books"), &["apply"]);
    let books = google.state();
    run(&google, &script("prod/films"), &["apply"]);
    let production = policy(&google, "crm/projects/my-project-prod");
    assert_eq!(production.len(), 2, "{production:?}");
    run(&google, &script("test/films"), &["apply"]);

    fs::remove_dir_all(folder.path().join("apps/films")).unwrap();
    let (code, _, stderr) = render(&["--prune"]);
    assert_eq!((code, stderr.matches("\nkept deploy/").count()), (Some(0), 2), "{stderr}");
    for app in all {
        let is_left = folder.path().join("deploy").join(app).join("deployment.yaml").exists();
        assert_eq!((script(app).exists(), is_left), (true, app.ends_with("books")), "{app}");
    }
    run(&google, &script("test/films"), &["destroy"]);
    assert_eq!(policy(&google, "crm/projects/my-project-prod"), production);
    run(&google, &script("prod/films"), &["destroy"]);
    assert_eq!(google.state(), books, "all that books had is left, and nothing else");

    let (code, _, stderr) = render(&["--prune", "--force"]);
    assert_eq!((code, stderr.matches("removed deploy/").count()), (Some(0), 2), "{stderr}");
    assert_eq!(all.map(|app| script(app).exists()), [true, true, false, false]);
}

fn previous_impersonation() {
    let google = cloud_with(Cluster::with_pool(POOL));
    let secret = "secretmanager/projects/my-project/secrets/books-db-password";
    let grants = [
        format!("crm/projects/my-project: roles/logging.logWriter {BOOKS}"),
        format!("{secret}: roles/secretmanager.secretAccessor {BOOKS}"),
    ];
    pruned(&google, "previous-impersonation", MEMBER, 4, &grants);
    let email = "fastapi-gke-sa@my-project.iam.gserviceaccount.com";
    assert!(google.state()["accounts"][email].is_object(), "prune deletes no account");
    let text = run(&google, &script("previous-impersonation"), &["apply"]);
    assert!(text.contains(&format!("gcloud iam service-accounts delete {email}")), "{text}");
}

fn previous_direct() {
    let google = cloud_with(Cluster::with_pool(POOL));
    let mut grants = impersonated_grants();
    grants.push(format!("crm/projects/my-project: roles/owner {MEMBER}"));
    pruned(&google, "previous-direct", BOOKS, 3, &grants);
}

/// The requests after which to kill are dealt out to so many scenarios, which run side by side.
const KILL_PARTS: usize = 4;

/// `kill -9` of script and gcloud after each request in turn; then the script again. The state in
/// the end is that of an undisturbed run.
fn killed(case: &str, part: usize) {
    let start = || match case {
        "direct" => {
            let google = cloud_with(Cluster::with_pool(POOL));
            google.resource("secretmanager/projects/my-project/secrets/books-db-password");
            google
        }
        _ => cloud(),
    };
    let whole = start();
    run(&whole, &script(case), &["apply"]);
    let requests = whole.requests().len();
    assert!(requests > 4, "{requests} requests");
    for after in (1..=requests).filter(|after| after % KILL_PARTS == part) {
        let google = start();
        google.stop_after(after);
        let (code, text) = google.bash(&script(case), &["apply"]);
        // The last answer may be the end of a script that does not mind.
        assert!(code.is_none() || after == requests, "after {after}: {code:?} {text}");
        run(&google, &script(case), &["apply"]);
        assert_eq!(google.state(), whole.state(), "killed after request {after}");
    }
}

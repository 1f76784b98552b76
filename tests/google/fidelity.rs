//! The Google Cloud of the tests, before the real gcloud and bq: what it must get right for a test
//! that passes before it to mean something.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::cloud::{Cluster, Condition, Google};
use crate::support::trials::{Topic, Trial};
use serde_json::{Value, json};

/// A kind of resource: its name here, the command group of gcloud, the words that name the resource,
/// and whether its bindings may have conditions.
type Kind = (&'static str, &'static str, &'static str, bool);

const KINDS: [Kind; 16] = [
    ("crm/projects/my-project", "projects", "my-project", true),
    ("crm/folders/123", "resource-manager folders", "123", true),
    ("crm/organizations/456", "organizations", "456", true),
    (
        "iam/projects/my-project/serviceAccounts/other@my-project.iam.gserviceaccount.com",
        "iam service-accounts",
        "other@my-project.iam.gserviceaccount.com --project=my-project",
        true,
    ),
    ("secretmanager/projects/my-project/secrets/s", "secrets", "s --project=my-project", true),
    (
        "secretmanager/projects/my-project/locations/us-central1/secrets/s",
        "secrets",
        "s --location=us-central1 --project=my-project",
        true,
    ),
    ("storage/b/my-bucket", "storage buckets", "gs://my-bucket --project=my-project", true),
    ("pubsub/projects/my-project/topics/t", "pubsub topics", "t --project=my-project", false),
    (
        "pubsub/projects/my-project/subscriptions/s",
        "pubsub subscriptions",
        "s --project=my-project",
        false,
    ),
    (
        "artifactregistry/projects/my-project/locations/us-central1/repositories/r",
        "artifacts repositories",
        "r --location=us-central1 --project=my-project",
        false,
    ),
    (
        "cloudkms/projects/my-project/locations/us-central1/keyRings/ring/cryptoKeys/key",
        "kms keys",
        "key --keyring=ring --location=us-central1 --project=my-project",
        true,
    ),
    (
        "run/projects/my-project/locations/us-central1/services/s",
        "run services",
        "s --region=us-central1 --project=my-project",
        true,
    ),
    (
        "spanner/projects/my-project/instances/i",
        "spanner instances",
        "i --project=my-project",
        true,
    ),
    (
        "spanner/projects/my-project/instances/i/databases/d",
        "spanner databases",
        "d --instance=i --project=my-project",
        true,
    ),
    (
        "bigtableadmin/projects/my-project/instances/i",
        "bigtable instances",
        "i --project=my-project",
        true,
    ),
    (
        "bigtableadmin/projects/my-project/instances/i/tables/t",
        "bigtable tables",
        "t --instance=i --project=my-project",
        true,
    ),
];

pub(crate) fn topic() -> Topic {
    let checks: [(&str, fn()); 13] = [
        ("gcloud_that_is_loaded_once_is_gcloud", loaded_once),
        ("members_that_do_not_exist_are_refused", members),
        ("a_deleted_account_leaves_its_bindings_to_nobody", accounts),
        ("an_account_is_hidden_from_some_readers", hidden),
        ("a_reader_of_version_1_gets_conditions_in_disguise", versions),
        ("a_writer_with_a_stale_etag_is_refused", conflicts),
        ("a_cluster_is_created", clusters),
        ("autopilot_has_no_node_pools", autopilot),
        ("a_busy_cluster_takes_no_changes", busy),
        ("projects_of_domains_are_found", domains),
        ("an_unknown_request_fails_the_test", unknown),
        ("services_refuse_and_answers_get_lost", trouble),
        ("a_script_is_killed_after_a_request", kill),
    ];
    // The slowest comes first, beside which the others run.
    let bigquery = Trial::with_tool("bindings_of_bigquery", "bq", |_| bigquery());
    let mut all = vec![bigquery];
    all.extend(checks.map(|(name, check)| Trial::with_tool(name, "gcloud", move |_| check())));
    for kind in KINDS {
        let name = format!("bindings_of_{}", kind.0.replace('/', "_"));
        all.push(Trial::with_tool(name, "gcloud", move |_| bindings(kind)));
    }
    Topic::new(
        "fidelity",
        "the Google Cloud of these tests answers gcloud as the real one does",
        all,
    )
}

const ACCOUNT: &str = "app@my-project.iam.gserviceaccount.com";
const MEMBER: &str = "serviceAccount:app@my-project.iam.gserviceaccount.com";
const POOL: &str = "my-project.svc.id.goog";

/// A project with an account.
fn google() -> Google {
    let google = Google::start();
    google.project("my-project", 1234).account(ACCOUNT);
    google
}

/// Runs a command that must succeed; returns its standard output.
fn succeed(google: &Google, line: &str) -> String {
    let (code, stdout, stderr) = run(google, line);
    assert_eq!(code, Some(0), "{line}\n{stdout}{stderr}");
    stdout
}

/// Runs a command that must fail, and say this on standard error.
fn fail(google: &Google, line: &str, message: &str) {
    let (code, stdout, stderr) = run(google, line);
    assert_eq!(code, Some(1), "{line}\n{stdout}{stderr}");
    assert!(stderr.contains(message), "{line}\n{stderr}");
}

fn run(google: &Google, line: &str) -> (Option<i32>, String, String) {
    let words: Vec<&str> = line.split(' ').collect();
    google.run(words[0], &words[1..])
}

/// What calls do and print is the same, whether each loads gcloud itself or finds it loaded.
fn loaded_once() {
    let each = crate::support::tools::on_path("gcloud").unwrap();
    let outcomes = [each.to_str().unwrap(), "gcloud"].map(|gcloud| {
        let google = google();
        let mut outcomes = Vec::new();
        for line in [
            &format!("{GRANT} --member={MEMBER}"),
            "projects get-iam-policy my-project --format=json",
            "iam service-accounts describe nobody@my-project.iam.gserviceaccount.com",
            "projects describe my-project --format=value(projectNumber)",
            "projects describe my-project --no-such-flag",
            "container clusters create-auto c --project=my-project --region=us-central1 --quiet",
            "container clusters list --project=my-project",
        ] {
            let words: Vec<&str> = line.split(' ').filter(|word| *word != "gcloud").collect();
            let (code, stdout, stderr) = google.run(gcloud, &words);
            // Each dot is a moment of waiting.
            let stderr = stderr.replace(&google.address(), "ADDRESS").replace('.', "");
            outcomes.push((code, stdout, stderr));
        }
        (outcomes, google.requests(), google.state())
    });
    assert!(outcomes[0].1.len() > 8, "{:?}", outcomes[0]);
    similar_asserts::assert_eq!(outcomes[0], outcomes[1]);
}

/// Bindings with and without a condition are added, read, and taken back.
fn bindings((resource, group, words, conditions): Kind) {
    let google = google();
    if resource.contains("/serviceAccounts/") {
        google.account("other@my-project.iam.gserviceaccount.com");
    }
    google.resource(resource).binding(resource, "roles/viewer", "user:a@example.com", None);
    let before = google.state();
    let change = |verb: &str, role: &str, condition: &str| {
        let words = format!("{words} --member={MEMBER} --role={role} {condition}");
        succeed(&google, format!("gcloud {group} {verb}-iam-policy-binding {words}").trim_end());
    };
    let none = if group.starts_with("pubsub") { "" } else { "--condition=None" };
    let some = "--condition=title=t,expression=resource.name.startsWith(\"x\")";
    change("add", "roles/editor", none);
    let mut expected =
        vec![json!(["roles/editor", MEMBER]), json!(["roles/viewer", "user:a@example.com"])];
    if conditions {
        change("add", "roles/browser", some);
        let condition = json!({ "title": "t", "expression": "resource.name.startsWith(\"x\")" });
        expected.insert(0, json!(["roles/browser", MEMBER, condition]));
    }
    assert_eq!(google.state()["policies"][resource], json!(expected));
    let read = succeed(
        &google,
        &format!(
            "gcloud {group} get-iam-policy {words} --flatten=bindings[].members \
             --format=csv[no-heading](bindings.role,bindings.members,bindings.condition.title)"
        ),
    );
    let condition = format!("roles/browser,{MEMBER},t\n");
    let condition = if conditions { condition.as_str() } else { "" };
    let rest = format!("roles/editor,{MEMBER},\nroles/viewer,user:a@example.com,\n");
    assert_eq!(read, format!("{condition}{rest}"));
    if conditions {
        change("remove", "roles/browser", some);
    }
    change("remove", "roles/editor", none);
    assert_eq!(google.state(), before);
    assert_eq!(google.writes().len(), if conditions { 4 } else { 2 });
}

fn bigquery() {
    let google = google();
    google.resource("bigquery/projects/my-project/datasets/d/tables/t");
    let before = google.state();
    let words = format!("--member={MEMBER} --role=roles/bigquery.dataViewer my-project:d.t");
    succeed(&google, &format!("bq add-iam-policy-binding {words}"));
    assert_ne!(google.state(), before);
    succeed(&google, &format!("bq remove-iam-policy-binding {words}"));
    assert_eq!(google.state(), before);
    let read = "bq get-iam-policy --format=json my-project:d.t";
    let policy: Value = serde_json::from_str(&succeed(&google, read)).unwrap();
    assert_eq!(policy["version"], 1);
    assert!(google.requests().iter().all(|request| request.command == "bq"));
}

const GRANT: &str = "gcloud projects add-iam-policy-binding my-project --role=roles/viewer \
                     --condition=None";

fn members() {
    let google = google();
    let grant = |member: &str| format!("{GRANT} --member={member}");
    let missing = "serviceAccount:none@my-project.iam.gserviceaccount.com";
    fail(&google, &grant(missing), "INVALID_ARGUMENT: Service account none@my-project");
    let pods = format!("serviceAccount:{POOL}[default/app]");
    let global = "locations/global/workloadIdentityPools";
    let direct = format!(
        "principal://iam.googleapis.com/projects/1234/{global}/{POOL}/subject/ns/default/sa/app"
    );
    for member in [&pods, &direct] {
        let message = "Identity Pool does not exist (my-project.svc.id.goog). Please check that";
        fail(&google, &grant(member), message);
    }
    fail(&google, &grant("app@example.com"), "Please set a valid type prefix for the member.");
    let secret = grant("user:a@example.com").replace("projects", "secrets");
    fail(&google, &format!("{secret} --project=my-project"), "Status code: 404. Secret [");
    google.cluster("my-project", "us-central1", "c", Cluster::with_pool(POOL));
    succeed(&google, &grant(&pods));
    succeed(&google, &grant(&direct));
    fail(&google, &grant(&direct.replace("1234", "1235")), "Identity Pool does not exist");
    assert_eq!(
        google.state()["policies"]["crm/projects/my-project"],
        json!([["roles/viewer", direct], ["roles/viewer", pods]])
    );
}

fn accounts() {
    let google = google();
    let before = google.state();
    let iam = |verb: &str, words: &str| {
        format!("gcloud iam service-accounts {verb} {words} --project=my-project")
    };
    let email = "second@my-project.iam.gserviceaccount.com";
    let list = iam("list", &format!("--filter=email={email} --format=value(email)"));
    assert_eq!(succeed(&google, &list), "");
    fail(&google, &iam("describe", email), "NOT_FOUND: Unknown service account");
    succeed(&google, &iam("create", "second --display-name=Second"));
    fail(&google, &iam("create", "second"), "Service account second already exists within project");
    assert_eq!(succeed(&google, &list), format!("{email}\n"));
    assert_eq!(google.state()["accounts"][email]["displayName"], "Second");
    google.binding(
        "crm/projects/my-project",
        "roles/viewer",
        &format!("serviceAccount:{email}"),
        None,
    );
    succeed(&google, &iam("delete", email));
    assert_eq!(google.state()["accounts"], before["accounts"]);
    assert_eq!(
        google.state()["policies"]["crm/projects/my-project"],
        json!([["roles/viewer", format!("deleted:serviceAccount:{email}")]])
    );
    fail(&google, &iam("delete", email), "NOT_FOUND");
    google.forbid_absent_accounts();
    fail(&google, &iam("get-iam-policy", email), "denied on resource (or it may not exist)");
    assert_eq!(
        google.writes().iter().map(|write| write.command.as_str()).collect::<Vec<_>>(),
        ["create", "create", "delete", "delete"]
            .map(|verb| format!("gcloud.iam.service-accounts.{verb}"))
    );
}

fn hidden() {
    let google = google();
    google.hide_account(ACCOUNT, 3);
    let describe = format!("gcloud iam service-accounts describe {ACCOUNT}");
    fail(&google, &describe, "NOT_FOUND");
    fail(&google, &format!("{GRANT} --member={MEMBER}"), "does not exist.");
    let list = "gcloud iam service-accounts list --project=my-project --format=value(email)";
    assert_eq!(succeed(&google, list), "");
    assert_eq!(succeed(&google, list), format!("{ACCOUNT}\n"));
}

fn versions() {
    let google = google();
    let topic = "pubsub/projects/my-project/topics/t";
    let condition = Some(Condition::new("t", "true"));
    google.resource(topic).binding(topic, "roles/viewer", "user:a@example.com", condition);
    let before = google.state();
    let words = "t --project=my-project";
    let read = succeed(&google, &format!("gcloud pubsub topics get-iam-policy {words}"));
    assert!(read.contains("role: roles/viewer_withcond_"), "{read}");
    assert!(!read.contains("condition:") && read.contains("version: 1"), "{read}");
    let words = format!("{words} --member=user:b@example.com --role=roles/viewer");
    let add = format!("gcloud pubsub topics add-iam-policy-binding {words}");
    fail(&google, &add, "INVALID_ARGUMENT");
    let repository = "artifactregistry/projects/my-project/locations/us/repositories/r";
    google.resource(repository);
    fail(
        &google,
        "gcloud artifacts repositories add-iam-policy-binding r --location=us --project=my-project \
         --member=user:b@example.com --role=roles/browser --condition=title=t,expression=true",
        "INVALID_ARGUMENT",
    );
    assert_eq!(google.state()["policies"][topic], before["policies"][topic]);
}

fn conflicts() {
    let google = google();
    google.resource("storage/b/my-bucket");
    let project = "crm/projects/my-project";
    google.conflict(project, 1, Some(("roles/owner", "user:b@example.com")));
    google.conflict("storage/b/my-bucket", 1, None);
    let grant = format!("{GRANT} --member={MEMBER}");
    fail(&google, &grant, "is the subject of a conflict: There were concurrent policy changes");
    succeed(&google, &grant);
    let bucket = format!(
        "gcloud storage buckets add-iam-policy-binding gs://my-bucket --member={MEMBER} \
         --role=roles/viewer"
    );
    fail(&google, &bucket, "HTTPError 412");
    assert_eq!(
        google.state()["policies"][project],
        json!([["roles/owner", "user:b@example.com"], ["roles/viewer", MEMBER]])
    );
}

const CLUSTER: &str = "projects/my-project/locations/us-central1-a/clusters/c";

fn clusters() {
    let google = google();
    let words = "c --zone=us-central1-a --project=my-project";
    let describe = format!("gcloud container clusters describe {words} --format=value(status)");
    fail(&google, &describe, "code=404");
    let create = format!("gcloud container clusters create {words} --async");
    google.slow_operations(2);
    succeed(&google, &create);
    fail(&google, &create, "code=409, message=Already exists: projects/my-project/locations");
    assert_eq!(succeed(&google, &describe), "PROVISIONING\n");
    assert_eq!(succeed(&google, &describe), "RUNNING\n");
    assert_eq!(google.state()["clusters"][CLUSTER]["pool"], json!(null));
    google.slow_operations(0);
    succeed(&google, &format!("gcloud container clusters update {words} --workload-pool={POOL}"));
    assert_eq!(google.state()["pools"], json!([POOL]));
    let pools = "--cluster=c --zone=us-central1-a --project=my-project";
    succeed(
        &google,
        &format!(
            "gcloud container node-pools update default-pool {pools} \
             --workload-metadata=GKE_METADATA"
        ),
    );
    let listed = succeed(
        &google,
        &format!(
            "gcloud container node-pools list {pools} \
             --format=value(name,config.workloadMetadataConfig.mode)"
        ),
    );
    assert_eq!(listed, "default-pool\tGKE_METADATA\n");
    let other = describe.replace("us-central1-a", "us-central1-b");
    fail(&google, &other, "code=404");
    let operations = "gcloud container operations list --project=my-project --zone=us-central1-a \
                      --filter=status!=DONE --format=value(name)";
    assert_eq!(succeed(&google, operations), "");
    let expected = Cluster::with_pool(POOL);
    let same = Google::start();
    same.project("my-project", 1234).cluster("my-project", "us-central1-a", "c", expected);
    assert_eq!(google.state()["clusters"], same.state()["clusters"]);
}

fn autopilot() {
    let google = google();
    let words = "--region=us-central1 --project=my-project";
    succeed(&google, &format!("gcloud container clusters create-auto c {words} --async"));
    let listed = succeed(&google, "gcloud container clusters list --project=my-project");
    assert!(listed.contains("RUNNING"), "{listed}");
    let read = succeed(
        &google,
        &format!(
            "gcloud container clusters describe c {words} \
             --format=csv[no-heading](workloadIdentityConfig.workloadPool,autopilot.enabled)"
        ),
    );
    assert_eq!(read, format!("{POOL},True\n"));
    let message = "code=400, message=Autopilot node pools cannot be accessed or modified.";
    fail(&google, &format!("gcloud container node-pools list --cluster=c {words}"), message);
}

fn busy() {
    let google = google();
    google.cluster("my-project", "us-central1", "c", Cluster::default());
    google.busy("my-project", "us-central1", "c", 2);
    let words = "--region=us-central1 --project=my-project";
    let update =
        format!("gcloud container clusters update c {words} --workload-pool={POOL} --async");
    fail(&google, &update, "Please wait and try again once it is done.");
    succeed(&google, &update);
    fail(&google, &update.replace(POOL, "other.svc.id.goog"), "only supported workload pool");
}

fn domains() {
    let google = Google::start();
    google.project("example.com:my-project", 99);
    let project = "--project=example.com:my-project";
    succeed(&google, &format!("gcloud iam service-accounts create second {project}"));
    let email = "second@my-project.example.com.iam.gserviceaccount.com";
    succeed(
        &google,
        &format!(
            "gcloud projects add-iam-policy-binding example.com:my-project --condition=None \
             --member=serviceAccount:{email} --role=roles/viewer"
        ),
    );
    succeed(
        &google,
        &format!(
            "gcloud iam service-accounts add-iam-policy-binding {email} --condition=None \
             --member=user:a@example.com --role=roles/viewer {project}"
        ),
    );
    succeed(
        &google,
        &format!("gcloud container clusters create-auto c {project} --region=us-central1 --async"),
    );
    let state = google.state();
    assert_eq!(
        state["policies"]["crm/projects/example.com:my-project"],
        json!([["roles/viewer", format!("serviceAccount:{email}")]])
    );
    assert!(
        state["clusters"]["projects/example.com:my-project/locations/us-central1/clusters/c"]
            .is_object()
    );
    let number = "gcloud projects describe example.com:my-project --format=value(projectNumber)";
    assert_eq!(succeed(&google, number), "99\n");
}

fn unknown() {
    let google = google();
    fail(&google, "gcloud pubsub topics list --project=my-project", "Method not found");
    let outcome = catch_unwind(AssertUnwindSafe(move || drop(google)));
    let message = *outcome.unwrap_err().downcast::<String>().unwrap();
    assert!(message.contains("GET /pubsub/v1/projects/my-project/topics"), "{message}");
}

fn trouble() {
    let google = google();
    google.refuse("POST", "/crm/v1/projects/my-project:setIamPolicy", 429, 1);
    google.lose_answers("POST", "/iam/v1/projects/my-project/serviceAccounts", 1);
    let grant = format!("{GRANT} --member={MEMBER}");
    fail(&google, &grant, "RESOURCE_EXHAUSTED");
    succeed(&google, &grant);
    // gcloud asks again by itself.
    fail(
        &google,
        "gcloud iam service-accounts create second --project=my-project",
        "already exists",
    );
    assert!(google.state()["accounts"]["second@my-project.iam.gserviceaccount.com"].is_object());
    google.refuse("GET", "/container/", 503, 1);
    let list = "gcloud container clusters list --project=my-project";
    fail(&google, list, "503");
    succeed(&google, list);
}

fn kill() {
    let google = google();
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("script.sh");
    let text = format!(
        "{GRANT} --member=user:a@example.com\necho more >&2\ngcloud projects describe my-project | \
         cat\necho end\nexit 3\n"
    );
    fs::write(&script, text).unwrap();
    google.stop_after(2);
    let (code, printed) = google.bash(&script, &[]);
    assert_eq!((code, printed.contains("more")), (None, false), "{printed}");
    assert_eq!(google.requests().len(), 2);
    assert_eq!(
        google.state()["policies"]["crm/projects/my-project"],
        json!([["roles/viewer", "user:a@example.com"]])
    );
    let (code, printed) = google.bash(&script, &[]);
    assert_eq!(code, Some(3));
    assert!(printed.find("more") < printed.find("projectNumber"), "{printed}");
    assert_eq!(google.writes().len(), 2);
}

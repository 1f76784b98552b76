//! Rendered Terraform modules, applied by the real Terraform before the Google Cloud of the tests. The google
//! provider is a stand-in (`provider/`), whose schema comes from the types of the published one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use wigen::google::accounts;
use wigen::google::resources::{ResourceRef, ResourceType};
use wigen::model::identity::{ClusterLocation, Identity};
use wigen::spec::types::Setup;
use wigen::{Levels, LoadOptions, Setting, Settings, Source, Spec};

use crate::cloud::{Cluster, Google};
use crate::support::tools::find;
use crate::support::trials::{Topic, Trial};
use crate::support::{cases, outcome, repository, spec_of, succeed, wigen};

pub(crate) fn topic() -> Topic {
    type Test = (&'static str, fn(&Path));
    let all: [Test; 3] = [
        ("every_golden_case_and_the_moves_between_formats", golden_cases),
        ("killed_runs_and_bindings_of_others", killed),
        ("hostile_strings_come_back", hostile),
    ];
    let missing: &[&str] =
        if find("python-terraform").is_none() { &["python-terraform"] } else { &[] };
    let all = all.map(|(name, test)| Trial::with_tool(name, "terraform", test).without(missing));
    Topic::new(
        "terraform",
        "the real Terraform applies, imports and destroys rendered modules, and gcloud.sh agrees",
        all.into(),
    )
}

/// A root module, and what Terraform needs to run there.
struct Root {
    folder: tempfile::TempDir,
    terraform: PathBuf,
    /// The clouds to look for imports in.
    clouds: String,
}

impl Root {
    fn new(terraform: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let platform =
            format!("linux_{}", if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" });
        let mirror = folder.path().join("mirror");
        let place = mirror.join(format!("registry.terraform.io/hashicorp/google/8.7.0/{platform}"));
        fs::create_dir_all(&place).unwrap();
        let program = place.join("terraform-provider-google_v8.7.0");
        let python = find("python-terraform").unwrap();
        let provider = repository().join("tests/google/provider/provider.py");
        let script = format!("#!/bin/sh\nexec '{}' '{}'\n", python.display(), provider.display());
        fs::write(&program, script).unwrap();
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&program, executable).unwrap();
        let config = format!(
            "provider_installation {{\n  filesystem_mirror {{\n    path = \"{}\"\n  }}\n}}\n",
            mirror.display()
        );
        fs::write(folder.path().join("terraformrc"), config).unwrap();
        fs::create_dir(folder.path().join("root")).unwrap();
        Self { folder, terraform: terraform.to_owned(), clouds: String::new() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("root").join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.terraform);
        command
            .args(arguments)
            .current_dir(self.path(""))
            .env("HOME", self.folder.path())
            .env("TF_CLI_CONFIG_FILE", self.folder.path().join("terraformrc"))
            .env("CHECKPOINT_DISABLE", "1")
            .env("CLOUDS", &self.clouds)
            .env("TF_IN_AUTOMATION", "1");
        command
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let (code, stdout, stderr) = outcome(&mut self.command(arguments));
        (code, stdout + &stderr)
    }

    fn succeed(&self, arguments: &[&str]) -> String {
        let (code, text) = self.run(arguments);
        assert_eq!(code, Some(0), "terraform {}:\n{text}", arguments.join(" "));
        text
    }

    fn apply(&self, more: &[&str]) -> String {
        self.succeed(&[&["apply", "-auto-approve", "-input=false", "-no-color"], more].concat())
    }

    fn expect_empty_plan(&self) {
        let (code, text) = self.run(&["plan", "-input=false", "-no-color", "-detailed-exitcode"]);
        assert_eq!(code, Some(0), "the second plan changes something:\n{text}");
    }
}

/// A golden case as a module, and its own cloud.
struct Case {
    name: String,
    spec: PathBuf,
    settings: Vec<String>,
    identity: Identity,
    google: Google,
    /// What the policies hold before.
    before: BTreeSet<String>,
}

/// Numbers of projects.
const NUMBER: u64 = 123_456_789_012;

const FOREIGN: &str = "user:owner@example.com";

impl Case {
    /// `None` for a case that is wrong, or that Terraform cannot do.
    fn load(folder: &Path) -> Option<Self> {
        let spec = spec_of(folder);
        let text = fs::read_to_string(&spec).ok()?;
        let source = Source::new(spec.file_name().unwrap().to_string_lossy(), text);
        let mut settings = vec!["cloud.format=terraform".to_owned()];
        let check = |settings: &[String]| {
            let all: Vec<Setting> =
                settings.iter().map(|one| Setting::parse(one).unwrap()).collect();
            let settings = Settings::new(&all);
            let options = LoadOptions { settings: Some(&settings), ..LoadOptions::default() };
            Spec::load(&source, &options).and_then(|spec| spec.check(None, &Levels::default()))
        };
        let checked =
            check(&["cloud.format=gcloud".to_owned()]).or_else(|_| check(&settings)).ok()?;
        if matches!(checked.app().cluster.setup, Setup::Create | Setup::Update) {
            settings.extend(["cluster.setup=verify".to_owned(), "cluster.nodePools=[]".to_owned()]);
        }
        let checked = check(&settings).ok()?;
        let identity = Identity::from_app(checked.app());
        let google = Google::start();
        furnish(&google, &identity);
        let before = bindings(&google);
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        Some(Self { name, spec, settings, identity, google, before })
    }

    fn render(&self, more: &[&str]) -> Command {
        let mut command = wigen(self.spec.parent().unwrap());
        command.arg("render").arg(&self.spec);
        for setting in self.settings.iter().filter(|one| !one.starts_with("cloud.format")) {
            command.args(["--set", setting]);
        }
        command.args(more);
        command
    }

    /// The module in the root: what is rendered, and the address of its cloud.
    fn add_module(&self, root: &Root) {
        let place = root.path(&self.name);
        let format = ["--cloud-format", "terraform", "--only", "terraform", "-o"];
        succeed(self.render(&format).arg(&place));
        let address = self.google.address();
        let meta = format!(
            "terraform {{\n  provider_meta \"google\" {{\n    module_name = \"{address}\"\n  }}\n}}\n"
        );
        fs::write(place.join("cloud.tf"), meta).unwrap();
    }

    fn call(&self) -> String {
        format!("module \"case-{0}\" {{\n  source = \"./{0}\"\n}}\n", self.name)
    }

    /// What the identity promises: `[resource, role, member, condition]`.
    fn promised(&self) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for binding in self.identity.bindings() {
            let member = binding.member.to_string().replace("PROJECT_NUMBER", &NUMBER.to_string());
            for role in &binding.roles {
                let mut line = vec![json!(place(&binding.resource)), json!(role), json!(member)];
                line.extend(binding.condition.as_ref().map(|condition| {
                    let mut value = json!({
                        "title": &*condition.title, "expression": &*condition.expression });
                    if let Some(description) = &condition.description {
                        value["description"] = json!(&**description);
                    }
                    value
                }));
                all.insert(Value::from(line).to_string());
            }
        }
        all
    }

    /// What the policies hold in addition to what they held before.
    fn added(&self) -> BTreeSet<String> {
        let now = bindings(&self.google);
        assert!(self.before.is_subset(&now), "{}: bindings of others are gone", self.name);
        now.difference(&self.before).cloned().collect()
    }

    fn script(&self, root: &Root) -> PathBuf {
        let place = root.folder.path().join("scripts").join(&self.name);
        succeed(self.render(&["--cloud-format", "gcloud", "--only", "gcloud", "-o"]).arg(&place));
        place.join("gcloud.sh")
    }

    fn bash(&self, script: &Path, arguments: &[&str]) -> String {
        let (code, text) = self.google.bash(script, arguments);
        assert_eq!(code, Some(0), "{}: {text}", self.name);
        text
    }
}

/// The projects, the cluster, the accounts and resources that exist, and a binding of somebody else on each.
fn furnish(google: &Google, identity: &Identity) {
    let mut projects = BTreeSet::from([identity.project.clone()]);
    let cluster = identity.cluster.as_ref();
    projects.extend(cluster.map(|cluster| cluster.project.clone()));
    projects.extend(identity.account.as_ref().map(|account| account.project.clone()));
    projects.extend(identity.member.unknown_number().map(str::to_owned));
    let pool = &identity.pods.pool;
    projects.extend(pool.strip_suffix(".svc.id.goog").map(str::to_owned));
    let mut emails: BTreeSet<String> = BTreeSet::new();
    for binding in identity.bindings() {
        projects.extend(binding.resource.project.clone());
        if binding.resource.resource_type == ResourceType::ServiceAccount {
            emails.insert(binding.resource.name().to_owned());
        }
    }
    projects.extend(emails.iter().filter_map(|email| accounts::project(email)));
    let home = cluster.map_or(identity.project.as_str(), |cluster| cluster.project.as_str());
    let principal = identity.member.to_string();
    let number = principal.strip_prefix("principal://iam.googleapis.com/projects/");
    let number = number.and_then(|rest| rest.split('/').next()?.parse().ok());
    let home = match &identity.account {
        // The email of this account has the number of its project.
        Some(account) if account.email.contains("-compute@") => account.project.as_str(),
        Some(_) => home,
        None => pool.strip_suffix(".svc.id.goog").unwrap_or(home),
    };
    let home_number = number.unwrap_or(NUMBER);
    for (project, other) in projects.iter().zip(1..) {
        google.project(project, if project == home { home_number } else { other });
    }
    if let Some(account) = identity.account.as_ref() {
        emails.insert(account.email.clone());
        if account.create {
            emails.remove(&account.email);
        }
    }
    for email in &emails {
        google.account(email);
    }
    let (location, name) = match cluster {
        None => ("us-central1", "other"),
        Some(cluster) => match &cluster.location {
            ClusterLocation::Region(location) | ClusterLocation::Zone(location) => {
                (location.as_str(), cluster.name.as_str())
            }
        },
    };
    let home = cluster.map_or(home, |cluster| cluster.project.as_str());
    google.cluster(home, location, name, Cluster::with_pool(pool));
    for binding in identity.bindings() {
        let place = place(&binding.resource);
        if binding.resource.resource_type != ResourceType::ServiceAccount {
            google.resource(&place);
        } else if !emails.contains(binding.resource.name()) {
            continue;
        }
        if binding.resource.resource_type != ResourceType::Dataset {
            google.binding(&place, &binding.roles[0], FOREIGN, None);
        }
    }
}

/// Where the cloud has a resource.
fn place(resource: &ResourceRef) -> String {
    let service = match resource.resource_type {
        ResourceType::Bucket => return format!("storage/b/{}", resource.name()),
        ResourceType::Project | ResourceType::Folder | ResourceType::Organization => "crm",
        ResourceType::Secret => "secretmanager",
        ResourceType::Topic | ResourceType::Subscription => "pubsub",
        ResourceType::Repository => "artifactregistry",
        ResourceType::KmsKey => "cloudkms",
        ResourceType::RunService => "run",
        ResourceType::Dataset | ResourceType::Table => "bigquery",
        ResourceType::SpannerInstance | ResourceType::SpannerDatabase => "spanner",
        ResourceType::BigtableInstance | ResourceType::BigtableTable => "bigtableadmin",
        ResourceType::ServiceAccount => "iam",
    };
    let project = resource.project.iter().map(|project| format!("/projects/{project}"));
    let segments = resource.segments.iter().map(|one| format!("/{}/{}", one.collection, one.name));
    service.to_owned() + &project.chain(segments).collect::<String>()
}

/// Every binding of every policy: `[resource, role, member, condition]`.
fn bindings(google: &Google) -> BTreeSet<String> {
    let state = google.state();
    let policies = state["policies"].as_object().unwrap();
    let lines = policies.iter().flat_map(|(resource, bindings)| {
        bindings.as_array().unwrap().iter().map(move |binding| {
            let mut line = vec![json!(resource)];
            line.extend(binding.as_array().unwrap().clone());
            Value::from(line).to_string()
        })
    });
    lines.collect()
}

/// Cases that the real gcloud plays, too: it takes long.
const WITH_GCLOUD: [&str; 4] = ["direct", "domain-scoped", "existing", "resources"];

fn golden_cases(terraform: &Path) {
    let mut root = Root::new(terraform);
    let cases: Vec<Case> = cases().iter().filter_map(|folder| Case::load(folder)).collect();
    assert!(cases.len() > 40, "{} cases", cases.len());
    for case in &cases {
        case.add_module(&root);
    }
    let calls: String = cases.iter().map(Case::call).collect();
    let main = root.path("main.tf");
    fs::write(&main, &calls).unwrap();
    root.succeed(&["fmt", "-check", "-recursive"]);
    root.succeed(&["init", "-input=false"]);
    root.succeed(&["validate"]);
    root.apply(&[]);
    for case in &cases {
        assert_eq!(case.added(), case.promised(), "{}: after apply", case.name);
    }
    root.expect_empty_plan();
    let is_with_gcloud =
        |case: &&Case| find("gcloud").is_some() && WITH_GCLOUD.contains(&case.name.as_str());
    let moved: Vec<(&Case, PathBuf)> =
        cases.iter().filter(is_with_gcloud).map(|case| (case, case.script(&root))).collect();
    for (case, script) in &moved {
        let text = case.bash(script, &["plan", "--exit-code"]);
        assert!(text.ends_with("Nothing to change.\n"), "{}: {text}", case.name);
    }
    root.apply(&["-destroy"]);
    for case in &cases {
        assert_eq!(case.added(), BTreeSet::new(), "{}: after destroy", case.name);
    }
    // From gcloud to Terraform: nothing but imports.
    let mut imports = String::new();
    for (case, script) in &moved {
        case.bash(script, &["apply"]);
        assert_eq!(case.added(), case.promised(), "{}: after gcloud.sh", case.name);
        let module = format!("--import=module.case-{}", case.name);
        let format = ["--cloud-format", "terraform", "--only", "import", &module];
        imports += &succeed(&mut case.render(&format));
    }
    root.clouds = moved.iter().map(|(case, _)| case.google.address() + " ").collect();
    let calls: String = moved.iter().map(|(case, _)| case.call()).collect();
    fs::write(&main, calls).unwrap();
    fs::write(root.path("import.tf"), imports).unwrap();
    root.succeed(&["plan", "-input=false", "-no-color", "-out=planned"]);
    let planned: Value =
        serde_json::from_str(&root.succeed(&["show", "-json", "planned"])).unwrap();
    for change in planned["resource_changes"].as_array().unwrap() {
        let (actions, importing) = (&change["change"]["actions"], &change["change"]["importing"]);
        let is_data = change["mode"] == "data";
        assert!(is_data || *actions == json!(["no-op"]) && importing.is_object(), "{change:#}");
    }
    root.succeed(&["apply", "-input=false", "-no-color", "planned"]);
    root.expect_empty_plan();
    // And back: Terraform forgets the modules, and the script has nothing to do.
    let removed = moved.iter().map(|(case, _)| {
        let name = &case.name;
        format!("removed {{\n  from = module.case-{name}\n  lifecycle {{\n    destroy = false\n  }}\n}}\n")
    });
    fs::write(&main, removed.collect::<String>()).unwrap();
    fs::remove_file(root.path("import.tf")).unwrap();
    root.apply(&[]);
    assert_eq!(root.succeed(&["state", "list"]), "");
    for (case, script) in &moved {
        let text = case.bash(script, &["plan", "--exit-code"]);
        assert!(text.ends_with("Nothing to change.\n"), "{}: {text}", case.name);
    }
}

/// Whatever a killed run leaves, nothing of others is lost, and the next run completes it. An account that
/// Terraform does not remember is imported.
fn killed(terraform: &Path) {
    for requests in [2, 4, 7] {
        let mut root = Root::new(terraform);
        let case = Case::load(&repository().join("golden/cases/documented-create")).unwrap();
        root.clouds = case.google.address();
        case.add_module(&root);
        fs::write(root.path("main.tf"), case.call()).unwrap();
        root.succeed(&["init", "-input=false"]);
        let script = root.folder.path().join("apply.sh");
        let command = root.command(&["apply", "-auto-approve", "-input=false", "-parallelism=1"]);
        let variables = command.get_envs().map(|(name, value)| {
            format!("export {}='{}'\n", name.display(), value.unwrap().display())
        });
        let variables = variables.collect::<Vec<_>>().concat();
        let text = format!(
            "{variables}cd '{}'\nexec '{}' apply -auto-approve -input=false -parallelism=1\n",
            root.path("").display(),
            terraform.display()
        );
        fs::write(&script, text).unwrap();
        case.google.stop_after(requests);
        let (code, text) = case.google.bash(&script, &[]);
        assert_eq!(code, None, "{text}");
        case.added();
        let (code, text) =
            root.run(&["apply", "-auto-approve", "-input=false", "-no-color", "-lock=false"]);
        if code != Some(0) {
            assert!(text.contains("already exists"), "{text}");
            let module = format!("--import=module.case-{}", case.name);
            let format = ["--cloud-format", "terraform", "--only", "import", &module];
            let imports = succeed(&mut case.render(&format));
            let account = imports.split_inclusive("}\n").next().unwrap();
            fs::write(root.path("import.tf"), account).unwrap();
            root.apply(&["-lock=false"]);
        }
        assert_eq!(case.added(), case.promised(), "killed after {requests} requests");
    }
}

/// Strings in the values of a spec are the same in Terraform. Those that Terraform would change are refused.
fn hostile(terraform: &Path) {
    const PARTS: [&str; 29] = [
        "$", "%", "{", "}", "${", "%{", "$${", "\"", "\\", "\n", "\r", "\t", "'", "`", "*/", "/*",
        "#", "//", "<<EOT\n", "é", "\u{1}", "\u{85}", "\u{2028}", "\u{feff}", "\u{202e}", "😀",
        "~}", " ", "\\u0041",
    ];
    let mut random = fastrand::Rng::with_seed(20_261_130);
    let mut strings: Vec<String> = PARTS.iter().map(|part| (*part).to_owned()).collect();
    strings.extend((0..300).map(|_| {
        let count = random.usize(1..6);
        (0..count).map(|_| PARTS[random.usize(0..PARTS.len())]).collect::<String>()
    }));
    let env: serde_json::Map<String, Value> = strings
        .iter()
        .enumerate()
        .map(|(number, string)| (format!("E{number}"), json!(string.replace('$', "$$"))))
        .collect();
    let spec = json!({
        "name": "books", "project": "my-project", "cloud": { "format": "terraform" },
        "cluster": { "name": "shop", "region": "us-central1" },
        "container": { "image": "us-docker.pkg.dev/my-project/books/api:1.4.2", "env": env },
    });
    let root = Root::new(terraform);
    fs::write(root.folder.path().join("app.json"), spec.to_string()).unwrap();
    let templates = root.folder.path().join("templates");
    fs::create_dir(&templates).unwrap();
    let template = "{% for one in workload.container.env %}\noutput {{ one.name }} {\n  value = {{ one.value }} # {{ one.value }}\n}\n{% endfor %}\n";
    fs::write(templates.join("strings.tf.j2"), template).unwrap();
    let render = ["render", "app.json", "--templates", "templates", "-o", "out"];
    succeed(wigen(root.folder.path()).args(render));
    fs::copy(root.folder.path().join("out/strings.tf"), root.path("strings.tf")).unwrap();
    root.succeed(&["fmt", "-check"]);
    root.apply(&[]);
    let outputs: Value = serde_json::from_str(&root.succeed(&["output", "-json"])).unwrap();
    for (number, string) in strings.iter().enumerate() {
        assert_eq!(outputs[format!("E{number}")]["value"], string.replace('$', "$$"), "{string:?}");
    }
}

//! Rendered Terraform modules, applied by the real Terraform before the Google Cloud of the tests. The google
//! provider is a stand-in (`provider/`), whose schema comes from the types of the published one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use wigen::model::identity::Identity;

use crate::cloud::Google;
use crate::formats::state_grants;
use crate::golden_case::{GoldenCase, Grant, cloud_for, golden_cases, granted, promised};
use crate::support::tools::find;
use crate::support::trials::{Topic, Trial, skip_part};
use crate::support::{outcome, repository, succeed, wigen};

pub(crate) fn topic() -> Topic {
    type Test = (&'static str, fn(&Path));
    let all: [Test; 4] = [
        ("every_golden_case_and_the_moves_between_formats", every_case),
        ("killed_runs_and_bindings_of_others", killed),
        ("hostile_strings_come_back", hostile),
        ("ten_apps_in_two_environments", ten_apps),
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

    /// Plans the modules of these cases with their imports, into the file `planned`: the addresses of the resources
    /// that the plan creates. It changes nothing else.
    fn plan_imports(&mut self, cases: &[&Case]) -> BTreeSet<String> {
        self.clouds = cases.iter().map(|case| case.google.address() + " ").collect();
        fs::write(self.path("main.tf"), calls(cases.iter().copied())).unwrap();
        fs::write(
            self.path("import.tf"),
            cases.iter().map(|case| case.imports()).collect::<String>(),
        )
        .unwrap();
        let messages = self.succeed(&["plan", "-input=false", "-json", "-out=planned"]);
        let mut created = BTreeSet::new();
        for message in messages.lines() {
            let message: Value = serde_json::from_str(message).unwrap();
            let change = &message["change"];
            if message["type"] != "planned_change" || change["action"] == "import" {
                continue;
            }
            assert_eq!(change["action"], "create", "{message:#}");
            created.insert(change["resource"]["addr"].as_str().unwrap().to_owned());
        }
        created
    }

    fn expect_empty_plan(&self) {
        let (code, text) = self.run(&["plan", "-input=false", "-no-color", "-detailed-exitcode"]);
        assert_eq!(code, Some(0), "the second plan changes something:\n{text}");
    }
}

/// The calls of the modules of these cases.
fn calls<'a>(cases: impl IntoIterator<Item = &'a Case>) -> String {
    cases.into_iter().map(Case::call).collect()
}

/// A golden case as a module, and its own cloud.
struct Case {
    golden: GoldenCase,
    identity: Identity,
    google: Google,
    /// What the policies hold before.
    before: BTreeSet<Grant>,
}

impl Case {
    /// `None` for a case that is wrong, or that Terraform cannot do.
    fn load(golden: GoldenCase) -> Option<Self> {
        let golden = golden.for_modules();
        let identity = golden.identity(&["cloud.format=terraform"])?;
        let google = cloud_for(&identity);
        let before = granted(&google);
        Some(Self { golden, identity, google, before })
    }

    fn name(&self) -> &str {
        &self.golden.name
    }

    fn render(&self, more: &[&str]) -> Command {
        let mut command = self.golden.render();
        command.args(more);
        command
    }

    /// The module in the root: what is rendered, and the address of its cloud.
    fn add_module(&self, root: &Root) {
        let place = root.path(self.name());
        let format = ["--cloud-format", "terraform", "--only", "terraform", "-o"];
        succeed(self.render(&format).arg(&place));
        let address = self.google.address();
        let meta = format!(
            "terraform {{\n  provider_meta \"google\" {{\n    module_name = \"{address}\"\n  }}\n}}\n"
        );
        fs::write(place.join("cloud.tf"), meta).unwrap();
    }

    fn call(&self) -> String {
        format!("module \"case-{0}\" {{\n  source = \"./{0}\"\n}}\n", self.name())
    }

    fn imports(&self) -> String {
        let module = format!("--import=module.case-{}", self.name());
        succeed(&mut self.render(&["--cloud-format", "terraform", "--only", "import", &module]))
    }

    fn promised(&self) -> BTreeSet<Grant> {
        promised(&self.identity)
    }

    /// What the policies hold in addition to what they held before.
    fn added(&self) -> BTreeSet<Grant> {
        let now = granted(&self.google);
        assert!(self.before.is_subset(&now), "{}: bindings of others are gone", self.name());
        now.difference(&self.before).cloned().collect()
    }

    fn script(&self, root: &Root) -> PathBuf {
        let place = root.folder.path().join("scripts").join(self.name());
        succeed(self.render(&["--cloud-format", "gcloud", "--only", "gcloud", "-o"]).arg(&place));
        place.join("gcloud.sh")
    }

    fn bash(&self, script: &Path, arguments: &[&str]) -> String {
        let (code, text) = self.google.bash(script, arguments);
        assert_eq!(code, Some(0), "{}: {text}", self.name());
        text
    }
}

/// Cases that the real gcloud plays, too: it takes long.
const WITH_GCLOUD: [&str; 4] = ["direct", "domain-scoped", "existing", "resources"];

/// A root module that calls the module of every case, applied.
fn apply_every_case(terraform: &Path) -> (Root, Vec<Case>) {
    let root = Root::new(terraform);
    let cases: Vec<Case> = golden_cases().into_iter().filter_map(Case::load).collect();
    assert!(cases.len() > 40, "{} cases", cases.len());
    for case in &cases {
        case.add_module(&root);
    }
    fs::write(root.path("main.tf"), calls(&cases)).unwrap();
    root.succeed(&["fmt", "-check", "-recursive"]);
    root.succeed(&["init", "-input=false"]);
    root.succeed(&["validate"]);
    root.apply(&[]);
    (root, cases)
}

/// The resources of the module of each case, as `terraform show -json` prints them.
fn states(root: &Root) -> BTreeMap<String, Vec<Value>> {
    let state: Value = serde_json::from_str(&root.succeed(&["show", "-json"])).unwrap();
    let modules = state["values"]["root_module"]["child_modules"].as_array().unwrap();
    let resources = modules.iter().map(|module| {
        let name = module["address"].as_str().unwrap().replacen("module.case-", "", 1);
        (name, module["resources"].as_array().cloned().unwrap_or_default())
    });
    resources.collect()
}

fn every_case(terraform: &Path) {
    let (mut root, cases) = apply_every_case(terraform);
    let states = states(&root);
    for case in &cases {
        let (name, promised) = (case.name(), case.promised());
        assert_eq!(case.added(), promised, "{name}: after apply");
        let shown = states.get(name).map(|resources| state_grants(resources));
        assert_eq!(shown.unwrap_or_default(), promised, "{name}: as Terraform shows it");
    }
    root.expect_empty_plan();
    import_every_case(&mut root, &cases);
    let has_gcloud = find("gcloud").is_some();
    if !has_gcloud {
        skip_part("moves between gcloud.sh and Terraform", "gcloud");
    }
    let is_with_gcloud = |case: &&Case| has_gcloud && WITH_GCLOUD.contains(&case.name());
    let moved: Vec<(&Case, PathBuf)> =
        cases.iter().filter(is_with_gcloud).map(|case| (case, case.script(&root))).collect();
    for (case, script) in &moved {
        let text = case.bash(script, &["plan", "--exit-code"]);
        assert!(text.ends_with("Nothing to change.\n"), "{}: {text}", case.name());
    }
    root.apply(&["-destroy"]);
    for case in &cases {
        assert_eq!(case.added(), BTreeSet::new(), "{}: after destroy", case.name());
    }
    // From gcloud to Terraform: nothing but imports.
    for (case, script) in &moved {
        case.bash(script, &["apply"]);
        assert_eq!(case.added(), case.promised(), "{}: after gcloud.sh", case.name());
    }
    let moved_cases: Vec<&Case> = moved.iter().map(|(case, _)| *case).collect();
    assert_eq!(root.plan_imports(&moved_cases), BTreeSet::new(), "planned, but not imported");
    root.succeed(&["apply", "-input=false", "-no-color", "planned"]);
    root.expect_empty_plan();
    // And back: Terraform forgets the modules, and the script has nothing to do.
    let removed = moved.iter().map(|(case, _)| {
        let name = case.name();
        format!("removed {{\n  from = module.case-{name}\n  lifecycle {{\n    destroy = false\n  }}\n}}\n")
    });
    fs::write(root.path("main.tf"), removed.collect::<String>()).unwrap();
    fs::remove_file(root.path("import.tf")).unwrap();
    root.apply(&[]);
    assert_eq!(root.succeed(&["state", "list"]), "");
    for (case, script) in &moved {
        let text = case.bash(script, &["plan", "--exit-code"]);
        assert!(text.ends_with("Nothing to change.\n"), "{}: {text}", case.name());
    }
}

/// Without its state, Terraform imports every resource of a module from the cloud, and plans no other change. What
/// it cannot import is a role on a dataset, and what `import.tf` says it cannot find.
fn import_every_case(root: &mut Root, cases: &[Case]) {
    let files = ["main.tf", "terraform.tfstate"].map(|name| root.path(name));
    let kept = files.each_ref().map(|file| fs::read(file).unwrap());
    let (mut imported, mut datasets) = (0, 0);
    let mut planned = BTreeSet::new();
    for case in cases {
        // Cases that differ in their workload alone have one module, but for the mark on the first line.
        let module = fs::read_to_string(root.path(case.name()).join("main.tf")).unwrap();
        let (_, module) = module.split_once('\n').unwrap();
        if !planned.insert(module.to_owned()) {
            continue;
        }
        fs::write(&files[1], "").unwrap();
        let created = root.plan_imports(&[case]);
        let imports = fs::read_to_string(root.path("import.tf")).unwrap();
        imported += imports.matches("import {").count();
        let is_dataset = |address: &&String| address.contains(".google_bigquery_dataset_access.");
        let own_datasets = created.iter().filter(is_dataset).count();
        datasets += own_datasets;
        for address in created.iter().filter(|address| !is_dataset(address)) {
            let comment = format!("The provider cannot find {address} by");
            assert!(imports.contains(&comment), "{address} is not imported");
        }
        if own_datasets == 0 && !created.is_empty() {
            root.succeed(&["apply", "-input=false", "-no-color", "planned"]);
            assert_eq!(case.added(), case.promised(), "{}: after the import", case.name());
        }
    }
    assert!(imported > 150 && datasets > 5, "{imported} imports, {datasets} roles on datasets");
    for (file, text) in files.iter().zip(kept) {
        fs::write(file, text).unwrap();
    }
    fs::remove_file(root.path("import.tf")).unwrap();
}

/// Whatever a killed run leaves, nothing of others is lost, and the next run completes it. An account that
/// Terraform does not remember is imported.
fn killed(terraform: &Path) {
    for requests in [2, 4, 7] {
        let mut root = Root::new(terraform);
        let case = Case::load(GoldenCase::named("documented-create")).unwrap();
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
            let imports = case.imports();
            let account = imports.split_inclusive("}\n").next().unwrap();
            fs::write(root.path("import.tf"), account).unwrap();
            root.apply(&["-lock=false"]);
        }
        assert_eq!(case.added(), case.promised(), "killed after {requests} requests");
    }
}

/// The root modules of the example call every module that is rendered.
fn ten_apps(terraform: &Path) {
    let root = Root::new(terraform);
    let mut copy = Command::new("cp");
    succeed(copy.arg("-R").arg(repository().join("examples/terraform/.")).arg(root.path("")));
    succeed(wigen(&root.path("")).args(["render", "--deny", "warnings"]));
    root.succeed(&["fmt", "-check", "-recursive"]);
    for environment in ["test", "prod"] {
        let deploy = format!("-chdir=deploy/{environment}");
        root.succeed(&[&deploy, "init", "-input=false", "-backend=false"]);
        root.succeed(&[&deploy, "validate"]);
        let calls =
            fs::read_to_string(root.path(&format!("deploy/{environment}/main.tf"))).unwrap();
        let apps = fs::read_dir(root.path("apps")).unwrap().map(|app| app.unwrap().file_name());
        let is_called =
            |app: &std::ffi::OsString| calls.contains(&format!("\"./{}\"", app.display()));
        assert_eq!(apps.filter(is_called).count(), 10, "{environment}");
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

//! The examples for GitOps: each engine's part is played as far as it goes without a cluster. A tool
//! that is missing makes its check ignored, and in CI failed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::argocd::{Settings, Sidecar, rules};
use crate::support::cloud::Cloud;
use crate::support::gitops::{documents, files, is_object, object, objects, sorted};
use crate::support::tools::{find, on_path};
use crate::support::trials::{Check, Topic, Trial};
use crate::support::{outcome, repository, succeed, wigen};
use serde_json::{Value, json};

pub(crate) fn topic() -> Topic {
    let checks: [Check; 26] = [
        ("plugin_is_for_directories_with_a_spec", "sh", discovers),
        ("plugin_generates_in_sh", "sh", generates),
        ("plugin_generates_in_bash", "bash", generates),
        ("plugin_generates_in_busybox", "busybox", generates),
        ("plugin_fails_without_a_spec", "sh", fails_without_a_spec),
        ("plugin_fails_for_a_wrong_spec", "sh", fails_for_a_wrong_spec),
        ("plugin_never_prints_nothing_or_half", "sh", never_prints_nothing_or_half),
        ("plugin_passes_the_parameter_on", "sh", passes_the_parameter_on),
        ("plugin_parameters_are_no_code_in_sh", "sh", parameters_are_no_code),
        ("plugin_parameters_are_no_code_in_bash", "bash", parameters_are_no_code),
        ("plugin_parameters_are_no_code_in_busybox", "busybox", parameters_are_no_code),
        ("plugin_renders_the_environment", "sh", environment),
        ("kustomize_oldest_renders_the_app", "kustomize-oldest", kustomize),
        ("kustomize_newest_renders_the_app", "kustomize-newest", kustomize),
        ("plugin_applications_say_what_it_offers", "sh", applications),
        ("commands_are_shellcheck_clean", "shellcheck", shellcheck),
        ("objects_are_objects", "sh", every_file_is_an_object),
        ("objects_are_those_of_kubernetes", "python", kubernetes_validates),
        ("components_patch_argocd", "kubectl", components),
        ("kustomize_without_its_flags_fails", "kubectl", flags_of_kubectl),
        ("flux_builds_what_was_rendered", "kubectl", flux),
        ("workflows_have_few_permissions", "sh", permissions),
        ("workflows_run_the_scripts", "bash", cloud),
        ("workflows_move_and_compare", "git", git),
        ("the_page_of_the_container_is_what_its_recipe_says", "sh", page_of_the_container),
        ("container_has_what_the_build_needs", "cargo", container),
    ];
    let mut all: Vec<Trial> = checks.map(Trial::from).into();
    all.push(offline());
    Topic::new(
        "gitops",
        "the examples for Argo CD, Flux and Config Sync do what their pages say",
        all,
    )
}

fn examples() -> PathBuf {
    repository().join("examples/gitops")
}

fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_wigen"))
}

/// The plugin, in an image with this shell and this `wigen`, and nothing else.
fn sidecar(shell: &Path, wigen: &Path) -> Sidecar {
    let shell = if shell.is_absolute() {
        shell.to_owned()
    } else {
        on_path(&shell.display().to_string()).unwrap()
    };
    Sidecar::new(&examples().join("argocd-plugin/plugin.yaml"), &[("sh", &shell), ("wigen", wigen)])
}

/// What wigen prints for a spec.
fn rendered(spec: &Path) -> Vec<Value> {
    let printed =
        succeed(wigen(repository()).arg("render").arg(spec).args(["--only", "manifests"]));
    documents("rendered.yaml", printed)
}

/// A program in its own folder.
fn program(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("program");
    fs::write(&path, format!("#!/bin/sh\n{text}")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    (folder, path)
}

fn discovers(shell: &Path) {
    let sidecar = sidecar(shell, binary());
    for (directory, expected) in [
        ("apps/books", true),
        ("apps", false),
        (".", false),
        ("flux", false),
        ("argocd-kustomize/books", false),
    ] {
        assert_eq!(sidecar.supports(&examples(), directory), expected, "{directory}");
    }
    let plugin = object(&examples().join("argocd-plugin/plugin.yaml"));
    assert_eq!(rules(&plugin), Ok(()));
    // The rules must be able to fail.
    for (pointer, value, error) in [
        ("/kind", json!("ConfigMap"), "kind must be ConfigManagementPlugin"),
        ("/metadata/name", json!(""), "metadata.name is empty"),
        ("/spec/generate/command", json!([]), "spec.generate.command is empty"),
        ("/spec/discover", json!({ "filename": "x" }), "there is no key `filename`"),
    ] {
        let mut wrong = plugin.clone();
        *wrong.pointer_mut(pointer).unwrap() = value;
        assert_eq!(rules(&wrong), Err(error.to_owned()));
    }
}

fn generates(shell: &Path) {
    let sidecar = sidecar(shell, binary());
    // What users may set reaches the plugin under names that mean nothing to it.
    let settings = Settings {
        env: vec![
            ("PATH".to_owned(), "/nowhere".to_owned()),
            ("PARAM_ENVIRONMENT".to_owned(), "prod".to_owned()),
        ],
        parameters: vec![("another".to_owned(), "$(exit 7)".to_owned())],
    };
    for settings in [Settings::default(), settings, Settings::parameter("environment", "")] {
        let objects = sidecar.generate(&examples(), "apps/books", &settings).unwrap();
        assert_eq!(objects, rendered(&examples().join("apps/books/app.toml")));
        let kinds: Vec<&Value> = objects.iter().map(|object| &object["kind"]).collect();
        assert_eq!(kinds, ["ServiceAccount", "Deployment"]);
    }
}

/// A repository with one file.
fn repository_with(name: &str, text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    folder
}

fn fails_without_a_spec(shell: &Path) {
    let sidecar = sidecar(shell, binary());
    let repository = repository_with("apps/books/values.yaml", "a: 1\n");
    let error =
        sidecar.generate(repository.path(), "apps/books", &Settings::default()).unwrap_err();
    assert!(error.contains("cannot read app.toml"), "{error}");
}

fn fails_for_a_wrong_spec(shell: &Path) {
    let mut sidecar = sidecar(shell, binary());
    sidecar.set("CLICOLOR_FORCE", "1");
    let text = fs::read_to_string(examples().join("apps/books/app.toml")).unwrap();
    let repository =
        repository_with("apps/books/app.toml", &text.replace("region = ", "regoin = "));
    let error =
        sidecar.generate(repository.path(), "apps/books", &Settings::default()).unwrap_err();
    for part in ["failed exit status Some(1)", "error[unknown-key]", "app.toml:7:1", "`region`"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    assert!(!error.contains('\u{1b}'), "colours reach the UI: {error:?}");
}

/// Whatever becomes of wigen: all of the manifests, or an error. `generate` refuses both nothing at
/// all and output of a command that failed.
fn never_prints_nothing_or_half(shell: &Path) {
    for (program_text, says) in [
        ("exit 0", "wigen: app.toml renders no manifest"),
        ("echo '# only a comment'", "wigen: app.toml renders no manifest"),
        ("echo 'kind: Deployment'; echo cut short >&2; exit 1", "cut short"),
        ("echo 'kind: Deployment'; kill -KILL $$", ""),
    ] {
        let (_folder, fake) = program(program_text);
        let error = sidecar(shell, &fake)
            .generate(&examples(), "apps/books", &Settings::default())
            .unwrap_err();
        assert!(error.contains(says), "{program_text}: {error}");
    }
    let nowhere = Path::new("/nowhere/wigen");
    sidecar(shell, nowhere).generate(&examples(), "apps/books", &Settings::default()).unwrap_err();
}

/// The arguments that wigen gets for the settings of an Application.
fn arguments(shell: &Path, settings: &Settings) -> Vec<String> {
    let (folder, fake) = program(
        "printf '%s\\0' \"$@\" >\"$NOTES\"\n\
         printf 'apiVersion: v1\\nkind: ServiceAccount\\nmetadata:\\n  name: x\\n'\n",
    );
    let notes = folder.path().join("notes");
    let mut sidecar = sidecar(shell, &fake);
    sidecar.set("NOTES", &notes.display().to_string());
    sidecar.generate(&examples(), "apps/books", settings).unwrap();
    let words = fs::read_to_string(notes).unwrap();
    words.split_terminator('\0').map(str::to_owned).collect()
}

fn passes_the_parameter_on(shell: &Path) {
    let without = ["render", "app.toml", "--only", "manifests", "--color", "never"];
    assert_eq!(arguments(shell, &Settings::default()), without);
    assert_eq!(arguments(shell, &Settings::parameter("environment", "")), without);
    let with = arguments(shell, &Settings::parameter("environment", "prod"));
    assert_eq!(with[..6], without);
    assert_eq!(with[6..], ["--env=prod"]);
}

fn parameters_are_no_code(shell: &Path) {
    for text in [
        "$(touch pwned)",
        "`touch pwned`",
        "; touch pwned",
        "prod; touch pwned",
        "\"; touch pwned; \"",
        "'; touch pwned; '",
        "}\"; touch pwned; : \"${x",
        "prod\ntouch pwned",
        "two words",
        "  ",
        "--force",
        "-",
        "*",
        "~",
        "\\",
        "${HOME}",
        "ünïcødé",
    ] {
        let settings = Settings::parameter("environment", text);
        // `generate` ensures that no file is written.
        let got = arguments(shell, &settings);
        assert_eq!(got[6..], [format!("--env={text}")], "{text:?}");
        // And the real one knows no such environment.
        sidecar(shell, binary()).generate(&examples(), "apps/books", &settings).unwrap_err();
    }
}

fn applications(shell: &Path) {
    let sidecar = sidecar(shell, binary());
    let application = object(&examples().join("argocd-plugin/application.yaml"));
    let set = object(&examples().join("argocd-plugin/applicationset.yaml"));
    let source = &application["spec"]["source"];
    for source in [source, &set["spec"]["template"]["spec"]["source"]] {
        assert_eq!(source["plugin"]["name"], sidecar.name());
        for parameter in source["plugin"]["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            assert!(sidecar.parameters().contains(&name), "{name}");
            assert!(parameter["string"].is_string());
        }
    }
    assert!(sidecar.supports(&examples(), source["path"].as_str().unwrap()));
    // Nothing that was rendered by mistake takes an app down.
    for policy in
        [&application["spec"]["syncPolicy"], &set["spec"]["template"]["spec"]["syncPolicy"]]
    {
        assert_eq!(policy["automated"]["allowEmpty"], false);
    }
}

/// The plugin with the real `--env`.
fn environment(shell: &Path) {
    let sidecar = sidecar(shell, binary());
    let settings = Settings::parameter("environment", "prod");
    let objects = sidecar.generate(&examples(), "apps/books", &settings).unwrap();
    let spec = examples().join("apps/books/app.toml");
    let printed = succeed(wigen(repository()).arg("render").arg(&spec).args([
        "--only",
        "manifests",
        "--env",
        "prod",
    ]));
    assert_eq!(objects, documents("rendered.yaml", printed));
    assert_ne!(objects, rendered(&spec), "the environment changes nothing");
}

/// The plugin where there is no network at all, and where nothing can be written at home. Whether a
/// process may leave the network is a setting of the kernel: where it may not, this is ignored.
fn offline() -> Trial {
    let words = ["unshare", "--user", "--map-root-user", "--net"];
    let is_allowed = Command::new(words[0])
        .args(&words[1..])
        .arg("true")
        .output()
        .is_ok_and(|output| output.status.success());
    let trial = Trial::new("plugin_needs_no_network", move || {
        let mut sidecar = sidecar(Path::new("/bin/sh"), binary());
        sidecar.wrapper = words.map(str::to_owned).into();
        sidecar.wrapper[0] = on_path(words[0]).unwrap().display().to_string();
        sidecar.set("HOME", "/proc");
        let objects = sidecar.generate(&examples(), "apps/books", &Settings::default()).unwrap();
        assert_eq!(objects.len(), 2);
    });
    if is_allowed { trial } else { trial.without(&["unshare"]) }
}

/// The workflows: name and content.
fn workflows() -> Vec<(String, Value)> {
    let folder = examples().join("workflows");
    let names = files(&folder).into_keys();
    names.map(|name| (name.display().to_string(), object(&folder.join(name)))).collect()
}

/// The steps of a job.
fn steps(job: &Value) -> &[Value] {
    job["steps"].as_array().map_or(&[], Vec::as_slice)
}

/// The commands of one step.
fn commands(workflow: &str, step: &str) -> String {
    let workflow = object(&examples().join("workflows").join(workflow));
    let found: Vec<&str> = workflow["jobs"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(steps)
        .filter(|found| found["name"] == step)
        .map(|found| found["run"].as_str().unwrap())
        .collect();
    assert_eq!(found.len(), 1, "{step}");
    found[0].to_owned()
}

fn shellcheck(path: &Path) {
    let check = |shell: &str, text: &str| {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("script");
        fs::write(&script, text).unwrap();
        succeed(Command::new(path).args(["--shell", shell]).arg(&script));
    };
    let plugin = object(&examples().join("argocd-plugin/plugin.yaml"));
    check("sh", plugin["spec"]["generate"]["args"][0].as_str().unwrap());
    let mut checked = 0;
    for (name, workflow) in workflows() {
        for step in workflow["jobs"].as_object().unwrap().values().flat_map(steps) {
            let Some(run) = step["run"].as_str() else { continue };
            // Expressions are pasted into the text before a shell reads it.
            assert!(!run.contains("${{"), "{name}: {run}");
            check("bash", run);
            checked += 1;
        }
    }
    assert!(checked > 8, "{checked}");
}

/// The YAML of the examples, without the workflows, which GitHub reads, and what Helm reads.
fn yaml() -> Vec<PathBuf> {
    let found: Vec<PathBuf> = files(&repository().join("examples"))
        .into_keys()
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .filter(|path| !path.starts_with("gitops/workflows"))
        .filter(|path| !path.starts_with("helm"))
        .map(|path| repository().join("examples").join(path))
        .collect();
    assert!(found.len() > 12, "{found:?}");
    found
}

fn every_file_is_an_object(_: &Path) {
    for path in yaml() {
        for object in objects(&path) {
            if path.file_name().is_some_and(|name| name == "kustomization.yaml") {
                assert!(
                    object["apiVersion"].as_str().unwrap().starts_with("kustomize.config.k8s.io/")
                );
                assert!(["Kustomization", "Component"].contains(&object["kind"].as_str().unwrap()));
            } else {
                is_object(&object).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            }
        }
    }
    // The spec that Kustomize reads, and the one that the others read, are the same app.
    let krm = examples().join("argocd-kustomize/books/app.yaml");
    assert_eq!(rendered(&krm), rendered(&examples().join("apps/books/app.toml")));
}

/// What the examples patch: as much of Argo CD as they name.
const ARGOCD: &str = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: argocd-cm
  namespace: argocd
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: argocd-repo-server
  namespace: argocd
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: argocd-repo-server
  template:
    metadata:
      labels:
        app.kubernetes.io/name: argocd-repo-server
    spec:
      initContainers:
        - name: copyutil
          image: quay.io/argoproj/argocd
          volumeMounts:
            - name: var-files
              mountPath: /var/run/argocd
      containers:
        - name: argocd-repo-server
          image: quay.io/argoproj/argocd
          volumeMounts:
            - name: tmp
              mountPath: /tmp
            - name: plugins
              mountPath: /home/argocd/cmp-server/plugins
      volumes:
        - name: tmp
          emptyDir: {}
        - name: var-files
          emptyDir: {}
        - name: plugins
          emptyDir: {}
";

/// Argo CD with one of the examples, as `kubectl kustomize` builds it.
fn patched(kubectl: &Path, component: &str) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files(&examples().join(component)) {
        let path = folder.path().join("component").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    fs::write(folder.path().join("argocd.yaml"), ARGOCD).unwrap();
    let kustomization = "resources: [argocd.yaml]\ncomponents: [component]\n";
    fs::write(folder.path().join("kustomization.yaml"), kustomization).unwrap();
    documents(component, succeed(Command::new(kubectl).arg("kustomize").arg(folder.path())))
}

fn of_kind<'a>(objects: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let mut found = objects.iter().filter(|object| {
        object["kind"] == kind && object["metadata"]["name"].as_str().unwrap().starts_with(name)
    });
    let only = found.next().unwrap_or_else(|| panic!("no {kind} {name}"));
    assert!(found.next().is_none(), "two of {kind} {name}");
    only
}

fn components(kubectl: &Path) {
    let plugin = patched(kubectl, "argocd-plugin");
    let config = of_kind(&plugin, "ConfigMap", "wigen-plugin-");
    let text = fs::read_to_string(examples().join("argocd-plugin/plugin.yaml")).unwrap();
    assert_eq!(config["data"], json!({ "plugin.yaml": text }));
    let pods = &of_kind(&plugin, "Deployment", "argocd-repo-server")["spec"]["template"]["spec"];
    let volumes = pods["volumes"].as_array().unwrap();
    let mounted = volumes.iter().find(|volume| volume["name"] == "wigen-plugin").unwrap();
    assert_eq!(mounted["configMap"]["name"], config["metadata"]["name"]);
    assert_eq!(pods["containers"].as_array().unwrap().len(), 2);
    let sidecar = pods["containers"].as_array().unwrap();
    let sidecar = sidecar.iter().find(|container| container["name"] == "wigen").unwrap();
    assert_eq!(sidecar["securityContext"]["runAsUser"], 999);
    let tmp = |container: &Value| {
        let mounts = container["volumeMounts"].as_array().unwrap();
        let mount = mounts.iter().find(|mount| mount["mountPath"] == "/tmp").unwrap();
        mount["name"].clone()
    };
    assert_eq!(tmp(sidecar), "wigen-tmp");

    let kustomize = patched(kubectl, "argocd-kustomize");
    let options = &of_kind(&kustomize, "ConfigMap", "argocd-cm")["data"]["kustomize.buildOptions"];
    assert_eq!(options, "--enable-alpha-plugins --enable-exec");
    let server = of_kind(&kustomize, "Deployment", "argocd-repo-server");
    let pods = &server["spec"]["template"]["spec"];
    assert_eq!(pods["containers"].as_array().unwrap().len(), 1);
    assert_eq!(pods["initContainers"].as_array().unwrap().len(), 2);

    for objects in [plugin, kustomize] {
        for object in objects {
            let pods = &object["spec"]["template"]["spec"];
            let volumes: BTreeSet<&str> = pods["volumes"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|volume| volume["name"].as_str().unwrap())
                .collect();
            for containers in ["initContainers", "containers"] {
                for container in pods[containers].as_array().into_iter().flatten() {
                    for mount in container["volumeMounts"].as_array().unwrap() {
                        assert!(volumes.contains(mount["name"].as_str().unwrap()), "{mount}");
                    }
                }
            }
        }
    }
}

/// Every object of a kind that Kubernetes knows itself, as it is applied: rendered, or patched.
fn kubernetes_validates(python: &Path) {
    let mut known = rendered(&examples().join("apps/books/app.toml"));
    known.extend(objects(&examples().join("argocd-kustomize/books/namespace.yaml")));
    if let Some(kubectl) = find("kubectl") {
        known.extend(patched(&kubectl, "argocd-plugin"));
        known.extend(patched(&kubectl, "argocd-kustomize"));
    }
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<PathBuf> = known
        .iter()
        .enumerate()
        .map(|(index, object)| {
            let path = folder.path().join(format!("{index}.yaml"));
            fs::write(&path, object.to_string()).unwrap();
            path
        })
        .collect();
    let script = repository().join("tests/tools/real_tools.py");
    let printed = succeed(Command::new(python).arg(script).arg("kubernetes").args(&names));
    assert_eq!(printed, format!("{} validations\n", names.len() * 8));
}

/// Builds a copy of the app for Argo CD's own kustomize, with wigen on the PATH.
fn build(
    kustomize: &[&str],
    flags: &[&str],
    edit: impl Fn(&Path),
) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files(&examples().join("argocd-kustomize/books")) {
        fs::write(folder.path().join(name), content).unwrap();
    }
    edit(folder.path());
    let path = std::env::var("PATH").unwrap();
    // Argo CD starts it in another directory.
    outcome(
        Command::new(kustomize[0])
            .args(&kustomize[1..])
            .args(flags)
            .arg(folder.path())
            .current_dir("/")
            .env("PATH", format!("{}:{path}", binary().parent().unwrap().display())),
    )
}

fn flags_of_kubectl(kubectl: &Path) {
    without_flags(&[kubectl.to_str().unwrap(), "kustomize"]);
}

/// Without all of its flags, kustomize leaves functions out: the app is built so that this fails.
fn without_flags(kustomize: &[&str]) {
    for flags in [&[] as &[&str], &["--enable-alpha-plugins"]] {
        let (code, stdout, stderr) = build(kustomize, flags, |_| {});
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{flags:?}: {stderr}");
    }
    // What the validator and the namespace are for: without them, the missing flag is an empty app.
    let bare = |folder: &Path| {
        fs::write(folder.join("kustomization.yaml"), "generators: [app.yaml]\n").unwrap();
    };
    let built = build(kustomize, &["--enable-alpha-plugins"], bare);
    assert_eq!(built, (Some(0), String::new(), String::new()));
}

fn kustomize(path: &Path) {
    let kustomize = &[path.to_str().unwrap(), "build"];
    without_flags(kustomize);
    let flags = ["--enable-alpha-plugins", "--enable-exec"];
    let (code, stdout, stderr) = build(kustomize, &flags, |_| {});
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    let mut expected = objects(&examples().join("argocd-kustomize/books/namespace.yaml"));
    expected.extend(rendered(&examples().join("apps/books/app.toml")));
    assert_eq!(sorted(documents("built.yaml", stdout)), sorted(expected));

    // A wrong spec, and a name that the identity is not for, render nothing.
    let replace = |name: &'static str, from: &'static str, to: &'static str| {
        move |folder: &Path| {
            let path = folder.join(name);
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.contains(from));
            fs::write(path, text.replace(from, to)).unwrap();
        }
    };
    let (code, stdout, stderr) =
        build(kustomize, &flags, replace("app.yaml", "region:", "regoin:"));
    assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
    assert!(stderr.contains("unknown-key"), "{stderr}");
    let (code, stdout, stderr) = build(
        kustomize,
        &flags,
        replace("kustomization.yaml", "resources:", "namePrefix: pre-\nresources:"),
    );
    assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
    assert!(stderr.contains("final-names"), "{stderr}");
}

/// A repository with two specs, as the workflows check it out.
fn fleet() -> tempfile::TempDir {
    let text = fs::read_to_string(examples().join("apps/books/app.toml")).unwrap();
    let fleet = repository_with("apps/books/app.toml", &text);
    fs::create_dir(fleet.path().join("apps/ledger")).unwrap();
    fs::write(fleet.path().join("apps/ledger/app.toml"), text.replace("books", "ledger")).unwrap();
    fleet
}

/// Runs the commands of a step as GitHub's runner does, with the programs of a cloud.
fn run_step(cloud: &Cloud, folder: &Path, step: &str, variables: &[(&str, &str)]) -> Step {
    let path =
        format!("{}:{}", binary().parent().unwrap().display(), std::env::var("PATH").unwrap());
    let exports: Vec<String> = [("PATH", path.as_str()), ("RUNNER_TEMP", &temp(cloud))]
        .iter()
        .chain(variables)
        .map(|(name, value)| format!("export {name}='{value}'\n"))
        .collect();
    let script = cloud.file("step.sh");
    let cloud_bin = cloud.file("bin").display().to_string();
    fs::write(
        &script,
        format!(
            "set -eo pipefail\n{}export PATH='{cloud_bin}':\"$PATH\"\ncd '{}'\n{step}",
            exports.concat(),
            folder.display()
        ),
    )
    .unwrap();
    let (code, text, calls) = cloud.run(&script, &[]);
    Step { code, text, calls }
}

struct Step {
    code: Option<i32>,
    text: String,
    calls: Vec<Vec<String>>,
}

impl Step {
    fn wrote(&self) -> bool {
        let writes = ["create", "update", "add-iam-policy-binding", "remove-iam-policy-binding"];
        self.calls.iter().flatten().any(|word| writes.contains(&word.as_str()))
    }
}

fn temp(cloud: &Cloud) -> String {
    let temp = cloud.file("temp");
    fs::create_dir_all(&temp).unwrap();
    temp.display().to_string()
}

fn cloud(_: &Path) {
    let fleet = fleet();
    let cloud = Cloud::with_cluster("my-project.svc.id.goog");
    let step = |name: &str, action: &str| {
        run_step(&cloud, fleet.path(), &commands("cloud.yaml", name), &[("ACTION", action)])
    };
    let rendered = step("Render the scripts", "");
    assert_eq!((rendered.code, rendered.text.as_str()), (Some(0), ""));

    let planned = step("Run the scripts", "plan");
    assert_eq!(planned.code, Some(0), "{}", planned.text);
    assert!(!planned.wrote(), "{:?}", planned.calls);
    for app in ["books", "ledger"] {
        assert!(planned.text.contains(&format!("::group::cloud/{app}/gcloud.sh plan")));
    }

    // One that fails is reported, and the others run all the same.
    let broken = Path::new(&temp(&cloud)).join("cloud/aaa");
    fs::create_dir(&broken).unwrap();
    fs::write(broken.join("gcloud.sh"), "cat; echo broken; exit 3\n").unwrap();
    let applied = step("Run the scripts", "apply");
    assert_eq!(applied.code, Some(1), "{}", applied.text);
    assert!(applied.text.contains("broken\n"), "{}", applied.text);
    let created: Vec<&str> = applied
        .calls
        .iter()
        .filter(|call| call[..3] == ["iam", "service-accounts", "create"])
        .map(|call| call[3].as_str())
        .collect();
    assert_eq!(created, ["books-gke-sa", "ledger-gke-sa"]);

    // One spec alone lies elsewhere, and is found.
    fs::remove_dir_all(fleet.path().join("apps/ledger")).unwrap();
    fs::remove_dir_all(Path::new(&temp(&cloud)).join("cloud")).unwrap();
    assert_eq!(step("Render the scripts", "").code, Some(0));
    let alone = step("Run the scripts", "plan");
    assert!(alone.text.contains("::group::cloud/gcloud.sh plan"), "{}", alone.text);

    // And none at all stops the job.
    fs::remove_dir_all(fleet.path().join("apps/books")).unwrap();
    assert_eq!(step("Render the scripts", "").code, Some(2));
}

fn flux(kubectl: &Path) {
    let fleet = fleet();
    let runner = Cloud::empty();
    let done = run_step(&runner, fleet.path(), &commands("flux.yaml", "Render the manifests"), &[]);
    assert_eq!((done.code, done.text.as_str()), (Some(0), ""));
    let folder = Path::new(&temp(&runner)).join("manifests");
    let names: Vec<String> = files(&folder).keys().map(|name| name.display().to_string()).collect();
    assert_eq!(
        names,
        [
            "books/deployment.yaml",
            "books/service-account.yaml",
            "ledger/deployment.yaml",
            "ledger/service-account.yaml",
        ],
        "nothing but manifests"
    );
    // As the kustomize-controller does where there is none.
    let kustomization = json!({ "resources": names }).to_string();
    fs::write(folder.join("kustomization.yaml"), kustomization).unwrap();
    let built = succeed(Command::new(kubectl).arg("kustomize").arg(&folder));
    let expected: Vec<Value> = ["books", "ledger"]
        .iter()
        .flat_map(|app| rendered(&fleet.path().join("apps").join(app).join("app.toml")))
        .collect();
    assert_eq!(sorted(documents("built.yaml", built)), sorted(expected));

    // The layer for Config Sync is the same every time.
    let step = commands("config-sync.yaml", "Render the manifests");
    let mut layers = BTreeSet::new();
    for _ in 0..2 {
        let runner = Cloud::empty();
        let done = run_step(&runner, fleet.path(), &step, &[]);
        assert_eq!((done.code, done.text.as_str()), (Some(0), ""));
        layers.insert(fs::read(Path::new(&temp(&runner)).join("manifests.tar")).unwrap());
    }
    assert_eq!(layers.len(), 1);
}

fn permissions(_: &Path) {
    let mut permitted: BTreeMap<String, Value> = BTreeMap::new();
    for (name, workflow) in workflows() {
        assert_eq!(workflow["permissions"], json!({}), "{name}");
        for (job, content) in workflow["jobs"].as_object().unwrap() {
            permitted.insert(format!("{name} {job}"), content["permissions"].clone());
            for step in steps(content) {
                let Some(action) = step["uses"].as_str() else { continue };
                let (_, version) = action.split_once('@').unwrap();
                // A tag may be moved to another commit. The one of Flux has no known digest here.
                let is_digest =
                    version.len() == 40 && version.bytes().all(|b| b.is_ascii_hexdigit());
                assert!(is_digest || action == "fluxcd/flux2/action@v2.8.3", "{action}");
                // Credentials stay in the checkout only where the next step pushes with them.
                if action.starts_with("actions/checkout") && job != "deployed" {
                    assert_eq!(step["with"]["persist-credentials"], false, "{name} {job}");
                }
                assert!(step["with"]["credentials_json"].is_null(), "{name} has a key");
            }
        }
        let text = fs::read_to_string(examples().join("workflows").join(&name)).unwrap();
        assert!(!text.contains("pull_request_target"), "{name}");
    }
    let token = json!({ "contents": "read", "id-token": "write" });
    let expected = [
        ("argocd.yaml cloud", token.clone()),
        ("argocd.yaml deployed", json!({ "contents": "write" })),
        ("cloud.yaml scripts", token.clone()),
        ("config-sync.yaml cloud", token.clone()),
        ("config-sync.yaml publish", token.clone()),
        ("flux.yaml cloud", token.clone()),
        ("flux.yaml publish", json!({ "contents": "read", "packages": "write" })),
        ("pull-request.yaml check", json!({ "contents": "read" })),
        ("pull-request.yaml diff", json!({ "contents": "read", "pull-requests": "write" })),
        ("pull-request.yaml plan", token),
    ];
    let expected = expected.map(|(job, permissions)| (job.to_owned(), permissions));
    assert_eq!(permitted, BTreeMap::from(expected));
}

fn git(git: &Path) {
    let fleet = fleet();
    let folder = fleet.path();
    let run = |words: &[&str]| {
        let mut command = Command::new(git);
        command
            .current_dir(folder)
            .args(["-c", "user.name=x", "-c", "user.email=x@example.com"])
            .args(words)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null");
        succeed(&mut command).trim().to_owned()
    };
    let origin = tempfile::tempdir().unwrap();
    run(&["init", "--quiet", "--bare", origin.path().to_str().unwrap()]);
    run(&["init", "--quiet", "--initial-branch=main"]);
    run(&["remote", "add", "origin", origin.path().to_str().unwrap()]);
    let commit = |message: &str| {
        run(&["add", "--all"]);
        run(&["commit", "--quiet", "--message", message]);
        run(&["rev-parse", "HEAD"])
    };
    let runner = Cloud::empty();

    // The branch of Argo CD is made, moves forward, and never back.
    let first = commit("first");
    fs::write(folder.join("README"), "x").unwrap();
    let second = commit("second");
    let step = commands("argocd.yaml", "Move the branch forward");
    for (commit, moves) in [(&first, true), (&second, true), (&first, false)] {
        let done = run_step(&runner, folder, &step, &[("GITHUB_SHA", commit)]);
        assert_eq!(done.code == Some(0), moves, "{}", done.text);
    }
    let remote = run(&["ls-remote", "origin", "refs/heads/deployed"]);
    assert!(remote.starts_with(&second), "{remote}");

    // The comment says what the merge means.
    let step = commands("pull-request.yaml", "Compare the specs");
    let spec = folder.join("apps/books/app.toml");
    let text = fs::read_to_string(&spec).unwrap();
    fs::write(&spec, text.replace("1.4.2", "1.4.3")).unwrap();
    commit("image");
    let temporary = tempfile::tempdir().unwrap();
    let summary = temporary.path().join("summary.md");
    let variables = [
        ("RUNNER_TEMP", temporary.path().to_str().unwrap()),
        ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()),
    ];
    assert_eq!(run_step(&runner, folder, &step, &variables).code, Some(0));
    let comment = fs::read_to_string(temporary.path().join("diff.md")).unwrap();
    assert_eq!(comment, fs::read_to_string(summary).unwrap());
    assert!(comment.contains("its pods roll: spec.containers\\[books\\].image"), "{comment}");
    run(&["reset", "--quiet", "--hard", "HEAD~1"]);

    // The check of the pull request fails if the committed files are not what the specs render.
    let step = commands("pull-request.yaml", "Compare the manifests that are committed");
    let compare = || run_step(&runner, folder, &step, &[]);
    succeed(wigen(folder).args(["render", "apps", "--only", "manifests", "-o", "manifests"]));
    commit("rendered");
    let same = compare();
    assert_eq!((same.code, same.text.as_str()), (Some(0), ""));
    let deployment = folder.join("manifests/books/deployment.yaml");
    let text = fs::read_to_string(&deployment).unwrap();
    fs::write(&deployment, text.replace("1.4.2", "1.4.3")).unwrap();
    commit("edited by hand");
    assert_eq!(compare().code, Some(1));
    run(&["reset", "--quiet", "--hard", "HEAD~1"]);
    fs::write(folder.join("manifests/left-over.yaml"), "a: 1\n").unwrap();
    commit("left over");
    assert_eq!(compare().code, Some(1));
    run(&["reset", "--quiet", "--hard", "HEAD~1"]);
    fs::remove_file(&deployment).unwrap();
    commit("missing");
    assert_eq!(compare().code, Some(1));
}

/// The command of the container's page is that of its recipe.
fn page_of_the_container(_: &Path) {
    let page = fs::read_to_string(repository().join("docs/container.md")).unwrap();
    let recipe = fs::read_to_string(repository().join("examples/container/Dockerfile")).unwrap();
    let build = recipe.lines().next().unwrap().strip_prefix("# ").unwrap();
    assert!(page.contains(build));
}

/// The image, without an engine to build it: what is copied is what cargo reads, and the last stage
/// is as it is said to be.
fn container(cargo: &Path) {
    let text = fs::read_to_string(repository().join("examples/container/Dockerfile")).unwrap();
    let copied: BTreeSet<&str> = text
        .lines()
        .filter(|line| line.starts_with("COPY ") && !line.contains("--from="))
        .flat_map(|line| line.split(' ').skip(1))
        .filter(|word| !word.starts_with("./"))
        .collect();
    for name in &copied {
        assert!(repository().join(name).exists(), "{name}");
    }
    let mut command = Command::new(cargo);
    command.current_dir(repository()).args([
        "metadata",
        "--offline",
        "--no-deps",
        "--format-version=1",
    ]);
    let metadata: Value = serde_json::from_str(&succeed(&mut command)).unwrap();
    let targets = metadata["packages"][0]["targets"].as_array().unwrap();
    assert!(targets.len() > 5);
    for target in targets {
        let path = Path::new(target["src_path"].as_str().unwrap());
        let path = path.strip_prefix(repository()).unwrap();
        let folder = path.components().next().unwrap().as_os_str().to_str().unwrap();
        assert!(copied.contains(folder), "cargo wants {}", path.display());
    }
    assert!(text.contains(&format!("FROM rust:{}-", env!("CARGO_PKG_RUST_VERSION"))));
    let last = text.split("\nFROM ").last().unwrap();
    let lines: Vec<&str> = last.lines().collect();
    assert_eq!(
        lines,
        [
            "scratch",
            "# Kustomize and kpt start it as `nobody`, and the engine looks that name up in the image.",
            "COPY --from=build /etc/passwd /etc/passwd",
            "COPY --from=build /built/bin/wigen /wigen",
            "USER 65532:65532",
            "WORKDIR /work",
            "ENTRYPOINT [\"/wigen\"]",
        ]
    );

    // The examples are for the repository, not for the package.
    let mut command = Command::new(cargo);
    command.current_dir(repository()).args(["package", "--list", "--allow-dirty", "--offline"]);
    let listed = succeed(&mut command);
    assert!(listed.contains("src/bin/wigen/main.rs\n"));
    assert!(!listed.contains("examples/"), "{listed}");
}

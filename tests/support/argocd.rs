//! What Argo CD's cmp-server does with a plugin, as far as the plugin can tell: its file, the copy
//! of the repository, the variables, the commands, and what becomes of their output. After
//! cmpserver/plugin and util/app/discovery of Argo CD 3.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use wigen::diagnostics::source::Source;

use super::outcome;

/// The sidecar: its plugin, its programs, its variables.
pub(crate) struct Sidecar {
    plugin: Value,
    root: tempfile::TempDir,
    environment: BTreeMap<String, String>,
    /// Words before every command.
    pub(crate) wrapper: Vec<String>,
}

/// What `spec.source.plugin` of an Application has: variables, and parameters that are texts.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) env: Vec<(String, String)>,
    pub(crate) parameters: Vec<(String, String)>,
}

impl Settings {
    /// One parameter, and nothing else.
    pub(crate) fn parameter(name: &str, value: &str) -> Self {
        Self { parameters: vec![(name.to_owned(), value.to_owned())], ..Self::default() }
    }
}

impl Sidecar {
    /// A sidecar whose image has these programs, each under its name, in `/usr/local/bin`.
    pub(crate) fn new(plugin: &Path, programs: &[(&str, &Path)]) -> Self {
        let plugin = super::gitops::object(plugin);
        rules(&plugin).unwrap();
        let root = tempfile::tempdir().unwrap();
        for folder in ["bin", "repositories"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        for (name, program) in programs {
            symlink(program, root.path().join("bin").join(name)).unwrap();
        }
        // There is no home, and no terminal.
        let path = root.path().join("bin").display().to_string();
        let environment = BTreeMap::from([("PATH".to_owned(), path)]);
        Self { plugin, root, environment, wrapper: Vec::new() }
    }

    /// Sets a variable of the sidecar's container.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    /// The name by which Applications call the plugin.
    pub(crate) fn name(&self) -> String {
        let name = self.plugin["metadata"]["name"].as_str().unwrap();
        match self.plugin["spec"]["version"].as_str() {
            None | Some("") => name.to_owned(),
            Some(version) => format!("{name}-{version}"),
        }
    }

    /// The names of the parameters that the UI shows.
    pub(crate) fn parameters(&self) -> Vec<&str> {
        list(&self.plugin["spec"]["parameters"]["static"])
            .iter()
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect()
    }

    /// Whether the plugin is for this directory of the repository.
    pub(crate) fn supports(&self, repository: &Path, app: &str) -> bool {
        let directory = self.receive(repository).join(app);
        let discover = &self.plugin["spec"]["discover"];
        let name = discover["fileName"].as_str().expect("only fileName is played here");
        assert!(!name.contains(['*', '?', '[', '\\']), "{name}: patterns are not played here");
        directory.join(name).exists()
    }

    /// Generates the manifests of a directory: all objects, or what the UI shows.
    pub(crate) fn generate(
        &self,
        repository: &Path,
        app: &str,
        settings: &Settings,
    ) -> Result<Vec<Value>, String> {
        let received = self.receive(repository);
        let before = super::gitops::files(&received);
        let spec = &self.plugin["spec"];
        let mut output = String::new();
        for command in [&spec["init"], &spec["generate"]] {
            if !command.is_null() {
                output = self.run(command, &received.join(app), app, settings)?;
            }
        }
        assert_eq!(super::gitops::files(&received), before, "the plugin wrote into its source");
        let objects = wigen::text::parse_stream(&Source::new("stdout", output.clone()))
            .unwrap_or_else(|error| panic!("no YAML: {error:?}\n{output}"));
        assert!(!objects.is_empty(), "Argo CD would delete the app");
        for object in &objects {
            super::gitops::is_object(object).unwrap_or_else(|error| panic!("{error}\n{output}"));
        }
        Ok(objects)
    }

    /// What comes through the stream: the files with fixed modes, and a new directory each time.
    fn receive(&self, repository: &Path) -> PathBuf {
        let parent = tempfile::tempdir_in(self.root.path().join("repositories")).unwrap().keep();
        let received = parent.join("repository");
        copy(repository, &received);
        received
    }

    fn run(
        &self,
        command: &Value,
        directory: &Path,
        app: &str,
        settings: &Settings,
    ) -> Result<String, String> {
        let words = [&command["command"], &command["args"]].into_iter().flat_map(list);
        let mut words: Vec<String> =
            words.map(|word| word.as_str().expect("a word").to_owned()).collect();
        let shown = words.join(" ");
        words.splice(0..0, self.wrapper.iter().cloned());
        // Programs are looked for where the sidecar has them.
        let program = self.root.path().join("bin").join(&words[0]);
        let mut command =
            Command::new(if program.exists() { program } else { words[0].clone().into() });
        command
            .args(&words[1..])
            .current_dir(directory)
            .stdin(Stdio::null())
            .env_clear()
            .envs(&self.environment)
            .envs(variables(app, settings));
        let (code, stdout, stderr) = outcome(&mut command);
        if code == Some(0) {
            return Ok(stdout);
        }
        assert_eq!(stdout, "", "a command that failed printed manifests");
        Err(format!("`{shown}` failed exit status {code:?}: {}", stderr.trim()))
    }
}

/// The variables that a command gets beside those of the sidecar. Empty ones are left out.
fn variables(app: &str, settings: &Settings) -> Vec<(String, String)> {
    let name = app.rsplit('/').next().unwrap();
    let revision = "0123456789abcdef0123456789abcdef01234567";
    let build = [
        ("ARGOCD_APP_NAME", name),
        ("ARGOCD_APP_NAMESPACE", "shop"),
        ("ARGOCD_APP_PROJECT_NAME", "default"),
        ("ARGOCD_APP_REVISION", revision),
        ("ARGOCD_APP_REVISION_SHORT", &revision[..7]),
        ("ARGOCD_APP_SOURCE_PATH", app),
        ("ARGOCD_APP_SOURCE_REPO_URL", "https://github.com/my-org/fleet.git"),
        ("ARGOCD_APP_SOURCE_TARGET_REVISION", "deployed"),
        ("KUBE_VERSION", "1.33.2"),
        ("KUBE_API_VERSIONS", "v1,apps/v1"),
    ];
    let mut variables: Vec<(String, String)> =
        build.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    for (name, value) in &settings.env {
        variables.push((format!("ARGOCD_ENV_{name}"), value.clone()));
    }
    let parameters: Vec<Value> = settings
        .parameters
        .iter()
        .map(|(name, value)| json!({ "name": name, "string": value }))
        .collect();
    variables.push(("ARGOCD_APP_PARAMETERS".to_owned(), json!(parameters).to_string()));
    for (name, value) in &settings.parameters {
        let name: String = name
            .chars()
            .map(|character| match character {
                'a'..='z' | 'A'..='Z' | '0'..='9' => character.to_ascii_uppercase(),
                _ => '_',
            })
            .collect();
        variables.push((format!("PARAM_{name}"), value.clone()));
    }
    variables.retain(|(_, value)| !value.is_empty());
    variables
}

/// What Argo CD demands of a plugin's file; and beyond that, that it has no key which is not read.
pub(crate) fn rules(plugin: &Value) -> Result<(), String> {
    if plugin["kind"] != "ConfigManagementPlugin" {
        return Err("kind must be ConfigManagementPlugin".to_owned());
    }
    if plugin["metadata"]["name"].as_str().is_none_or(str::is_empty) {
        return Err("metadata.name is empty".to_owned());
    }
    let spec = &plugin["spec"];
    if list(&spec["generate"]["command"]).is_empty() {
        return Err("spec.generate.command is empty".to_owned());
    }
    let parameter =
        ["name", "title", "tooltip", "required", "itemType", "collectionType", "string", "array"];
    let statics = list(&spec["parameters"]["static"]);
    let command = ["command", "args"];
    let known: Vec<(&Value, &[&str])> = [
        (plugin, &["apiVersion", "kind", "metadata", "spec"] as &[&str]),
        (
            spec,
            &[
                "version",
                "init",
                "generate",
                "discover",
                "parameters",
                "preserveFileMode",
                "provideGitCreds",
            ],
        ),
        (&spec["init"], &command),
        (&spec["generate"], &command),
        (&spec["discover"], &["fileName", "find"]),
        (&spec["discover"]["find"], &["glob", "command", "args"]),
        (&spec["parameters"], &["static", "dynamic"]),
    ]
    .into_iter()
    .chain(statics.iter().map(|known| (known, &parameter as &[&str])))
    .collect();
    for (table, keys) in known {
        for key in table.as_object().into_iter().flat_map(|table| table.keys()) {
            if !keys.contains(&key.as_str()) {
                return Err(format!("there is no key `{key}`"));
            }
        }
    }
    Ok(())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Copies a folder as it goes through the stream: content and names, with fixed modes.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    fs::set_permissions(to, fs::Permissions::from_mode(0o755)).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::write(&to, fs::read(entry.path()).unwrap()).unwrap();
            fs::set_permissions(&to, fs::Permissions::from_mode(0o644)).unwrap();
        }
    }
}

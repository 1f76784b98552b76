//! Many apps in one place: the file `wigen.toml`, and what it brings to each of their specs.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};
use serde_json::{Map, Value, json};

use crate::diagnostics::source::Source;
use crate::diagnostics::{Code, Diagnostic, Location, quoted};
use crate::spec::fields;
use crate::spec::names::{DnsLabel, NonEmptyString};
use crate::spec::schema;
use crate::spec::schema::published::{defaults_schema, schema_of};
use crate::text::{self, Layer, Node};

crate::diagnostics::declare_code! {
    WORKSPACE: Error = "workspace",
    what: "`wigen.toml` does not match its specs: a `members` pattern matches no spec, no spec has a listed environment, or an output path is not usable.",
    why: "A spec that no pattern matches would never be rendered, and nobody would notice.",
    example: "# wigen.toml\nmembers = [\"app/books\"]\n\n# apps/books/app.toml\nname = \"books\"",
    instead: "# wigen.toml\nmembers = [\"apps/books\"]\n\n# apps/books/app.toml\nname = \"books\"",
    source: "",
}

/// The apps of a repository: which there are, where their artifacts go, and what they share.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "wigen workspace")]
pub struct Workspace {
    /// The JSON Schema of this file, for editors. wigen does not read it.
    #[serde(rename = "$schema", default, deserialize_with = "fields::given")]
    #[schemars(example = &"workspace.schema.json")]
    pub schema: Option<String>,

    /// Glob patterns of the specs, relative to this file: files, or directories to search for
    /// specs. `*` matches within one name, `**` any directories.
    #[serde(deserialize_with = "fields::not_empty")]
    #[schemars(length(min = 1), example = json!(["apps/*"]))]
    pub members: Vec<NonEmptyString>,

    /// Glob patterns of what is not a member.
    #[serde(default)]
    #[schemars(example = json!(["apps/attic"]))]
    pub exclude: Vec<NonEmptyString>,

    /// Where to write rendered files, relative to this file: `{dir}` is the directory of the spec,
    /// `{name}` the name of the app, `{env}` the environment. `-o` overrides it, and `-o -` prints.
    /// Default: standard output.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"{dir}/rendered")]
    pub out: Option<NonEmptyString>,

    /// Environments to render unless `--env` says otherwise: of each member those that it has, or
    /// the member alone if it has none at all.
    #[serde(default)]
    #[schemars(example = json!(["test", "prod"]))]
    pub environments: Vec<DnsLabel>,

    /// Keys of a spec, except `name`, that members share. A member is merged over them as an
    /// environment over its spec.
    #[serde(default, deserialize_with = "unlocated")]
    #[schemars(with = "Map<String, Value>", extend("default" = json!({})), example = json!({"project": "my-project"}))]
    defaults: Node,

    /// The text that it was read from.
    #[serde(skip, default = "nowhere")]
    #[schemars(skip)]
    source: Source,

    /// What was read.
    #[serde(skip)]
    #[schemars(skip)]
    document: Node,
}

fn nowhere() -> Source {
    Source::new("wigen.toml", "")
}

/// Skips a value that is taken, with its places, from the document.
fn unlocated<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| Node::default())
}

impl Workspace {
    /// Reads a `wigen.toml`; the error is everything that is wrong with it, in the order of the text,
    /// each finding with its place. What the defaults hold is judged with each spec, only their keys and
    /// kinds of values are judged here.
    pub fn read(source: &Source) -> Result<Self, Vec<Diagnostic>> {
        let document = text::parse_located(source)?;
        match schema::read_workspace::<Self>(&document) {
            Ok(read) => {
                let mut defaults = document.get("defaults").cloned().unwrap_or_default();
                defaults.each_origin(&|origin| origin.layer = Layer::Defaults);
                Ok(Self { source: source.clone(), document, defaults, ..read })
            }
            Err(found) => {
                let mut found = found.into_iter().map(without_name).collect();
                text::locate(source, &document, &mut found);
                Err(found)
            }
        }
    }

    /// The text that it was read from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The keys of a spec that members share: an object, or nothing.
    pub(super) fn defaults(&self) -> Option<&Node> {
        Some(&self.defaults).filter(|defaults| defaults.as_object().is_some())
    }

    /// A finding at a node of the file, for example at `/members/0`: with its range, and the file as the
    /// text that it is in.
    pub fn diagnostic(&self, code: Code, pointer: &str, message: impl Into<String>) -> Diagnostic {
        let mut place = Location::value(pointer).in_source(&self.source);
        let span = self.document.nearest(pointer).span(place.target);
        place.span = Some(text::shown(&self.source, span));
        Diagnostic::new(code, place, message)
    }
}

/// What is said of a name in the defaults.
fn without_name(found: Diagnostic) -> Diagnostic {
    let steps: Vec<&str> = found.place.pointer.split('/').skip(1).collect();
    let is_name = found.code == Code::UNKNOWN_KEY
        && matches!(
            steps.as_slice(),
            ["defaults", "name"] | ["defaults", "environments", _, "name"]
        );
    if !is_name {
        return found;
    }
    let message = format!("{} has no place in the defaults", quoted("name"));
    Diagnostic::new(Code::UNKNOWN_KEY, found.place, message)
        .label("each spec has its own")
        .help("remove it: every app would have this name")
}

/// The JSON Schema (draft 7) of `wigen.toml`: `schemas/workspace.schema.json`.
pub fn workspace_schema() -> Value {
    let mut schema = schema_of::<Workspace>();
    let mut defaults = defaults_schema();
    for keyword in ["description", "default", "examples"] {
        defaults[keyword] = schema["properties"]["defaults"][keyword].take();
    }
    schema["properties"]["defaults"] = defaults;
    schema
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::levels::Levels;
    use crate::diagnostics::{Dedup, Diagnostics};
    use crate::spec::check::CheckedSpec;
    use crate::spec::load::{LoadOptions, Spec, name_in};

    const WORKSPACE: &str = r#"members = ["apps/*"]
[defaults]
project = "my-project"
namespace = "shop"
[defaults.cluster]
name = "c"
region = "us-central1"
[defaults.googleServiceAccount]
[defaults.deployment]
replicas = 2
[defaults.environments.prod]
namespace = "shop-prod"
[defaults.environments.prod.cluster]
region = "us-east1"
"#;

    fn workspace(text: &str) -> Workspace {
        Workspace::read(&Source::new("wigen.toml", text)).unwrap()
    }

    fn told(text: &str) -> Vec<String> {
        let source = Source::new("wigen.toml", text);
        let found = Workspace::read(&source).unwrap_err();
        found.iter().map(|one| line(&source, one)).collect()
    }

    fn line(own: &Source, one: &Diagnostic) -> String {
        let source = one.source(own);
        let at = source.position(one.place.span.clone().unwrap().start);
        format!("{}:{}:{} {}", source.name(), at.line, at.column, one.message)
    }

    /// What is found in a spec of the workspace.
    fn found(
        workspace: &Workspace,
        name: &str,
        spec: &str,
        environment: Option<&str>,
    ) -> Vec<String> {
        let source = Source::new(name, spec);
        let found = diagnostics(check(&source, workspace, environment));
        found.iter().map(|one| line(&source, one)).collect()
    }

    fn load(source: &Source, workspace: &Workspace) -> Result<Spec, Diagnostics> {
        Spec::load(source, &LoadOptions { workspace: Some(workspace), ..LoadOptions::default() })
    }

    fn check(
        source: &Source,
        workspace: &Workspace,
        environment: Option<&str>,
    ) -> Result<CheckedSpec, Diagnostics> {
        load(source, workspace)?.check(environment, &Levels::default())
    }

    fn diagnostics(checked: Result<CheckedSpec, Diagnostics>) -> Vec<Diagnostic> {
        checked.map_or_else(Diagnostics::into_vec, |checked| checked.warnings().to_vec())
    }

    #[test]
    fn everything_wrong_with_the_file_is_told_at_its_place() {
        assert_eq!(
            told(
                "membrs = ['a']\nout = ''\nproject = 'p'\n[defaults]\nname = 'a'\n[defaults.pod]\ncontainers = []\n[defaults.environments.prod]\nname = 'b'\nnamespce = 'x'\n"
            ),
            [
                "wigen.toml:1:1 unknown key `membrs`",
                "wigen.toml:2:7 `out` must not be empty",
                "wigen.toml:3:1 unknown key `project`",
                "wigen.toml:5:1 `name` has no place in the defaults",
                "wigen.toml:7:1 `containers` is written by wigen",
                "wigen.toml:9:1 `name` has no place in the defaults",
                "wigen.toml:10:1 unknown key `namespce` in `prod`",
            ]
        );
        assert_eq!(told(""), ["wigen.toml:1:1 missing key `members`"]);
        assert_eq!(told("members = ['a'"), ["wigen.toml:1:15 unclosed array, expected `]`"]);
        assert_eq!(
            told("members = []\nenvironments = ['A']\n[defaults.cluster]\nname = 1\n"),
            [
                "wigen.toml:1:11 `members` must not be empty",
                "wigen.toml:2:17 `A` is not a name",
                "wigen.toml:4:8 `name` must be a string, not an integer",
            ]
        );
        let workspace = workspace(WORKSPACE);
        let one = workspace.diagnostic(Code::UNKNOWN_VALUE, "/members/0", "m");
        assert_eq!(line(workspace.source(), &one), "wigen.toml:1:12 m");
    }

    #[test]
    fn a_spec_need_not_be_complete_alone() {
        let workspace = workspace(WORKSPACE);
        let app = "name = 'books-api'\n[container]\nimage = 'us-docker.pkg.dev/my-project/b/b:1'\n";
        assert_eq!(found(&workspace, "app.toml", app, Some("prod")), [""; 0]);
        let krm = "apiVersion: wigen.dev/v1alpha1\nkind: App\nmetadata: {name: books-api}\nspec: {container: {image: 'us-docker.pkg.dev/my-project/b/b:1'}}\n";
        assert_eq!(found(&workspace, "app.yaml", krm, Some("prod")), [""; 0]);
        // The envelope is not for the defaults to bring.
        assert_eq!(
            found(
                &workspace,
                "app.yaml",
                "apiVersion: wigen.dev/v1alpha1\nkind: App\nmetadata: {}\n",
                None
            ),
            ["app.yaml:1:1 missing key `spec`", "app.yaml:3:1 missing key `name` in `metadata`"]
        );
        for (file, text) in [("app.toml", app), ("app.yaml", krm)] {
            let source = Source::new(file, text);
            let spec = load(&source, &workspace).unwrap();
            assert_eq!(spec.environments().collect::<Vec<_>>(), ["prod"]);
            assert_eq!(spec.name(Some("prod")), Some("books-api"));
            assert_eq!(name_in(&source).as_deref(), Some("books-api"));
            let app = check(&source, &workspace, None).unwrap().into_app();
            assert_eq!((app.project.as_str(), app.namespace.as_str()), ("my-project", "shop"));
            let app = check(&source, &workspace, Some("prod")).unwrap().into_app();
            assert_eq!(app.namespace, "shop-prod");
            assert_eq!(app.cluster.region.as_deref(), Some("us-east1"));
        }
        assert_eq!(name_in(&Source::new("app.toml", "name =")), None);
    }

    #[test]
    fn keys_that_exclude_each_other_take_the_place_of_the_defaults() {
        let workspace = workspace(WORKSPACE);
        let spec = "name = 'books-api'\n[cluster]\nzone = 'us-central1-a'\n[cronJob]\nschedule = '0 3 * * *'\n[container]\nimage = 'us-docker.pkg.dev/my-project/b/b:1'\n[environments.prod.cluster]\nzone = 'us-east1-b'\n";
        let source = Source::new("app.toml", spec);
        for (environment, zone) in [(None, "us-central1-a"), (Some("prod"), "us-east1-b")] {
            let checked = check(&source, &workspace, environment).unwrap();
            assert_eq!(checked.warnings(), []);
            let app = checked.into_app();
            assert_eq!(
                (app.cluster.region.as_deref(), app.cluster.zone.as_deref()),
                (None, Some(zone))
            );
            assert!(app.deployment.is_none() && app.cron_job.is_some());
        }
    }

    #[test]
    fn what_is_wrong_is_told_where_the_value_comes_from() {
        let text = WORKSPACE
            .replace("\"us-central1\"", "\"US\"")
            .replace("replicas = 2", "replicas = 'x'");
        let text = text.replace("\"shop-prod\"", "\"P\"");
        let workspace = workspace(&text);
        let app = "name = 'books-api'\nnamespace = 'N'\n[container]\nimage = 'us-docker.pkg.dev/my-project/b/b:1'\nprot = 1\n";
        assert_eq!(
            found(&workspace, "app.toml", app, None),
            [
                "app.toml:2:13 `N` is not a name",
                "app.toml:5:1 unknown key `prot` in `container`",
                "wigen.toml:7:10 `US` is not a region",
                "wigen.toml:10:12 `replicas` must be an integer, not a string",
            ]
        );
        // What a spec replaces is not judged.
        let app = "name = 'books-api'\n[cluster]\nzone = 'us-central1-a'\n[job]\n[container]\nimage = 'us-docker.pkg.dev/my-project/b/b:1'\n";
        assert_eq!(
            found(&workspace, "app.toml", app, None),
            ["wigen.toml:12:13 `P` is not a name"]
        );
    }

    #[test]
    fn what_is_missing_is_told_of_the_spec() {
        let workspace = workspace(
            "members = ['a']\n[defaults.cluster]\nname = 'c'\n[defaults.container]\nenv.A = 'b'\n[[defaults.pod.volumes]]\nemptyDir = {}\n",
        );
        assert_eq!(
            found(&workspace, "app.toml", "name = 'books-api'\n", None),
            [
                "app.toml:1:1 missing key `project`",
                "app.toml:1:1 missing key `image` in `container`",
                // To a list of the defaults no spec can add.
                "wigen.toml:6:1 missing key `name` in `volumes`",
            ]
        );
        let spec = "name = 'books-api'\nproject = 'my-project'\n[container]\nimage = 'us-docker.pkg.dev/my-project/b/b:1'\n[pod]\nvolumes = []\n";
        let source = Source::new("app.toml", spec);
        let found = diagnostics(check(&source, &workspace, None));
        assert_eq!(
            line(&source, &found[0]),
            "app.toml:1:1 the cluster has neither a region nor a zone"
        );
        assert_eq!(found[0].related[0].0.pointer, "/defaults/cluster");
        assert_eq!(found[0].related[0].0.source.as_ref(), Some(workspace.source()));
    }

    #[test]
    fn what_is_wrong_with_the_defaults_is_told_once() {
        let workspace = workspace(&WORKSPACE.replace("\"us-central1\"", "\"US\""));
        let mut once = Dedup::default();
        let mut told = Vec::new();
        for name in ["a", "b"] {
            let source = Source::new(name, "name = 'books-api'\nproject = 'P'\n");
            let found = diagnostics(check(&source, &workspace, None));
            told.extend(found.iter().filter(|one| once.is_new(one)).map(|one| line(&source, one)));
        }
        assert_eq!(
            told,
            [
                "a:2:11 `P` is not a project ID",
                "wigen.toml:7:10 `US` is not a region",
                "b:2:11 `P` is not a project ID",
            ]
        );
    }

    #[test]
    fn what_the_defaults_allow_need_not_come() {
        let workspace = workspace(&format!("{WORKSPACE}[defaults.lint.allow]\nkey-file = 'x'\n"));
        let app = "name = 'books-api'\n[container]\nimage = 'us-docker.pkg.dev/my-project/b/b:1'\n[lint.allow]\nstale-image = 'y'\n";
        assert_eq!(
            found(&workspace, "app.toml", app, None),
            ["app.toml:5:1 `stale-image` is allowed and does not come"]
        );
    }

    #[test]
    fn an_unknown_environment_is_told_with_those_of_the_defaults() {
        let workspace = workspace(WORKSPACE);
        let app = "name = 'books-api'\nenvironment = 'prd'\n[container]\nimage = 'us-docker.pkg.dev/my-project/b/b:1'\n";
        assert_eq!(
            found(&workspace, "app.toml", app, None),
            ["app.toml:2:15 there is no environment `prd`"]
        );
        assert_eq!(
            found(&workspace, "app.toml", app, Some("prdo")),
            ["wigen.toml:11:11 there is no environment `prdo`"]
        );
    }
}

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
    what: "`wigen.toml` does not match its specs: a `members` pattern matches no spec, no spec has a listed environment, an output path is not usable, or a spec without a workspace shares a library.",
    why: "A spec that no pattern matches would never be rendered, and nobody would notice.",
    example: "# wigen.toml\nmembers = [\"app/books\"]\n\n# apps/books/app.toml\nname = \"books\"",
    instead: "# wigen.toml\nmembers = [\"apps/books\"]\n\n# apps/books/app.toml\nname = \"books\"",
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

    /// A directory of your own templates, relative to this file. `--templates` overrides it.
    /// Default: the built-in templates.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"templates")]
    pub templates: Option<NonEmptyString>,

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

    /// The value that members share at a JSON pointer of a spec, for example `/cluster/name`.
    pub fn default_value(&self, pointer: &str) -> Option<&Node> {
        self.defaults.pointer(pointer)
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

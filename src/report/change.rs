//! What changes between specs: for people, and for programs.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;

use super::{Style, plain};
use crate::model::diff::{Change, Effect, How, Kind};

/// What changes of one app.
#[derive(Debug, Clone)]
pub struct Compared {
    /// Its name.
    pub app: String,
    /// Name of the old spec; none where the app is new.
    pub old: Option<String>,
    /// Name of the new spec; none where the app is gone.
    pub new: Option<String>,
    /// What changes.
    pub changes: Vec<Change>,
}

/// One change, as a line of `wigen diff --format json`.
#[derive(Serialize, JsonSchema)]
struct Line<'a> {
    /// The app; by its new name, where it has got one.
    app: &'a str,
    /// The old spec, as it was named; absent where the app is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    old: Option<&'a str>,
    /// The new spec, as it was named; absent where the app is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    new: Option<&'a str>,
    /// What the change is about.
    #[schemars(schema_with = "kinds")]
    kind: &'a str,
    /// Whether the new spec has something that the old one has not (added), the other way round
    /// (removed), or both have it and it differs (changed).
    #[schemars(schema_with = "hows")]
    change: &'a str,
    /// What it does to what runs: nothing; what the old spec made stays until somebody takes it away;
    /// pods are replaced; the API server refuses it.
    #[schemars(schema_with = "effects")]
    effect: &'a str,
    /// What changes, by the name that IAM or Kubernetes has for it.
    subject: &'a str,
    /// What is to be said of it, for people.
    words: &'a str,
    /// The fields of the manifest that differ, as paths; elements of lists by their names.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    fields: &'a [String],
}

/// Writes changes one a line, in their order.
pub fn changes_json(compared: &Compared) -> String {
    let line = |change: &Change| {
        let line = Line {
            app: &compared.app,
            old: compared.old.as_deref(),
            new: compared.new.as_deref(),
            kind: change.kind.as_str(),
            change: change.how.as_str(),
            effect: change.effect.as_str(),
            subject: &change.subject,
            words: &change.words,
            fields: &change.fields,
        };
        Some(serde_json::to_string(&line).ok()? + "\n")
    };
    compared.changes.iter().filter_map(line).collect()
}

/// The JSON Schema (draft 2020-12) of a line: `schemas/change.schema.json`.
pub fn change_schema() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<Line>();
    schema.insert("title".into(), "wigen change".into());
    schema.to_value()
}

fn kinds(_: &mut SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "string", "enum": Kind::ALL.map(Kind::as_str) })
}

fn hows(_: &mut SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "string", "enum": How::ALL.map(How::as_str) })
}

fn effects(_: &mut SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "string", "enum": Effect::ALL.map(Effect::as_str) })
}

/// Shows what changes of an app below a line that names it; nothing where nothing changes. `+` comes,
/// `-` goes, `~` is another, and `!` is refused.
pub fn changes(compared: &Compared, style: Style) -> String {
    if compared.changes.is_empty() {
        return String::new();
    }
    let spec = compared.new.as_ref().or(compared.old.as_ref()).map_or("", String::as_str);
    let mut shown = coloured(&format!("{} ({spec})", compared.app), "1", style);
    for change in &compared.changes {
        let (sign, colour) = match (change.effect, change.how) {
            (Effect::Refused, _) => ('!', "1;31"),
            (_, How::Added) => ('+', "32"),
            (_, How::Removed) => ('-', "31"),
            (_, How::Changed) => ('~', "33"),
        };
        let Change { subject, words, .. } = change;
        let colon = if words.is_empty() { "" } else { ": " };
        shown.push_str(&coloured(&format!("  {sign} {subject}{colon}{words}"), colour, style));
    }
    shown
}

/// A line. Names of files and texts of specs may hold what a terminal would obey.
fn coloured(text: &str, colour: &str, style: Style) -> String {
    let text = plain(text);
    if style.colour { format!("\u{1b}[{colour}m{text}\u{1b}[0m\n") } else { format!("{text}\n") }
}

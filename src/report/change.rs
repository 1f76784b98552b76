//! Changes between specs: a listing for people, JSON Lines for programs.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::json::{JSON_VERSION, schema, words};
use super::style::{Style, plain};
use crate::model::diff::{ApplyMode, Change, ChangeType, Effect, Subject};

/// The changes of one app in one environment.
#[derive(Debug, Clone)]
pub struct Compared {
    /// Name of the app.
    pub app: String,
    /// The environment; `None` for the spec without one.
    pub environment: Option<String>,
    /// Name of the old spec; `None` for a new app.
    pub old: Option<String>,
    /// Name of the new spec; `None` for a removed app.
    pub new: Option<String>,
    /// What changes.
    pub changes: Vec<Change>,
}

/// One change, as a line of `wigen diff --format json`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    /// Version of this format.
    #[schemars(extend("const" = JSON_VERSION))]
    version: u8,
    /// Name of the app; its new name if it was renamed.
    app: &'a str,
    /// Environment; absent for a spec without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<&'a str>,
    /// Old spec, as given; absent for a new app.
    #[serde(skip_serializing_if = "Option::is_none")]
    old: Option<&'a str>,
    /// New spec, as given; absent for a removed app.
    #[serde(skip_serializing_if = "Option::is_none")]
    new: Option<&'a str>,
    /// What the change affects.
    #[schemars(schema_with = "words::<Subject>")]
    kind: &'a str,
    /// `added`: only the new spec has it. `removed`: only the old spec has it. `changed`: both have
    /// it, with different values.
    #[schemars(schema_with = "words::<ChangeType>")]
    change: &'a str,
    /// Effect on what is running: none; what the old spec created stays until someone removes it;
    /// pods are replaced; or the API server rejects the change.
    #[schemars(schema_with = "words::<Effect>")]
    effect: &'a str,
    /// The only way to apply the change that the API server rejects: `kubectl apply`, or
    /// server-side apply. Absent if it rejects both, or none.
    #[schemars(schema_with = "words::<ApplyMode>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    rejected_by: Option<&'a str>,
    /// What changes, by its name in IAM or Kubernetes.
    subject: &'a str,
    /// Description for people.
    words: &'a str,
    /// Paths of the manifest fields that differ; list elements by name.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    fields: &'a [String],
}

/// Writes each change on one line, in order.
pub fn changes_json(compared: &Compared) -> String {
    let line = |change: &Change| {
        let line = Line {
            version: JSON_VERSION,
            app: &compared.app,
            environment: compared.environment.as_deref(),
            old: compared.old.as_deref(),
            new: compared.new.as_deref(),
            kind: change.subject.as_ref(),
            change: change.change_type.as_ref(),
            effect: change.effect.as_ref(),
            rejected_by: change.rejected_by.as_ref().map(ApplyMode::as_ref),
            subject: &change.name,
            words: &change.detail,
            fields: &change.fields,
        };
        Some(serde_json::to_string(&line).ok()? + "\n")
    };
    compared.changes.iter().filter_map(line).collect()
}

/// The JSON Schema (draft 2020-12) of a line: `schemas/change.schema.json`.
pub fn change_schema() -> Value {
    schema::<Line>("wigen change")
}

/// Lists the changes of each app below a line with its name. `+` is added, `-` removed, `~` changed, `!`
/// rejected by the API server.
pub fn changes(compared: &[Compared], style: Style) -> String {
    let (mut shown, mut last) = (String::new(), None);
    for one in compared.iter().filter(|one| !one.changes.is_empty()) {
        let spec = one.new.as_ref().or(one.old.as_ref()).map_or("", String::as_str);
        let head = format!("{} ({spec})", one.app);
        if last.as_ref() != Some(&head) {
            shown.push_str(if last.is_some() { "\n" } else { "" });
            shown.push_str(&coloured(&head, "1", style));
            last = Some(head);
        }
        let environment = one.environment.as_ref().map(|name| format!("{name}: "));
        let environment = environment.unwrap_or_default();
        for Change { effect, change_type, name, detail, .. } in &one.changes {
            let (sign, colour) = match (effect, change_type) {
                (Effect::Refused, _) => ('!', "1;31"),
                (_, ChangeType::Added) => ('+', "32"),
                (_, ChangeType::Removed) => ('-', "31"),
                (_, ChangeType::Changed) => ('~', "33"),
            };
            let colon = if detail.is_empty() { "" } else { ": " };
            let line = format!("  {sign} {environment}{name}{colon}{detail}");
            shown.push_str(&coloured(&line, colour, style));
        }
    }
    shown
}

/// Colors one line. File names and strings of specs may contain control characters.
fn coloured(text: &str, colour: &str, style: Style) -> String {
    let text = plain(text);
    if style.colour { format!("\u{1b}[{colour}m{text}\u{1b}[0m\n") } else { format!("{text}\n") }
}

//! Bindings of roles to members, as scripts make them and policies hold them.

use indexmap::IndexMap;

use crate::diagnostic::{Diagnostic, Place};
use crate::locate;
use crate::source::{Source, Span};

/// One member with one role.
#[derive(Debug)]
pub(super) struct Binding {
    pub(super) place: Place,
    pub(super) on: On,
    pub(super) role: String,
    pub(super) member: String,
}

/// What a role is bound on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum On {
    /// The Google Cloud service account of this e-mail.
    Account(String),
    /// A project, folder or organization.
    Wider,
    /// Something else, or nobody says.
    Other,
}

/// Reads a policy in JSON, or what a script binds.
pub(super) fn read(source: &Source) -> Result<Vec<Binding>, Vec<Diagnostic>> {
    if source.text().trim_start().starts_with('{') { policy(source) } else { Ok(script(source)) }
}

fn policy(source: &Source) -> Result<Vec<Binding>, Vec<Diagnostic>> {
    let documents = locate::parse_stream(source)?;
    let email = source.file_name().strip_suffix(".json").filter(|name| name.contains('@'));
    let mut all = Vec::new();
    let bindings = documents.first().and_then(|policy| policy["bindings"].as_array());
    for (index, binding) in bindings.into_iter().flatten().enumerate() {
        let members = binding["members"].as_array().into_iter().flatten().enumerate();
        for (member_index, member) in members {
            all.push(Binding {
                place: Place::value(format!("/0/bindings/{index}/members/{member_index}")),
                on: email.map_or(On::Other, |email| On::Account(email.to_owned())),
                role: binding["role"].as_str().unwrap_or_default().to_owned(),
                member: member.as_str().unwrap_or_default().to_owned(),
            });
        }
    }
    Ok(all)
}

/// The commands of a script that bind a role, with the variables that it sets to plain texts filled
/// in. What is computed when it runs stays as it is written.
fn script(source: &Source) -> Vec<Binding> {
    let mut variables: IndexMap<String, String> = IndexMap::new();
    let mut all = Vec::new();
    for (span, line) in logical_lines(source.text()) {
        let words = words(&line);
        if let [word] = words.as_slice()
            && let Some((name, value)) = word.split_once('=')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        {
            variables.insert(name.to_owned(), filled(value, &variables));
            continue;
        }
        let Some(verb) = words.iter().position(|word| word == "add-iam-policy-binding") else {
            continue;
        };
        let words: Vec<String> = words.iter().map(|word| filled(word, &variables)).collect();
        let flag = |name: &str| {
            words.iter().enumerate().find_map(|(index, word)| match word.strip_prefix(name) {
                Some("") => words.get(index + 1).cloned(),
                Some(rest) => rest.strip_prefix('=').map(str::to_owned),
                None => None,
            })
        };
        let group = words[..verb].last().map_or("", String::as_str);
        let target = words.get(verb + 1).filter(|word| !word.starts_with('-'));
        let on = match (group, target) {
            ("service-accounts", Some(email)) => On::Account(email.clone()),
            ("projects" | "folders" | "organizations", _) => On::Wider,
            _ => On::Other,
        };
        if let (Some(member), Some(role)) = (flag("--member"), flag("--role")) {
            let at = source.text()[span.clone()]
                .find("--member")
                .map_or(span.start, |at| span.start + at);
            let end = source.text()[at..span.end].find('\n').map_or(span.end, |end| at + end);
            let end = at + source.text()[at..end].trim_end_matches(['\\', ' ']).len();
            let end = word_end(&source.text()[at..end]).map_or(end, |length| at + length);
            all.push(Binding { place: Place::text(at..end), on, role, member });
        }
    }
    all
}

/// Where the word ends with which a text begins, its flag's value included.
fn word_end(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut after_flag = !text.starts_with("--member=");
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == ' ' && after_flag => after_flag = false,
            None if c == ' ' => return Some(at),
            Some(_) | None => {}
        }
    }
    None
}

/// The lines of a script, those that a backslash continues in one, without comments.
fn logical_lines(text: &str) -> Vec<(Span, String)> {
    let mut lines = Vec::new();
    let mut open: Option<(usize, String)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\n', '\r']);
        let (start, mut whole) = open.take().unwrap_or((at, String::new()));
        at += line.len();
        if whole.is_empty() && bare.trim_start().starts_with('#') {
            continue;
        }
        if let Some(continued) = bare.strip_suffix('\\') {
            whole.push_str(continued);
            open = Some((start, whole));
        } else {
            whole.push_str(bare);
            lines.push((start..at - (line.len() - bare.len()), whole));
        }
    }
    lines.extend(open.map(|(start, whole)| (start..text.len(), whole)));
    lines
}

/// The words of a command, without their quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(chars.next()),
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, '#') if word.is_none() => break,
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// A word with the variables that are known.
fn filled(word: &str, variables: &IndexMap<String, String>) -> String {
    let mut text = String::new();
    let mut rest = word;
    while let Some(at) = rest.find('$') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let inner = rest.strip_prefix('{').unwrap_or(rest);
        let length =
            inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
        let closed = inner.len() == rest.len() || inner[length..].starts_with('}');
        match variables.get(&inner[..length]).filter(|_| closed) {
            Some(value) => {
                text.push_str(value);
                rest = &inner[length + usize::from(inner.len() != rest.len())..];
            }
            None => text.push('$'),
        }
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_read_with_its_variables() {
        let text = "#!/bin/bash\n# gcloud add-iam-policy-binding\nPROJECT=p\nMEMBER=\"serviceAccount:${PROJECT}.svc.id.goog[n/a]\"\nbind gcloud iam service-accounts add-iam-policy-binding \\\n  'a@p.iam.gserviceaccount.com' \\\n  --role roles/iam.workloadIdentityUser --member \"$MEMBER\" \\\n  --project=$PROJECT   # x\ngcloud projects add-iam-policy-binding p --member=user:$USER --role=roles/viewer\n";
        let source = Source::new("a.sh", text);
        let [one, two] = script(&source).try_into().unwrap();
        assert_eq!(one.on, On::Account("a@p.iam.gserviceaccount.com".to_owned()));
        assert_eq!(one.member, "serviceAccount:p.svc.id.goog[n/a]");
        assert_eq!(&text[one.place.span.unwrap()], "--member \"$MEMBER\"");
        assert_eq!((two.on, two.member.as_str()), (On::Wider, "user:$USER"));
        assert_eq!(&text[two.place.span.unwrap()], "--member=user:$USER");
    }
}

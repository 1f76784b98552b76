//! Commands of gcloud and kubectl in scripts of any language, and what could not be read.

use super::bindings::{Binding, BindingTarget};
use super::commands::{CommandLine, commands};
use super::facts::{Facts, RepeatedFlag, Unread};
use super::gcloud::{self, MENTIONS, VERBS, repeated_flag};
use super::members::PodSubject;
use super::partial::Partial;
use super::translation::{Language, to_bash};
use super::variables::{Argument, Values};
use super::{gke, kubectl, string_lists};
use crate::diagnostics::Location;
use crate::diagnostics::source::{Source, Span};

/// Adds the facts of a script.
pub(super) fn read(script: &Source, facts: &mut Facts) {
    let text = script.text();
    let language = Language::new(script.file_name(), text);
    let lines = lines(language, text, Values::new());
    let (mut project, mut namespace) = (None, None);
    let mut read = Vec::new();
    for mut line in lines {
        add_project(&mut line.arguments, &mut project);
        add_namespace(&mut line.arguments, &mut namespace);
        read.extend(run(script, &line, facts));
    }
    add_unread(script, language, read, facts);
}

/// The commands of a text. Some variables are set before.
pub(super) fn lines(language: Language, text: &str, values: Values) -> Vec<CommandLine> {
    match language {
        Language::Program => string_lists::read(text),
        Language::Bash if !text.contains("{{") => commands(text, values),
        _ => {
            let made = to_bash(language, text);
            let lines = commands(&made.text, values).into_iter();
            lines.map(|line| line.with_spans(|span| made.source_span(&span))).collect()
        }
    }
}

/// Adds the project that `gcloud config set project` has set to a later command of gcloud without one.
fn add_project(arguments: &mut Vec<Argument>, project: &mut Option<Argument>) {
    let Some(start) = arguments.iter().position(|one| one.text.is("gcloud")) else { return };
    let words = gcloud::operands(&arguments[start..]);
    let texts: Vec<&str> = words.iter().map(|one| one.text.as_str()).collect();
    if let ["gcloud", "config", "set", "project" | "core/project", value] = texts.as_slice() {
        let text = Partial::known(format!("--project={value}"));
        *project = Some(Argument { span: words[4].span.clone(), text });
    } else if gcloud::flag(arguments, "--project").is_none() {
        arguments.extend(project.clone());
    }
}

/// Adds the namespace that `kubectl config set-context` has set to a later command of kubectl without one.
fn add_namespace(arguments: &mut Vec<Argument>, namespace: &mut Option<Argument>) {
    if !arguments.first().is_some_and(|one| one.text.is("kubectl")) {
        return;
    }
    let has = |word: &str| arguments.iter().any(|one| one.text.is(word));
    let own = ["--namespace", "-n"].iter().find_map(|name| gcloud::flag(arguments, name));
    if has("config") && has("set-context") {
        *namespace = own.map(|(value, span)| {
            let mut text = Partial::known("--namespace=");
            text.push(&value);
            Argument { span, text }
        });
    } else if own.is_none() {
        arguments.extend(namespace.clone());
    }
}

/// Adds the facts of a command. Returns the ranges of what was understood.
pub(super) fn run(script: &Source, line: &CommandLine, facts: &mut Facts) -> Vec<Span> {
    let arguments = &line.arguments;
    let mut read = kubectl::read_documents(script, line, facts);
    let Some(first) = arguments.first() else { return read };
    let is_whole = |one: &&Argument| !opens_in_word(&script.text()[script.clamp(one.span.clone())]);
    let is_printed = first.text.is("cat") && {
        let rest = &script.text()[first.span.start..];
        !rest.lines().next().unwrap_or_default().contains('>')
    };
    if is_printed || ["echo", "printf", ":"].contains(&first.text.as_str()) {
        read.extend(line.documents.iter().cloned());
        read.extend(arguments.iter().filter(is_whole).map(|one| one.span.clone()));
        return read;
    }
    let is_verb = |one: &&Argument| gcloud::is_verb(one.text.as_str());
    if let Some(verb) = arguments.iter().find(is_verb) {
        read.push(verb.span.clone());
        read.extend(arguments.iter().filter(is_whole).map(|one| one.span.clone()));
        let binding = gcloud::binding(script, arguments);
        facts.unread.extend(binding.as_ref().and_then(|one| unread(one, arguments)));
        if !verb.text.is(VERBS[2]) {
            facts.bindings.extend(binding);
        } else if !line.is_conditional {
            facts
                .withdrawn
                .extend(binding.inspect(|one| facts.bindings.retain(|it| !it.is_same(one))));
        }
        let place = |span: Span| Location::text(span).in_source(script);
        for flag in ["--member", "--role"] {
            if let Some((earlier, last)) = repeated_flag(arguments, flag) {
                let (earlier, last) = (place(earlier), place(last));
                facts.repeated_flags.push(RepeatedFlag { flag, last, earlier });
            }
        }
    } else {
        gke::read(script, arguments, facts);
        kubectl::read(script, line, facts);
    }
    read
}

/// What is not known of a binding though its command was read: its member, or the value of that.
fn unread(binding: &Binding, arguments: &[Argument]) -> Option<Unread> {
    let has = |word: &str| arguments.iter().any(|one| one.text.is(word));
    let is_on_account = matches!(binding.target, BindingTarget::ServiceAccount(_));
    if !has(VERBS[0]) || has("--help") || !is_on_account {
        return None;
    }
    let place = binding.place.clone();
    if binding.member == Partial::unknown() && arguments.iter().all(|one| one.text.is_known()) {
        let message = "the flags of this command could not be read".to_owned();
        return Some(Unread { place, message });
    }
    let is_computed = binding.member.is_computed && binding.subject.known_account().is_none();
    let can_be_pods = binding.can_let_act() && binding.subject != PodSubject::None;
    (is_computed && can_be_pods).then(|| Unread::value(place))
}

/// Whether a quotation mark opens in a word: the apostrophe in prose, after which everything
/// seems to be quoted.
fn opens_in_word(text: &str) -> bool {
    let before = text.split_once('\'').map_or("", |(before, _)| before);
    before.ends_with(|c: char| c.is_ascii_alphabetic()) && text.contains('\n')
}

/// Adds the first place that mentions a binding and that no command was read from.
fn add_unread(script: &Source, language: Language, mut read: Vec<Span>, facts: &mut Facts) {
    let text = script.text();
    read.sort_by_key(|span| span.start);
    let mut end = 0;
    let ends: Vec<usize> = read
        .iter()
        .map(|span| {
            end = end.max(span.end);
            end
        })
        .collect();
    let is_read = |at: usize| {
        let before = read.partition_point(|span| span.start <= at);
        before > 0 && ends[before - 1] > at
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || "@.-_".contains(c);
    let is_complete = |facts: &Facts| {
        // What a function does with its arguments is read where it is called.
        let is_passed_on = |one: &Binding| {
            language != Language::Program
                && one.role == Partial::unknown()
                && !one.is_on_known_account()
        };
        let is_read = |one: &Binding| one.member != Partial::unknown() || is_passed_on(one);
        let binds = !facts.bindings.is_empty() || !facts.clusters.is_empty();
        binds && facts.bindings.iter().all(is_read)
    };
    for what in MENTIONS {
        let is_verb = VERBS.contains(&what);
        // Variables are read where they are used; prose describes what it binds.
        if is_complete(facts) && (!is_verb || language == Language::Prose) {
            continue;
        }
        let is_command = |at: usize| {
            let (before, after) = (&text[..at], &text[at + what.len()..]);
            let is_value = before.trim_end_matches(['"', '\'']).ends_with('=');
            // A pattern of `case`.
            let is_pattern = after.trim_start().starts_with(['|', ')']);
            let is_part = before.ends_with(is_name) || after.starts_with(is_name);
            !is_verb || !(is_value || is_pattern || is_part)
        };
        let mut places = text.match_indices(what).map(|(at, _)| at);
        let unread = places.find(|at| is_command(*at) && !is_read(*at) && !is_comment(text, *at));
        if let Some(at) = unread {
            let place = Location::text(at..at + what.len()).in_source(script);
            facts.unread.push(Unread::mention(place, what));
            return;
        }
    }
}

/// Whether a place is in a comment, in any language.
fn is_comment(text: &str, at: usize) -> bool {
    let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let before = text[line..at].trim_start();
    let marks = ["#", "//", "::", "rem ", "REM ", "* "];
    marks.iter().any(|mark| before.starts_with(mark)) || before.contains(" #")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_can_be_read() {
        let texts = [
            r#"$É = "é$é ${env:É} `é 'é'' ""é
& é @("add-iam-policy-binding", 'é')\é <# é"#,
            r#"set É=%é% %%é %1 %~é ^é 'é' !é! "é^
set P=é"
%P%%%
rem é
%%"#,
            "É := $(é) $$é ${é}\n\t@-é $(É) \\\n\té add-iam-policy-binding $",
            "```é\n$ é\n```sh\ngcloud é \\\n{{ é }} ${{ é }} {{é\n> gcloud set-iam-policy é\n",
            r#"f"é{é} add-iam-policy-binding é" '''é' "é\" ["add-iam-policy-binding", (é, 'é %s {'"#,
            "cat <<É | kubectl apply -f -\nkind: ServiceAccount\napiVersion: v1\né: [\nÉ\nkubectl annotate sa/é é=é",
        ];
        for text in texts {
            for ending in ["sh", "ps1", "cmd", "mk", "md", "py"] {
                for (end, _) in text.char_indices() {
                    let mut facts = Facts::default();
                    let script = Source::new(format!("a.{ending}"), &text[..end]);
                    read(&script, &mut facts);
                    for one in &facts.unread {
                        let span = one.place.span.clone().unwrap_or_default();
                        assert_eq!(script.clamp(span.clone()), span, "{text}");
                    }
                }
            }
        }
    }
}

//! The commands of a gcloud script that bind a role.

use super::bindings::{Binding, On, Reading};
use super::member::{ANYTHING, email};
use super::shell::{self, Command, Word};
use crate::diagnostics::source::{Source, Span};
use crate::diagnostics::{Code, Diagnostic, Place};

/// Flags of gcloud that take no value.
const SWITCHES: [&str; 8] = [
    "--all",
    "--help",
    "--log-http",
    "--quiet",
    "--user-output-enabled",
    "--no-log-http",
    "--no-user-output-enabled",
    "--verbose",
];

/// The groups of commands that have `--condition`. Source: the flags of gcloud 528.
const CONDITIONAL: [&[&str]; 9] = [
    &["projects"],
    &["organizations"],
    &["resource-manager", "folders"],
    &["iam", "service-accounts"],
    &["secrets"],
    &["storage", "buckets"],
    &["kms", "keys"],
    &["run", "services"],
    &["spanner", "instances"],
];

pub(super) fn read(source: &Source) -> Reading {
    let mut reading = Reading::default();
    for command in shell::commands(source.text()) {
        let Some(verb) = command.words.iter().position(|word| {
            ["add-iam-policy-binding", "set-iam-policy"].contains(&word.text.as_str())
        }) else {
            continue;
        };
        // What is only shown is not run.
        if ["echo", "printf", ":"].contains(&command.words[0].text.as_str()) {
            continue;
        }
        read_command(&command, verb, &mut reading);
    }
    reading
}

fn read_command(command: &Command, verb: usize, reading: &mut Reading) {
    let words = &command.words;
    let (group, operands) = resource(words, verb);
    let target = operands.first().copied();
    let on = match group.last() {
        Some(&"service-accounts") => On::Account(email(target.unwrap_or(ANYTHING))),
        Some(&("projects" | "folders" | "organizations")) => On::Wider,
        _ => On::Other,
    };
    let place = Place::text(words[verb].span.clone());
    // Flags may come out of a variable.
    let is_whole = operands.len() == 1;
    if words[verb].text == "set-iam-policy" {
        if matches!(on, On::Account(_)) {
            reading.bindings.push(Binding::unknown(place, on));
        }
        return;
    }
    let (Some((member, at)), Some((role, _))) = (flag(words, "--member"), flag(words, "--role"))
    else {
        reading.bindings.push(Binding::unknown(place, on));
        return;
    };
    reading.bindings.push(Binding::new(Place::text(at), on, &role, &member));
    let is_conditional = CONDITIONAL.iter().any(|known| group.ends_with(known));
    let has_flag = words.iter().any(|word| word.text.starts_with("--condition"));
    if is_conditional && !has_flag && is_whole {
        let message = "without `--condition` gcloud refuses this where the policy has a condition";
        let diagnostic = Diagnostic::new(Code::MissingCondition, place, message);
        reading.found.push(diagnostic.help("add `--condition=None`"));
    }
}

/// The group of a command, and what it is about: the words that are neither a flag nor the value of
/// one.
fn resource(words: &[Word], verb: usize) -> (Vec<&str>, Vec<&str>) {
    let (mut group, mut operands) = (Vec::new(), Vec::new());
    let mut is_value = false;
    for (index, word) in words.iter().enumerate() {
        let text = word.text.as_str();
        if index == verb {
            is_value = false;
        } else if text.starts_with('-') {
            is_value = text.starts_with("--") && !text.contains('=') && !SWITCHES.contains(&text);
        } else if std::mem::take(&mut is_value) {
        } else if index < verb {
            group.push(text);
        } else {
            operands.push(text);
        }
    }
    (group, operands)
}

/// The value of a flag, and where both stand.
fn flag(words: &[Word], name: &str) -> Option<(String, Span)> {
    words.iter().enumerate().find_map(|(index, word)| match word.text.strip_prefix(name)? {
        "" => {
            let value = words.get(index + 1)?;
            Some((value.text.clone(), word.span.start..value.span.end))
        }
        rest => Some((rest.strip_prefix('=')?.to_owned(), word.span.clone())),
    })
}

/// Whether a script may annotate accounts of Kubernetes itself, with kubectl or helm.
pub(super) fn annotates(source: &Source) -> bool {
    source.text().contains("gcp-service-account")
}

#[cfg(test)]
mod tests {
    use super::super::member::is_known;
    use super::*;

    fn bindings(text: &str) -> Vec<Binding> {
        read(&Source::new("a.sh", text)).bindings
    }

    #[test]
    fn a_script_is_read_with_its_variables() {
        let text = "#!/bin/bash\n# gcloud add-iam-policy-binding\nPROJECT=p\nMEMBER=\"serviceAccount:${PROJECT}.svc.id.goog[n/a]\"\nbind gcloud iam service-accounts add-iam-policy-binding \\\n  'a@p.iam.gserviceaccount.com' \\\n  --role roles/iam.workloadIdentityUser --member \"$MEMBER\" \\\n  --project=$PROJECT   # x\ngcloud projects add-iam-policy-binding p --member=user:$USER --role=roles/viewer\n";
        let [one, two] = bindings(text).try_into().unwrap();
        assert_eq!(one.on, On::Account("a@p.iam.gserviceaccount.com".to_owned()));
        assert_eq!(one.member, "serviceAccount:p.svc.id.goog[n/a]");
        assert_eq!(&text[one.place.span.unwrap()], "--member \"$MEMBER\"");
        assert_eq!((two.on, two.member.as_str()), (On::Wider, "user:\0"));
        assert_eq!(&text[two.place.span.unwrap()], "--member=user:$USER");
    }

    #[test]
    fn the_account_is_the_word_that_belongs_to_no_flag() {
        for text in [
            "gcloud iam service-accounts add-iam-policy-binding --role=r --member=m a@p.iam",
            "gcloud iam service-accounts add-iam-policy-binding --quiet a@p.iam --role r --member m",
            "gcloud --project x iam service-accounts add-iam-policy-binding --role r a@p.iam --member m",
            "gcloud iam service-accounts --project x add-iam-policy-binding projects/p/serviceAccounts/a@p.iam --role r --member m",
            "if ! out=$(gcloud iam service-accounts add-iam-policy-binding a@p.iam --role r --member m); then",
        ] {
            let [one] = bindings(text).try_into().unwrap();
            assert_eq!(one.on, On::Account("a@p.iam".to_owned()), "{text}");
            assert_eq!((one.role.as_str(), one.member.as_str()), ("r", "m"), "{text}");
        }
        let [one] = bindings("gcloud iam service-accounts add-iam-policy-binding \"$@\"")
            .try_into()
            .unwrap();
        assert!(!is_known(&one.member) && !is_known(&one.role));
        assert!(bindings("echo gcloud projects add-iam-policy-binding p --role=r").is_empty());
    }
}

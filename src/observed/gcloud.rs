//! The commands of a gcloud script that bind roles.

use super::bindings::{Binding, BindingTarget, Origin};
use super::members::email;
use super::partial::Partial;
use super::variables::Argument;
use crate::diagnostics::Location;
use crate::diagnostics::source::{Source, Span};

/// Flags of gcloud without a value.
const SWITCHES: [&str; 12] = [
    "-q",
    "--all",
    "--dry-run",
    "--help",
    "--log-http",
    "--quiet",
    "--user-output-enabled",
    "--no-log-http",
    "--no-user-output-enabled",
    "--overwrite",
    "--save-config",
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

/// The commands that bind roles, or withdraw them.
pub(super) const VERBS: [&str; 3] =
    ["add-iam-policy-binding", "set-iam-policy", "remove-iam-policy-binding"];

/// What a file mentions that binds roles to pods, in any language.
pub(super) const MENTIONS: [&str; 3] = [VERBS[0], VERBS[1], ".svc.id.goog"];

/// Whether a word is a command that binds roles, or withdraws them.
pub(super) fn is_verb(word: &str) -> bool {
    VERBS.contains(&word)
}

/// The binding that a command makes or withdraws.
pub(super) fn binding(script: &Source, arguments: &[Argument]) -> Option<Binding> {
    let verb = arguments.iter().position(|one| is_verb(one.text.as_str()))?;
    let (group, operands) = resource(arguments, verb);
    let target = match group.last() {
        Some(&"service-accounts") => BindingTarget::ServiceAccount(
            operands.first().map_or(Partial::unknown(), |it| email(it)),
        ),
        Some(&("projects" | "folders" | "organizations")) => BindingTarget::Project,
        _ => BindingTarget::Other,
    };
    let place = Location::text(arguments[verb].span.clone()).in_source(script);
    let command = |lacks_condition| Origin::Command { verb: place.clone(), lacks_condition };
    if arguments[verb].text.is("set-iam-policy") {
        let is_account = matches!(target, BindingTarget::ServiceAccount(_));
        return is_account.then(|| Binding::unknown(place.clone(), command(false), target));
    }
    let (Some((member, at)), Some((role, role_at))) =
        (flag(arguments, "--member"), flag(arguments, "--role"))
    else {
        return Some(Binding::unknown(place.clone(), command(false), target));
    };
    // With more than one operand, flags may come out of a variable.
    let lacks_condition = operands.len() == 1
        && arguments[verb].text.is(VERBS[0])
        && CONDITIONAL.iter().any(|known| group.ends_with(known))
        && !arguments.iter().any(|one| one.text.as_str().starts_with("--condition"));
    let place = Location::text(at).in_source(script);
    let mut binding = Binding::new(place, command(lacks_condition), target, role, member);
    binding.is_by_default = arguments.iter().any(|one| one.text.is_default);
    binding.role_place = Location::text(role_at).in_source(script);
    binding.condition = match flag(arguments, "--condition") {
        Some((value, _)) => condition(&value),
        None => flag(arguments, "--condition-from-file").map(|_| Partial::unknown()),
    };
    if binding.resource.is_empty()
        && let (Some(collection), [operand]) = (group.last(), operands.as_slice())
        && let Some(name) = Partial::known(*operand).as_known()
    {
        binding.resource = format!("{} {name}", singular(collection));
    }
    Some(binding)
}

/// The expression in the value of `--condition`: `expression=…,title=…`, or with another separator
/// after `^:^`.
fn condition(value: &Partial) -> Option<Partial> {
    let text = value.as_str();
    if text == "None" {
        return None;
    }
    let (separator, entries) = match text.strip_prefix('^').and_then(|rest| rest.split_once('^')) {
        Some((separator, entries)) => (separator, entries),
        None => (",", text),
    };
    let mut entries = entries.split(separator);
    let expression = entries.find_map(|entry| entry.trim().strip_prefix("expression="));
    Some(expression.map_or_else(Partial::unknown, Partial::known))
}

/// What people call one element of a group of gcloud: `secret` for `secrets`.
pub(super) fn singular(collection: &str) -> String {
    match collection.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => collection.strip_suffix('s').unwrap_or(collection).to_owned(),
    }
}

/// The group of a command, and its operands: the words before and after its verb.
pub(super) fn resource(arguments: &[Argument], verb: usize) -> (Vec<&str>, Vec<&str>) {
    let texts = |part| operands(part).into_iter().map(|one| one.text.as_str()).collect();
    (texts(&arguments[..verb]), texts(&arguments[verb + 1..]))
}

/// The words of a command that are neither a flag nor the value of one.
pub(super) fn operands(arguments: &[Argument]) -> Vec<&Argument> {
    let mut is_value = false;
    let is_operand = |argument: &&Argument| {
        let text = argument.text.as_str();
        let is_flag = text.starts_with('-');
        let is_one = !is_flag && !is_value;
        is_value = is_flag && !text.contains('=') && !SWITCHES.contains(&text);
        is_one
    };
    arguments.iter().filter(is_operand).collect()
}

/// The value of a flag, and where both stand. The last one counts.
pub(super) fn flag(arguments: &[Argument], name: &str) -> Option<(Partial, Span)> {
    flags(arguments, name).last()
}

/// Where a flag stands that a command has twice with different values: the one before the last, and the
/// last.
pub(super) fn repeated_flag(arguments: &[Argument], name: &str) -> Option<(Span, Span)> {
    let all: Vec<_> = flags(arguments, name).collect();
    let [.., (earlier, at), (last, last_at)] = all.as_slice() else { return None };
    (earlier != last).then(|| (at.clone(), last_at.clone()))
}

fn flags<'a>(
    arguments: &'a [Argument],
    name: &'a str,
) -> impl Iterator<Item = (Partial, Span)> + use<'a> {
    let all = arguments.iter().enumerate();
    all.filter_map(move |(index, argument)| match argument.text.as_str().strip_prefix(name)? {
        "" => {
            let value = arguments.get(index + 1)?;
            Some((value.text.clone(), argument.span.start..value.span.end))
        }
        rest => Some((argument.text.with_text(rest.strip_prefix('=')?), argument.span.clone())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observed::variables::Values;

    fn bindings(text: &str) -> Vec<Binding> {
        let script = Source::new("a.sh", text);
        let lines = crate::observed::commands::commands(text, Values::new()).into_iter();
        lines.filter_map(|line| binding(&script, &line.arguments)).collect()
    }

    #[test]
    fn variables_are_expanded() {
        let text = "#!/bin/bash\n# gcloud add-iam-policy-binding\nPROJECT=p\nMEMBER=\"serviceAccount:${PROJECT}.svc.id.goog[n/a]\"\nbind gcloud iam service-accounts add-iam-policy-binding \\\n  'a@p.iam.gserviceaccount.com' \\\n  --role roles/iam.workloadIdentityUser --member \"$MEMBER\" \\\n  --project=$PROJECT   # x\ngcloud projects add-iam-policy-binding p --member=user:$USER --role=roles/viewer\n";
        let [one, two] = bindings(text).try_into().unwrap();
        let account = Partial::known("a@p.iam.gserviceaccount.com");
        assert_eq!(one.target, BindingTarget::ServiceAccount(account));
        assert_eq!(one.member.as_known(), Some("serviceAccount:p.svc.id.goog[n/a]"));
        assert_eq!(&text[one.place.span.unwrap()], "--member \"$MEMBER\"");
        assert_eq!((two.target, two.member.as_str()), (BindingTarget::Project, "user:\0"));
        assert_eq!(&text[two.place.span.unwrap()], "--member=user:$USER");
    }

    #[test]
    fn the_target_is_the_operand() {
        for text in [
            "gcloud iam service-accounts add-iam-policy-binding --role=r --member=m a@p.iam",
            "gcloud iam service-accounts add-iam-policy-binding --quiet a@p.iam --role r --member m",
            "gcloud --project x iam service-accounts add-iam-policy-binding --role r a@p.iam --member m",
            "gcloud iam service-accounts --project x add-iam-policy-binding projects/p/serviceAccounts/a@p.iam --role r --member m",
            "if ! out=$(gcloud iam service-accounts add-iam-policy-binding a@p.iam --role r --member m); then",
        ] {
            let [one] = bindings(text).try_into().unwrap();
            let account = Partial::known("a@p.iam");
            assert_eq!(one.target, BindingTarget::ServiceAccount(account), "{text}");
            assert_eq!((one.role.as_str(), one.member.as_str()), ("r", "m"), "{text}");
        }
        let [one] = bindings("gcloud iam service-accounts add-iam-policy-binding \"$@\"")
            .try_into()
            .unwrap();
        assert!(!one.member.is_known() && !one.role.is_known());
    }
}

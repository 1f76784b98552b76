//! Finds where bash evaluates a string again: as code, as arithmetic, or as the name of a variable, in which a
//! subscript is code. Quotes do not help there.

use std::cmp::Reverse;

use foldhash::HashSet;

use super::invocation::{DECLARING, Invocation, assigned, options};
use super::quoting::{Construct, Kind, parts};
use super::words::{Command, commands};
use crate::diagnostics::source::Span;

/// Variables whose values bash evaluates.
const EVALUATED: [&str; 14] = [
    "BASH_ENV",
    "ENV",
    "HISTCMD",
    "LINENO",
    "OPTIND",
    "PROMPT_COMMAND",
    "PS0",
    "PS1",
    "PS2",
    "PS3",
    "PS4",
    "RANDOM",
    "SECONDS",
    "SRANDOM",
];

/// Words that end a compound command.
const CLOSING: [&str; 4] = ["}", "done", "esac", "fi"];

/// No word is looked at further than this many bytes around a span.
const LONGEST: usize = 4096;

/// For each of some ascending spans of a script, whether bash evaluates again what is there.
pub(crate) fn evaluates(text: &str, spans: &[Span]) -> Vec<bool> {
    let commands = commands(text);
    let script = Script::new(text, &commands);
    let arithmetic = arithmetic(text);
    let mut places = script.places().into_iter().peekable();
    // The places around a span, and whether what is in them is evaluated.
    let mut around: Vec<(Place, bool)> = Vec::new();
    let mut is_inside_evaluated = |span: &Span| {
        let is_evaluated = |around: &mut Vec<(Place, bool)>, span: &Span| {
            while around.pop_if(|(place, _)| place.span.end <= span.start).is_some() {}
            let innermost = around.iter().rev().find(|(place, _)| place.span.end >= span.end);
            innermost.is_some_and(|(place, evaluated)| *evaluated || script.evaluates(place, span))
        };
        while let Some(place) = places.next_if(|place| place.span.start <= span.start) {
            let evaluated = is_evaluated(&mut around, &place.span);
            around.push((place, evaluated));
        }
        is_evaluated(&mut around, span)
    };
    let evaluates = |span: &Span| {
        let before = arithmetic.partition_point(|range| range.start <= span.start);
        is_inside_evaluated(span)
            || before.checked_sub(1).is_some_and(|last| arithmetic[last].end >= span.end)
            || is_part_of_name(text, span)
    };
    spans.iter().map(evaluates).collect()
}

/// The ranges of arithmetic, without those inside others.
fn arithmetic(text: &str) -> Vec<Span> {
    let (mut ranges, mut open, mut depth) = (Vec::new(), Vec::new(), 0);
    for part in parts(text) {
        match part.kind {
            Kind::Open(construct) => {
                let is_arithmetic = matches!(construct, Construct::Arithmetic(_));
                depth += usize::from(is_arithmetic);
                open.push(is_arithmetic.then_some(part.span.start));
            }
            Kind::Close => {
                let Some(Some(start)) = open.pop() else { continue };
                depth -= 1;
                if depth == 0 {
                    ranges.push(start..part.span.end);
                }
            }
            _ => {}
        }
    }
    ranges
}

/// Whether a span is in the brackets of `NAME[…]` or `[…]=`, or is the name or an offset in `${…}`.
fn is_part_of_name(text: &str, span: &Span) -> bool {
    let Some(mut word) = word_before(text, span.start) else { return true };
    let is_name = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if let Some((_, parameter)) = word.rsplit_once("${") {
        word = parameter.trim_start_matches(['!', '#']);
        let has_offset =
            |(name, rest): (&str, &str)| is_name(name) && !rest.starts_with(['-', '=', '?', '+']);
        if word.is_empty() || word.split_once(':').is_some_and(has_offset) {
            return true;
        }
    }
    let Some((name, inside)) = word.split_once('[') else { return false };
    let after = &text[span.end..text.ceil_char_boundary((span.end + LONGEST).min(text.len()))];
    let is_element = after
        .split_once(']')
        .is_some_and(|(_, rest)| rest.starts_with('=') || rest.starts_with("+="));
    is_name(name) && !inside.contains(']') && (!name.is_empty() || is_element)
}

/// The part before a position of the word there; none if it is too long.
fn word_before(text: &str, position: usize) -> Option<&str> {
    let from = text.floor_char_boundary(position.saturating_sub(LONGEST));
    let before = &text[from..position];
    match before.rfind(|c: char| c.is_whitespace() || "();|&".contains(c)) {
        Some(end) => Some(&before[end + 1..]),
        None => (from == 0).then_some(before),
    }
}

/// A part of a command.
struct Place {
    span: Span,
    command: usize,
    role: Role,
}

#[derive(Clone, Copy)]
enum Role {
    /// The word with this index.
    Word(usize),
    Input,
    HereDocument,
}

struct Script<'t> {
    text: &'t str,
    commands: &'t [Command],
    invocations: Vec<Invocation<'t>>,
    /// The commands whose output is run.
    runs_output: Vec<bool>,
    /// The commands that run their input, or are on a line after one.
    runs_document: Vec<bool>,
    /// Variables whose values bash evaluates.
    variables: HashSet<&'t str>,
}

impl<'t> Script<'t> {
    fn new(text: &'t str, commands: &'t [Command]) -> Self {
        let invocation = |command: &'t Command| Invocation::new(text, command);
        let invocations: Vec<Invocation> = commands.iter().map(invocation).collect();
        let mut variables: HashSet<&str> = EVALUATED.into_iter().collect();
        for Invocation { words, .. } in &invocations {
            let Some(at) = words.iter().position(|word| DECLARING.contains(word)) else { continue };
            if options(&words[at + 1..]).any(|option| option.contains(['i', 'n'])) {
                variables.extend(words[at + 1..].iter().map(|word| assigned(word)));
            }
        }
        let mut is_behind = false;
        let runs_document = commands.iter().zip(&invocations).map(|(command, invocation)| {
            let runs = is_behind || invocation.runs_input;
            is_behind = runs && command.end != "\n";
            runs
        });
        let runs_document = runs_document.collect();
        let runs_output = runs_output(commands, &invocations);
        Self { text, commands, invocations, runs_output, runs_document, variables }
    }

    /// The words and inputs of all commands, outer ones first.
    fn places(&self) -> Vec<Place> {
        let mut places = Vec::new();
        for (command, it) in self.commands.iter().enumerate() {
            let words = it.words.iter().enumerate();
            let words = words.map(|(index, word)| (&word.span, Role::Word(index)));
            let inputs = it.inputs.iter().map(|word| (&word.span, Role::Input));
            let documents = it.documents.iter().map(|span| (span, Role::HereDocument));
            let all = words.chain(inputs).chain(documents);
            places.extend(all.map(|(span, role)| Place { span: span.clone(), command, role }));
        }
        places.sort_by_key(|place| (place.span.start, Reverse(place.span.end)));
        places
    }

    fn evaluates(&self, place: &Place, span: &Span) -> bool {
        if self.runs_output[place.command] {
            return true;
        }
        let invocation = &self.invocations[place.command];
        let index = match place.role {
            Role::Word(index) => index,
            Role::Input => return invocation.runs_input,
            Role::HereDocument => return self.runs_document[place.command],
        };
        let word = invocation.words[index];
        let is_assignment = word.contains('=') && invocation.may_assign(index);
        let before = span.start.saturating_sub(LONGEST).max(place.span.start);
        let before = &self.text.as_bytes()[before..span.start];
        is_assignment && self.variables.contains(assigned(word))
            || invocation.evaluates(index, !before.contains(&b'='))
    }
}

/// For each command, whether its output is run: by the command after `|`, or around `<(…)`.
fn runs_output(commands: &[Command], invocations: &[Invocation<'_>]) -> Vec<bool> {
    let mut runs_output = vec![false; commands.len()];
    let start = |index: &usize| commands[*index].words.first().map_or(0, |word| word.span.start);
    let mut order: Vec<usize> = (0..commands.len()).collect();
    order.retain(|index| !commands[*index].words.is_empty());
    order.sort_by_key(start);
    // The commands before the parentheses that are open, and how many of these run what is in them.
    let (mut open, mut running) = (Vec::new(), 0_usize);
    for index in &order {
        runs_output[*index] = running > 0;
        match commands[*index].end {
            "(" => {
                open.push(invocations[*index].runs_input);
                running += usize::from(invocations[*index].runs_input);
            }
            ")" => running -= usize::from(open.pop() == Some(true)),
            _ => {}
        }
    }
    let mut is_in_group = false;
    for (at, index) in order.iter().enumerate().rev() {
        let command = &commands[*index];
        let end = command.words.last().map_or(0, |word| word.span.end);
        let after = &order[at + 1..];
        let next = after.get(after.partition_point(|next| start(next) < end));
        let is_run = next.is_some_and(|next| runs_output[*next] || invocations[*next].runs_input);
        let is_piped = |index: usize| commands.get(index).is_some_and(|it| it.end == "|");
        // After a closing parenthesis there is a command without words.
        let is_group = match command.end {
            ")" => is_piped(index + 1) && commands[index + 1].words.is_empty(),
            _ => CLOSING.contains(&invocations[*index].words[0]) && is_piped(*index),
        };
        // Whatever is before the end of a compound command may be a part of it.
        is_in_group |= is_group && is_run;
        runs_output[*index] |= is_in_group || is_run && ["|", "("].contains(&command.end);
    }
    runs_output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_bash_evaluates_again_is_found() {
        let all = |script: &str, expected: bool| {
            let spans: Vec<Span> =
                script.match_indices("'@'").map(|(at, at_sign)| at..at + at_sign.len()).collect();
            assert!(!spans.is_empty());
            assert!(evaluates(script, &spans).iter().all(|is| *is == expected), "{script}");
        };
        for script in [
            "[[ -v '@' ]]",
            "if [[ -v '@' ]]; then a; fi",
            "test -v '@' || [ -v '@' ]",
            "[[ '@' -eq 1 && 1 -lt '@' || 1 -ge '@' && -v '@' || '@' -ne 1 && a ]]",
            "declare -i x='@'; local -ri x='@'",
            "declare -n x='@'; declare -a x='@'",
            "declare '@'; export '@'=1",
            "let '@'; let x='@'",
            "eval '@'; A=1 eval echo '@'",
            "x=$(eval '@')",
            "command eval '@'",
            "read '@'; unset '@'; printf -v '@' a",
            "bash -c '@'; sh -ec '@'; exec bash -c '@'",
            "/bin/sh -c '@'; $BASH -c '@'; \"${BASH:-bash}\" -xc '@'; \"$SHELL\" -c '@'",
            "nohup bash -c '@'; sudo -u a sh -c '@'; timeout 5 bash -c '@'; busybox sh -c '@'",
            "kubectl exec a -- sh -ec '@'",
            "command -p eval '@'; env -i bash -c '@'; coproc eval '@'",
            "compgen -W '@'; complete -C '@' a; wait -p '@' 1; bind -x '@'",
            "trap '@' EXIT",
            "PS4='@'; export PROMPT_COMMAND='@'",
            "a['@']=1; a=(['@']=1); echo b['@']",
            "mapfile -C '@' a; alias a='@'; enable -f '@' a; fc -s '@'",
            "bash -ce '@'; bash -e -c -o pipefail '@'; su - a -c '@'; fish --command='@'",
            "source '@'; . '@' a; bash '@'; sh -x '@' a; sudo -u a bash '@'; time sh -o posix '@'",
            "bash <<< '@'; sh -s a <<< '@'; bash < '@'; source /dev/stdin <<< '@'; at now <<< '@'",
            "bash <<END\n'@'\nEND\n",
            "cat <<END | tee a | sudo sh\n'@'\nEND\n",
            "bash <<END | tee a\n'@'\nEND\n",
            "echo '@' | bash; printf %s '@' | tee a | ssh host sh -s; echo '@' |& sh",
            "echo '@' | xargs sh -c a; ssh host bash <<< '@'",
            "{ a; echo '@'; } | sh",
            "for a in b; do echo '@'; done | sh",
            "(echo a; echo '@') | sh",
            "bash <(echo '@'); source <(cat a; echo '@'); bash < <(a | b '@'); echo '@' > >(sh)",
            "eval \"$(echo '@')\"; bash -c \"a $(printf %s '@')\"; let \"x = $(echo '@')\"",
            "eval \"$(cat <<< '@')\"; export \"$(echo '@')\"; declare -i x=$(echo '@')",
            "x=$(( 1 + $(echo '@') )); (( '@' )); echo $((1 + '@'))",
            "RANDOM='@'; export OPTIND='@'",
            "declare -i x y; y='@'; local -n z; z[0]+='@'",
            "echo ${'@'} ${!'@'} ${x:'@'} ${x:1:'@'} ${x['@']}",
            "for '@' in a; do b; done; printf -v'@' a",
        ] {
            all(script, true);
        }
        for script in [
            "echo '@'; printf '%s' '@'",
            "NAME='@'",
            "export NAME='@'; local x='@'; readonly -r Y='@'",
            "[[ $x == '@' ]]; [ -n '@' ]; test -f '@'",
            "echo eval '@'; grep -v '@' file",
            "for x in '@'; do echo \"$x\"; done",
            "[ '@' = a ]; case '@' in a) b '@' ;; esac",
            "echo -ne '@'; echo --member=['@']; bash script '@' -c",
            "a=('@')",
            "grep -c '@' bash; wait '@'; command -v '@'; echo -c '@'",
            "source a '@'; bash a '@'; bash -c a '@'; sh -s '@'; useradd -s /bin/bash '@'; su '@'",
            "echo '@' | grep bash; echo '@' | ssh host 'cat >a'; echo '@' | sh -c 'cat >a'",
            "cat <<< '@'; bash a <<< '@'; bash > '@'; read a <<< '@'; while read a; do b; done <<< '@'",
            "cat <<END\n'@'\nEND\nbash a\n",
            "bash a; echo '@'\necho b | bash",
            "x=$(echo '@'); export x=$(echo '@'); echo \"$(cat '@')\" $((1)) '@'",
            "diff <(echo '@') a; for a in '@'; do echo '@'; done; { echo '@'; } | cat; f() { echo '@'; }",
            "echo ${x:-'@'} ${x:?'@'}; declare -r x; x='@'; kubectl run a --command='@'",
        ] {
            all(script, false);
        }
    }
}

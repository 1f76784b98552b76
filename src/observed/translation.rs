//! Commands in other languages than bash, translated to it: one reader reads them all. A grammar of tree-sitter for
//! each language would need a C compiler, and code for each of its trees; only words and variables matter here.

use crate::diagnostics::source::Span;

/// A string that was made from another one, and where each of its parts was there.
#[derive(Debug, Default)]
pub(super) struct Translation {
    pub(super) text: String,
    /// Pairs of bytes: in the text, and in the source.
    offsets: Vec<(usize, usize)>,
}

impl Translation {
    /// Appends a string for the part of the source that begins here.
    fn push(&mut self, text: &str, at: usize) {
        self.offsets.push((self.text.len(), at));
        self.text.push_str(text);
    }

    /// The range in the source that a range of the text is from.
    pub(super) fn source_span(&self, span: &Span) -> Span {
        let place = |byte: usize| {
            let index = self.offsets.partition_point(|(start, _)| *start <= byte);
            let next = self.offsets.get(index).map_or(usize::MAX, |(_, at)| *at);
            let (start, at) =
                self.offsets.get(index.saturating_sub(1)).copied().unwrap_or_default();
            (at + byte.saturating_sub(start)).min(next.max(at))
        };
        let start = place(span.start);
        start..(place(span.end.saturating_sub(1)) + 1).max(start)
    }
}

/// A language that commands are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Bash,
    PowerShell,
    /// Batch files of Windows.
    Cmd,
    Make,
    /// Text for people, with commands in blocks of code or on lines of their own.
    Prose,
    /// A program that runs commands as lists of strings.
    Program,
}

impl Language {
    /// The language of a file, by its name or else by its text.
    pub(super) fn new(file_name: &str, text: &str) -> Self {
        const PROGRAMS: [&str; 14] = [
            "bzl", "cs", "go", "groovy", "java", "js", "kt", "mjs", "php", "py", "rb", "rs", "tf",
            "ts",
        ];
        let name = file_name.to_ascii_lowercase();
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let lines = || text.lines().map(str::trim_end);
        match ending {
            "ps1" | "psm1" => Self::PowerShell,
            "cmd" | "bat" => Self::Cmd,
            "mk" | "make" => Self::Make,
            "md" | "markdown" | "txt" | "rst" | "adoc" => Self::Prose,
            _ if ["makefile", "gnumakefile"].contains(&name.as_str()) => Self::Make,
            _ if PROGRAMS.contains(&ending) || name == "jenkinsfile" => Self::Program,
            _ if text.starts_with("#!")
                && lines().next().is_some_and(|it| it.contains("python")) =>
            {
                Self::Program
            }
            "sh" | "bash" => Self::Bash,
            _ if text.starts_with("#!") => Self::Bash,
            _ if lines().any(|line| line.starts_with("```")) => Self::Prose,
            _ if lines().any(|line| line.ends_with(" `")) => Self::PowerShell,
            _ if lines().any(|line| line.ends_with(" ^")) => Self::Cmd,
            _ => Self::Bash,
        }
    }

    /// The language that the block of code below such a line is written in.
    fn for_block(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "powershell" | "pwsh" | "ps1" => Some(Self::PowerShell),
            "bat" | "batch" | "cmd" | "dosbatch" => Some(Self::Cmd),
            "" | "bash" | "sh" | "shell" | "console" | "zsh" | "text" | "shell-session" => {
                Some(Self::Bash)
            }
            _ => None,
        }
    }
}

/// Translates commands to bash. Everything else becomes a comment.
pub(super) fn to_bash(language: Language, text: &str) -> Translation {
    let mut made = Translation::default();
    match language {
        Language::Prose => from_prose(text, &mut made),
        _ => from_script(language, text, 0, &mut made),
    }
    made
}

fn from_script(language: Language, text: &str, start: usize, made: &mut Translation) {
    let mut at = start;
    for line in text.split_inclusive('\n') {
        match language {
            Language::PowerShell => from_powershell(line, at, made),
            Language::Cmd => from_cmd(line, at, made),
            Language::Make => from_make(line, at, made),
            _ => from_expressions(line, at, made),
        }
        at += line.len();
    }
}

/// The variable that stands for what is computed and not read.
pub(super) const COMPUTED: &str = "_";

/// Replaces expressions of templates, `{{ x }}` and `${{ env.x }}`, by variables.
pub(super) fn from_expressions(text: &str, at: usize, made: &mut Translation) {
    let mut rest = text;
    while let Some((before, more)) = rest.split_once("{{") {
        let Some((expression, after)) = more.split_once("}}") else { break };
        let name = expression.trim().trim_start_matches("env.").trim_start_matches('.');
        // What is not a name is set elsewhere.
        let name = if variable_name(name) == name && !name.is_empty() { name } else { "__" };
        let start = at + text.len() - rest.len();
        made.push(before.trim_end_matches('$'), start);
        made.push(&format!("${{{name}}}"), start + before.len());
        rest = after;
    }
    made.push(rest, at + text.len() - rest.len());
}

fn from_prose(text: &str, made: &mut Translation) {
    let mut block: Option<Option<Language>> = None;
    let (mut at, mut goes_on) = (0, false);
    for line in text.split_inclusive('\n') {
        let words = line.trim_start().trim_start_matches("> ").trim_start_matches(['$', '#', '>']);
        let words = words.trim_start();
        if let Some(name) = line.trim_start().strip_prefix("```") {
            block = if block.is_some() { None } else { Some(Language::for_block(name)) };
            // What the reader is left in by one block does not concern the next one.
            made.push("\n", at);
        } else if let Some(language) = block {
            let is_prompt = line.trim_start().starts_with("$ ");
            let shown = if is_prompt { words } else { line };
            match language {
                Some(language) => {
                    from_script(language, shown, at + line.len() - shown.len(), made);
                }
                None => made.push("\n", at),
            }
        } else if goes_on || is_command_line(words) {
            goes_on = line.trim_end().ends_with('\\');
            made.push(words, at + line.len() - words.len());
        } else {
            made.push("\n", at);
        }
        at += line.len();
    }
}

/// Whether a line of prose is a command.
fn is_command_line(line: &str) -> bool {
    ["gcloud ", "kubectl "].iter().any(|command| line.starts_with(command))
}

/// The name of a variable at the start of a string.
pub(super) fn variable_name(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// Source: PowerShell, about_Quoting_Rules, about_Variables.
fn from_powershell(line: &str, at: usize, made: &mut Translation) {
    let indent = line.len() - line.trim_start().len();
    let mut index = indent;
    // Names of variables are the same in any case; those of the environment count as the same.
    let name_at = |text: &str| {
        let text = text.strip_prefix('$')?.trim_start_matches('{');
        let text = text.strip_prefix("env:").or_else(|| text.strip_prefix("Env:")).unwrap_or(text);
        let name = variable_name(text);
        (!name.is_empty()).then(|| name.to_ascii_lowercase())
    };
    // A parameter can have a type before it: `[string]$Name = "…"`.
    let typed = line[indent..].split_once("]$").filter(|(before, _)| before.starts_with('['));
    let start = typed.map_or(indent, |(before, _)| indent + before.len() + 1);
    if let Some(name) = name_at(&line[start..])
        && let Some((before, value)) = line[start..].split_once('=')
        && before.trim_end_matches(['}', ' ', '\t', '+']).len() <= name.len() + "${env:".len()
    {
        index = line.len() - value.trim_start().len();
        let is_literal = value.trim_start().starts_with(['"', '\'']);
        if typed.is_some() && is_literal {
            let default = value.trim().trim_end_matches(',');
            return made.push(&format!("{name}=${{{name}:-{default}}}\n"), at + indent);
        }
        // What a command or a list gives is computed.
        let value = if is_literal { "" } else { "${_}\n" };
        made.push(&format!("{name}={value}"), at + indent);
    } else if let Some((_, rest)) = line[indent..].split_once("foreach (")
        && let Some(name) = name_at(rest.trim_start())
    {
        return made.push(&format!("{name}=${{_}}\n"), at + indent);
    }
    let mut quote = None;
    while let Some(c) = line[index..].chars().next() {
        let rest = &line[index..];
        let next = rest[c.len_utf8()..].chars().next();
        let (text, length) = match (c, quote) {
            ('#', None) if next != Some('>') => ("\n".to_owned(), rest.len()),
            ('`', None | Some('"')) => ("\\".to_owned(), 1),
            ('\\', None | Some('"')) => ("/".to_owned(), 1),
            ('\'' | '"', Some(open)) if c == open && next == Some(c) => ("?".to_owned(), 2),
            ('\'' | '"', Some(open)) if c == open => {
                quote = None;
                (c.to_string(), 1)
            }
            ('\'' | '"', None) => {
                quote = Some(c);
                (c.to_string(), 1)
            }
            ('$', None | Some('"')) => match name_at(rest) {
                Some(name) => {
                    let braces = usize::from(rest[1..].starts_with('{')) * 2;
                    let scope = usize::from(
                        rest[..rest.len().min(7)].to_ascii_lowercase().contains("env:"),
                    );
                    (format!("${{{name}}}"), 1 + braces + scope * 4 + name.len())
                }
                None => ("$".to_owned(), 1),
            },
            _ => (c.to_string(), c.len_utf8()),
        };
        made.push(&text, at + index);
        index = line.ceil_char_boundary((index + length).min(line.len()));
    }
}

/// Source: Windows commands, "set", "cmd".
fn from_cmd(line: &str, at: usize, made: &mut Translation) {
    let trimmed = line.trim_start().trim_start_matches('@');
    let start = line.len() - trimmed.len();
    let lower = trimmed.to_ascii_lowercase();
    if lower.starts_with("rem ") || lower.starts_with("::") {
        return made.push("\n", at);
    }
    let (mut index, mut end) = (start, "");
    if lower.starts_with("set ")
        && let Some((name, value)) = trimmed[4..].trim_start_matches([' ', '"']).split_once('=')
        && variable_name(name) == name
    {
        made.push(&format!("{}=\"", name.to_ascii_uppercase()), at + start);
        index = line.len() - value.len();
        end = "\"\n";
    }
    let is_value = !end.is_empty();
    let mut is_quoted = is_value;
    while let Some(c) = line[index..].chars().next() {
        let rest = &line[index..];
        let variable = ['%', '!'].into_iter().find_map(|mark| {
            let name = variable_name(rest.strip_prefix(mark)?);
            let closes = rest[1 + name.len()..].starts_with(mark);
            (closes && !name.is_empty()).then(|| name.to_ascii_uppercase())
        });
        let (text, length) = match c {
            '%' if rest.starts_with("%%") && rest.len() > 2 => {
                ("${_}".to_owned(), 3.min(rest.len()))
            }
            '%' if rest[1..].starts_with(|c: char| c.is_ascii_digit() || c == '~') => {
                ("${_}".to_owned(), rest.len().min(2 + usize::from(rest[1..].starts_with('~'))))
            }
            _ if variable.is_some() => {
                let name = variable.unwrap_or_default();
                (format!("${{{name}}}"), name.len() + 2)
            }
            '"' | '\r' | '\n' if is_value => (String::new(), 1),
            '"' => {
                is_quoted = !is_quoted;
                (c.to_string(), 1)
            }
            '^' if !is_quoted => ("\\".to_owned(), 1),
            '\'' | '$' | '`' if !is_quoted => (format!("\\{c}"), 1),
            '\\' => ("/".to_owned(), 1),
            _ => (c.to_string(), c.len_utf8()),
        };
        made.push(&text, at + index);
        index = line.ceil_char_boundary((index + length).min(line.len()));
    }
    made.push(end, at + line.len());
}

/// Source: GNU make, "Using Variables", "Recipe Syntax".
fn from_make(line: &str, at: usize, made: &mut Translation) {
    let (mut rest, mut end) = (line, "");
    if let Some(recipe) = line.strip_prefix('\t') {
        let goes_on = made.text.ends_with("\\\n");
        let marks = if goes_on { &['\t', ' '][..] } else { &['@', '-', '+', '\t', ' '] };
        rest = recipe.trim_start_matches(marks);
    } else {
        let name = variable_name(line.trim_start().trim_start_matches("export "));
        let after = line.trim_start().trim_start_matches("export ")[name.len()..].trim_start();
        let value = after.trim_start_matches([':', '?', '+']).strip_prefix('=');
        if let Some(value) = value.filter(|_| !name.is_empty()) {
            made.push(&format!("{name}=\""), at);
            (rest, end) = (value.trim_start(), "\"\n");
        } else if !made.text.ends_with("\\\n") {
            return made.push("\n", at);
        }
    }
    let mut at = at + line.len() - rest.len();
    let rest = if end.is_empty() { rest } else { rest.trim_end() };
    for part in rest.split_inclusive('$') {
        let before = part.strip_suffix('$').unwrap_or(part);
        let is_variable = made.text.ends_with('$') && !made.text.ends_with("\\$");
        match before.strip_prefix('(').filter(|_| is_variable).and_then(|it| it.split_once(')')) {
            Some((name, more)) => made.push(&format!("{{{name}}}{more}"), at),
            None => made.push(before, at),
        }
        if part.len() > before.len() && !(is_variable && before.is_empty()) {
            made.push("$", at + before.len());
        }
        at += part.len();
    }
    made.push(end, at);
}

/// A string of a program that can be a template: what is in braces is computed. Of several lines, the
/// commands are left.
pub(super) fn from_template(text: &str, at: usize) -> Translation {
    let mut made = Translation::default();
    let commands = text.split_inclusive('\n').scan((at, false), |(at, goes_on), line| {
        let indent = line.len() - line.trim_start().len();
        let is_one = *goes_on || is_command_line(line.trim_start());
        *goes_on = is_one && line.trim_end().ends_with('\\');
        let start = *at + indent;
        *at += line.len();
        Some((is_one, &line[indent..], start))
    });
    let lines: Vec<_> = commands.collect();
    if lines.iter().any(|(is_one, ..)| *is_one) && lines.len() > 1 {
        for (_, line, start) in lines.into_iter().filter(|(is_one, ..)| *is_one) {
            from_template_line(line, start, &mut made);
        }
    } else {
        from_template_line(text, at, &mut made);
    }
    made
}

fn from_template_line(text: &str, at: usize, made: &mut Translation) {
    let mut rest = text;
    while let Some((before, more)) = rest.split_once(['{', '%']) {
        let start = at + text.len() - rest.len();
        made.push(before.trim_end_matches('$'), start);
        let is_brace = rest[before.len()..].starts_with('{');
        let end = if is_brace { more.find('}').map(|end| end + 1) } else { None };
        let end = end.or_else(|| (!is_brace && more.starts_with(['s', 'v'])).then_some(1));
        if let Some(end) = end {
            let name = if is_brace { &more[..end - 1] } else { "" };
            let name =
                if variable_name(name) == name && !name.is_empty() { name } else { COMPUTED };
            made.push(&format!("${{{name}}}"), start + before.len());
            rest = &more[end..];
        } else {
            made.push(&rest[before.len()..=before.len()], start + before.len());
            rest = more;
        }
    }
    made.push(rest, at + text.len() - rest.len());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_languages_become_bash() {
        for (language, text, expected) in [
            (
                Language::PowerShell,
                "$Project = \"p\" # it's\ngcloud a `\n --b \"$project.x\" ${env:C} 'd\\e'\n",
                "project=\"p\" \ngcloud a \\\n--b \"${project}.x\" ${c} 'd\\e'\n",
            ),
            (
                Language::Cmd,
                "@echo off\nrem it's\nset P=p\ncall gcloud a ^\n --b \"%p%.x\" it's\n",
                "echo off\n\nP=\"p\"\ncall gcloud a \\\n--b \"${P}.x\" it\\'s\n",
            ),
            (
                Language::Make,
                "P ?= p\nG := a@$(P).x\nall: # it's\n\t@gcloud a $(G) $$HOME \\\n\t  --b \"$(P)\"\n",
                "P=\"p\"\nG=\"a@${P}.x\"\n\ngcloud a ${G} $HOME \\\n--b \"${P}\"\n",
            ),
            (
                Language::Prose,
                "It's:\n```sh\n$ a=1\n```\n> gcloud b \\\n c\nd\n```yaml\ne: 'f\n```\n",
                "\n\na=1\n\ngcloud b \\\nc\n\n\n\n\n",
            ),
        ] {
            let made = to_bash(language, text);
            assert_eq!(made.text, expected, "{language:?}");
            for word in ["gcloud", "--b"] {
                if let Some(at) = made.text.find(word) {
                    assert_eq!(&text[made.source_span(&(at..at + word.len()))], word);
                }
            }
        }
    }
}

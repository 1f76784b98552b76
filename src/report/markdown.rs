//! Changes between specs as Markdown tables, for the comment of a pull request.
//! Source: GitHub Flavored Markdown Spec, Tables, Code spans, Backslash escapes.

use super::change::Compared;
use super::style::plain;
use crate::model::diff::{Change, Effect};

/// Writes a table for each app with changes, below its name.
pub fn changes_markdown(compared: &[Compared]) -> String {
    let (mut written, mut last) = (String::new(), None);
    for one in compared.iter().filter(|one| !one.changes.is_empty()) {
        let spec = one.new.as_ref().or(one.old.as_ref()).map_or("", String::as_str);
        let head = format!("### {} ({})\n", text(&one.app), code(spec));
        if last.as_ref() != Some(&head) {
            written.push_str(if last.is_some() { "\n" } else { "" });
            written.push_str(&head);
            written.push_str("\n| change | environment | what | details |\n|---|---|---|---|\n");
            last = Some(head);
        }
        for change in &one.changes {
            let change_type = match change.effect {
                Effect::Refused => "**rejected**",
                Effect::None | Effect::Stays | Effect::Rolls => change.change_type.as_ref(),
            };
            let environment = text(one.environment.as_deref().unwrap_or_default());
            let Change { name, detail, .. } = change;
            let cells = [change_type, &environment, &code(name), &with_code(detail)];
            written.extend(["| ", &cells.join(" | "), " |\n"]);
        }
    }
    if written.is_empty() { "Nothing changes.\n".to_owned() } else { written }
}

/// Text between backticks as code, everything else as it is.
fn with_code(detail: &str) -> String {
    let parts: Vec<&str> = detail.split('`').collect();
    // A single backtick does not quote.
    if parts.len().is_multiple_of(2) {
        return text(detail);
    }
    let parts = parts.iter().enumerate();
    parts.map(|(index, part)| if index % 2 == 0 { text(part) } else { code(part) }).collect()
}

/// Text in which nothing is markup.
fn text(string: &str) -> String {
    let mut escaped = String::with_capacity(string.len());
    for c in plain(string).chars() {
        match c {
            '&' | '<' | '>' | '|' | '@' => escaped.push_str(&entity(c)),
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '#' | '!' | '$' => escaped.extend(['\\', c]),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// Text as code.
fn code(string: &str) -> String {
    let string = plain(string);
    if string.trim().is_empty() {
        return String::new();
    }
    // In a table, a code span can hold no pipe after a backslash, and no lone backtick.
    if !string.contains(['|', '`', '\\']) {
        return format!("`{string}`");
    }
    let is_plain = |c: &char| c.is_alphanumeric() || " /.,;=-".contains(*c);
    let escaped: String =
        string.chars().map(|c| if is_plain(&c) { c.to_string() } else { entity(c) }).collect();
    format!("<code>{escaped}</code>")
}

fn entity(c: char) -> String {
    format!("&#{};", u32::from(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::diff::{ChangeType, Subject};

    #[test]
    fn nothing_in_a_string_is_markup() {
        assert_eq!(
            text("<b>|a_b|*c*[d](e)\\|`@f"),
            "&#60;b&#62;&#124;a\\_b&#124;\\*c\\*\\[d\\](e)\\\\&#124;\\`&#64;f"
        );
        assert_eq!(code("<b> *a* @b"), "`<b> *a* @b`");
        assert_eq!(code("a|`b`\\"), "<code>a&#124;&#96;b&#96;&#92;</code>");
        assert_eq!(with_code("run `a b`, was `<i>`"), "run `a b`, was `<i>`");
        assert_eq!(with_code("one ` and <i>"), "one \\` and &#60;i&#62;");
        assert_eq!(text("a\nb"), "a\u{fffd}b");
    }

    #[test]
    fn an_app_has_a_table() {
        let change = Change {
            subject: Subject::Role,
            change_type: ChangeType::Added,
            name: "roles/viewer on project p".to_owned(),
            detail: "stays until `a`".to_owned(),
            effect: Effect::None,
            rejected_by: None,
            fields: Vec::new(),
        };
        let compared = |environment: Option<&str>| Compared {
            app: "books".to_owned(),
            environment: environment.map(str::to_owned),
            old: None,
            new: Some("app.toml".to_owned()),
            changes: vec![change.clone()],
        };
        assert_eq!(
            changes_markdown(&[compared(None), compared(Some("prod"))]),
            "### books (`app.toml`)

| change | environment | what | details |
|---|---|---|---|
| added |  | `roles/viewer on project p` | stays until `a` |
| added | prod | `roles/viewer on project p` | stays until `a` |
"
        );
        assert_eq!(changes_markdown(&[]), "Nothing changes.\n");
    }
}

//! Conditions of IAM bindings, as far as their expressions say whether they hold.

use super::roles::LISTED;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds<'a> {
    Always,
    /// It depends on the request.
    Sometimes,
    /// It did until this time, which is past.
    Until(&'a str),
    Never,
}

/// Reads the expression of a condition. Nothing here knows the time: past is what is before the month of
/// the data that wigen has.
pub(crate) fn holds(expression: &str) -> Holds<'_> {
    if expression.contains("||") {
        return Holds::Sometimes;
    }
    let terms: Vec<Holds<'_>> = expression.split("&&").map(term).collect();
    let is_over = |one: &&Holds<'_>| matches!(one, Holds::Until(_) | Holds::Never);
    let first =
        terms.iter().find(is_over).or_else(|| terms.iter().find(|one| **one != Holds::Always));
    first.copied().unwrap_or(Holds::Always)
}

fn term(text: &str) -> Holds<'_> {
    let text = text.trim().trim_matches(['(', ')']).trim();
    match text {
        "true" => return Holds::Always,
        "false" => return Holds::Never,
        _ => {}
    }
    let time = match text.split_once('<') {
        Some((one, time)) if one.trim() == "request.time" => time.trim_start_matches('='),
        _ => match text.split_once('>') {
            Some((time, one)) if one.trim_start_matches('=').trim() == "request.time" => time,
            _ => return Holds::Sometimes,
        },
    };
    let time = time.trim().strip_prefix("timestamp(").unwrap_or_default();
    let time = time.trim_matches([')', '"', '\'', ' ']);
    match time.get(..LISTED.len()) {
        Some(month) if month.starts_with(|c: char| c.is_ascii_digit()) && month < LISTED => {
            Holds::Until(time)
        }
        _ => Holds::Sometimes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn past_times_are_past() {
        for (expression, expected) in [
            ("true", Holds::Always),
            ("false", Holds::Never),
            ("resource.name == 'a' && false", Holds::Never),
            (
                "request.time < timestamp('2024-01-01T00:00:00Z')",
                Holds::Until("2024-01-01T00:00:00Z"),
            ),
            (
                "timestamp(\"2020-06-01T00:00:00Z\") >= request.time",
                Holds::Until("2020-06-01T00:00:00Z"),
            ),
            (
                "(request.time<=timestamp('2024-01-01T00:00:00Z'))",
                Holds::Until("2024-01-01T00:00:00Z"),
            ),
            ("request.time < timestamp('2999-01-01T00:00:00Z')", Holds::Sometimes),
            ("request.time > timestamp('2024-01-01T00:00:00Z')", Holds::Sometimes),
            ("false || true", Holds::Sometimes),
            ("", Holds::Sometimes),
        ] {
            assert_eq!(holds(expression), expected, "{expression}");
        }
    }
}

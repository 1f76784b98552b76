//! `wigen explain`: the pages of diagnostics.

use wigen::diagnostics::{Code, did_you_mean, one_of};

use super::console::print;
use super::outcome::Outcome;
use crate::files::Failure;

pub(super) fn explain(codes: &[String]) -> Result<Outcome, Failure> {
    let text = if codes.is_empty() {
        list()
    } else {
        codes.iter().map(|code| page(code)).collect::<Result<Vec<_>, _>>()?.join("\n\n")
    };
    print(&text)?;
    Ok(Outcome::Done)
}

/// All codes, each with the first sentence of its page.
fn list() -> String {
    let width = Code::ALL.iter().map(|code| code.as_str().len()).max().unwrap_or_default();
    let line = |code: &Code| {
        let what = code.explanation().what;
        let end = [". ", ".\n", ": ", ":\n"].iter().filter_map(|end| what.find(end)).min();
        let what = what[..end.unwrap_or(what.len())].trim_end_matches('.').replace('\n', " ");
        format!("{:width$}  {:7}  {what}\n", code.as_str(), code.severity().as_ref())
    };
    Code::ALL.iter().map(line).collect()
}

fn page(name: &str) -> Result<String, Failure> {
    let Some(code) = Code::parse(name) else {
        let hint = did_you_mean(name, Code::ALL.iter().map(|code| code.as_str()));
        let hint = hint.unwrap_or_else(|| "`wigen explain` lists them".to_owned());
        return Err(Failure::new(format!("there is no code {}; {hint}", one_of([name]))));
    };
    let page = code.explanation();
    let indented = |text: &str| format!("    {}\n", text.replace('\n', "\n    "));
    let source =
        if page.source.is_empty() { String::new() } else { format!("\nSource: {}\n", page.source) };
    Ok(format!(
        "{} ({})\n\n{}\n\nWhy: {}\n\nExample:\n\n{}\nInstead:\n\n{}{source}",
        code.as_str(),
        code.severity().as_ref(),
        page.what,
        page.why,
        indented(page.example),
        indented(page.instead),
    ))
}

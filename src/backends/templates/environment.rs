//! The environment in which nothing can be printed but through an escaper.

use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Value, ValueKind};
use minijinja::{
    AutoEscape, Environment, Error as TemplateError, ErrorKind, State, UndefinedBehavior,
};

use super::context::NAMES;
use super::provenance::Parts;
use super::set::Template;
use super::set::{BUILT_IN, is_yaml};
use super::yaml;
use crate::backends::gcloud::quote;

/// How deep templates may print one another.
const MOST_PARTS: u8 = 8;

/// Steps that a template of a user may take: some twenty for an environment variable.
const MOST_STEPS: u64 = 5_000_000;

/// What stands beside the facts: the parts that were printed so far.
pub(super) const PARTS: &str = "__parts";

/// Those inside the program, or with those of a user before them, which are bounded.
pub(super) fn environment(own: Option<Vec<Template>>) -> Environment<'static> {
    let mut environment = Environment::empty();
    if let Ok(syntax) = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()
    {
        environment.set_syntax(syntax);
    }
    environment.set_auto_reload(false);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|template| {
        AutoEscape::Custom(
            if is_yaml(template) {
                "yaml"
            } else if template.ends_with(".sh.j2") {
                "sh"
            } else {
                "none"
            }
            .into(),
        )
    });
    environment.set_formatter(escape);
    if own.is_some() {
        environment.set_debug(true);
        environment.set_fuel(Some(MOST_STEPS));
    }
    let own = own.unwrap_or_default();
    environment.set_loader(move |name| {
        let theirs = own.iter().find(|template| template.name == name);
        let theirs = theirs.map(|template| template.source.text().to_owned());
        Ok(theirs.or_else(|| {
            let built_in = BUILT_IN.iter().find(|(template, ..)| *template == name);
            built_in.map(|(.., text)| (*text).to_owned())
        }))
    });
    environment.add_filter("items", minijinja::filters::items);
    environment.add_filter("reverse", minijinja::filters::reverse);
    environment.add_filter("block", yaml::Block::filter);
    environment.add_function("part", part);
    environment.add_test("none", minijinja::tests::is_none);
    environment
}

/// The function `part(template, indent)`: what another template makes of the same facts, as a block
/// below a key. Only a template's name can be given, so nothing gets past the escapers here.
fn part(state: &State<'_, '_>, name: &str, indent: usize) -> Result<Value, TemplateError> {
    let parts = state.lookup(PARTS).and_then(|parts| parts.downcast_object::<Parts>());
    let facts = NAMES.into_iter().chain([PARTS]);
    let mut context: BTreeMap<&str, Value> =
        facts.filter_map(|fact| Some((fact, state.lookup(fact)?))).collect();
    let depth = state.lookup("depth").and_then(|depth| u8::try_from(depth).ok()).unwrap_or(0);
    if depth == MOST_PARTS {
        let what = "a part of a part of a part, and so on: does a template print itself?";
        return Err(TemplateError::new(ErrorKind::InvalidOperation, what));
    }
    context.insert("depth", Value::from(depth + 1));
    let context = Value::from(context);
    let Some(parts) = parts else {
        let text = state.env().get_template(name)?.render(context)?;
        return Ok(yaml::Block::of(&text, indent));
    };
    Ok(yaml::Block::whole(parts.print(state.env(), name, context, indent)?))
}

/// Prints one value in the language of the template.
fn escape(
    out: &mut minijinja::Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), TemplateError> {
    let refuse = |what: &str| Err(TemplateError::new(ErrorKind::InvalidOperation, what.to_owned()));
    if value.is_undefined() {
        return Err(TemplateError::from(ErrorKind::UndefinedError));
    }
    if value.is_safe() {
        // It has been escaped when it was captured, and would be once more.
        return refuse("what a template has captured cannot be printed: join values with `~`");
    }
    let text = match state.auto_escape() {
        AutoEscape::Custom(language) if language == "yaml" => yaml::print(value),
        AutoEscape::Custom(language) if language == "sh" => quote::print(value),
        _ => return refuse("nothing can be printed in a template of this name"),
    };
    match text {
        Some(text) => out.write_str(&text).map_err(TemplateError::from),
        None if [ValueKind::Map, ValueKind::Seq].contains(&value.kind()) => {
            refuse("a list or table is printed by `value|block(indent)`, in *.yaml.j2 alone")
        }
        None => refuse("only a text, a whole number or a boolean can be printed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(name: &str, template: &str) -> Result<String, TemplateError> {
        let context = minijinja::context! { text => "a'b\n", yes => true, list => [1] };
        environment(None).render_named_str(name, template, context)
    }

    #[test]
    fn the_file_name_picks_the_escaper() {
        assert_eq!(print("a.yaml.j2", "k: {{ text }}").unwrap(), "k: \"a'b\\n\"");
        assert_eq!(print("a.sh.j2", "echo {{ text }}").unwrap(), r"echo $'a\'b\n'");
        assert!(print("a.txt.j2", "{{ text }}").is_err());
    }

    #[test]
    fn no_way_around_the_escaper() {
        assert!(print("a.yaml.j2", "{{ text|safe }}").is_err());
        assert!(print("a.yaml.j2", "{% autoescape false %}{{ text }}{% endautoescape %}").is_err());
        assert!(
            print("a.yaml.j2", "{% autoescape 'html' %}{{ text }}{% endautoescape %}").is_err()
        );
        // What a template captures has been escaped, and would be again.
        assert!(print("a.yaml.j2", "{% set x %}{{ text }}{% endset %}{{ x }}").is_err());
    }

    #[test]
    fn parts_are_blocks_of_another_template() {
        let mut environment = environment(None);
        environment.set_loader(|name| {
            Ok(Some(match name {
                "part.yaml.j2" => "a: {{ spec }}\nb: 1\n".to_owned(),
                name => format!("{{{{ part('{name}', 2) }}}}"),
            }))
        });
        let context = || minijinja::context! { spec => "on" };
        let text = "k:{{ part('part.yaml.j2', 2) }}\n";
        let printed = environment.render_named_str("x.yaml.j2", text, context()).unwrap();
        assert_eq!(printed, "k:\n  a: \"on\"\n  b: 1\n");
        let circle = environment.get_template("circle.yaml.j2").unwrap();
        assert!(circle.render(context()).is_err());
    }

    #[test]
    fn undefined_is_an_error() {
        assert!(print("a.yaml.j2", "{{ txet }}").is_err());
        assert!(print("a.yaml.j2", "{% if txet %}{% endif %}").is_err());
    }

    #[test]
    fn booleans_and_numbers_are_those_of_the_language() {
        assert_eq!(print("a.yaml.j2", "{{ yes }} {{ 8000 }}").unwrap(), "true 8000");
        assert!(print("a.yaml.j2", "{{ list }}").is_err());
        assert!(print("a.sh.j2", "{{ list }}").is_err());
    }
}

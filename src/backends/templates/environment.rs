//! The minijinja environment: its only way to print a value is through the escaper of the template's
//! language.

use minijinja::value::{Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior};

use super::code;
use super::metering;
use super::render_own::part;
use super::sources::{Language, Template, built_in, syntax};
use super::yaml;

/// Steps that a user's template may take; an environment variable takes about twenty.
const MAX_STEPS: u64 = 5_000_000;

/// Makes an environment with the built-in templates, and a user's templates before them. Templates are
/// parsed when they are first used.
pub(super) fn environment(own: Vec<Template>) -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_syntax(syntax());
    environment.set_auto_reload(false);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|name| {
        let language = match Language::from_name(name) {
            Some(Language::Yaml) => "yaml",
            Some(Language::Bash) => "sh",
            Some(Language::Hcl) => "tf",
            None => "none",
        };
        AutoEscape::Custom(language.into())
    });
    environment.set_formatter(print);
    // Built-in templates need no limits, and nobody needs the exact places of errors in them.
    let has_limits = !own.is_empty();
    if has_limits {
        environment.set_debug(true);
        environment.set_fuel(Some(MAX_STEPS));
        environment.add_filter(metering::FILTER, metering::metered);
    }
    environment.set_loader(move |name| {
        let own = own.iter().find(|template| template.name == name);
        let text = own.map(|template| template.source.text()).or(built_in(name));
        let prepare = if has_limits { metering::with_filter } else { str::to_owned };
        Ok(text.map(prepare))
    });
    environment.add_filter("items", minijinja::filters::items);
    environment.add_filter("reverse", minijinja::filters::reverse);
    environment.add_filter("block", yaml::block);
    environment.add_filter("fields", yaml::fields);
    environment.add_function("part", part);
    environment.add_test("none", minijinja::tests::is_none);
    environment
}

/// Prints one value in the language of the template.
fn print(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let refuse = |reason: &'static str| Err(Error::new(ErrorKind::InvalidOperation, reason));
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    if value.is_safe() {
        // It was escaped when it was captured, and would be escaped again.
        return refuse("what a template has captured cannot be printed: join values with `~`");
    }
    let printed = match state.auto_escape() {
        AutoEscape::Custom(language) if language == "yaml" => yaml::print(value),
        AutoEscape::Custom(language) if language == "sh" => code::print(Language::Bash, value),
        AutoEscape::Custom(language) if language == "tf" => code::print(Language::Hcl, value),
        _ => return refuse("nothing can be printed in a template of this name"),
    };
    match printed {
        Some(printed) => out.write_str(&printed).map_err(Error::from),
        None if [ValueKind::Map, ValueKind::Seq].contains(&value.kind()) => {
            refuse("a list or table is printed by `value|block(indent)`, in *.yaml.j2 alone")
        }
        None if value.as_str().is_some() => refuse(
            "the string is not in Unicode Normalization Form C, and Terraform would change it",
        ),
        None => refuse("only a string, an integer or a boolean can be printed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(name: &str, template: &str) -> Result<String, Error> {
        let context = minijinja::context! { text => "a'b\n", yes => true, list => [1] };
        environment(Vec::new()).render_named_str(name, template, context)
    }

    #[test]
    fn the_file_name_picks_the_escaper() {
        assert_eq!(render("a.yaml.j2", "k: {{ text }}").unwrap(), "k: \"a'b\\n\"");
        assert_eq!(render("a.sh.j2", "echo {{ text }}").unwrap(), r"echo $'a\'b\n'");
        assert!(render("a.txt.j2", "{{ text }}").is_err());
    }

    #[test]
    fn no_way_around_the_escaper() {
        for template in [
            "{{ text|safe }}",
            "{% autoescape false %}{{ text }}{% endautoescape %}",
            "{% autoescape 'html' %}{{ text }}{% endautoescape %}",
            "{% set x %}{{ text }}{% endset %}{{ x }}",
        ] {
            assert!(render("a.yaml.j2", template).is_err(), "{template}");
        }
    }

    #[test]
    fn parts_are_blocks_of_another_template() {
        let mut environment = environment(Vec::new());
        environment.set_loader(|name| {
            Ok(Some(match name {
                "part.yaml.j2" => "a: {{ spec }}\nb: 1\n".to_owned(),
                name => format!("{{{{ part('{name}', 2) }}}}"),
            }))
        });
        let context = || minijinja::context! { spec => "on" };
        let template = "k:{{ part('part.yaml.j2', 2) }}\n";
        let rendered = environment.render_named_str("x.yaml.j2", template, context()).unwrap();
        assert_eq!(rendered, "k:\n  a: \"on\"\n  b: 1\n");
        let circle = environment.get_template("circle.yaml.j2").unwrap();
        assert!(circle.render(context()).is_err());
    }

    #[test]
    fn undefined_is_an_error() {
        for template in ["{{ txet }}", "{% if txet %}{% endif %}", "{{ [txet]|block(2) }}"] {
            assert!(render("a.yaml.j2", template).is_err(), "{template}");
        }
    }

    #[test]
    fn booleans_and_numbers_are_those_of_the_language() {
        assert_eq!(render("a.yaml.j2", "{{ yes }} {{ 8000 }}").unwrap(), "true 8000");
        assert_eq!(render("a.yaml.j2", "k:{{ [1, 2.5]|block(2) }}").unwrap(), "k:\n  - 1\n  - 2.5");
        assert!(render("a.yaml.j2", "{{ list }}").is_err());
        assert!(render("a.sh.j2", "{{ list }}").is_err());
    }
}

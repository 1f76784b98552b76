//! Facts to artifacts: the templates, the escapers that their file names pick, and the read-back.
//! The only room that names minijinja.

mod shell;
mod yaml;

use std::fmt;
use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{
    AutoEscape, Environment, Error as TemplateError, ErrorKind, Output, State, UndefinedBehavior,
};
use serde::Serialize;

use crate::artifact::{Artifact, Kind};
use crate::identity::Identity;
use crate::workload::Workload;

/// The templates that travel inside the program.
const TEMPLATES: [(Kind, &str, &str, &str); 3] = [
    (Kind::Gcloud, "gcloud.sh", "gcloud.sh.j2", include_str!("../templates/gcloud.sh.j2")),
    (
        Kind::ServiceAccount,
        "service-account.yaml",
        "service-account.yaml.j2",
        include_str!("../templates/service-account.yaml.j2"),
    ),
    (
        Kind::Workload,
        "deployment.yaml",
        "deployment.yaml.j2",
        include_str!("../templates/deployment.yaml.j2"),
    ),
];

/// Parts of templates, for `include`.
const PARTS: [(&str, &str); 1] = [("binding.sh.j2", include_str!("../templates/binding.sh.j2"))];

/// What a template may print: the file name of the spec, and the facts of both sides.
#[derive(Debug, Serialize)]
struct Context<'a> {
    spec: &'a str,
    identity: &'a Identity,
    workload: &'a Workload,
}

/// A template that cannot be rendered, or whose output is not what it must be.
#[derive(Debug)]
pub struct Error {
    template: &'static str,
    cause: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "template `{}`: {}", self.template, self.cause)
    }
}

impl std::error::Error for Error {}

/// Renders the artifacts of these kinds. `spec` is the file name that their first lines name.
pub fn render(
    spec: &str,
    identity: &Identity,
    workload: &Workload,
    kinds: &[Kind],
) -> Result<Vec<Artifact>, Error> {
    static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(environment);
    let context = Value::from(Serde(&Context { spec, identity, workload }));
    let mut artifacts = Vec::new();
    for (kind, name, template, _) in TEMPLATES {
        if !kinds.contains(&kind)
            || (kind == Kind::ServiceAccount && !identity.renders_service_account)
        {
            continue;
        }
        let text = ENVIRONMENT
            .get_template(template)
            .and_then(|found| found.render(context.clone()))
            .map_err(|error| Error { template, cause: format!("{error:#}") })?;
        if kind.is_manifest() {
            yaml::read_back(&text).map_err(|cause| Error { template, cause })?;
        }
        artifacts.push(Artifact { kind, name, text });
    }
    Ok(artifacts)
}

/// The environment in which nothing can be printed but through an escaper.
fn environment() -> Environment<'static> {
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
            if template.ends_with(".yaml.j2") {
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
    environment.set_loader(|name| {
        let whole = TEMPLATES.iter().map(|(_, _, template, text)| (template, text));
        let parts = PARTS.iter().map(|(template, text)| (template, text));
        Ok(whole
            .chain(parts)
            .find(|(template, _)| **template == name)
            .map(|(_, text)| (*text).to_owned()))
    });
    environment.add_filter("items", minijinja::filters::items);
    environment.add_filter("reverse", minijinja::filters::reverse);
    environment.add_filter("block", yaml::Block::filter);
    environment.add_test("none", minijinja::tests::is_none);
    environment
}

/// Prints one value in the language of the template. What a template marks as safe is escaped like
/// everything else.
fn escape(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), TemplateError> {
    let refuse = |what: &str| Err(TemplateError::new(ErrorKind::InvalidOperation, what.to_owned()));
    if value.is_undefined() {
        return Err(TemplateError::from(ErrorKind::UndefinedError));
    }
    let text = match state.auto_escape() {
        AutoEscape::Custom(language) if language == "yaml" => yaml::print(value),
        AutoEscape::Custom(language) if language == "sh" => shell::print(value),
        _ => {
            return refuse(
                "nothing can be printed in a template that is neither *.yaml.j2 nor *.sh.j2",
            );
        }
    };
    match text {
        Some(text) => out.write_str(&text).map_err(TemplateError::from),
        None => refuse("only a text, a whole number or a boolean can be printed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(name: &str, template: &str) -> Result<String, TemplateError> {
        let context = minijinja::context! { text => "a'b\n", yes => true, list => [1] };
        environment().render_named_str(name, template, context)
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
        // What a template captures is a text like any other: escaped again when it is printed.
        let captured = print("a.yaml.j2", "{% set x %}{{ text }}{% endset %}{{ x }}");
        assert_eq!(captured.unwrap(), r#""\"a'b\\n\"""#);
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

//! Facts to artifacts: the templates, the escapers that their file names pick, and the read-back.
//! The only room that names minijinja.

mod shell;
mod yaml;

use std::collections::BTreeMap;
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
use crate::kubernetes::WorkloadKind;
use crate::workload::Workload;

/// A template that travels inside the program.
macro_rules! template {
    ($name:literal) => {
        ($name, include_str!(concat!("../templates/", $name)))
    };
}

/// The templates, by name. The artifact of `x.yaml.j2` is called `x.yaml`.
const TEMPLATES: [(&str, &str); 11] = [
    template!("gcloud.sh.j2"),
    template!("service-account.yaml.j2"),
    template!("deployment.yaml.j2"),
    template!("stateful-set.yaml.j2"),
    template!("daemon-set.yaml.j2"),
    template!("job.yaml.j2"),
    template!("cron-job.yaml.j2"),
    template!("binding.sh.j2"),
    template!("metadata.yaml.j2"),
    template!("pod-template.yaml.j2"),
    template!("wait-for-metadata.yaml.j2"),
];

/// The template of an artifact.
fn template_of(kind: Kind, workload: WorkloadKind) -> &'static str {
    match (kind, workload) {
        (Kind::Gcloud, _) => "gcloud.sh.j2",
        (Kind::ServiceAccount, _) => "service-account.yaml.j2",
        (Kind::Workload, WorkloadKind::Deployment) => "deployment.yaml.j2",
        (Kind::Workload, WorkloadKind::StatefulSet) => "stateful-set.yaml.j2",
        (Kind::Workload, WorkloadKind::DaemonSet) => "daemon-set.yaml.j2",
        (Kind::Workload, WorkloadKind::Job) => "job.yaml.j2",
        (Kind::Workload, WorkloadKind::CronJob) => "cron-job.yaml.j2",
    }
}

/// How deep templates may print one another.
const MOST_PARTS: u8 = 8;

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
    for kind in Kind::ALL {
        let given = kind == Kind::ServiceAccount && !identity.renders_service_account;
        if given || !kinds.contains(&kind) {
            continue;
        }
        let template = template_of(kind, workload.kind);
        let text = ENVIRONMENT
            .get_template(template)
            .and_then(|found| found.render(context.clone()))
            .map_err(|error| Error { template, cause: format!("{error:#}") })?;
        if kind.is_manifest() {
            yaml::read_back(&text).map_err(|cause| Error { template, cause })?;
        }
        let name = template.strip_suffix(".j2").unwrap_or(template);
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
        Ok(TEMPLATES
            .iter()
            .find(|(template, _)| *template == name)
            .map(|(_, text)| (*text).to_owned()))
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
    let facts = ["spec", "identity", "workload"];
    let mut context: BTreeMap<&str, Value> =
        facts.into_iter().filter_map(|fact| Some((fact, state.lookup(fact)?))).collect();
    let depth = state.lookup("depth").and_then(|depth| u8::try_from(depth).ok()).unwrap_or(0);
    if depth == MOST_PARTS {
        let what = "a part of a part of a part, and so on: does a template print itself?";
        return Err(TemplateError::new(ErrorKind::InvalidOperation, what));
    }
    context.insert("depth", Value::from(depth + 1));
    let text = state.env().get_template(name)?.render(Value::from(context))?;
    Ok(yaml::Block::of(&text, indent))
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
    fn parts_are_blocks_of_another_template() {
        let mut environment = environment();
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

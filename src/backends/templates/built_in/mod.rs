//! The templates inside the program, printed without the engine for those of users. They are written in
//! little of its language, and their facts need no conversion here. Where anything is not certain, there
//! is no answer, and that engine has the last word.

mod fact;
mod parse;
mod print;

use std::sync::OnceLock;

use super::context::{Facts, NAMES};
use super::set::BUILT_IN;
use fact::{Fact, ToFact};
use parse::Node;
use print::Printer;

/// What a template makes of an app; `None` where it has to be asked of the other engine.
pub(super) fn print(name: &str, facts: &Facts<'_>) -> Option<String> {
    Printer::print(name, &named(facts))
}

fn named<'a>(facts: &'a Facts<'_>) -> [(&'static str, Fact<'a>); 3] {
    let [spec, identity, workload] = NAMES;
    [
        (spec, Fact::Text(facts.spec)),
        (identity, facts.identity.to_fact()),
        (workload, facts.workload.to_fact()),
    ]
}

/// A template, read once for each process.
fn template(name: &str) -> Option<&'static [Node]> {
    static READ: [OnceLock<Option<Vec<Node>>>; BUILT_IN.len()] =
        [const { OnceLock::new() }; BUILT_IN.len()];
    let index = BUILT_IN.iter().position(|(known, ..)| *known == name)?;
    READ[index].get_or_init(|| parse::parse(BUILT_IN[index].2)).as_deref()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use minijinja::value::Value;

    use super::print::Language;
    use super::*;
    use crate::backends::templates::environment::environment;
    use crate::diagnostics::source::Source;
    use crate::model::identity::Identity;
    use crate::model::workload::Workload;
    use crate::spec::types::App;

    /// Every spec of the golden cases that is an app, with that which came before it.
    #[expect(clippy::disallowed_methods, reason = "specs stand in files")]
    fn apps() -> Vec<(String, App, Option<App>)> {
        let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/cases");
        let read = |path: &Path| {
            let text = fs::read_to_string(path).ok()?;
            let source = Source::new(path.display().to_string(), text);
            crate::check(&source, &crate::Options::default()).app
        };
        let mut apps = Vec::new();
        for case in fs::read_dir(cases).unwrap() {
            let case = case.unwrap().path();
            for name in ["app.toml", "app.yaml", "app.json"] {
                if let Some(app) = read(&case.join(name)) {
                    apps.push((name.to_owned(), app, read(&case.join("previous.toml"))));
                }
            }
        }
        apps
    }

    fn each_of_all_apps(tell: impl Fn(&Facts<'_>)) {
        let apps = apps();
        assert!(apps.len() > 30, "{} apps", apps.len());
        for (name, app, previous) in apps {
            let mut identity = Identity::of(&app);
            if let Some(previous) = &previous {
                identity = identity.after("previous.toml", &Identity::of(previous));
            }
            let workload = Workload::of(&app, &identity);
            tell(&Facts::new(&name, &identity, &workload));
        }
    }

    #[test]
    fn both_engines_print_the_same() {
        let engine = environment(None);
        each_of_all_apps(|facts| {
            for (name, ..) in BUILT_IN {
                let is_artifact = !name.starts_with('_');
                let needs_container =
                    is_artifact && !["gcloud.sh.j2", "service-account.yaml.j2"].contains(name);
                if !is_artifact || (needs_container && facts.workload.container.is_none()) {
                    continue;
                }
                let other =
                    engine.get_template(name).unwrap().render(Value::from(facts.values().clone()));
                assert_eq!(print(name, facts), Some(other.unwrap()), "{name}");
            }
        });
    }

    /// What is written in a template, and whether it is understood here.
    #[rustfmt::skip]
    const PIECES: [(&str, bool); 45] = [
        ("a {{ spec }} b\n", true),
        ("{{spec}}{{ identity.project }}", true),
        ("{% if identity.account is none %}a{% else %}b{% endif %}\n", true),
        ("  {% if identity.account is not none %}\n  a\n  {% elif identity.cluster is none %}\n b\n  {% else %}\n c\n{% endif %}  \n", true),
        ("x\n  {%+ if not identity.annotation %}a{% endif %}", true),
        ("x {% if identity.annotation %} a {% endif %} y\n\n{% if spec %}\n\n{% endif %}\n", true),
        ("{% for step in identity.steps %}{{ step.kind }}{% if not loop.last %}, {% endif %}{% endfor %}", true),
        ("{% for step in identity.steps|reverse %}{{ step.kind }}{% if loop.first %}!{% endif %}{% endfor %}", true),
        ("{% for step in identity.steps if step.kind != \"cluster\" %}{{ step.kind }}{% if loop.last %}.{% endif %}{% else %}none{% endfor %}", true),
        ("{% for name in workload.pod.volumes %}{{ name }}{% else %}none{% endfor %}", true),
        ("{% for key, value in workload.labels|items %}{{ key }}: {{ value }}\n{% endfor %}", true),
        ("{% for key, value in workload.labels|items|reverse %}{{ key }}: {{ value }}\n{% endfor %}", true),
        ("{% for step in identity.steps %}{% for word in workload.labels|items %}{% endfor %}{% endfor %}", false),
        ("{% set name = \"a\" if identity.account is none else identity.account.email %}{{ name }}", true),
        ("{% set name = spec %}{% if spec %}{% set name = identity.project %}{% endif %}{{ name }}", false),
        ("{% with a = spec, b = \"x y\" %}{{ a }}{{ b }}{% endwith %}{{ identity.namespace }}", true),
        ("{% with spec = \"inner\" %}{{ spec }}{% endwith %}{{ spec }}", true),
        ("{% if identity.account is none and identity.cluster is none or spec == \"app.toml\" %}a{% endif %}", true),
        ("{% if not identity.account is none %}a{% endif %}", true),
        ("{% if identity.member == identity.member %}a{% endif %}{% if identity.member != identity.cluster %}b{% endif %}", true),
        ("{% if identity.project == identity.account %}a{% endif %}", true),
        ("a {% if spec %}b{% endif %} {% if spec %}c{% endif %} {{ spec }} {% if spec %}d{% endif %}", true),
        ("k:{{ workload.labels|block(2) }}\nl:{{ workload.pod.volumes|block(4) }}\nm:{{ workload.container|block(2) }}", true),
        ("k:{{ spec|block(2) }}{{ identity.account|block(2) }}", true),
        ("{{ identity.steps[0].kind }}", true),
        ("metadata:{{ part(\"_metadata.yaml.j2\", 2) }}\n", true),
        ("{% include \"_metadata.yaml.j2\" %}", true),
        ("{{ identity.renders_service_account }}{{ workload.spec.before.replicas }}", true),
        ("{{ no_such_value }}", false),
        ("{{ identity.no_such_value }}", false),
        ("{{ identity.account }}", false),
        ("{{ spec|upper }}", false),
        ("{{ spec ~ \"x\" }}", false),
        ("{{ 1 }}{{ true }}", false),
        ("{{ \"a\\n\" }}", false),
        ("{# a comment #}", false),
        ("{%- if spec %}a{% endif %}", false),
        ("{% if spec -%} a{% endif %}", false),
        ("{% if spec %}", false),
        ("{% endif %}", false),
        ("{{ spec", false),
        ("{{ spec.x }}", false),
        ("{% if spec > \"a\" %}{% endif %}", false),
        ("{% include \"_binding.sh.j2\" %}", false),
        ("{{ loop.index }}", false),
    ];

    #[test]
    fn what_is_understood_is_understood_alike() {
        let mut engine = environment(None);
        for (number, (text, _)) in PIECES.iter().enumerate() {
            engine.add_template_owned(format!("{number}.yaml.j2"), (*text).to_owned()).ok();
        }
        let read: Vec<Option<&'static [Node]>> = PIECES
            .iter()
            .map(|(text, _)| parse::parse(text).map(|nodes| &*Vec::leak(nodes)))
            .collect();
        let answers = std::cell::RefCell::new(vec![false; PIECES.len()]);
        each_of_all_apps(|facts| {
            for (number, (text, understood)) in PIECES.iter().enumerate() {
                let ours = read[number]
                    .and_then(|nodes| Printer::run(nodes, Language::Yaml, &named(facts)));
                assert!(*understood || ours.is_none(), "{text}: {ours:?}");
                let Some(ours) = ours else { continue };
                answers.borrow_mut()[number] = true;
                let other = engine.get_template(&format!("{number}.yaml.j2")).unwrap();
                let other = other.render(Value::from(facts.values().clone()));
                assert_eq!(other.ok().as_deref(), Some(ours.as_str()), "{text}");
            }
        });
        for (is_answered, (text, understood)) in answers.into_inner().into_iter().zip(PIECES) {
            assert_eq!(is_answered, understood, "{text}");
        }
    }
}

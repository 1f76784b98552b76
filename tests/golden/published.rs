//! What is published is what the types say: the JSON Schemas, the help texts, the explanations.

use std::collections::BTreeSet;
use std::fs;

use crate::support::trials::{Topic, trials};
use serde_json::Value;
use wigen::RenderOptions;
use wigen::backends::templates::{Template, Templates};
use wigen::diagnostics::levels::Levels;
use wigen::diagnostics::source::Source;
use wigen::diagnostics::{Code, Diagnostic, Severity};

pub(crate) fn topic() -> Topic {
    Topic::new(
        "published",
        "the published schemas and pages are those of the program",
        trials![
            the_schemas_are_derived_from_the_types,
            every_key_has_a_description_and_an_example,
            every_table_refuses_unknown_keys,
            the_schemas_use_only_keywords_that_have_words,
            every_explanation_is_true,
            the_page_of_errors_is_the_explanations,
            every_declared_code_is_listed,
            every_code_has_a_golden_case,
            the_functions_are_described,
            the_help_texts_are_read_before_they_change,
        ],
    )
}

fn the_schemas_are_derived_from_the_types() {
    let folder = crate::support::repository().join("schemas");
    for (name, schema) in [
        ("app", wigen::spec::schema::published::app_schema()),
        ("krm", wigen::spec::schema::published::krm_schema()),
        ("workspace", wigen::spec::workspace::workspace_schema()),
        ("diagnostic", wigen::report::json_schema()),
        ("change", wigen::report::change_schema()),
        ("chain", wigen::chain::json_schema()),
    ] {
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        let path = folder.join(format!("{name}.schema.json"));
        if let Err(difference) = crate::support::expect_file(&path, &text) {
            panic!("WIGEN_UPDATE=1 cargo test --test golden updates the schemas\n{difference}");
        }
    }
}

/// Every node of a schema that describes a key, with its path.
fn keys(node: &Value, path: &str, found: &mut Vec<(String, Value)>) {
    let native = wigen::kubernetes::definition(node["$comment"].as_str().unwrap_or_default());
    for (key, below) in node["properties"].as_object().into_iter().flatten() {
        // What Kubernetes describes.
        if native["properties"].get(key).is_some() && below["description"].is_null() {
            continue;
        }
        let path = format!("{path}.{key}");
        found.push((path.clone(), below.clone()));
        keys(below, &path, found);
    }
    for below in ["items", "additionalProperties"] {
        if node[below].is_object() {
            keys(&node[below], path, found);
        }
    }
}

fn every_key_has_a_description_and_an_example() {
    for text in [wigen::spec::schema::APP, wigen::spec::schema::KRM, wigen::spec::schema::WORKSPACE]
    {
        let mut found = Vec::new();
        keys(&serde_json::from_str(text).unwrap(), "", &mut found);
        assert!(found.len() > 30);
        let bare: Vec<&str> = found
            .iter()
            .filter(|(path, node)| {
                !node["description"].is_string()
                    || (node["examples"].as_array().is_none_or(Vec::is_empty)
                        && path != ".spec"
                        // The keys of environments are those of the spec.
                        && !path.contains(".environments.")
                        && !path.starts_with(".defaults."))
            })
            .map(|(path, _)| path.as_str())
            .collect();
        assert_eq!(bare, [""; 0]);
    }
}

fn every_table_refuses_unknown_keys() {
    fn open(node: &Value, path: &str, found: &mut Vec<String>) {
        if node["properties"].is_object() && node["additionalProperties"] != Value::Bool(false) {
            found.push(path.to_owned());
        }
        for (key, below) in node.as_object().into_iter().flatten() {
            open(below, &format!("{path}/{key}"), found);
        }
    }
    for text in [wigen::spec::schema::APP, wigen::spec::schema::KRM, wigen::spec::schema::WORKSPACE]
    {
        let mut found = Vec::new();
        open(&serde_json::from_str(text).unwrap(), "", &mut found);
        assert_eq!(found, [""; 0]);
    }
}

/// The page can describe these keywords of a schema; describe another one first.
fn the_schemas_use_only_keywords_that_have_words() {
    const KEYWORDS: [&str; 22] = [
        "$comment",
        "$schema",
        "additionalProperties",
        "default",
        "description",
        "enum",
        "examples",
        "items",
        "maxLength",
        "maxProperties",
        "maximum",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "pattern",
        "properties",
        "propertyNames",
        "required",
        "title",
        "type",
        "format",
    ];
    fn collect(node: &Value, used: &mut BTreeSet<String>) {
        for (keyword, value) in node.as_object().into_iter().flatten() {
            used.insert(keyword.clone());
            match keyword.as_str() {
                "properties" => {
                    value.as_object().unwrap().values().for_each(|below| collect(below, used));
                }
                "items" | "additionalProperties" | "propertyNames" => collect(value, used),
                _ => {}
            }
        }
    }
    let mut used = BTreeSet::new();
    for text in [wigen::spec::schema::APP, wigen::spec::schema::KRM, wigen::spec::schema::WORKSPACE]
    {
        collect(&serde_json::from_str(text).unwrap(), &mut used);
    }
    let unknown: Vec<&String> =
        used.iter().filter(|keyword| !KEYWORDS.contains(&keyword.as_str())).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

const BASE: &str = r#"
name = "fastapi-books"
project = "my-project"
[cluster]
name = "fastapi-cluster"
region = "us-central1"
[container]
image = "us-docker.pkg.dev/my-project/books/api:1"
"#;

fn check(name: &str, text: &str) -> Vec<Diagnostic> {
    crate::promises::diagnostics(&Source::new(name, text))
}

fn codes(text: &str) -> Vec<Code> {
    let found = check("app.toml", text);
    found.into_iter().map(|diagnostic| diagnostic.code).collect()
}

/// Lays a part of a spec over a whole one, key by key.
fn over_base(part: &str) -> Option<String> {
    fn merge(base: &mut Value, part: Value) {
        match (base, part) {
            (Value::Object(base), Value::Object(part)) => {
                for (key, value) in part {
                    merge(base.entry(key).or_insert(Value::Null), value);
                }
            }
            (base, part) => *base = part,
        }
    }
    let mut base = wigen::text::parse(&Source::new("base.toml", BASE)).ok()?;
    let part = wigen::text::parse(&Source::new("part.toml", part)).ok()?;
    // The workloads of others are those of an app without one of its own.
    if part.get("workloads").is_some() {
        base.as_object_mut()?.shift_remove("container");
    }
    merge(&mut base, part);
    Some(base.to_string())
}

/// What `wigen lint` finds in manifests; or in a command, beside these.
fn codes_of_manifests(language: &str, text: &str) -> Vec<Code> {
    let beside = Code::NETWORK_POLICY.explanation().instead;
    let manifests = [Source::new("a.yaml", if language == "sh" { beside } else { text })];
    let commands = [Source::new("a.sh", text)];
    let iam = if language == "sh" { commands.as_slice() } else { &[] };
    let found = wigen::lint::lint(&manifests, iam, None, &Levels::default());
    found.into_iter().flatten().map(|diagnostic| diagnostic.code).collect()
}

/// The errors of a template whose name is in its first line.
fn codes_of_template(text: &str) -> Vec<Code> {
    let name = text.split_whitespace().nth(1).unwrap();
    let template =
        Template { name: name.to_owned(), source: Source::new(name, text.to_owned() + "\n") };
    let faults = match Templates::new(vec![template]) {
        Err(faults) => faults,
        Ok(templates) => {
            let options = RenderOptions { templates: Some(&templates), ..RenderOptions::default() };
            let checked = crate::promises::check(&Source::new("app.toml", BASE)).unwrap();
            checked.render(&options).err().unwrap_or_default()
        }
    };
    faults.into_iter().map(|fault| fault.diagnostic.code).collect()
}

/// What is found when the imports of a module are rendered.
fn codes_of_import(part: &str) -> Vec<Code> {
    let text = over_base(part).unwrap();
    let checked = crate::promises::check(&Source::new("app.json", text)).unwrap();
    let options = RenderOptions { import: Some(""), ..RenderOptions::default() };
    checked.render(&options).unwrap().warnings.into_iter().map(|found| found.code).collect()
}

fn codes_over_base(part: &str) -> Vec<Code> {
    match over_base(part) {
        Some(text) => check("app.json", &text).into_iter().map(|d| d.code).collect(),
        None => codes(part),
    }
}

/// What is found in several specs, each over the base, whose names are in the lines before them.
fn codes_of_specs(text: &str) -> Vec<Code> {
    let mut specs: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("# "), specs.last_mut()) {
            (Some(name), _) => specs.push((name.to_owned(), String::new())),
            (None, Some((_, part))) => part.extend([line, "\n"]),
            (None, None) => panic!("no name before {line}"),
        }
    }
    let is_workspace = specs.iter().any(|(name, _)| name == "wigen.toml");
    for (name, part) in specs.iter_mut().filter(|(name, _)| name != "wigen.toml") {
        *name = name.replace(".toml", ".json");
        *part = over_base(part).unwrap();
    }
    let files: Vec<(&str, &str)> =
        specs.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let folder = crate::support::folder_with(&files);
    let mut command = crate::support::wigen(folder.path());
    command.args(["render", "-o", "out", "--check", "--format", "json"]);
    let (_, stdout, _) = crate::support::outcome(command.args((!is_workspace).then_some(".")));
    let lines = stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter_map(|line| Code::parse(line["code"].as_str()?)).collect()
}

fn every_explanation_is_true() {
    assert_eq!(codes(BASE), []);
    for code in Code::ALL.iter().filter(|code| !code.explanation().is_kustomization()) {
        let page = code.explanation();
        for text in [page.what, page.why] {
            assert!(text.ends_with('.') && text.len() > 20, "{}: {text}", code.as_str());
        }
        assert!(page.source.is_empty() || page.source.contains("https://"), "{}", code.as_str());
        let codes_of = |text: &str| match page.language() {
            _ if *code == Code::NOT_IMPORTABLE => codes_of_import(text),
            _ if code.is_of_render() || *code == Code::WORKSPACE => codes_of_specs(text),
            "toml" => codes_over_base(text),
            "jinja" => codes_of_template(text),
            language => codes_of_manifests(language, text),
        };
        assert_eq!(codes_of(page.instead), [], "{}: what to write instead", code.as_str());
        match *code {
            // No text of this program can show bytes that are none.
            Code::NOT_UTF8 => {}
            // Shown by what is not there.
            Code::MISSING_KEY => assert!(codes(page.example).contains(code)),
            _ => assert!(codes_of(page.example).contains(code), "{}: the example", code.as_str()),
        }
    }
}

fn the_page_of_errors_is_the_explanations() {
    let mut page = String::from(
        "# What wigen finds\n\nOne section for each code; `wigen explain CODE` prints it. An error stops rendering. A spec can allow\na warning with a reason (`lint.allow`), a run can allow it (`--allow CODE`) or turn it into an error\n(`--deny CODE`, `--deny warnings`).\n\nGenerated from the declarations of the codes by `WIGEN_UPDATE=1 cargo test --test golden`.\n\n",
    );
    for severity in [Severity::Error, Severity::Warning] {
        for code in Code::ALL.iter().filter(|code| code.severity() == severity) {
            let text = code.as_str();
            page.extend(["- [`", text, "`](#", text, ") (", severity.as_ref(), ")\n"]);
        }
    }
    for code in Code::ALL {
        let explanation = code.explanation();
        let kind = if code.severity() == Severity::Error { "Error" } else { "Warning" };
        let heading = ["\n## ", code.as_str(), "\n\n*", kind, ".* "];
        page.extend(heading.into_iter().chain([explanation.what, "\n\n", explanation.why]));
        let fence = ["\n```", explanation.language(), "\n"].concat();
        page.extend(["\n", &fence, explanation.example.trim_end(), "\n```\n\nInstead:\n"]);
        page.extend([&fence, explanation.instead.trim_end(), "\n```\n"]);
        if !explanation.source.is_empty() {
            page.extend(["\nSource: ", explanation.source, "\n"]);
        }
    }
    crate::support::expect_file(&crate::support::repository().join("docs/errors.md"), &page)
        .unwrap_or_else(|e| panic!("{e}"));
}

fn every_declared_code_is_listed() {
    fn declared(folder: &std::path::Path) -> usize {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries
            .map(|path| {
                if path.is_dir() {
                    return declared(&path);
                }
                fs::read_to_string(&path).unwrap().matches("declare_code! {\n").count()
            })
            .sum()
    }
    assert_eq!(declared(&crate::support::repository().join("src")), Code::ALL.len());
}

fn every_code_has_a_golden_case() {
    let texts: String = crate::support::folders("golden/cases")
        .iter()
        .chain(&crate::support::folders("golden/across"))
        .chain(&crate::support::folders("golden/workspaces"))
        .chain(&crate::support::folders("golden/lint"))
        .chain(&crate::support::folders("golden/templates"))
        .chain(&crate::support::folders("golden/krm"))
        .filter_map(|case| fs::read_to_string(case.join("stderr.txt")).ok())
        .collect();
    for code in Code::ALL {
        let head = format!("{}[{}]", code.severity().as_ref(), code.as_str());
        assert!(texts.contains(&head), "no case in golden shows {head}");
    }
}

fn the_functions_are_described() {
    let text =
        wigen::krm::definitions().each_ref().map(wigen::text::yaml_writer::to_yaml).join("---\n");
    crate::support::expect_file(
        &crate::support::repository().join("schemas/krm-functions.yaml"),
        &text,
    )
    .unwrap_or_else(|e| panic!("{e}"));
}

fn the_help_texts_are_read_before_they_change() {
    let mut text = String::new();
    for command in [
        "",
        "render",
        "check",
        "show",
        "lint",
        "diff",
        "templates",
        "schema",
        "init",
        "krm",
        "kustomize",
        "kustomize init",
        "kustomize install",
        "explain",
        "completions",
        "man",
    ] {
        let mut wigen = crate::support::wigen(crate::support::repository());
        wigen.args(command.split_whitespace()).arg("--help");
        let words: Vec<&str> =
            ["$ wigen", command, "--help"].into_iter().filter(|word| !word.is_empty()).collect();
        text =
            [text, words.join(" "), "\n".into(), crate::support::succeed(&mut wigen), "\n".into()]
                .concat();
    }
    crate::support::expect_file(&crate::support::repository().join("golden/help.txt"), &text)
        .unwrap_or_else(|e| panic!("{e}"));
}

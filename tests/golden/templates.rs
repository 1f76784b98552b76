//! `wigen render --templates` over `golden/templates`: one test for each folder, byte for byte, through
//! the real binary.
//!
//! A folder holds `app.toml` and the folder `templates`; further arguments in `arguments.txt`; and what
//! comes out: files in the folder `rendered`, what is said in `stderr.txt`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::trials::{Topic, each_folder, trials};
use crate::support::{expect_file, folder_with, outcome, repository, succeed, wigen};
use wigen::backends::templates::BUILT_IN;

pub(crate) fn topic() -> Topic {
    let mut all = each_folder("golden/templates", check);
    all.extend(trials![
        ejected_templates_render_the_same,
        eject_leaves_files_alone,
        whatever_a_template_prints_has_limits,
        many_values_are_checked_in_linear_time,
        names_of_templates_are_checked,
        what_a_further_script_prints_is_what_the_spec_says,
    ]);
    Topic::new("templates", "templates of users render and fail as expected, byte for byte", all)
}

/// The files in a folder; none where there is no folder.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(Result::unwrap);
    entries
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read_to_string(entry.path()).unwrap())
        })
        .collect()
}

fn check(case: &Path) -> Result<(), String> {
    let out = tempfile::tempdir().unwrap();
    let mut wigen = wigen(case);
    wigen.args(["render", "app.toml", "--templates", "templates", "-o"]).arg(out.path());
    let further = fs::read_to_string(case.join("arguments.txt")).unwrap_or_default();
    wigen.args(further.split_whitespace());
    let (code, stdout, stderr) = outcome(&mut wigen);
    assert_eq!(stdout, "");
    let rendered = files(out.path());
    let folder = case.join("rendered");
    if crate::support::updating() {
        let _ = fs::remove_dir_all(&folder);
        if !rendered.is_empty() {
            fs::create_dir(&folder).unwrap();
        }
    }
    for (name, text) in &rendered {
        expect_file(&folder.join(name), text)?;
    }
    assert!(files(&folder).keys().eq(rendered.keys()), "{:?}", rendered.keys());
    let said = case.join("stderr.txt");
    if !stderr.is_empty() || said.exists() {
        expect_file(&said, &stderr)?;
    }
    match (code, rendered.len()) {
        (Some(0), 1..) | (Some(1), 0) => Ok(()),
        (code, rendered) => Err(format!("exit code {code:?} with {rendered} artifacts")),
    }
}

/// The templates that are written out are those that render.
fn ejected_templates_render_the_same() {
    let folder = tempfile::tempdir().unwrap();
    succeed(wigen(folder.path()).args(["templates", "eject", "own"]));
    assert_eq!(files(&folder.path().join("own")).len(), BUILT_IN.len());
    let mut compared = 0;
    for case in crate::support::cases() {
        let spec = crate::support::spec_of(&case);
        let render = |templates: &[&str]| {
            let out = tempfile::tempdir().unwrap();
            let mut wigen = wigen(folder.path());
            wigen.args(["render", "-o"]).arg(out.path()).arg(&spec).args(templates);
            let previous = case.join("previous.toml");
            if previous.exists() {
                wigen.arg("--previous").arg(previous);
            }
            (outcome(&mut wigen), files(out.path()))
        };
        let (said, rendered) = render(&[]);
        assert!((said, rendered.clone()) == render(&["--templates", "own"]), "{}", case.display());
        compared += usize::from(!rendered.is_empty());
    }
    assert!(compared > 20);
}

fn eject_leaves_files_alone() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| outcome(wigen(folder.path()).args(arguments));
    let one = ["templates", "eject", ".", "deployment.yaml.j2"];
    assert_eq!(run(&one), (Some(0), String::new(), String::new()));
    fs::write(folder.path().join("deployment.yaml.j2"), "mine").unwrap();
    let (code, _, stderr) = run(&one);
    assert_eq!(code, Some(2));
    assert_eq!(stderr, "wigen: ./deployment.yaml.j2 already exists; --force overwrites it\n");
    assert_eq!(files(folder.path())["deployment.yaml.j2"], "mine");
    let (code, _, stderr) = run(&["templates", "eject", ".", "deploymnet.yaml.j2"]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("did you mean `deployment.yaml.j2`?"), "{stderr}");
    let (code, _, stderr) = run(&["render", "--templates", "nowhere"]);
    assert_eq!(code, Some(2), "{stderr}");
}

/// A hostile value comes out of a script of a user's as it is.
fn what_a_further_script_prints_is_what_the_spec_says() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = "it's $HOME `id` $(id) \"x\" \\ ; #\n\té";
    let spec = fs::read_to_string(repository().join("golden/templates/further/app.toml")).unwrap();
    let spec =
        spec + "\n[container.env]\nHOSTILE = " + &serde_json::to_string(hostile).unwrap() + "\n";
    fs::write(folder.path().join("app.toml"), spec).unwrap();
    fs::create_dir(folder.path().join("t")).unwrap();
    let template = "{% for variable in workload.container.env %}\nprintf '%s|' {{ variable.name }} {{ variable.value }}\n{% endfor %}\n";
    fs::write(folder.path().join("t/print.sh.j2"), template).unwrap();
    succeed(wigen(folder.path()).args(["render", "--templates", "t", "-o", "."]));
    let printed = succeed(Command::new("bash").arg(folder.path().join("print.sh")));
    assert_eq!(printed, format!("HOSTILE|{hostile}|"));
}

/// Renders an app with one template; returns what is said.
fn refused(name: &str, template: &str) -> String {
    let folder = folder_with(&[
        ("templates/_part.yaml.j2", "a: 1\n"),
        (&format!("templates/{name}"), template),
    ]);
    let spec = repository().join("golden/cases/minimal/app.toml");
    let (code, stdout, stderr) = outcome(
        Command::new("bash")
            .args(["-c", "ulimit -v 1000000; timeout 5 \"$0\" render \"$1\" --templates templates"])
            .arg(env!("CARGO_BIN_EXE_wigen"))
            .arg(spec)
            .current_dir(folder.path()),
    );
    assert_eq!((code, stdout.as_str()), (Some(1), ""), "{template}: {stderr}");
    stderr
}

fn whatever_a_template_prints_has_limits() {
    let list = format!("{{% set x = [1] %}}{}", "{% set x = [x, x] %}".repeat(60));
    let other = list.replace('x', "y");
    let deep = format!("{{% set x = [1] %}}{}", "{% set x = [x] %}".repeat(10_000));
    let steps = "too many steps";
    let long = "the expression nests too deep, or is too long";
    let kept = (0..300).map(|number| format!("{{% set a{number} = x|block(90) %}}"));
    let kept = kept.collect::<Vec<_>>().concat();
    let many = format!("{{% set x = [{}] %}}{kept}", "1, ".repeat(2000));
    let indent = "the indent must be at most 100 spaces";
    let bytes = "the templates print more than 33554432 bytes";
    for (template, expected) in [
        ("a:{{ workload.labels|block(4000000000) }}", indent),
        ("a:{{ workload.labels|fields(4000000000) }}", indent),
        ("a:{{ part('_part.yaml.j2', 4000000000) }}", indent),
        (&format!("{list}a:{{{{ x|block(2) }}}}"), steps),
        (&format!("{list}a:{{{{ {{'b': x, 'c': x}}|block(2) }}}}"), steps),
        (&format!("{list}a: 1"), steps),
        (&format!("{list}{other}{{% if x == y %}}{{% endif %}}"), steps),
        ("{% set x = [[1] * 9999999] * 9999999 %}a: {{ x ~ '' }}", steps),
        ("{% set x = ['a' * 1000000] * 1000 %}a: {{ x ~ '' }}", steps),
        (
            "{% set x = [[0] * 99999] %}{% set y = [[0] * 99999] %}{% for i in [0] * 999 %}{{ x == y }}{% endfor %}",
            steps,
        ),
        ("{% for i in [0] * 999 %}a: {{ ([[0] * 99999] ~ '')[0] }}{% endfor %}", steps),
        (&format!("{{% set x = [1] %}}{}", "{% set x = x + x %}".repeat(60)), steps),
        (&format!("{{% set x = [1] %}}{}", "{% set x = x[0:] * 99 %}".repeat(9)), steps),
        ("{% include ['q'] * 100000000 ignore missing %}", steps),
        ("{% macro f(x) %}{{ f([x, x]) }}{% endmacro %}{{ f([1]) }}", steps),
        ("{% for i in [1] recursive %}{{ loop([i, [i, i]]) }}{% endfor %}", "limit exceeded"),
        (&format!("a: {{{{ 1{} }}}}", " ~ 1".repeat(40_000)), long),
        (&format!("a: {{{{ {}1 }}}}", "not ".repeat(40_000)), long),
        (&format!("a: {{{{ x{} }}}}", "|items".repeat(20_000)), long),
        (&format!("{{% set {}x = 1 %}}", "(".repeat(40_000)), long),
        (&format!("{{% if x %}}{}{{% endif %}}", "{% elif x %}".repeat(9000)), "too many `elif`"),
        (&format!("{many}a: 1"), bytes),
        (&format!("{deep}a:{{{{ x|block(2) }}}}"), "nest at most 200 levels deep"),
        ("a: {{ 'a' * 4000000000 }}", "too many steps"),
        (
            &format!("{{% set s = 'a' %}}{}a: {{{{ s }}}}", "{% set s = s ~ s %}".repeat(40)),
            "too many steps",
        ),
        ("{% for i in [1] * 4000000000 %}a{% endfor %}", "too large"),
        ("{% for i in range(4000000000) %}a{% endfor %}", "range is unknown"),
        ("a: {{ [1]|join('b') }}", "filter join is unknown"),
    ] {
        let stderr = refused("x.yaml.j2", template);
        assert!(stderr.contains(expected), "{expected}: {stderr}");
    }
}

/// However many values one command, word or line has.
fn many_values_are_checked_in_linear_time() {
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";
    for (name, before, repeated) in [
        ("x.sh.j2", "bash ", "{{ workload.name }} "),
        ("x.sh.j2", "declare ", "{{ workload.name }}"),
        ("x.sh.j2", "", "bash -o {{ workload.name }} "),
        ("x.sh.j2", "", "$(bash ( {{ 1 }} "),
        ("x.sh.j2", "bash a; ", "echo {{ 1 }} <<E; "),
        ("x.sh.j2", "", "{ echo {{ 1 }} | "),
        ("x.sh.j2", "", "a[{{ 1 }} "),
        ("x.yaml.j2", &format!("{map}# "), "{{ workload.name }} "),
    ] {
        let template = format!("{before}{{% for i in [1] * 30000 %}}{repeated}{{% endfor %}}\nb\n");
        let folder = folder_with(&[(&format!("templates/{name}"), &template)]);
        let spec = repository().join("golden/cases/minimal/app.toml");
        let mut timeout = Command::new("timeout");
        timeout.args(["10", env!("CARGO_BIN_EXE_wigen"), "render"]).arg(spec);
        timeout.args(["--templates", "templates"]).current_dir(folder.path());
        let (code, _, stderr) = outcome(&mut timeout);
        assert!(matches!(code, Some(0 | 1)), "{template}: {code:?} {stderr}");
    }
}

/// The name of a template is printed in comments.
fn names_of_templates_are_checked() {
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";
    for name in [
        "x\n---\nkind: Namespace\n#.yaml.j2",
        "a\u{202e}b.yaml.j2",
        "a b.sh.j2",
        "-x.yaml.j2",
        ".x.yaml.j2",
        "a$(id)/x.yaml.j2",
    ] {
        let stderr = refused(name, map);
        assert!(stderr.contains("is not the name of a template"), "{stderr}");
        assert!(!stderr.chars().any(|c| c == '\u{202e}'), "{stderr}");
    }
}

//! Hostile texts, through the real binary: each has a clear answer, within a second and 100 MiB.
//!
//! A debug build is many times slower: it gets a quarter of what is counted, and more time.
//! `cargo test --profile counted --test cli hostile` holds the program to all of it, as `.ci/run` does.

use crate::support::trials::{Topic, Trial, trials};
use std::fmt::Write;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long a command may take.
const LONGEST: Duration = Duration::from_secs(if cfg!(debug_assertions) { 60 } else { 1 });

/// How many items there are, where there are very many.
const COUNT: usize = if cfg!(debug_assertions) { 2_500 } else { 10_000 };

/// How many there are in one object, which kubectl must be able to apply.
const COUNT_IN_OBJECT: usize = 2_500;

/// The address space that a command may have, in KiB: more than the memory it takes. A debug build itself
/// takes 40 MiB of it.
const MOST_MEMORY: u32 = if cfg!(debug_assertions) { 120 * 1024 } else { 100 * 1024 };

/// How many characters a line of a message may have.
const LONGEST_LINE: usize = 700;

/// A file, and the beginning of the first message about it; a valid one has none.
struct Case {
    file: String,
    text: Vec<u8>,
    said: &'static str,
}

pub(crate) fn topic() -> Topic {
    let mut all = Vec::new();
    for (kind, cases, test) in [
        ("spec", specs(), spec as fn(&Case)),
        ("manifests", manifests(), manifests_of),
        ("function", functions(), function_of),
    ] {
        for case in cases.0 {
            let name = format!("{kind} {}", case.file);
            all.push(Trial::new(name, move || test(&case)));
        }
    }
    all.extend(trials![a_list_that_is_not_utf_8, the_bound_of_memory_is_one]);
    Topic::new(
        "hostile",
        format!(
            "hostile texts, with {COUNT} things, have clear answers within {LONGEST:?} and \
             {MOST_MEMORY} KiB (an optimized build: 10000 things, 1s)"
        ),
        all,
    )
}

fn spec(case: &Case) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(&case.file), &case.text).unwrap();
    answered(case, folder.path(), &["check"]);
    // The longest report.
    run(folder.path(), &["check", "--format", "sarif", &case.file]);
    if !is_error(case) {
        let printed = answered(case, folder.path(), &["render"]);
        assert!(printed.contains(wigen::backends::artifact::MARK));
    }
}

fn manifests_of(case: &Case) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(&case.file), &case.text).unwrap();
    answered(case, folder.path(), &["lint"]);
    run(folder.path(), &["lint", "--format", "sarif", &case.file]);
}

/// What the function answers to a list, it answers again to its answer.
fn function_of(case: &Case) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(&case.file);
    let answer = |text: &[u8]| {
        fs::write(&path, text).unwrap();
        run_on(folder.path(), &[], File::open(&path).unwrap().into())
    };
    let (code, printed, said) = answer(&case.text);
    is_as_expected(case, code, &said);
    if !printed.is_empty() {
        let (_, again, _) = answer(printed.as_bytes());
        assert_eq!(again.len(), printed.len());
        assert!(again == printed, "a second call changes it");
    }
}

/// A list that is not UTF-8 is still a list.
fn a_list_that_is_not_utf_8() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list");
    fs::write(&path, [beside("- a: 1\n").as_bytes(), b"# \xff\n"].concat()).unwrap();
    let (code, printed, said) = run_on(folder.path(), &[], File::open(&path).unwrap().into());
    assert_eq!((code, printed.as_str()), (Some(2), ""));
    assert_eq!(said, "wigen: <stdin>: the file is not UTF-8 here\n");
}

fn is_error(case: &Case) -> bool {
    case.said.contains("error")
}

/// Runs a command over the file, and sees that it says what is expected; returns what it prints.
fn answered(case: &Case, folder: &Path, command: &[&str]) -> String {
    let arguments = [command, &[case.file.as_str()]].concat();
    let (code, printed, said) = run(folder, &arguments);
    is_as_expected(case, code, &said);
    printed
}

fn is_as_expected(case: &Case, code: Option<i32>, said: &str) {
    let first = said.lines().next().unwrap_or_default();
    let shown: String = said.chars().take(2000).collect();
    assert!(first.starts_with(case.said), "it says:\n{shown}");
    assert_eq!(case.said.is_empty(), said.is_empty(), "{shown}");
    assert_eq!(code, Some(i32::from(is_error(case))), "{shown}");
    for line in said.lines() {
        let length = line.chars().count();
        assert!(length <= LONGEST_LINE, "a line of {length} characters");
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
}

/// What a run gives: exit code, output and errors.
type Outcome = (Option<i32>, String, String);

/// A run within the bounds.
fn run(folder: &Path, arguments: &[&str]) -> Outcome {
    run_on(folder, arguments, Stdio::null())
}

fn run_on(folder: &Path, arguments: &[&str], stdin: Stdio) -> Outcome {
    let mut command = bounded(MOST_MEMORY);
    command.args(arguments).current_dir(folder).env_remove("NO_COLOR").stdin(stdin);
    let begin = Instant::now();
    let output = crate::support::outcome(&mut command);
    let took = begin.elapsed();
    assert!(took <= LONGEST, "{arguments:?} took {took:?}");
    output
}

/// The program, in an address space of so many KiB.
fn bounded(memory: u32) -> Command {
    let mut command = Command::new("bash");
    command.args(["-c", &format!("ulimit -v {memory}; exec \"$0\" \"$@\"")]);
    command.arg(env!("CARGO_BIN_EXE_wigen"));
    command
}

/// With less memory than a run takes it fails, so the other tests can.
fn the_bound_of_memory_is_one() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("app.toml"), toml(&environment(COUNT, "\"", "\" = \"x\"")))
        .unwrap();
    let mut command = bounded(MOST_MEMORY / 20);
    let (code, _, _) = crate::support::outcome(command.arg("check").current_dir(folder.path()));
    assert_ne!(code, Some(0));
}

const MEGABYTE: usize = 1 << 20;

const IMAGE: &str = "image = \"us-docker.pkg.dev/my-project/books/api:1.4.2\"\n";

/// A valid spec in TOML, with this in its container.
fn toml(container: &str) -> String {
    format!(
        "name = \"books-api\"\nproject = \"my-project\"\ngoogleServiceAccount = {{}}\ncluster = {{ name = \"books\", region = \"us-central1\" }}\n[container]\n{IMAGE}{container}"
    )
}

fn yaml(container: &str) -> String {
    format!(
        "name: books-api\nproject: my-project\ngoogleServiceAccount: {{}}\ncluster: {{name: books, region: us-central1}}\ncontainer:\n  image: us-docker.pkg.dev/my-project/books/api:1.4.2\n{container}"
    )
}

fn json(container: &str) -> String {
    format!(
        r#"{{"name": "books-api", "project": "my-project", "googleServiceAccount": {{}}, "cluster": {{"name": "books", "region": "us-central1"}}, "container": {{"image": "us-docker.pkg.dev/my-project/books/api:1.4.2"{container}}}}}"#
    )
}

/// A table of so many variables in TOML, each between two texts.
fn environment(count: usize, before: &str, after: &str) -> String {
    let lines = (0..count).map(|number| format!("{before}V{number}{after}\n"));
    format!("[container.env]\n{}", lines.collect::<String>())
}

fn nested(open: &str, count: usize, within: &str, close: &str) -> String {
    format!("{}{within}{}", open.repeat(count), close.repeat(count))
}

/// An alias of nine aliases of nine aliases, and so on.
fn bomb(one: &str, all: fn(&str) -> String) -> String {
    let mut text = format!("a0: &a0 {one}\n");
    for level in 1..12 {
        let alias = format!("*a{}", level - 1);
        writeln!(text, "a{level}: &a{level} {}", all(&alias)).unwrap();
    }
    text
}

fn lists(alias: &str) -> String {
    format!("[{}]", [alias; 9].join(", "))
}

fn tables(alias: &str) -> String {
    let keys: Vec<String> = (0..9).map(|n| format!("k{n}: {alias}")).collect();
    format!("{{{}}}", keys.join(", "))
}

const TOO_DEEP: &str = "error[syntax]: nested too deep to be read";
const TOO_MUCH: &str =
    "error[syntax]: the file is too large, or becomes too large when its aliases are expanded";
const NOT_UTF_8: &str = "error[not-utf-8]: the file is not UTF-8 here";

fn specs() -> Cases {
    let mut all = Cases::default();
    for add in [texts, marks, bytes, long, many, deep] {
        add(&mut all);
    }
    all
}

/// Cases, in order.
#[derive(Default)]
struct Cases(Vec<Case>);

impl Cases {
    fn add(&mut self, file: impl Into<String>, text: impl Into<Vec<u8>>, said: &'static str) {
        self.0.push(Case { file: file.into(), text: text.into(), said });
    }
}

/// Characters with a meaning of their own.
fn texts(all: &mut Cases) {
    for (name, raw, escaped) in [
        ("right-to-left", "\u{202e}\u{2066}", "\\u202e\\u2066"),
        ("emoji", "😀👩‍👩‍👧", "\\ud83d\\ude00"),
        ("separators", "\u{2028}\u{85}\u{feff}", "\\u2028\\u0085\\ufeff"),
    ] {
        all.add(format!("{name}.toml"), toml(&format!("env = {{ A = \"{raw}\" }}\n")), "");
        all.add(
            format!("{name}.json"),
            json(&format!(", \"env\": {{\"A\": \"{raw}{escaped}\"}}")),
            "",
        );
        // YAML has no byte order mark within.
        if name != "separators" {
            all.add(format!("{name}.yaml"), yaml(&format!("  env: {{A: \"{raw}\"}}\n")), "");
        }
    }
    let control = "error[control-character]: `A` holds the control character U+007F";
    all.add(
        "escaped-controls.toml",
        toml("env = { A = \"\\u0001\\u001b[31m\\u007f\" }\n"),
        control,
    );
    all.add("escaped-controls.yaml", yaml("  env: {A: \"\\x01\\e[31m\\x7f\"}\n"), control);
    all.add("escaped-controls.json", json(", \"env\": {\"A\": \"\\u0001\\u001b[31m\"}"), "");
    let control = "\u{1}\u{1b}[31m";
    all.add(
        "control.toml",
        toml(&format!("env = {{ A = \"{control}\" }}\n")),
        "error[syntax]: invalid basic string",
    );
    all.add(
        "control.yaml",
        yaml(&format!("  env: {{A: \"{control}\"}}\n")),
        "error[syntax]: unexpected character: `\\u{1}'",
    );
    all.add(
        "control.json",
        json(&format!(", \"env\": {{\"A\": \"{control}\"}}")),
        "error[syntax]: control character",
    );
    all.add("nul.toml", toml("env = { A = \"\0\" }\n"), "error[syntax]: invalid basic string");
    all.add(
        "nul.yaml",
        yaml("  env: {A: \"\0\"}\n"),
        "error[syntax]: unexpected character: `\\u{0}'",
    );
    all.add("nul.json", json(", \"env\": {\"A\": \"\0\"}"), "error[syntax]: control character");
    let nul = "error[nul-character]: `A` holds a NUL character";
    all.add("escaped-nul.toml", toml("env = { A = \"a\\u0000b\" }\n"), nul);
    all.add("escaped-nul.yaml", yaml("  env: {A: \"a\\0b\"}\n"), nul);
    all.add("escaped-nul.json", json(", \"env\": {\"A\": \"a\\u0000b\"}"), nul);
    for (ending, good) in [("toml", toml("")), ("yaml", yaml("")), ("json", json(""))] {
        all.add(format!("crlf.{ending}"), good.replace('\n', "\r\n"), "");
        all.add(format!("bom.{ending}"), format!("\u{feff}{good}"), "");
        let hidden = good.replace("books-api", "books\u{202e}api");
        all.add(
            format!("hidden.{ending}"),
            hidden,
            "error[dns-label]: `books\\u{202e}api` is not a name",
        );
    }
}

/// Marks of a language that are not values.
fn marks(all: &mut Cases) {
    all.add(
        "cr.toml",
        toml("").replace('\n', "\r"),
        "error[syntax]: carriage return must be followed by newline",
    );
    all.add("tabs.toml", toml("").replace(" = ", "\t=\t"), "");
    all.add("tabs.yaml", yaml("\tport: 1\n"), "error[syntax]: ");
    all.add("tabs.json", json("").replace(' ', "\t"), "");
    all.add(
        "twice.toml",
        toml("env.A = \"1\"\nenv.A = \"2\"\n"),
        "error[duplicate-key]: duplicate key `A`",
    );
    all.add(
        "twice.yaml",
        yaml("  env: {A: \"1\", A: \"2\"}\n"),
        "error[duplicate-key]: duplicate key `A`",
    );
    all.add(
        "twice.json",
        json(", \"env\": {\"A\": \"1\", \"A\": \"2\"}"),
        "error[duplicate-key]: duplicate key `A`",
    );
    all.add("alias.yaml", yaml("  env: {A: &a x, B: *a}\n"), "");
    all.add(
        "merge.yaml",
        yaml("  env: {<<: {A: \"1\"}}\n"),
        "error[syntax]: the merge key `<<` is not part of the spec language",
    );
    all.add(
        "in-itself.yaml",
        "a: &a [*a]\n".to_owned(),
        "error[syntax]: an alias is inside the value that it refers to",
    );
    all.add(
        "tag.yaml",
        yaml("  env: {A: !!python/object:os.system x}\n"),
        "error[syntax]: unsupported tag `!!python/object:os.system`",
    );
    all.add(
        "documents.yaml",
        "---\na: 1\n".repeat(COUNT),
        "error[syntax]: a second YAML document starts before this line",
    );
}

/// What is not UTF-8.
fn bytes(all: &mut Cases) {
    for ending in ["toml", "yaml", "json"] {
        all.add(format!("invalid.{ending}"), b"name: \"\xff\"\n".to_vec(), NOT_UTF_8);
        all.add(format!("truncated.{ending}"), b"# \xf0\x9f\x98".to_vec(), NOT_UTF_8);
        all.add(format!("surrogate.{ending}"), b"# \xed\xa0\x80\n".to_vec(), NOT_UTF_8);
        let utf_16 = toml("").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        all.add(format!("utf-16.{ending}"), [b"\xff\xfe".as_slice(), &utf_16].concat(), NOT_UTF_8);
        all.add(format!("invalid-megabyte.{ending}"), vec![0xff; MEGABYTE], NOT_UTF_8);
        all.add(format!("nul-megabyte.{ending}"), vec![0; MEGABYTE], "error[syntax]: ");
    }
}

/// Texts of a megabyte, in every place.
fn long(all: &mut Cases) {
    let x = "x".repeat(MEGABYTE);
    let x = x.as_str();
    let too_long = "error[too-long]: the object has ";
    all.add("long-value.toml", toml(&format!("env = {{ A = \"{x}\" }}\n")), too_long);
    all.add("long-value.yaml", yaml(&format!("  env: {{A: \"{x}\"}}\n")), too_long);
    all.add("long-value.json", json(&format!(", \"env\": {{\"A\": \"{x}\"}}")), too_long);
    all.add(
        "long-emoji.toml",
        toml(&format!("env = {{ A = \"{}\" }}\n", "😀".repeat(MEGABYTE / 4))),
        too_long,
    );
    all.add(
        "long-lines.toml",
        toml(&format!("env = {{ A = '''{}''' }}\n", "\n".repeat(MEGABYTE))),
        too_long,
    );
    all.add(
        "long-escapes.json",
        json(&format!(", \"env\": {{\"A\": \"{}\"}}", "\\u0001".repeat(MEGABYTE / 6))),
        too_long,
    );
    let name = "error[dns-label]: `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…` has 1048576 characters";
    all.add("long-name.toml", toml("").replace("books-api", x), name);
    all.add("long-name.yaml", yaml("").replace("books-api", x), name);
    all.add("long-name.json", json("").replace("books-api", x), name);
    let key = "error[unknown-key]: unknown key `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…` in `container`";
    all.add("long-key.toml", toml(&format!("{x} = 1\n")), key);
    all.add("long-key.yaml", yaml(&format!("  ? {x}\n  : 1\n")), key);
    all.add("long-key.json", json(&format!(", \"{x}\": 1")), key);
    all.add(
        "long-word.toml",
        toml(&format!("imagePullPolicy = \"{x}\"\n")),
        "error[unknown-value]: `xxxxxxxx",
    );
    all.add(
        "long-code.toml",
        toml(&format!("[lint.allow]\n{x} = \"why\"\n")),
        "error[unknown-value]: `xxxxxxxx",
    );
    all.add(
        "long-annotation.toml",
        toml(&format!("[annotations]\na = \"{x}\"\n")),
        "error[too-long]: the annotations have 1048577 bytes",
    );
    all.add(
        "long-bare.toml",
        format!("name = {x}\n"),
        "error[syntax]: string values must be quoted",
    );
    all.add("long-open.toml", format!("name = \"{x}\n"), "error[syntax]: invalid basic string");
    all.add("long-open.yaml", format!("name: \"{x}\n"), "error[syntax]: unclosed quote");
    all.add(
        "long-open.json",
        format!("{{\"name\": \"{x}"),
        "error[syntax]: EOF while parsing a string",
    );
    all.add(
        "long-number.toml",
        format!("port = {}\n", "1".repeat(MEGABYTE)),
        "error[unsupported-value]: an integer of more than 64 bits",
    );
    all.add(
        "long-number.json",
        format!("{{\"port\": {}}}", "1".repeat(MEGABYTE)),
        "error[syntax]: number out of range",
    );
    all.add(
        "long-tag.yaml",
        format!("name: !{x} y\n"),
        "error[syntax]: unsupported tag `!xxxxxxxx",
    );
    all.add(
        "long-anchor.yaml",
        format!("name: *{x}\n"),
        "error[syntax]: alias references unknown anchor",
    );
    for ending in ["toml", "yaml", "json"] {
        all.add(
            format!("long-nothing.{ending}"),
            format!("{}]", "\n".repeat(MEGABYTE)),
            "error[syntax]: ",
        );
    }
    all.add("long-comment.toml", format!("#{x}\n{}", toml("")), "");
    all.add("no-toml.toml", "=".repeat(MEGABYTE / 4), "error[syntax]: extra `=`");
}

/// Very many of everything.
fn many(all: &mut Cases) {
    let lines = |line: &dyn Fn(usize) -> String| (0..COUNT).map(line).collect::<String>();
    let list = |item: &dyn Fn(usize) -> String| (0..COUNT).map(item).collect::<Vec<_>>().join(",");
    let fitting = |line: &dyn Fn(usize) -> String| -> Vec<String> {
        (0..COUNT_IN_OBJECT).map(line).collect()
    };
    all.add("variables.toml", toml(&environment(COUNT_IN_OBJECT, "", " = \"x\"")), "");
    all.add(
        "variables.yaml",
        yaml(&format!("  env:\n{}", fitting(&|n| format!("    V{n}: x\n")).concat())),
        "",
    );
    all.add(
        "variables.json",
        json(&format!(", \"env\": {{{}}}", fitting(&|n| format!("\"V{n}\": \"x\"")).join(","))),
        "",
    );
    let number = "error[wrong-type]: `V0` must be a string or a table, not an integer";
    all.add("wrong-variables.toml", toml(&environment(COUNT, "", " = 1")), number);
    all.add(
        "wrong-variables.yaml",
        yaml(&format!("  env:\n{}", lines(&|n| format!("    V{n}: 1\n")))),
        number,
    );
    all.add(
        "wrong-variables.json",
        json(&format!(", \"env\": {{{}}}", list(&|n| format!("\"V{n}\": 1")))),
        number,
    );
    all.add(
        "twice-variables.toml",
        toml(&format!("[container.env]\n{}", "A = \"x\"\n".repeat(COUNT))),
        "error[duplicate-key]: duplicate key `A`",
    );
    let unknown = "error[unknown-key]: unknown key `x0` in `container`";
    all.add("unknown-keys.toml", toml(&lines(&|n| format!("x{n} = 1\n"))), unknown);
    all.add(
        "unknown-keys.json",
        json(&format!(", {}", list(&|n| format!("\"x{n}\": 1")))),
        unknown,
    );
    let volumes = |name: &dyn Fn(usize) -> String| {
        toml(&format!(
            "[pod]\nvolumes = [{}]\n",
            fitting(&|n| format!("{{ name = \"{}\", emptyDir = {{}} }}", name(n))).join(",")
        ))
    };
    all.add("volumes.toml", volumes(&|n| format!("v{n}")), "");
    all.add(
        "twice-volumes.toml",
        volumes(&|_| "v".to_owned()),
        "error[duplicate-name]: `v` is in `volumes` twice",
    );
    let sidecars = |name: &dyn Fn(usize) -> String, keys: &str| {
        let sidecar =
            |n| format!("[[sidecars]]\nname = \"{}\"\nimage = \"a/b:1\"\n{keys}", name(n));
        toml(&fitting(&sidecar).concat())
    };
    all.add("sidecars.toml", sidecars(&|n| format!("s{n}"), ""), "");
    all.add(
        "twice-sidecars.toml",
        sidecars(&|_| "s".to_owned(), ""),
        "error[duplicate-name]: there already is a container `s`",
    );
    all.add(
        "wrong-sidecars.toml",
        sidecars(&|n| format!("s{n}"), "prot = 1\n"),
        "error[unknown-key]: unknown key `prot` in `sidecars`",
    );
    let grants = |role: &dyn Fn(usize) -> String| {
        toml(&format!("[[grants]]\nroles = [{}]\n", list(&|n| format!("\"{}\"", role(n)))))
    };
    all.add("roles.toml", grants(&|n| format!("projects/my-project/roles/role{n}")), "");
    all.add(
        "twice-roles.toml",
        grants(&|_| "roles/viewer".to_owned()),
        "warning[basic-role]: the basic role `roles/viewer`",
    );
    all.add(
        "labels.toml",
        toml(&format!("[labels]\n{}", lines(&|n| format!("k{n} = \"x\"\n")))),
        "",
    );
    all.add(
        "wrong-labels.toml",
        toml(&format!("[labels]\n{}", lines(&|n| format!("\"k {n}\" = \"x y\"\n")))),
        "error[qualified-name]: `k 0` is not a key of labels",
    );
}

/// Nesting, and what aliases make of it.
fn deep(all: &mut Cases) {
    for (size, levels) in [("deep", 1000), ("deepest", 100_000)] {
        let lists = nested("[", levels, "", "]");
        all.add(format!("{size}.toml"), format!("a = {lists}\n"), TOO_DEEP);
        all.add(format!("{size}.yaml"), format!("a: {lists}\n"), TOO_DEEP);
        all.add(format!("{size}.json"), format!("{{\"a\": {lists}}}"), TOO_DEEP);
        all.add(
            format!("{size}-tables.toml"),
            format!("a = {}\n", nested("{a=", levels, "1", "}")),
            TOO_DEEP,
        );
        all.add(
            format!("{size}-tables.yaml"),
            format!("a: {}\n", nested("{a: ", levels, "1", "}")),
            TOO_DEEP,
        );
        all.add(format!("{size}-tables.json"), nested("{\"a\":", levels, "1", "}"), TOO_DEEP);
        all.add(format!("{size}-items.yaml"), format!("{}x\n", "- ".repeat(levels)), TOO_DEEP);
        all.add(
            format!("{size}-header.toml"),
            format!("[{}]\n", vec!["a"; levels].join(".")),
            TOO_DEEP,
        );
    }
    all.add("bomb.yaml", bomb("[x, x]", lists), TOO_MUCH);
    all.add("bomb-of-tables.yaml", bomb("{a: x}", tables), TOO_MUCH);
    let text = "x".repeat(100_000);
    all.add(
        "bomb-of-texts.yaml",
        format!("a: &a {text}\nb: [{}]\n", vec!["*a"; COUNT].join(", ")),
        TOO_MUCH,
    );
}

fn manifests() -> Cases {
    let mut all = Cases::default();
    let account = |name: &str, value: &str| {
        format!(
            "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {name}\n  namespace: n\n  annotations:\n    iam.gke.io/gcp-service-account: \"{value}\"\n"
        )
    };
    let email = "books@my-project.iam.gserviceaccount.com";
    let x = "x".repeat(MEGABYTE);
    all.add("long-account.yaml", account("a", &x), "error[too-long]: the annotations have ");
    all.add("long-name.yaml", account(&x, email), "error[too-long]: the object has ");
    all.add(
        "accounts.yaml",
        (0..COUNT).map(|n| account(&format!("a{n}"), email)).collect::<String>(),
        "",
    );
    all.add(
        "wrong-accounts.yaml",
        (0..COUNT).map(|n| account(&format!("a{n}"), "books")).collect::<String>(),
        "error[account-email]: ",
    );
    all.add("twice.yaml", "a: 1\na: 2\n".to_owned(), "error[duplicate-key]: duplicate key `a`");
    all.add(
        "twice.json",
        "{\"a\": 1, \"a\": 2}".to_owned(),
        "error[duplicate-key]: duplicate key `a`",
    );
    all.add("nul.yaml", "a: \"\0\"\n".to_owned(), "error[syntax]: unexpected character: `\\u{0}'");
    let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: &a {name: a}\n";
    all.add("merge.yaml", format!("{object}data: {{<<: *a}}\n"), "");
    all.add("deepest.yaml", format!("a: {}\n", nested("[", 100_000, "", "]")), TOO_DEEP);
    all.add("deepest.json", nested("[", 100_000, "", "]"), TOO_DEEP);
    all.add("bomb.yaml", bomb("[x, x]", lists), TOO_MUCH);
    all.add("bomb-of-tables.yaml", bomb("{a: x}", tables), TOO_MUCH);
    all.add(
        "bomb-of-merges.yaml",
        bomb("{a: x}", |alias| format!("{{<<: [{}]}}", [alias; 9].join(", "))),
        TOO_MUCH,
    );
    all.add("documents.yaml", "---\na: 1\n".repeat(10 * COUNT) + "---\n" + object, "");
    all.add("tag.yaml", format!("{object}data: {{a: !!python/object:os.system x}}\n"), "");
    all
}

/// The app of a function config; nothing of the items is its.
const APP: &str = "apiVersion: wigen.dev/v1alpha1\n  kind: App\n  metadata: {name: books-api, namespace: shop}\n  spec:\n    project: my-project\n    cluster: {name: books, region: us-central1}\n    googleServiceAccount: {}\n";

const CONTAINER: &str =
    "    container:\n      image: us-docker.pkg.dev/my-project/books/api:1.4.2\n";

fn list(items: &str, config: &str) -> String {
    format!(
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n{items}functionConfig:\n  {config}"
    )
}

/// A list of these items, and an app that is rendered beside them.
fn beside(items: &str) -> String {
    list(&format!("items:\n{items}"), &format!("{APP}{CONTAINER}"))
}

fn object(kind: &str, name: &str) -> String {
    format!("- apiVersion: v1\n  kind: {kind}\n  metadata:\n    name: {name}\n")
}

fn workload(name: &str) -> String {
    object("Deployment", name).replacen("v1", "apps/v1", 1)
        + "  spec: {template: {spec: {containers: [{name: a}]}}}\n"
}

#[expect(clippy::too_many_lines, reason = "a list: one entry for each text")]
fn functions() -> Cases {
    let mut all = Cases::default();
    let x = "x".repeat(MEGABYTE);
    let many = |count, item: &dyn Fn(usize) -> String| (0..count).map(item).collect::<String>();
    let config_map = |name: &str| object("ConfigMap", name);
    for (name, item) in [("texts", "- a\n"), ("tables", "- a: 1\n"), ("nulls", "-\n")] {
        all.add(name, beside(&item.repeat(2 * COUNT)), "");
        all.add(
            format!("megabyte-of-{name}"),
            beside(&item.repeat(MEGABYTE / item.len())),
            TOO_MANY,
        );
    }
    let flow = |count| list(&format!("items: [{}]\n", "{a: 1},".repeat(count)), APP);
    all.add("flow", flow(2 * COUNT), NOTHING);
    all.add("megabyte-of-flow", flow(MEGABYTE / 7), TOO_MANY);
    all.add("most-items", list(&format!("items:\n{}", "- a: 1\n".repeat(50_000)), APP), NOTHING);
    all.add("items", beside(&many(COUNT, &|n| config_map(&format!("c{n}")))), "");
    all.add(
        "accounts",
        beside(&many(COUNT / 2, &|n| object("ServiceAccount", &format!("a{n}")))),
        "",
    );
    all.add("same-names", beside(&object("ServiceAccount", "a").repeat(COUNT / 2)), "");
    all.add("long-scalar", beside(&format!("{}  data: {{a: {x}}}\n", config_map("c"))), "");
    all.add(
        "long-lines",
        beside(&format!(
            "{}  data:\n    a: |\n{}",
            config_map("c"),
            "      x\n\n".repeat(MEGABYTE / 9)
        )),
        "",
    );
    all.add(
        "long-comment",
        beside(&format!("{}{}", config_map("c"), "# x\n".repeat(MEGABYTE / 4))),
        "",
    );
    all.add("comments", beside(&format!("-\n{}  a: 1\n", "  # x\n".repeat(MEGABYTE / 6))), "");
    all.add("long-name", list(&format!("items:\n{}", workload(&x)), APP), NOTHING);
    all.add(
        "long-kind",
        list("", &format!("apiVersion: v1\n  kind: {x}\n")),
        "wigen: error[function-config]: xxxxx",
    );
    all.add(
        "long-key",
        list("", &format!("{APP}    {}: 1\n", &x[..80])),
        "wigen: error[unknown-key]: App books-api: spec.xxxxx",
    );
    all.add(
        "long-option",
        list("", &format!("apiVersion: wigen.dev/v1alpha1\n  kind: Apps\n  spec: {{only: {x}}}\n")),
        "wigen: error[function-config]: Apps : spec.only: there is no kind of artifact `xxxxx",
    );
    all.add("controls", list(&format!("items:\n{}", workload("\"\\e[31m\\n\"")), APP), NOTHING);
    all.add("control-kind",
        list("", "apiVersion: v1\n  kind: \"\\e[31m\\n\"\n"),
        "wigen: error[function-config]: \\u{1b}[31m\\n : the function config is `\\u{1b}[31m\\n` of `v1`",
    );
    let annotated = |kind: &str, key: &str, value: &str| {
        format!(
            "{}    namespace: shop\n    annotations:\n      {key}: \"{value}\"\n      kustomize.config.k8s.io/id: x\n",
            object(kind, "books-api")
        )
    };
    let previous = "internal.config.kubernetes.io/previousNames";
    all.add(
        "previous-names",
        beside(&annotated("ServiceAccount", previous, &"a,".repeat(MEGABYTE / 2))),
        "wigen: error[final-names]: ServiceAccount books-api: ",
    );
    all.add(
        "long-annotation",
        beside(&annotated("ServiceAccount", "iam.gke.io/gcp-service-account", &x)),
        "wigen: error[final-names]: ServiceAccount books-api: ",
    );
    all.add(
        "long-path",
        beside(&annotated("ConfigMap", "config.kubernetes.io/path", &x)),
        "wigen: error[final-names]: App books-api: there is no ServiceAccount",
    );
    let (labels, chosen) = (
        many(1_000, &|n| workload(&format!("w{n}"))),
        format!("{APP}    workloads: [{{kind: Deployment}}]\n"),
    );
    all.add("workloads", list(&format!("items:\n{labels}"), &chosen), "");
    let deep = |levels| nested("[", levels, "", "]");
    all.add("deep", beside(&format!("{}  a: {}\n", config_map("c"), deep(200))), "");
    all.add("deeper", beside(&format!("{}  a: {}\n", config_map("c"), deep(300))), UNREADABLE);
    all.add("deepest", beside(&format!("{}  a: {}\n", config_map("c"), deep(100_000))), UNREADABLE);
    let bomb = bomb("[x, x]", |alias| format!("[{}]", [alias; 9].join(", ")));
    let bomb = |indent: &str| {
        indent.to_owned() + &bomb.trim_end().replace('\n', &format!("\n{indent}")) + "\n"
    };
    all.add("bomb", beside(&format!("{}{}", config_map("c"), bomb("  "))), "");
    all.add(
        "bomb-in-app",
        list("items: []\n", &format!("{APP}{}", bomb("    "))),
        "wigen: error[function-config]: the function config cannot be read",
    );
    let json = |count| {
        format!(
            "{{\"apiVersion\": \"config.kubernetes.io/v1\", \"kind\": \"ResourceList\", \"items\": [{}0]}}",
            "{\"a\": 1},".repeat(count)
        )
    };
    all.add("json", json(2 * COUNT), NO_APP);
    all.add("megabyte-of-json", json(MEGABYTE / 9), TOO_MANY);
    all.add("deepest-json",
        format!(
            "{{\"apiVersion\": \"config.kubernetes.io/v1\", \"kind\": \"ResourceList\", \"items\": [{}]}}",
            deep(100_000)
        ),
        UNREADABLE,
    );
    all.add("no-items", list("items: null\n", &format!("{APP}{CONTAINER}")), "");
    all.add("without-items", list("", &format!("{APP}{CONTAINER}")), "");
    all.add("items-of-a-table", list("items: {\"0\": a}\n", APP), NO_LIST);
    all.add("items-of-a-text", list("items: a\n", APP), NO_LIST);
    all.add("items-twice", list("items:\n- a: 1\n- b: 1\nitems:\n- c: 1\n", APP), UNREADABLE);
    all.add("scalars", beside("- 1\n- a\n- null\n- \n- []\n- |\n  x\n- - - a\n"), "");
    all.add("config-of-a-list", list("items: []\n", "- a\n"), "wigen: error[function-config]: ");
    all.add("no-config", list("items: []\n", "null\n"), "");
    all.add(
        "documents",
        format!("{}{}", beside("- a: 1\n"), "---\na: 1\n".repeat(COUNT)),
        "wigen: error[function-config]: standard input has another document after the ResourceList",
    );
    let good = beside(&config_map("c"));
    all.add("crlf", good.replace('\n', "\r\n"), "");
    all.add("bom", format!("\u{feff}{good}"), "");
    all.add(
        "bom-before-kind",
        "\u{feff}kind: ResourceList\napiVersion: config.kubernetes.io/v1\nitems: []\n".to_owned(),
        "",
    );
    all.add("tabs", good.replace("kind: C", "kind:\tC"), "");
    all.add("tab-before", good.replace("  kind: C", "\tkind: C"), UNREADABLE);
    all.add("nul", good.replace("kind: C", "kind: \0C"), UNREADABLE);
    all.add("unended", good.replace("  kind: C", "  kind: \"C"), UNREADABLE);
    let env = |value: &dyn Fn(usize) -> String| {
        let lines = many(COUNT_IN_OBJECT, &|n| format!("        V{n}: \"{}\"\n", value(n)));
        list("", &format!("{APP}{CONTAINER}      env:\n{lines}"))
    };
    all.add("chain", env(&|n| format!("$(V{})", n + 1)), "");
    all.add("circle", env(&|n| format!("$(V{})", (n + 1) % COUNT_IN_OBJECT)), "");
    all.add("circles", env(&|n| format!("$(V{n})$(V{})$(V{})", n ^ 1, n / 2)), "");
    all.add(
        "all-of-one",
        env(&|n| {
            if n == 0 { many(COUNT_IN_OBJECT, &|n| format!("$(V{n})")) } else { "$(V0)".to_owned() }
        }),
        "",
    );
    all
}

const NOTHING: &str = "wigen: error[no-workload]: App books-api: spec.workloads: there is no workload called `books-api`";
const NO_APP: &str = "wigen: error[function-config]: there is no App of wigen";
const TOO_MANY: &str = "wigen: error[function-config]: the ResourceList has ";
const NO_LIST: &str = "wigen: error[function-config]: `items` of the ResourceList is not a list";
const UNREADABLE: &str = "wigen: error[function-config]: standard input cannot be read: ";

//! Many apps, from start to exit: whole processes, run in turns so that a busy machine slows all of
//! them, on a file system in memory. `cargo bench --bench fleet` prints tables of medians;
//! `-- --write docs/performance.md` writes them as a page, and `-- --quick` runs few and small ones, to
//! see that it works. With `--config .cargo/static.toml` before `--bench`, of the static program.
//! `-- --baseline FILE` measures another build of wigen beside this one, and nothing else unless a page is
//! written.
#![allow(clippy::print_stdout, reason = "the figures are what it is for")]

#[path = "../tests/support/fleet.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod fleet;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fleet::Fleet;

/// Whether wigen needs no library of the system.
const IS_STATIC: bool = cfg!(target_feature = "crt-static");

const EMPTY: &str = "fn main() {}\n";

/// Reads a list of pairs of files; writes what the first of each holds (as a program must that copies
/// finished files) to the second, and reads the spec.
const COPIER: &str = r#"
use std::{fs, io::Write};
fn main() {
    let mut arguments = std::env::args().skip(1);
    let (list, out) = (arguments.next().unwrap(), arguments.next().unwrap());
    let mut made = String::new();
    for line in fs::read_to_string(list).unwrap().lines() {
        let (from, to) = line.split_once('\t').unwrap();
        let text = fs::read(from).unwrap();
        if to.is_empty() { continue; }
        let to = format!("{out}/{to}");
        let folder = to.rsplit_once('/').unwrap().0;
        if folder != made { fs::create_dir_all(folder).unwrap(); made = folder.to_owned(); }
        fs::File::create_new(to).unwrap().write_all(&text).unwrap();
    }
}
"#;

/// A command to measure. It gets the path of a folder to write to, which does not exist yet.
struct Row<'a> {
    name: String,
    exit: i32,
    command: Box<dyn Fn(&Path) -> Command + 'a>,
}

struct Result {
    name: String,
    median: Duration,
    peak: Option<u64>,
}

struct Bench {
    folder: tempfile::TempDir,
    quick: bool,
    fresh: std::cell::Cell<usize>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help") {
        println!("cargo bench --bench fleet -- [--quick] [--write FILE] [--baseline PROGRAM]");
        return;
    }
    let page = arguments.iter().position(|argument| argument == "--write");
    let page = page.map(|at| arguments.get(at + 1).expect("--write FILE").clone());
    let memory = Path::new("/dev/shm").is_dir();
    let folder = if memory { tempfile::tempdir_in("/dev/shm") } else { tempfile::tempdir() };
    let bench = Bench {
        folder: folder.expect("a temporary folder"),
        quick: arguments.iter().any(|argument| argument == "--quick"),
        fresh: std::cell::Cell::new(0),
    };
    let baseline = arguments.iter().position(|argument| argument == "--baseline");
    let baseline = baseline.map(|at| arguments.get(at + 1).expect("--baseline FILE"));
    if let (Some(baseline), None) = (baseline, &page) {
        println!("{}", versions(&bench, baseline));
        return;
    }
    let mut text = head(memory);
    let programs = [("empty", EMPTY, false), ("static", EMPTY, true), ("copier", COPIER, false)]
        .map(|(name, text, is_static)| build(bench.folder.path().join(name), text, is_static));
    let counts: &[(usize, usize)] = if bench.quick {
        &[(1, 3), (50, 3)]
    } else {
        &[(1, 51), (100, 21), (1_000, 9), (10_000, 3)]
    };
    for &(apps, rounds) in counts {
        let results = many(&bench, &programs, apps, rounds);
        let what = if apps == 1 { "1 app".to_owned() } else { format!("{apps} apps") };
        let title = format!("{what}, medians of {rounds} rounds");
        text += &table(&title, apps, &results, Some("`cp -r`"));
    }
    let apps = if bench.quick { 20 } else { 1_000 };
    let rounds = if bench.quick { 3 } else { 5 };
    let title =
        format!("Other renderers: two manifests of {apps} apps, medians of {rounds} rounds");
    text += &table(&title, apps, &peers(&bench, apps, rounds), None);
    text += PEERS;
    let apps = if bench.quick { 100 } else { 1_000 };
    let rounds = if bench.quick { 3 } else { 11 };
    let results = faults(&bench, apps, rounds);
    text += &table(&format!("`wigen check` of a workspace of {apps} specs"), apps, &results, None);
    if let Some(baseline) = baseline {
        text += BASELINE;
        text += &versions(&bench, baseline);
    }
    match page {
        Some(page) => fs::write(page, text).expect("the page can be written"),
        None => println!("{text}"),
    }
}

impl Bench {
    fn fresh(&self) -> PathBuf {
        self.fresh.set(self.fresh.get() + 1);
        self.folder.path().join(format!("fresh-{}", self.fresh.get()))
    }

    /// All in turns; then once more each, for the most memory that it had.
    fn run(&self, rounds: usize, rows: &[Row]) -> Vec<Result> {
        let mut times: Vec<Vec<Duration>> = rows.iter().map(|_| Vec::new()).collect();
        for _ in 0..rounds {
            for (row, times) in rows.iter().zip(&mut times) {
                let mut command = (row.command)(&self.fresh());
                times.push(time(&mut command, row.exit));
            }
        }
        let results = rows.iter().zip(times).map(|(row, mut times)| {
            times.sort();
            let peak = self.peak(row);
            Result { name: row.name.clone(), median: times[rounds / 2], peak }
        });
        results.collect()
    }

    /// In KiB, by GNU time.
    fn peak(&self, row: &Row) -> Option<u64> {
        let inner = (row.command)(&self.fresh());
        let figure = self.fresh();
        let mut command = Command::new("/usr/bin/time");
        command.arg("-f").arg("%M").arg("-o").arg(&figure).arg(inner.get_program());
        command.args(inner.get_args()).stdin(Stdio::null()).stdout(Stdio::null());
        if let Some(folder) = inner.get_current_dir() {
            command.current_dir(folder);
        }
        command.stderr(Stdio::null()).status().ok()?;
        fs::read_to_string(figure).ok()?.lines().last()?.trim().parse().ok()
    }
}

fn row<'a>(name: &str, command: impl Fn(&Path) -> Command + 'a) -> Row<'a> {
    Row { name: name.to_owned(), exit: 0, command: Box::new(command) }
}

fn many(bench: &Bench, programs: &[PathBuf; 3], apps: usize, rounds: usize) -> Vec<Result> {
    let specs = bench.folder.path().join(format!("specs-{apps}"));
    let finished = bench.folder.path().join(format!("finished-{apps}"));
    Fleet::alone(apps).write(&specs).expect("the specs can be written");
    let render = |threads: &str, out: Option<&Path>| {
        let mut command = wigen(&specs, &["render", "."]);
        if !threads.is_empty() {
            command.args(["--threads", threads]);
        }
        if let Some(out) = out {
            // The same place for one app as for many.
            command.arg("-o").arg(out.join("{name}"));
        }
        command
    };
    time(&mut render("", Some(&finished)), 0);
    let list = bench.folder.path().join(format!("list-{apps}"));
    fs::write(&list, pairs(&specs, &finished)).expect("a list");
    let mut rows = vec![
        row("an empty Rust program", |_| Command::new(&programs[0])),
        row("the same, static", |_| Command::new(&programs[1])),
        row("`wigen render`, to standard output", |_| render("", None)),
        row("`wigen render -o`, new files", |fresh| render("", Some(fresh))),
        row("the same, `--threads 1`", |fresh| render("1", Some(fresh))),
        row("the same, `--threads 2`", |fresh| render("2", Some(fresh))),
        row("`wigen render -o`, files unchanged", |_| render("", Some(&finished))),
        row("a Rust program that reads the specs and writes the finished files", |fresh| {
            let mut command = Command::new(&programs[2]);
            command.arg(&list).arg(fresh);
            command
        }),
        row("`cp -r` of the finished files", |fresh| {
            let mut command = Command::new("cp");
            command.arg("-r").arg(&finished).arg(fresh);
            command
        }),
    ];
    if !IS_STATIC {
        rows.remove(1);
    }
    bench.run(rounds, &rows)
}

const BASELINE: &str = "
## Compared with the version that had engines of its own

An earlier version had its own readers for common TOML and YAML, its own interpreter for the built-in templates,
and its own check of common specs, each beside the library that does the same. They are gone: there is one engine
for each language. That costs what the rows below show. This version also does more: it checks what the API server
rejects, writes into each file whose it is, with a checksum, and renders larger scripts. About a third of the
instructions of a render are minijinja, and the profile has no hot spot: it is look-ups of variables, and memory for
each value that is printed. A fifth of the instructions of a check are the `toml` crate, a seventh is the reader of
YAML, for a tenth of the specs. One app costs what is made once: a third of its instructions parse the templates.
The memory for many files is the list of files to rename, and the names and labels that no other app may have.
";

/// Another build of wigen and this one, in turns. Each pair of rows is one command.
fn versions(bench: &Bench, baseline: &str) -> String {
    let commands: [(usize, usize, &[&str]); 6] = [
        (1, 101, &["render"]),
        (1_000, 15, &["render", "--threads", "1"]),
        (1_000, 15, &["render", "--threads", "2"]),
        (1_000, 9, &["render", "--threads", "2", "-o"]),
        (1_000, 15, &["check"]),
        (10_000, 3, &["render", "-o"]),
    ];
    let this = env!("CARGO_BIN_EXE_wigen");
    let (mut tables, mut sizes, mut pairs) = (String::new(), Vec::new(), Vec::new());
    for (apps, rounds, arguments) in commands {
        let (apps, rounds) = if bench.quick { (apps.min(50), 3) } else { (apps, rounds) };
        let specs = bench.fresh();
        Fleet::alone(apps).write(&specs).expect("the specs can be written");
        let command = |program: &str, fresh: &Path| {
            let mut command = Command::new(program);
            command.current_dir(&specs).args(arguments);
            if arguments.contains(&"-o") {
                command.arg(fresh.join("{name}"));
            }
            command.arg(".");
            command
        };
        if arguments.contains(&"1") {
            let size = |program| command(program, &specs).output().map_or(0, |it| it.stdout.len());
            sizes.extend([baseline, this].map(size));
        }
        let what = arguments.join(" ");
        let rows = [
            row(&format!("baseline, `wigen {what}`"), |fresh| command(baseline, fresh)),
            row(&format!("this build, `wigen {what}`"), |fresh| command(this, fresh)),
        ];
        let results = bench.run(rounds, &rows);
        let title = format!("{apps} apps, medians of {rounds} rounds");
        tables += &table(&title, apps, &results, None);
        pairs.push(results);
    }
    bounds(&pairs, &sizes) + &tables
}

/// The bounds that were wanted, and what was measured.
#[allow(clippy::cast_precision_loss, reason = "figures of three digits")]
fn bounds(pairs: &[Vec<Result>], sizes: &[usize]) -> String {
    let seconds = |pair: usize, row: usize| pairs[pair][row].median.as_secs_f64();
    let ratio = |pair| seconds(pair, 1) / seconds(pair, 0);
    let peak = |row: usize| pairs[5][row].peak.map_or(f64::NAN, |peak| peak as f64);
    let rows = [
        ("one app, time", "at most 1.10", ratio(0)),
        ("many apps to standard output with one thread, time", "at most 1.15", ratio(1)),
        ("many apps to files with two threads, time", "at most 1.15", ratio(3)),
        ("`wigen check` of many apps, time", "at most 1.15", ratio(4)),
        ("ten times as many apps to files, memory", "at most 1.30", peak(1) / peak(0)),
        ("two threads, times as fast as one", "at least 1.60", seconds(1, 1) / seconds(2, 1)),
        ("bytes of the output", "", sizes[1] as f64 / sizes[0] as f64),
    ];
    let mut text =
        String::from("\n| this build, beside the baseline | wanted | measured |\n|---|---|--:|\n");
    for (what, wanted, measured) in rows {
        let _ = writeln!(text, "| {what} | {wanted} | {measured:.2} |");
    }
    text
}

/// Every spec, and every finished file with the place of its copy.
fn pairs(specs: &Path, finished: &Path) -> String {
    let mut lines = String::new();
    for file in files(specs) {
        let _ = writeln!(lines, "{}\t", file.display());
    }
    for file in files(finished) {
        let place = file.strip_prefix(finished).expect("below it").display();
        let _ = writeln!(lines, "{}\t{place}", file.display());
    }
    lines
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

const PEERS: &str = "
Each renders the ServiceAccount and the Deployment of the documented example under other names, to standard
output, from its natural input. The comparison is unfair in both directions: the others check nothing, and
minijinja-cli renders one input at a time, so one `sh` starts it once for each app, while everything else starts
once. wigen and kustomize read one file per app, jrsonnet and nickel one file for all. What is not in the table
was not installed.
";

fn peers(bench: &Bench, apps: usize, rounds: usize) -> Vec<Result> {
    let place = bench.folder.path().join("peers");
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/cases/documented-create");
    let read = |name: &str| fs::read_to_string(golden.join(name)).expect("a golden file");
    let write = |path: String, text: &str| {
        let path = place.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    let manifests = format!("{}---\n{}", read("service-account.yaml"), read("deployment.yaml"));
    // Each app and each account has its own name.
    let named = |text: &str, name: &str| {
        let text = text.replace("fastapi-books:latest", "IMAGE").replace("fastapi-books", name);
        text.replace("fastapi-sa", &format!("{name}-sa"))
            .replace("fastapi-gke-sa", &format!("{name}-gsa"))
            .replace("IMAGE", "fastapi-books:latest")
    };
    write("jinja/app.yaml.j2".to_owned(), &named(&manifests, "{{ name }}"));
    write("kustomize/base/app.yaml".to_owned(), &manifests);
    write("kustomize/base/kustomization.yaml".to_owned(), "resources: [app.yaml]\n");
    let mut all = String::from("resources:\n");
    let books: Vec<String> = (0..apps).map(|number| format!("books-{number:05}")).collect();
    for (number, name) in books.iter().enumerate() {
        write(format!("wigen/{name}/app.toml"), &named(&read("app.toml"), name));
        write(format!("jinja/{name}.json"), &format!("{{\"name\": \"{name}\"}}\n"));
        let overlay = format!("namePrefix: b{number}-\nresources: [../base]\n");
        write(format!("kustomize/{name}/kustomization.yaml"), &overlay);
        let _ = writeln!(all, "  - ../{name}");
    }
    write("kustomize/all/kustomization.yaml".to_owned(), &all);
    let objects = [read("service-account.yaml"), read("deployment.yaml")]
        .map(|text| serde_yaml::from_str::<serde_json::Value>(&text).expect("a manifest"));
    let objects = objects.map(|object| object.to_string()).join(", ");
    // In Jsonnet the name ends one text and begins another. Nickel has it in the text, its own sign behind
    // a key, and in a text the keys around it in scope.
    let app = named(&objects, "\" + called + \"");
    let text = format!("local app(called) = [{app}];\nstd.flatMap(app, {books:?})\n");
    write("jsonnet/all.jsonnet".to_owned(), &text);
    let app = named(&objects, "%{called}").replace("\":", "\" =");
    let text = format!("let app = fun called => [{app}] in\nstd.array.flat_map app {books:?}\n");
    write("nickel/all.ncl".to_owned(), &text);
    let mut rows = vec![row("`wigen render --only manifests`", |_| {
        wigen(&place.join("wigen"), &["render", ".", "--only", "manifests"])
    })];
    if let Some(jinja) = find("minijinja-cli") {
        let folder = place.join("jinja");
        rows.push(row("minijinja-cli, once for each app", move |_| {
            let mut command = Command::new("sh");
            command.current_dir(&folder);
            command.args(["-c", "for f in *.json; do \"$0\" app.yaml.j2 \"$f\"; done"]).arg(&jinja);
            command
        }));
    }
    if let Some(kubectl) = find("kubectl") {
        let folder = place.join("kustomize/all");
        rows.push(row("`kubectl kustomize`, an overlay for each app", move |_| {
            let mut command = Command::new(&kubectl);
            command.arg("kustomize").arg(&folder);
            command
        }));
    }
    for (name, arguments, file) in [
        ("jrsonnet", &["--yaml-stream"][..], "jsonnet/all.jsonnet"),
        ("nickel", &["export", "--format", "yaml"], "nickel/all.ncl"),
    ] {
        if let Some(program) = find(name) {
            let file = place.join(file);
            rows.push(row(&format!("{name}, one function of the name"), move |_| {
                let mut command = Command::new(&program);
                command.args(arguments).arg(&file);
                command
            }));
        }
    }
    bench.run(rounds, &rows)
}

fn faults(bench: &Bench, apps: usize, rounds: usize) -> Vec<Result> {
    let [right, wrong] = ["right", "wrong"].map(|name| bench.folder.path().join(name));
    let mut fleet = Fleet::workspace(apps);
    fleet.write(&right).expect("the specs can be written");
    fleet.spoil();
    fleet.write(&wrong).expect("the specs can be written");
    let mut rows = [
        row("without errors", |_| wigen(&right, &["check"])),
        row("with 20 errors", |_| wigen(&wrong, &["check"])),
    ];
    rows[1].exit = 1;
    bench.run(rounds, &rows)
}

/// The program that `.ci/run` or the reader installed.
fn find(name: &str) -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers/bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::iter::once(own).chain(std::env::split_paths(&path));
    folders.find_map(|folder| Some(folder.join(name)).filter(|program| program.is_file()))
}

fn wigen(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wigen"));
    command.current_dir(folder).args(arguments);
    command
}

/// As wigen is built itself.
fn build(path: PathBuf, text: &str, is_static: bool) -> PathBuf {
    let source = path.with_extension("rs");
    fs::write(&source, text).expect("a source file");
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition=2024", "-C", "opt-level=3", "-C", "panic=abort", "-C", "strip=symbols"]);
    if is_static && IS_STATIC {
        rustc.args(["-C", "target-feature=+crt-static", "-C", "relocation-model=static"]);
    }
    let built = rustc.arg("-o").arg(&path).arg(&source).status();
    assert!(built.is_ok_and(|status| status.success()), "rustc cannot build {}", path.display());
    path
}

fn time(command: &mut Command, exit: i32) -> Duration {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(if exit == 0 { Stdio::inherit() } else { Stdio::null() });
    let start = Instant::now();
    let status = command.status().expect("the program starts");
    let time = start.elapsed();
    assert_eq!(status.code(), Some(exit), "{command:?}");
    time
}

/// `last` is what the last row is called where all are compared with it too.
fn table(title: &str, apps: usize, results: &[Result], last: Option<&str>) -> String {
    let beside = last.map_or(String::new(), |last| format!(" vs. {last} |"));
    let mut text = format!(
        "\n## {title}\n\n| what | ms | ms per app | vs. first row |{beside} peak memory, MiB |\n|---|--:|--:|--:|{}--:|\n",
        if last.is_some() { "--:|" } else { "" }
    );
    #[allow(clippy::cast_precision_loss, reason = "figures of three digits")]
    for result in results {
        let milliseconds = result.median.as_secs_f64() * 1e3;
        let beside = |other: &Result| result.median.as_secs_f64() / other.median.as_secs_f64();
        let ratio = beside(&results[0]);
        let last = results.last().filter(|_| last.is_some());
        let last = last.map_or(String::new(), |last| format!(" {:.2}x |", beside(last)));
        let each = milliseconds / apps as f64;
        let peak =
            result.peak.map_or("-".to_owned(), |peak| format!("{:.1}", peak as f64 / 1024.0));
        let name = &result.name;
        let _ = writeln!(
            text,
            "| {name} | {milliseconds:.2} | {each:.3} | {ratio:.2}x |{last} {peak} |"
        );
    }
    text
}

fn head(memory: bool) -> String {
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output();
        output.map_or("unknown".to_owned(), |output| {
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        })
    };
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        processor.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let place =
        if memory { "in memory (`/dev/shm`)" } else { "on disk, because there is no `/dev/shm`" };
    let (config, profile) = match (cfg!(debug_assertions), IS_STATIC) {
        (true, _) => ("", "a debug build, for which these numbers mean little"),
        (false, true) => (" --config .cargo/static.toml", "release, static"),
        (false, false) => ("", "release"),
    };
    format!(
        "# Performance

`cargo bench{config} --bench fleet -- --write docs/performance.md` wrote this page on {}: {profile};
{cores} cores, {}; Linux {}; {}.

Whole processes, from start to exit, run in turns. The files are {place}.
All specs differ, in three formats and with five kinds of workload, and share nothing
(`tests/support/fleet.rs`). New files go to a new directory each time. The program that writes the
finished files, and `cp -r`, neither check nor compute anything. wigen checks every spec, writes each file to a
temporary file, and renames all of them when all specs are valid. An unchanged file is compared and not written.
",
        said("date", &["+%Y-%m-%d"]),
        model.unwrap_or("an unknown processor"),
        said("uname", &["-r"]),
        said("rustc", &["--version"]),
    )
}

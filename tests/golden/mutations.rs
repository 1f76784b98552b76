//! Nothing panics: specs damaged in every way end in artifacts or in diagnostics, and calls of the
//! function leave the objects of others alone.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use crate::support::trials::{Topic, samples, trials};
use fastrand::Rng;
use wigen::RenderOptions;
use wigen::diagnostics::Severity;
use wigen::diagnostics::source::{Source, Span};
use wigen::report::{self, Style};
use wigen::text::{self, Format};

pub(crate) fn topic() -> Topic {
    Topic::new(
        "mutations",
        format!(
            "{} damaged specs, {} damaged calls and 1 in {} nodes of manifests, damaged, cause no \
             panic and no false report (with WIGEN_TESTS=all: {ALL_SPECS}, {ALL_CALLS}, 1 in {ALL_NODES})",
            spec_count(),
            call_count(),
            step()
        ),
        trials![
            damaged_specs_end_in_artifacts_or_diagnostics,
            damaged_calls_leave_the_objects_of_others_alone,
            findings_in_damaged_manifests_are_reported,
        ],
    )
}

const ALL_SPECS: usize = 20_000;
const ALL_CALLS: usize = 800;
const ALL_NODES: usize = 4;

fn spec_count() -> usize {
    samples(ALL_SPECS / 5, ALL_SPECS)
}

fn call_count() -> usize {
    samples(ALL_CALLS / 4, ALL_CALLS)
}

/// Of so many nodes, one is damaged.
fn step() -> usize {
    samples(ALL_NODES * 4, ALL_NODES)
}

/// The specs are damaged in as many threads, each with its own seed: the same on any machine.
const THREADS: usize = 4;

/// What a mutation may put into a spec.
const PIECES: [&str; 47] = [
    "\"",
    "'",
    "\\",
    "\n",
    "\r\n",
    "\t",
    "[",
    "]",
    "{",
    "}",
    ":",
    "=",
    ",",
    "#",
    "-",
    "*a",
    "&a ",
    "!b ",
    "<<: ",
    "---\n",
    "\"\"\"",
    "'''",
    "\u{0}",
    "\u{1b}",
    "\u{feff}",
    "ä",
    "\u{202e}",
    "😀",
    "null",
    "true",
    "1e999",
    "-1",
    "0x1F",
    ".inf",
    "2026-01-31",
    "[[grants]]\n",
    "[cluster]\n",
    "\"a\".b = 1\n",
    "{{ x }}",
    "$(x)",
    "[pod]\n",
    "[[sidecars]]\n",
    "[job]\n",
    "[cronJob]\n",
    "[[pod.volumes]]\n",
    "waitForMetadata = true\n",
    "requireMetadataServer = true\n",
];

fn mutate(rng: &mut Rng, text: &str, others: &[(String, String)]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..rng.usize(1..=3) {
        let length = chars.len();
        let at = rng.usize(0..=length);
        let end = (at + rng.usize(0..40)).min(length);
        match rng.u8(0..10) {
            0 => drop(chars.drain(at..end)),
            1 => {
                let copy: Vec<char> = chars[at..end].to_vec();
                let to = rng.usize(0..=length);
                chars.splice(to..to, copy);
            }
            2 => chars.truncate(at.max(length / 2)),
            3 => {
                let other = &others[rng.usize(0..others.len())].1;
                let lines: Vec<&str> = other.lines().collect();
                if !lines.is_empty() {
                    let line = format!("\n{}\n", lines[rng.usize(0..lines.len())]);
                    chars.splice(at..at, line.chars());
                }
            }
            // A letter for a letter: most of these specs stay valid.
            6..=8 if length > 0 => {
                let at = at.min(length - 1);
                if chars[at].is_ascii_lowercase() {
                    chars[at] = rng.lowercase();
                }
            }
            4 if length > 0 => {
                let at = at.min(length - 1);
                chars[at] = char::from_u32(rng.u32(0..0x11_0000)).unwrap_or('\u{fffd}');
            }
            5 => drop(chars.splice(
                at..end,
                PIECES[rng.usize(0..PIECES.len())].repeat(rng.usize(1..50)).chars(),
            )),
            _ => drop(chars.splice(at..at, PIECES[rng.usize(0..PIECES.len())].chars())),
        }
    }
    chars.into_iter().collect()
}

fn damaged_specs_end_in_artifacts_or_diagnostics() {
    let specs: Vec<(String, String)> = crate::support::cases()
        .iter()
        .map(|case| crate::support::spec_of(case))
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned())
        })
        .collect();
    let (rendered, refused) = std::thread::scope(|scope| {
        let threads: Vec<_> = (0_u64..)
            .take(THREADS)
            .map(|number| {
                let specs = &specs;
                scope.spawn(move || damage(Rng::with_seed(20_261_124 + number), specs))
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    });
    // A test in which everything is refused, or nothing, tests little.
    assert!(
        rendered > spec_count() / 50 && refused > spec_count() / 2,
        "{rendered} rendered, {refused} refused"
    );
}

fn damaged_calls_leave_the_objects_of_others_alone() {
    let read = |case: &Path, name: &str| fs::read_to_string(case.join(name));
    let call = |case: PathBuf| {
        let plugin = || {
            let documents = read(&case, "documents.yaml").unwrap_or_default();
            read(&case, "config.yaml").unwrap() + crate::promises::DOCUMENTS + &documents
        };
        let text = read(&case, "in.yaml").or_else(|_| read(&case, "in.json"));
        (case.display().to_string(), text.unwrap_or_else(|_| plugin()))
    };
    let calls: Vec<(String, String)> =
        crate::support::folders("golden/krm").into_iter().map(call).collect();
    let succeeded = std::thread::scope(|scope| {
        let threads: Vec<_> = (0_u64..)
            .take(THREADS)
            .map(|number| {
                let calls = &calls;
                scope.spawn(move || damage_calls(Rng::with_seed(20_261_125 + number), calls))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
    });
    assert!(succeeded > call_count() / 20 && succeeded < call_count() / 2, "{succeeded} succeeded");
}

/// How many damaged calls succeeded.
fn damage_calls(mut rng: Rng, calls: &[(String, String)]) -> usize {
    let mut succeeded = 0;
    for _ in 0..call_count() / THREADS {
        let (name, text) = &calls[rng.usize(0..calls.len())];
        // What nearly holds gets further than what cannot be read.
        let text = if rng.bool() {
            mutate(&mut rng, text, calls)
        } else {
            with_another_value(&mut rng, &Source::new("list.yaml", text.as_str()))
        };
        let has_succeeded = catch_unwind(|| crate::promises::function(&text));
        assert!(has_succeeded.is_ok(), "{name}, damaged:\n{text}");
        succeeded += usize::from(has_succeeded.is_ok_and(|has| has));
    }
    succeeded
}

/// A text in which one node is something else.
fn with_another_value(rng: &mut Rng, source: &Source) -> String {
    let mut nodes = places(source);
    if nodes.is_empty() {
        return source.text().to_owned();
    }
    let at = nodes.swap_remove(rng.usize(0..nodes.len()));
    with_another_at(rng, source, at)
}

/// The ranges of all nodes of a text that can be read.
fn places(source: &Source) -> Vec<Span> {
    let mut nodes = Vec::new();
    if Format::from_source(source) == Format::Toml {
        if let Ok(root) = &text::parse_located(source) {
            crate::promises::nodes(&root.to_value(), String::new(), &mut nodes);
            text::locate(source, root, &mut nodes);
        }
    } else {
        for (number, document) in text::parse_stream(source).iter().flatten().enumerate() {
            crate::promises::nodes(document, format!("/{number}"), &mut nodes);
        }
        text::place_in_stream(source, &mut nodes);
    }
    nodes.into_iter().filter_map(|node| node.place.span).collect()
}

fn with_another_at(rng: &mut Rng, source: &Source, at: Span) -> String {
    const VALUES: [&str; 8] =
        ["null", "5", "\"text\"", "\"\"", "\"a\\nb\"", "[]", "[\"a\"]", "{\"a\": \"b\"}"];
    let value = VALUES[rng.usize(0..VALUES.len())];
    let value = match Format::from_source(source) {
        Format::Toml if value == "null" => "true".to_owned(),
        Format::Toml => value.replace(": ", " = "),
        Format::Json | Format::Yaml => value.to_owned(),
    };
    let mut text = source.text().to_owned();
    text.replace_range(at, &value);
    text
}

fn findings_in_damaged_manifests_are_reported() {
    let mut rng = Rng::with_seed(20_261_129);
    let mut found = 0;
    for case in crate::support::folders("golden/lint") {
        let manifests = case.join("manifests.yaml");
        let Ok(text) = fs::read_to_string(&manifests) else { continue };
        let source = Source::new("manifests.yaml", text);
        for at in places(&source).into_iter().step_by(step()) {
            let text = with_another_at(&mut rng, &source, at);
            let result = catch_unwind(|| crate::promises::linted("manifests.yaml", &text));
            assert!(result.is_ok(), "{}, damaged:\n{text}", manifests.display());
            found += 1;
        }
    }
    assert!(found > 4_000 / step(), "{found} nodes");
}

/// How many damaged specs were rendered, and how many were refused.
fn damage(mut rng: Rng, specs: &[(String, String)]) -> (usize, usize) {
    let (mut rendered, mut refused) = (0, 0);
    for number in 0..spec_count() / THREADS {
        let (name, text) = &specs[rng.usize(0..specs.len())];
        let text = if rng.bool() {
            mutate(&mut rng, text, specs)
        } else {
            with_another_value(&mut rng, &Source::new(name, text.as_str()))
        };
        // Now and then the text is read as another language than it was written in.
        let name = if rng.u8(0..10) == 0 {
            ["app.toml", "app.yaml", "app.json", "<stdin>"][rng.usize(0..4)]
        } else {
            name
        };
        let source = Source::new(name, text.clone());
        let result = catch_unwind(AssertUnwindSafe(|| {
            // The whole of what is promised takes its time.
            if number % 10 == 0 {
                crate::promises::located(&source);
                crate::promises::rendered(&source);
            }
            run(&source)
        }));
        match result {
            Ok(Ok(true)) => rendered += 1,
            Ok(Ok(false)) => refused += 1,
            Ok(Err(wrong)) => panic!("spec {number}: {wrong}\n{name}:\n{text}"),
            Err(panic) => {
                let said = panic.downcast_ref::<String>();
                panic!("spec {number} panics with {said:?}\n{name}:\n{text}")
            }
        }
    }
    (rendered, refused)
}

/// Whether a spec was rendered; or what is wrong with how it was.
fn run(source: &Source) -> Result<bool, String> {
    let (artifacts, found) = match crate::promises::check(source) {
        Err(found) => (Vec::new(), found.into_vec()),
        Ok(checked) => {
            let rendered = checked.render(&RenderOptions::default());
            let rendered = rendered.map_err(|faults| faults[0].to_string())?;
            (rendered.artifacts, checked.warnings().to_vec())
        }
    };
    let errors = found.iter().filter(|d| d.severity == Severity::Error).count();
    if artifacts.is_empty() == (errors == 0) {
        return Err(format!("{} artifacts and {errors} errors", artifacts.len()));
    }
    for diagnostic in &found {
        let span =
            diagnostic.place.span.clone().ok_or("a diagnostic without a place in the text")?;
        if source.text().get(span.clone()).is_none() {
            return Err(format!("{span:?} is not a range of the source"));
        }
        if diagnostic.message.chars().any(char::is_control) {
            return Err(format!("control characters in {:?}", diagnostic.message));
        }
    }
    let human = report::human(source, &found, Style::PLAIN);
    if human.matches('[').count() < found.len() {
        return Err(format!("a diagnostic is not shown:\n{human}"));
    }
    for line in report::json(source, &found).lines() {
        serde_json::from_str::<serde_json::Value>(line).map_err(|error| error.to_string())?;
    }
    Ok(!artifacts.is_empty())
}

//! What wigen promises of any text whatever: asserted by the fuzz targets, and by ordinary tests
//! over texts of their own.

use serde_json::Value;
use wigen::backends::artifact::{Artifact, ArtifactKind};
use wigen::diagnostics::source::Source;
use wigen::diagnostics::{Code, Diagnostic, Location, Severity, pointer};
use wigen::krm::{self, Answer, Call, Listed, Position};
use wigen::report::{self, Style};
use wigen::spec::envelope::Envelope;
use wigen::spec::fix;
use wigen::{CheckedSpec, Diagnostics, Levels, LoadOptions, RenderOptions, Spec, lint, text};

/// A spec in each language.
pub const NAMES: [&str; 3] = ["app.toml", "app.yaml", "app.json"];

/// What separates the manifests from the files of IAM in the text of [`linted`].
pub const IAM: &str = "\n#### IAM\n";

/// Bytes are text, or the place where they are not is reported.
pub fn decoded(name: &str, bytes: &[u8]) -> Option<Source> {
    match text::decode(name, bytes) {
        Ok(source) => Some(source),
        Err(wrong) => {
            let (source, found) = *wrong;
            assert_eq!(found.code, Code::NOT_UTF8);
            require_reports(&source, &[found]);
            None
        }
    }
}

/// Every node of a readable text has its range, and a scalar's range reads as the scalar.
pub fn located(source: &Source) {
    let Ok(root) = text::parse_located(source) else { return };
    let document = root.to_value();
    let mut found = Vec::new();
    nodes(&document, String::new(), &mut found);
    text::locate(source, &root, &mut found);
    for diagnostic in &found {
        let span = in_text(source, &diagnostic.place);
        let value = document.pointer(&diagnostic.place.pointer);
        let Some(value) = value.filter(|value| !value.is_array() && !value.is_object()) else {
            continue;
        };
        // The scalars of YAML cannot be read from their range alone: blocks, aliases, tags.
        let read = match text::Format::from_source(source) {
            text::Format::Json => serde_json::from_str(span).ok(),
            text::Format::Toml => {
                let text = Source::new("a.toml", format!("a = {span}"));
                text::parse(&text).ok().map(|mut document| document["a"].take())
            }
            text::Format::Yaml => continue,
        };
        let pointer = &diagnostic.place.pointer;
        assert_eq!(read.as_ref(), Some(value), "{span:?} is where {pointer:?} stands");
    }
}

/// Every node below one, as a finding at it.
pub fn nodes(node: &Value, pointer: String, found: &mut Vec<Diagnostic>) {
    let below: Vec<(String, &Value)> = match node {
        Value::Object(map) => {
            map.iter().map(|(key, value)| (pointer::escape(key).into_owned(), value)).collect()
        }
        Value::Array(list) => {
            list.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
        }
        _ => Vec::new(),
    };
    for (step, value) in below {
        nodes(value, format!("{pointer}/{step}"), found);
    }
    if !pointer.is_empty() {
        found.push(Diagnostic::new(Code::SYNTAX, Location::value(pointer), "m"));
    }
}

/// Reads and checks a spec.
pub fn check(source: &Source) -> Result<CheckedSpec, Diagnostics> {
    Spec::load(source, &LoadOptions::default())?.check(None, &Levels::default())
}

/// What is found in a spec.
pub fn diagnostics(source: &Source) -> Vec<Diagnostic> {
    check(source).map_or_else(Diagnostics::into_vec, |checked| checked.warnings().to_vec())
}

/// A check ends in a spec or in errors, every finding can be reported, and a correction leaves a text
/// that is better to read.
pub fn checked(source: &Source) -> Vec<Diagnostic> {
    let found = match check(source) {
        Ok(checked) => {
            let found = checked.warnings().to_vec();
            assert!(!has_error(&found), "{found:?}");
            found
        }
        Err(found) => {
            assert!(has_error(&found) && !found.to_string().is_empty(), "{found:?}");
            found.into_vec()
        }
    };
    require_reports(source, &found);
    if let Some(fixed) = fix::apply(source, &found) {
        assert_ne!(fixed.text(), source.text());
        let unreadable = |source: &Source| text::parse(source).err().map_or(0, |all| all.len());
        let left = unreadable(&fixed);
        assert!(left == 0 || left < unreadable(source), "{}", fixed.text());
        require_reports(&fixed, &diagnostics(&fixed));
    }
    found
}

/// A spec is rendered if and only if its check finds no error, and says the same of it; the manifests
/// are read as what the spec says.
pub fn rendered(source: &Source) -> Vec<Artifact> {
    let found = checked(source);
    let rendered = artifacts(source);
    let (rendered, said) = rendered;
    assert_eq!(said, found, "render and check differ");
    assert_eq!(rendered.is_empty(), has_error(&found), "{found:?}");
    if rendered.is_empty() {
        return rendered;
    }
    let spec = Spec::load(source, &LoadOptions::default()).ok().and_then(|spec| spec.merged(None));
    let spec = spec.expect("a spec that was rendered is readable");
    for artifact in rendered.iter().filter(|artifact| artifact.kind.is_manifest()) {
        let objects = text::parse_stream(&Source::new("manifest.yaml", artifact.text.as_str()))
            .unwrap_or_else(|found| panic!("{found:?}\n{}", artifact.text));
        if artifact.kind == ArtifactKind::Workload {
            says_what_the_spec_says(&spec, &objects[0]);
        }
    }
    rendered
}

/// The artifacts of a spec, and what is said of it.
pub fn artifacts(source: &Source) -> (Vec<Artifact>, Vec<Diagnostic>) {
    match check(source) {
        Err(found) => (Vec::new(), found.into_vec()),
        Ok(checked) => match checked.render(&RenderOptions::default()) {
            Ok(rendered) => (rendered.artifacts, checked.warnings().to_vec()),
            Err(faults) => panic!("{}\n{}", faults[0], source.text()),
        },
    }
}

/// The values that a workload takes over as they are: environment, labels, annotations.
fn says_what_the_spec_says(spec: &Value, manifest: &Value) {
    let pods = if manifest["kind"] == "CronJob" {
        &manifest["spec"]["jobTemplate"]["spec"]["template"]
    } else {
        &manifest["spec"]["template"]
    };
    let containers = pods["spec"]["containers"].as_array().expect("pods have containers");
    let env = containers[0]["env"].as_array().map_or(&[][..], Vec::as_slice);
    let said = &spec["container"]["env"];
    let count = said.as_array().map(Vec::len).or(said.as_object().map(serde_json::Map::len));
    assert_eq!(env.len(), count.unwrap_or_default());
    for one in said.as_array().into_iter().flatten() {
        assert!(env.iter().any(|variable| variable["name"] == one["name"]), "{one}");
    }
    let said = said.as_object();
    // One that refers to others may be behind them.
    for (name, value) in said.into_iter().flatten() {
        let variable = env.iter().find(|variable| variable["name"] == name.as_str());
        let variable = variable.unwrap_or_else(|| panic!("no variable {name}"));
        match value {
            Value::String(_) => assert_eq!(&variable["value"], value, "{name}"),
            _ => assert_eq!(
                without_divisor(&variable["valueFrom"]),
                without_divisor(&value["valueFrom"]),
                "{name}"
            ),
        }
    }
    for map in ["labels", "annotations"] {
        for (key, value) in spec[map].as_object().into_iter().flatten() {
            assert_eq!(&manifest["metadata"][map][key], value, "{map}: {key}");
        }
    }
}

/// The source of a value without its quantity, which is rendered as the API server stores it.
fn without_divisor(source: &Value) -> Value {
    let mut source = source.clone();
    if let Some(field) = source.get_mut("resourceFieldRef").and_then(Value::as_object_mut) {
        field.remove("divisor");
    }
    source
}

/// A spec in the envelope means what the flat one means.
pub fn enveloped(source: &Source) {
    let artifacts_of_object = rendered(source);
    let Ok(document) = text::parse_located(source) else { return };
    if Envelope::from_document(&document) != Envelope::Krm || artifacts_of_object.is_empty() {
        return;
    }
    let flat = Source::new(source.name(), Envelope::Krm.open(document).into_value().to_string());
    let flat = Source::new("app.json", flat.text());
    let same = without_names(&artifacts(&flat).0);
    assert_eq!(without_names(&artifacts_of_object), same, "{}", flat.text());
}

/// What separates the function config from the documents in the text of [`function`].
pub const DOCUMENTS: &str = "\n#### DOCUMENTS\n";

/// A call as a function, or with [`DOCUMENTS`] as an exec plugin: the objects of others come out as
/// they came, a call that fails changes nothing, and one that does not leaves nothing to change.
/// Returns whether it succeeds.
pub fn function(text: &str) -> bool {
    krm::is_list(text);
    let (config, input) = match text.split_once(DOCUMENTS) {
        Some((config, documents)) => (Some(config), documents),
        None => (None, text),
    };
    for position in [Position::Unknown, Position::Validators] {
        answered(config, input, position);
    }
    let answer = answered(config, input, Position::Elsewhere);
    hands_on(config, input, &answer);
    !answer.failed
}

/// An answer that says of itself whether it has failed.
fn answered(config: Option<&str>, input: &str, position: Position) -> Answer {
    let config = config.map(|config| Source::new("config.yaml", config));
    let input = Source::new("<stdin>", input);
    let answer = krm::run(Call {
        input: &input,
        config: config.as_ref(),
        listed: &|_, _| Listed { position, generates: false },
        workspace: &|_, _| Ok(None),
        specs: &|_| Ok(Vec::new()),
    });
    for line in &answer.messages {
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
    let is_error = |result: &Value| result["severity"] == "error";
    let said = answer.messages.iter().any(|line| line.starts_with("error["));
    if config.is_some() {
        // Documents have no results.
        assert_eq!(answer.failed, said, "{answer:?}");
        return answer;
    }
    // With an object that cannot be read the whole list cannot, either, nor its results.
    let results = read(&answer.output).map_or(answer.failed, |documents| {
        let results = documents.last().and_then(|list| list["results"].as_array());
        results.is_some_and(|results| results.iter().any(is_error))
    });
    assert_eq!(answer.failed, said || results, "{answer:?}");
    answer
}

/// The documents of a text in YAML or JSON; none where it cannot be read.
fn read(text: &str) -> Option<Vec<Value>> {
    let is_json = serde_json::from_str::<Value>(text).is_ok();
    let name = if is_json { "list.json" } else { "list.yaml" };
    text::parse_stream(&Source::new(name, text)).ok()
}

fn hands_on(config: Option<&str>, input: &str, answer: &Answer) {
    let Some(before) = read(input) else { return };
    // A text that is no ResourceList has no answer.
    if answer.output.is_empty() && answer.failed {
        return;
    }
    let after = read(&answer.output).unwrap_or_else(|| panic!("no YAML:\n{}", answer.output));
    let is_json = |text: &str| serde_json::from_str::<Value>(text).is_ok();
    assert!(config.is_some() || is_json(input) == is_json(&answer.output), "{}", answer.output);
    let (list_before, list_after, own) = if let Some(config) = config {
        (before, after, read(config).and_then(|mut all| all.pop()))
    } else {
        let items = |list: &Value| list["items"].as_array().cloned().unwrap_or_default();
        assert_eq!(
            before[0].get("functionConfig").filter(|own| !own.is_null()),
            after[0].get("functionConfig")
        );
        (items(&before[0]), items(&after[0]), before[0].get("functionConfig").cloned())
    };
    if answer.failed {
        assert_eq!(list_before, list_after, "a call that fails changes nothing");
    }
    let is_own = |item: &Value| {
        own.as_ref().is_some_and(|own| {
            ["/apiVersion", "/kind", "/metadata/name"]
                .iter()
                .all(|at| own.pointer(at) == item.pointer(at))
        })
    };
    let generates = !answer.failed && list_before.iter().all(is_own);
    if !generates && !input.contains(wigen::backends::artifact::MARK) {
        assert!(list_before.len() <= list_after.len(), "{}", answer.output);
        for (before, after) in list_before.iter().zip(&list_after) {
            assert_eq!(without_identity(before), without_identity(after));
        }
    }
    if !generates {
        let mut rest = list_after.iter();
        for item in list_before.iter().filter(|item| is_of_others(item)) {
            assert!(rest.any(|after| after == item), "{item}\n{}", answer.output);
        }
        let again = answered(config, &answer.output, Position::Elsewhere);
        assert_eq!(again.output, answer.output, "a second call changes it");
    }
}

/// An object that wigen neither writes, nor takes away, nor gives an identity.
fn is_of_others(item: &Value) -> bool {
    const OF_WIGEN: [&str; 12] = [
        "ServiceAccount",
        "ConfigMap",
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "ReplicaSet",
        "Job",
        "CronJob",
        "Pod",
        "ReplicationController",
        "Service",
        "PodTemplate",
    ];
    let kind = item["kind"].as_str().unwrap_or_default();
    !OF_WIGEN.contains(&kind) && item.pointer("/metadata/annotations").is_none()
}

/// An object without what a spec may set in it.
fn without_identity(item: &Value) -> Value {
    let mut item = item.clone();
    let is_account = item["kind"] == "ServiceAccount";
    if let Some(metadata) =
        item.get_mut("metadata").and_then(Value::as_object_mut).filter(|_| is_account)
    {
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove("iam.gke.io/gcp-service-account");
        }
        if metadata
            .get("annotations")
            .is_some_and(|all| all.is_null() || *all == Value::Object(serde_json::Map::new()))
        {
            metadata.remove("annotations");
        }
    }
    for pods in
        ["/spec", "/spec/template/spec", "/spec/jobTemplate/spec/template/spec", "/template/spec"]
    {
        let pods = item.pointer_mut(pods).and_then(Value::as_object_mut);
        if let Some(pods) = pods.filter(|pods| pods.get("containers").is_some_and(Value::is_array))
        {
            pods.remove("serviceAccountName");
            pods.remove("serviceAccount");
        }
    }
    item
}

/// The texts of artifacts without the line that names the file of the spec.
pub fn without_names(artifacts: &[Artifact]) -> Vec<String> {
    let others = |line: &&str| !line.starts_with(wigen::backends::artifact::MARK);
    artifacts
        .iter()
        .map(|artifact| artifact.text.split_inclusive('\n').filter(others).collect())
        .collect()
}

/// Manifests, and the files of IAM behind [`IAM`]: each finding is reported for its own file.
pub fn linted(name: &str, text: &str) {
    let (manifests, iam) = text.split_once(IAM).unwrap_or((text, ""));
    let manifests = [Source::new(name, manifests)];
    let iam = [
        Source::new("iam.sh", iam),
        Source::new("books@my-project.iam.gserviceaccount.com.json", iam),
    ];
    for namespace in [None, Some("default")] {
        let found = lint::lint(&manifests, &iam, namespace, &Levels::default());
        assert_eq!(found.len(), manifests.len() + iam.len());
        for (source, found) in manifests.iter().chain(&iam).zip(&found) {
            require_reports(source, found);
        }
        // A file that cannot be read says nothing but that.
        let unreadable = text::parse_stream(&manifests[0]).is_err();
        assert!(!unreadable || has_error(&found[0]));
    }
}

fn has_error(found: &[Diagnostic]) -> bool {
    found.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// Every place lies in the text, and every report has every finding, in its own syntax.
fn require_reports(source: &Source, found: &[Diagnostic]) {
    for diagnostic in found {
        for place in std::iter::once(&diagnostic.place)
            .chain(diagnostic.related.iter().map(|(place, _)| place))
        {
            in_text(source, place);
        }
        let texts = [Some(&diagnostic.message), Some(&diagnostic.label), diagnostic.help.as_ref()];
        for text in texts.into_iter().flatten() {
            assert!(!text.chars().any(char::is_control), "{text:?}");
            assert!(text.chars().count() < 2000, "{text}");
        }
    }
    let human = report::human(source, found, Style::PLAIN);
    for diagnostic in found {
        let head = format!("{}[{}]: ", diagnostic.severity.as_ref(), diagnostic.code.as_str());
        assert!(human.contains(&head), "{head} is not shown:\n{human}");
    }
    assert!(!human.chars().any(|c| c.is_control() && c != '\n'), "{human:?}");
    report::human(source, found, Style { colour: true, width: 20 });
    let json = report::json(source, found);
    assert_eq!(json.lines().count(), found.len());
    for line in json.lines() {
        serde_json::from_str::<Value>(line).expect("a line is JSON");
    }
    let github = report::github(source, found);
    assert_eq!(github.split_terminator('\n').count(), found.len(), "{github}");
    let log = report::sarif(&[(source.clone(), found.to_vec())]);
    let log: Value = serde_json::from_str(&log).expect("the log is JSON");
    assert_eq!(log["runs"][0]["results"].as_array().map(Vec::len), Some(found.len()));
}

fn in_text<'a>(source: &'a Source, place: &'a Location) -> &'a str {
    let source = place.source.as_ref().unwrap_or(source);
    let span = place.span.clone().expect("a place in the text");
    source
        .text()
        .get(span.clone())
        .unwrap_or_else(|| panic!("{span:?} is not a range of the source"))
}

//! A fleet: as many specs as are asked for, each different, as teams write them. The same on every
//! machine. Nothing is shared between two apps, and nothing is wrong until [`Fleet::spoil`].

use std::fmt::Write;
use std::path::Path;
use std::{fs, io};

use fastrand::Rng;
use serde_json::{Map, Value, json};

const TEAMS: [&str; 12] = [
    "accounts", "books", "catalog", "checkout", "data", "films", "maps", "orders", "platform",
    "returns", "search", "stock",
];
const NOUNS: [&str; 16] = [
    "audit", "basket", "cover", "index", "invoice", "ledger", "loan", "mail", "order", "page",
    "price", "quote", "review", "stock", "token", "user",
];
const PARTS: [&str; 6] = ["api", "worker", "sync", "gateway", "feed", "store"];
const PROJECTS: [&str; 4] = ["shop-prod", "shop-data-eu", "media-prod", "lab-42-x"];
const REGIONS: [&str; 4] = ["us-central1", "europe-west1", "asia-east1", "europe-north1"];

/// Which part of `wigen.toml` the members leave out.
const WORKSPACE: &str = r#"members = ["teams/*/*"]
out     = "{dir}/rendered"

[defaults]
project = "shop-prod"
labels  = { company = "shop" }

[defaults.cluster]
name   = "shop"
region = "us-central1"
"#;

/// A spec, and where it is.
pub(crate) struct Spec {
    /// Where it is, from the folder of the fleet on.
    pub(crate) path: String,
    /// What is in it.
    pub(crate) text: String,
}

/// Many specs.
pub(crate) struct Fleet {
    /// The specs.
    pub(crate) specs: Vec<Spec>,
    workspace: bool,
}

/// What is wrong somewhere.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    /// The file, from the folder of the fleet on.
    pub(crate) file: String,
    /// The line, from 1 on.
    pub(crate) line: usize,
    /// The column, from 1 on.
    pub(crate) column: usize,
    /// Code of the diagnostic.
    pub(crate) code: String,
}

impl Fleet {
    /// So many specs that are each complete.
    pub(crate) fn alone(count: usize) -> Self {
        Self::new(count, false)
    }

    /// So many members of a workspace, which brings project, cluster and a label.
    pub(crate) fn workspace(count: usize) -> Self {
        Self::new(count, true)
    }

    fn new(count: usize, workspace: bool) -> Self {
        let mut rng = Rng::with_seed(20_261_125);
        let specs = (0..count).map(|number| spec(&mut rng, number, workspace)).collect();
        Self { specs, workspace }
    }

    /// Writes it into a folder.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        if self.workspace {
            fs::write(folder.join("wigen.toml"), WORKSPACE)?;
        }
        for Spec { path, text, .. } in &self.specs {
            let path = folder.join(path);
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(path, text)?;
        }
        Ok(())
    }

    /// Puts each fault of [`FAULTS`] into its own spec, far from each other.
    pub(crate) fn spoil(&mut self) -> Vec<Fault> {
        let mut spoilt = vec![false; self.specs.len()];
        let stride = self.specs.len() / FAULTS.len();
        let mut faults = Vec::new();
        for (number, (code, ending, right, wrong, place)) in FAULTS.into_iter().enumerate() {
            let order =
                (0..self.specs.len()).map(|step| (number * stride + step) % self.specs.len());
            let index = order.into_iter().find(|&index| {
                let Spec { path, text, .. } = &self.specs[index];
                !spoilt[index] && path.ends_with(ending) && text.contains(right)
            });
            let index = index.unwrap_or_else(|| panic!("no {ending} has `{right}`"));
            spoilt[index] = true;
            let Spec { path, text, .. } = &mut self.specs[index];
            let start = text.find(right).unwrap();
            text.replace_range(start..start + right.len(), wrong);
            let before = &text[..start + wrong.find(place).expect("a place in what is written")];
            faults.push(Fault {
                file: path.clone(),
                line: before.matches('\n').count() + 1,
                column: before.len() - before.rfind('\n').map_or(0, |at| at + 1) + 1,
                code: code.to_owned(),
            });
        }
        faults.sort();
        faults
    }
}

/// Code; form of the spec; what is replaced, by what, and where in that the diagnostic points.
#[rustfmt::skip]
const FAULTS: [(&str, &str, &str, &str, &str); 20] = [
    ("syntax", ".toml", "[container]\n", "[container\n", "\n"),
    ("syntax", ".yaml", "\ncontainer:\n  image", "\ncontainer:\n\timage", "image"),
    ("syntax", ".json", "],\n  \"container\"", "]\n  \"container\"", "\"container"),
    ("duplicate-key", ".toml", "\nport = 8080\n", "\nport = 8080\nport = 8081\n", "port = 8081"),
    ("unknown-key", ".toml", "\nreplicas = ", "\nreplica = ", "replica"),
    ("unknown-key", ".toml", "\ndisplayName = ", "\ndisplayname = ", "displayname"),
    ("unknown-key", ".json", "\"readinessProbe\"", "\"readynessProbe\"", "\"readynessProbe"),
    ("wrong-type", ".toml", "port = 8080", "port = \"8080\"", "\"8080"),
    ("out-of-range", ".yaml", "port: 8080", "port: 80800", "80800"),
    ("dns-label", ".toml", "\nnamespace = \"", "\nnamespace = \"Team_", "\"Team"),
    ("role", ".toml", "\"roles/storage.objectViewer\"", "\"role/storage.objectViewer\"", "\"role"),
    ("account-id", ".toml", "[googleServiceAccount]\nname = \"", "[googleServiceAccount]\nname = \"4", "\"4"),
    ("env-name", ".toml", "LOG_LEVEL = ", "\"LOG=LEVEL\" = ", "\"LOG=LEVEL"),
    ("quantity", ".toml", "\"256Mi\"", "\"256MiB\"", "\"256MiB"),
    ("image", ".toml", "image = \"", "image = \"https://", "\"https"),
    ("resource-name", ".toml", "secret = \"", "bucket = \"more\"\nsecret = \"", "bucket"),
    ("volume-mount", ".toml", "name = \"scratch\", mountPath", "name = \"scrach\", mountPath", "\"scrach"),
    ("owned-field", ".toml", "[statefulSet]\n", "[statefulSet]\nselector = {}\n", "selector"),
    ("restart-policy", ".toml", "[job]\n", "[pod]\nrestartPolicy = \"Always\"\n\n[job]\n", "\"Always"),
    ("host-network", ".toml", "[daemonSet]\n", "[pod]\nhostNetwork = true\n\n[daemonSet]\n", "true"),
];

fn spec(rng: &mut Rng, number: usize, workspace: bool) -> Spec {
    let team = TEAMS[rng.usize(0..TEAMS.len())];
    let name = format!("{}-{}-{number}", pick(rng, &NOUNS), pick(rng, &PARTS));
    let value = value(rng, &name, team, workspace);
    let (ending, text) = match number % 10 {
        8 => ("yaml", yaml(&value)),
        9 => ("json", format!("{:#}\n", Value::Object(value))),
        _ => ("toml", toml(&value)),
    };
    Spec { path: format!("teams/{team}/{name}/app.{ending}"), text }
}

fn pick<'a>(rng: &mut Rng, of: &[&'a str]) -> &'a str {
    of[rng.usize(0..of.len())]
}

fn value(rng: &mut Rng, name: &str, team: &str, workspace: bool) -> Map<String, Value> {
    let mut app = Map::new();
    let mut set = |key: &str, value: Value| app.insert(key.to_owned(), value);
    let project = if workspace { PROJECTS[0] } else { pick(rng, &PROJECTS) };
    let region = if workspace { REGIONS[0] } else { pick(rng, &REGIONS) };
    let shape = rng.usize(0..10);
    set("name", name.into());
    set("namespace", if rng.bool() { team.to_owned() } else { format!("{team}-{name}") }.into());
    if !workspace {
        set("project", project.into());
    }
    set("labels", json!({ "team": team, "tier": pick(rng, &["front", "middle", "back"]) }));
    if rng.u8(0..3) == 0 {
        set("annotations", json!({ "example.com/owner": format!("{team}@example.com") }));
    }
    if !workspace {
        let mut cluster = json!({ "name": format!("{region}-{}", rng.u8(1..5)) });
        match rng.u8(0..3) {
            0 => cluster["zone"] = format!("{region}-b").into(),
            _ => cluster["region"] = region.into(),
        }
        if rng.bool() {
            cluster["setup"] = pick(rng, &["verify", "update", "create"]).into();
        }
        set("cluster", cluster);
    }
    if rng.bool() {
        set("serviceAccount", json!({ "name": format!("{name}-sa") }));
    }
    let impersonation = rng.u8(0..4) > 0;
    if impersonation {
        set(
            "googleServiceAccount",
            json!({ "name": format!("{name}-gsa"), "displayName": format!("{name} of {team}") }),
        );
    }
    let mut grants = grants(rng, name, region);
    if !impersonation {
        // Direct federation does not reach every bucket, which is a warning.
        grants.retain(|grant| grant.get("bucket").is_none());
    }
    set("grants", grants.into());
    set("container", container(rng, name, team, project, region));
    if shape != 4 && rng.bool() {
        app.get_mut("container").unwrap()["volumeMounts"] =
            json!([{ "name": "scratch", "mountPath": "/var/scratch" }]);
        app.insert(
            "pod".to_owned(),
            json!({
                "terminationGracePeriodSeconds": rng.u8(10..90),
                "volumes": [{ "name": "scratch", "emptyDir": { "sizeLimit": "1Gi" } }],
            }),
        );
    }
    let (kind, fields) = kind(rng, shape);
    app.insert(kind.to_owned(), fields);
    if rng.u8(0..4) == 0 {
        app.insert("environments".to_owned(), environments(rng, name));
    }
    app
}

fn grants(rng: &mut Rng, name: &str, region: &str) -> Vec<Value> {
    let all = [
        json!({ "roles": ["roles/secretmanager.secretAccessor"], "secret": format!("{name}-db") }),
        json!({ "roles": ["roles/storage.objectViewer"], "bucket": format!("{name}-data") }),
        json!({ "roles": ["roles/pubsub.publisher"], "topic": format!("{name}-events") }),
        json!({ "roles": ["roles/pubsub.subscriber"], "subscription": format!("{name}-work") }),
        json!({ "roles": ["roles/artifactregistry.reader"], "repository": format!("{region}/{name}") }),
        json!({ "roles": ["roles/cloudkms.cryptoKeyDecrypter"], "kmsKey": format!("{region}/{name}/tokens") }),
        json!({ "roles": ["roles/logging.logWriter", "roles/monitoring.metricWriter"] }),
    ];
    all.into_iter().filter(|_| rng.u8(0..3) == 0).collect()
}

fn container(rng: &mut Rng, name: &str, team: &str, project: &str, region: &str) -> Value {
    let image = format!(
        "{region}-docker.pkg.dev/{project}/{team}/{name}:{}.{}.{}",
        rng.u8(0..5),
        rng.u8(0..20),
        rng.u8(0..9)
    );
    let mut container = json!({ "image": image });
    if rng.u8(0..4) > 0 {
        container["port"] = [8080, 8000, 3000][rng.usize(0..3)].into();
    }
    if rng.u8(0..3) > 0 {
        let memory = ["128Mi", "256Mi", "512Mi", "1Gi"][rng.usize(0..4)];
        container["resources"] = json!({
            "requests": { "cpu": format!("{}m", 50 * u16::from(rng.u8(1..20))), "memory": memory },
            "limits": { "memory": memory },
        });
    }
    if container.get("port").is_some() && rng.bool() {
        container["readinessProbe"] = json!({
            "httpGet": { "path": "/healthz", "port": container["port"] },
            "periodSeconds": rng.u8(3..20),
        });
    }
    let mut env = Map::new();
    env.insert("GCP_PROJECT".to_owned(), project.into());
    env.insert("LOG_LEVEL".to_owned(), pick(rng, &["debug", "info", "warning"]).into());
    for _ in 0..rng.u8(0..8) {
        let key = format!("{}_{}", pick(rng, &NOUNS), pick(rng, &PARTS)).to_uppercase();
        let value = match rng.u8(0..4) {
            0 => rng.bool().to_string(),
            1 => rng.u16(..).to_string(),
            2 => format!("https://{}.{team}.example.com/v{}", pick(rng, &NOUNS), rng.u8(1..4)),
            _ => format!("{team}: {name} #{}", rng.u8(..)),
        };
        env.insert(key, value.into());
    }
    container["env"] = env.into();
    container
}

fn kind(rng: &mut Rng, shape: usize) -> (&'static str, Value) {
    let replicas = rng.u8(1..6);
    match shape {
        0 | 1 => {
            ("statefulSet", json!({ "replicas": replicas, "podManagementPolicy": "Parallel" }))
        }
        2 => ("job", json!({ "backoffLimit": replicas })),
        3 => {
            let schedule = format!("{} {} * * *", rng.u8(0..60), rng.u8(0..24));
            ("cronJob", json!({ "schedule": schedule, "concurrencyPolicy": "Forbid" }))
        }
        4 => ("daemonSet", json!({ "updateStrategy": { "type": "OnDelete" } })),
        _ => ("deployment", json!({ "replicas": replicas })),
    }
}

fn environments(rng: &mut Rng, name: &str) -> Value {
    let environment = |which: &str, level: &str| {
        json!({
            "namespace": format!("{which}-{name}"),
            "container": { "env": { "LOG_LEVEL": level } },
        })
    };
    let mut all = json!({ "test": environment("test", "debug") });
    if rng.bool() {
        all["prod"] = environment("prod", "warning");
    }
    all
}

/// Tables to the third level, the rest inline.
fn toml(app: &Map<String, Value>) -> String {
    let mut text = String::new();
    table(&mut text, "", app);
    text
}

fn table(text: &mut String, path: &str, entries: &Map<String, Value>) {
    let deep = path.matches('.').count() >= 2;
    let is_table = |value: &Value| !deep && value.is_object();
    let is_list = |key: &str| path.is_empty() && key == "grants";
    for (key, value) in entries.iter().filter(|(key, value)| !is_table(value) && !is_list(key)) {
        let _ = writeln!(text, "{} = {}", toml_key(key), inline(value));
    }
    for (key, value) in entries {
        match value {
            Value::Object(below) if is_table(value) => {
                let path = format!("{path}{}", toml_key(key));
                let _ = writeln!(text, "\n[{path}]");
                table(text, &format!("{path}."), below);
            }
            Value::Array(list) if is_list(key) => {
                for entry in list {
                    let _ = writeln!(text, "\n[[{key}]]");
                    table(text, "grants.", entry.as_object().expect("a grant is a table"));
                }
            }
            _ => {}
        }
    }
}

fn toml_key(key: &str) -> String {
    let bare = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if bare { key.to_owned() } else { format!("{key:?}") }
}

fn inline(value: &Value) -> String {
    match value {
        Value::Object(entries) => {
            let entries =
                entries.iter().map(|(key, value)| format!("{} = {}", toml_key(key), inline(value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
        Value::Array(entries) => {
            format!("[{}]", entries.iter().map(inline).collect::<Vec<_>>().join(", "))
        }
        scalar => scalar.to_string(),
    }
}

/// Block style; strings that are not plain words in quotes.
fn yaml(app: &Map<String, Value>) -> String {
    let mut text = String::new();
    block(&mut text, 0, app);
    text
}

fn block(text: &mut String, depth: usize, entries: &Map<String, Value>) {
    for (key, value) in entries {
        let indent = " ".repeat(depth);
        let key = if key == "example.com/owner" { format!("{key:?}") } else { key.clone() };
        match value {
            Value::Object(below) => {
                let _ = writeln!(text, "{indent}{key}:");
                block(text, depth + 2, below);
            }
            Value::Array(list) if list.iter().any(Value::is_object) => {
                let _ = writeln!(text, "{indent}{key}:");
                for entry in list {
                    let start = text.len();
                    block(text, depth + 4, entry.as_object().expect("a list of tables"));
                    text.replace_range(start + depth + 2..start + depth + 3, "-");
                }
            }
            scalar => {
                let _ = writeln!(text, "{indent}{key}: {scalar}");
            }
        }
    }
}

//! The link of the credentials: key files, and variables, that client libraries prefer to the identity of
//! the pods.

use data_encoding::BASE64;
use serde_json::Value;

use super::link::{Fact, Link, LinkName, LinkState};
use crate::diagnostics::pointer::join;
use crate::diagnostics::{Code, Diagnostic, Location, quoted};
use crate::google::gke::{is_metadata_variable, other_metadata_host};
use crate::google::keys::{
    VARIABLES, is_called_a_key, is_key, is_mounted_configuration, key_argument, key_names,
    secrets_of_volume, sets_variable,
};
use crate::observed::{Object, Pods, World};

/// What takes precedence over the identity of pods. `identity` is where it is given to them; pods without
/// one may well use a key.
pub(super) fn credentials_link(
    world: &World<'_>,
    pods: &Pods<'_>,
    identity: Option<&Location>,
) -> Link {
    const NAME: LinkName = LinkName::Credentials;
    let variables = environment(world, pods);
    let mut set: Vec<Diagnostic> = key_variables(&variables).collect();
    set.extend(pods.containers().iter().filter_map(|one| flag(pods, one)));
    set.extend(spark_secrets(pods));
    set.extend(tables_of_variables(pods));
    let Some(identity) = identity else {
        let key = set.first().map(|first| Fact::at(KEY, first.place.clone()));
        return Link::ok(NAME, key.unwrap_or_else(|| "none".into()));
    };
    let mut link = match set.first() {
        Some(first) => Link::broken(NAME, Fact::at(KEY, first.place.clone()), "none", None),
        None => Link::ok(NAME, "none"),
    };
    let keys = if set.is_empty() { mounted_keys(world, pods) } else { set };
    link.findings.extend(keys.into_iter().map(|key| key.related(identity.clone(), "the identity")));
    let hosts = metadata_hosts(&variables);
    if let (Some(first), true) = (hosts.first(), matches!(link.state, LinkState::Ok { .. })) {
        let found = Fact::at(METADATA_HOST, first.place.clone());
        link.state = Link::broken(NAME, found, "none", None).state;
    }
    link.findings.extend(hosts);
    link
}

/// What is found where a key file takes precedence.
pub(super) const KEY: &str = "a key file";

/// What is found where a variable replaces the metadata server.
pub(super) const METADATA_HOST: &str = "another metadata server, or none";

/// Where containers direct client libraries to another metadata server, or to none.
fn metadata_hosts(variables: &[Variable<'_>]) -> Vec<Diagnostic> {
    let found = variables.iter().filter_map(|one| {
        let place = |key| if key == "name" { one.place.clone() } else { one.value_place.clone() };
        let finding = other_metadata_host(one.name, one.value?, place)?;
        Some(one.set_in.iter().fold(finding, |it, at| it.related(at.clone(), "set here")))
    });
    found.collect()
}

/// A variable of a container.
struct Variable<'a> {
    name: &'a str,
    /// Its value, if the manifests have it.
    value: Option<&'a str>,
    /// Whether it is the configuration of an external account instead of a key file.
    is_configuration: bool,
    place: Location,
    value_place: Location,
    /// Where a ConfigMap or Secret has it.
    set_in: Option<Location>,
}

/// Whether a variable can take precedence over the identity of pods.
fn is_relevant(name: &str) -> bool {
    VARIABLES.contains(&name) || is_metadata_variable(name)
}

/// The relevant variables of all containers that are set. An empty one is switched off, and those of `env` go before those of
/// `envFrom`.
fn environment<'a>(world: &World<'a>, pods: &Pods<'a>) -> Vec<Variable<'a>> {
    let mut all = Vec::new();
    for (container_at, container) in pods.containers() {
        let own = || entries(&container["env"]);
        for (index, entry) in own().filter(|(_, entry)| sets_variable(entry)) {
            let Some(name) = entry["name"].as_str().filter(|name| is_relevant(name)) else {
                continue;
            };
            let place = |key: &str| at(pods, format!("{container_at}/env/{index}/{key}"));
            let reference = &entry["valueFrom"]["configMapKeyRef"];
            let text = |key: &str| reference[key].as_str();
            let other = text("name").and_then(|it| settings(world, pods, "ConfigMap", it));
            let referred =
                other.zip(text("key")).and_then(|(it, key)| it.value["data"][key].as_str());
            all.push(Variable {
                name,
                value: entry["value"].as_str().or(referred),
                is_configuration: is_configuration(world, pods, container, &entry["value"]),
                place: place("name"),
                value_place: place("value"),
                set_in: None,
            });
        }
        for (index, from) in entries(&container["envFrom"]) {
            if !from["prefix"].as_str().unwrap_or_default().is_empty() {
                continue;
            }
            for (reference, kind) in [("configMapRef", "ConfigMap"), ("secretRef", "Secret")] {
                let other = from[reference]["name"].as_str();
                let Some(other) = other.and_then(|it| settings(world, pods, kind, it)) else {
                    continue;
                };
                let place = at(pods, format!("{container_at}/envFrom/{index}/{reference}/name"));
                for table in ["data", "stringData"] {
                    let entries = other.value[table].as_object().into_iter().flatten();
                    let is_set = |(name, value): &(&String, &Value)| {
                        is_relevant(name)
                            && value.as_str().is_some_and(|it| !it.is_empty())
                            && !own().any(|(_, entry)| entry["name"] == name.as_str())
                    };
                    all.extend(entries.filter(is_set).map(|(name, value)| Variable {
                        name,
                        value: value.as_str().filter(|_| kind == "ConfigMap"),
                        is_configuration: false,
                        place: place.clone(),
                        value_place: place.clone(),
                        set_in: Some(other.key_place(&format!("/{table}"), name)),
                    }));
                }
            }
        }
    }
    all
}

fn entries(value: &Value) -> impl Iterator<Item = (usize, &Value)> {
    value.as_array().into_iter().flatten().enumerate()
}

fn at(pods: &Pods<'_>, pointer: impl Into<String>) -> Location {
    Location::value(pointer).in_source(pods.source)
}

/// The argument of a container that names a key file.
fn flag(pods: &Pods<'_>, (pointer, container): &(String, &Value)) -> Option<Diagnostic> {
    let lists = ["args", "command"].into_iter();
    let mut keys = lists.filter_map(|list| Some((list, key_argument(&container[list])?)));
    let (list, index) = keys.next()?;
    let message = "with this flag the program uses a key file, not the identity of the pods";
    let place = at(pods, format!("{pointer}/{list}/{index}"));
    Some(Diagnostic::new(Code::KEY_FILE, place, message).help("remove the flag and the key"))
}

/// The Secrets that Spark mounts as a key. Source: Kubeflow Spark Operator, "Mounting Secrets".
fn spark_secrets(pods: &Pods<'_>) -> impl Iterator<Item = Diagnostic> {
    let secrets = entries(&pods.spec["secrets"]);
    let keys = secrets.filter(|(_, secret)| secret["secretType"] == "GCPServiceAccount");
    keys.map(|(index, _)| {
        let message = format!("this mounts a key and sets `{}`", VARIABLES[0]);
        let place = pods.place(&format!("/secrets/{index}/secretType"));
        Diagnostic::new(Code::KEY_FILE, place, message)
            .help("remove the Secret and the key; the pods have an identity")
    })
}

/// Where a custom resource has the variable in a table, as `envVars` and `sparkConf` of Spark.
fn tables_of_variables(pods: &Pods<'_>) -> Vec<Diagnostic> {
    let tables = ["env", "envVars", "envSecretKeyRefs", "sparkConf"].into_iter();
    let tables = tables.filter(|_| !pods.is_verbatim).filter_map(|table| pods.field(table));
    let mut all = Vec::new();
    for (pointer, table) in tables {
        let keys = table.as_object().into_iter().flatten().map(|(key, _)| key);
        let is_one = |key: &&String| VARIABLES.contains(&key.rsplit('.').next().unwrap_or(key));
        all.extend(keys.filter(is_one).map(|key| {
            let message = format!("with {} the pod uses a key file, not its identity", quoted(key));
            let place = Location::key(join(&pointer, key)).in_source(pods.source);
            Diagnostic::new(Code::KEY_FILE, place, message).help("remove the variable and the key")
        }));
    }
    all
}

/// Where containers set a variable that names a key file.
fn key_variables(variables: &[Variable<'_>]) -> impl Iterator<Item = Diagnostic> {
    let keys =
        variables.iter().filter(|one| VARIABLES.contains(&one.name) && !one.is_configuration);
    keys.map(|one| {
        let message = format!("with `{}` the pod uses a key file, not its identity", one.name);
        let finding = Diagnostic::new(Code::KEY_FILE, one.place.clone(), message)
            .help("remove the variable and the key");
        one.set_in.iter().fold(finding, |it, at| it.related(at.clone(), "set here"))
    })
}

/// Whether a mounted file is the configuration of an external account instead of a key.
fn is_configuration(world: &World<'_>, pods: &Pods<'_>, container: &Value, file: &Value) -> bool {
    let Some(file) = file.as_str() else { return false };
    let volumes = pods.field("volumes").map(|(_, volumes)| volumes);
    let name = file.rsplit('/').next().unwrap_or(file);
    let mut secrets = entries(volumes.unwrap_or(&Value::Null))
        .filter_map(|(_, volume)| volume.as_object())
        .flat_map(secrets_of_volume)
        .filter_map(|(_, secret, field)| settings(world, pods, "Secret", secret[field].as_str()?));
    is_mounted_configuration(file, container, volumes)
        || secrets.any(|secret| {
            let text = secret.value["stringData"][name].as_str().map(str::to_owned);
            let text = text.or_else(|| decoded(secret.value["data"][name].as_str()?));
            text.is_some_and(|text| text.contains("external_account"))
        })
}

/// The ConfigMap or Secret that pods use by this name.
fn settings<'w, 'a>(
    world: &'w World<'a>,
    pods: &Pods<'a>,
    kind: &str,
    name: &str,
) -> Option<&'w Object<'a>> {
    world.settings(kind, name, world.owner(pods).id.namespace)
}

/// The Secrets with a key that containers mount.
fn mounted_keys(world: &World<'_>, pods: &Pods<'_>) -> Vec<Diagnostic> {
    let mut all = Vec::new();
    let Some((volumes_at, volumes)) = pods.field("volumes") else { return all };
    for (index, volume) in entries(volumes) {
        let mounts = mounts(pods, &volume["name"]);
        if mounts.is_empty() {
            continue;
        }
        for (pointer, secret, field) in volume.as_object().into_iter().flat_map(secrets_of_volume) {
            let pointer = format!("{volumes_at}/{index}{pointer}");
            all.extend(mounted_key(world, pods, (secret, &pointer, field), &mounts));
        }
    }
    all
}

/// Where containers mount a volume, and the last part of the path.
fn mounts<'a>(pods: &Pods<'a>, volume: &Value) -> Vec<(String, &'a str)> {
    let mut all = Vec::new();
    for (container_at, container) in pods.containers() {
        for (index, mount) in entries(&container["volumeMounts"]) {
            if mount["name"].is_string() && mount["name"] == *volume {
                let field = if mount["subPath"].is_string() { "subPath" } else { "mountPath" };
                let path = mount[field].as_str().unwrap_or_default();
                let pointer = format!("{container_at}/volumeMounts/{index}/{field}");
                all.push((pointer, path.rsplit('/').next().unwrap_or(path)));
            }
        }
    }
    all
}

/// The key in a mounted Secret, by its content if the manifests have it, or else by its names.
fn mounted_key(
    world: &World<'_>,
    pods: &Pods<'_>,
    (secret, pointer, field): (&Value, &str, &'static str),
    mounts: &[(String, &str)],
) -> Option<Diagnostic> {
    let name = secret[field].as_str()?;
    let warn = |pointer: &str, message: String| {
        Diagnostic::new(Code::KEY_FILE, at(pods, pointer), message)
            .help("remove the volume and the key; the pods have an identity")
    };
    if let Some(other) = settings(world, pods, "Secret", name) {
        let (table, key) = key_in(other.value)?;
        // Files that are not listed are not mounted.
        let items = secret["items"].as_array();
        if items.is_some_and(|items| !items.iter().any(|item| item["key"] == *key)) {
            return None;
        }
        let message = format!("the Secret {} contains a service account key", quoted(name));
        let at = other.key_place(&format!("/{table}"), key);
        return Some(warn(&format!("{pointer}/{field}"), message).related(at, "the key"));
    }
    let names = key_names(secret, field).map(|(at, name)| (format!("{pointer}{at}"), name));
    let mounts = mounts.iter().filter(|(_, file)| is_called_a_key(file)).cloned();
    let (at, called) = names.chain(mounts).next()?;
    let secret = if at == format!("{pointer}/{field}") { "the Secret " } else { "" };
    let message = format!("{secret}{} is named like a service account key", quoted(called));
    Some(warn(&at, message))
}

/// The entry of a Secret that is a key of a Google Cloud service account.
fn key_in(secret: &Value) -> Option<(&'static str, &str)> {
    let entry = |table: &'static str, is_one: fn(&str) -> bool| {
        let mut entries = secret[table].as_object()?.iter();
        let (key, _) = entries.find(|(_, value)| value.as_str().is_some_and(is_one))?;
        Some((table, key.as_str()))
    };
    entry("data", is_encoded_key).or_else(|| entry("stringData", is_key))
}

/// Whether an entry in `data` of a Secret is a key. Source: Kubernetes, "Secrets".
fn is_encoded_key(text: &str) -> bool {
    decoded(text).is_some_and(|text| is_key(&text))
}

fn decoded(text: &str) -> Option<String> {
    let bytes = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect::<Vec<u8>>();
    BASE64.decode(&bytes).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

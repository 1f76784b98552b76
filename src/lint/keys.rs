//! Key files in pods that have an identity. A key goes before Workload Identity in every client
//! library.

use data_encoding::BASE64;
use serde_json::Value;

use super::objects::{Identity, Object, Objects, Pods, may_be_same};
use super::{Found, below, key_below};
use crate::diagnostics::{Code, Diagnostic, Place, quoted};
use crate::google::keys::{VARIABLES, is_called_a_key, is_key};

/// A key that the pods have: the variable that names it, or else the Secret that is mounted.
pub(super) fn files(objects: &Objects<'_>, found: &mut Found) {
    for pods in &objects.pods {
        let Some(identity) = objects.identity_of(pods) else { continue };
        let named = variables(objects, pods);
        let keys = if named.is_empty() { mounted(objects, pods) } else { named };
        for diagnostic in keys {
            tell(objects, pods, &identity, diagnostic, found);
        }
    }
}

fn tell(
    objects: &Objects<'_>,
    pods: &Pods<'_>,
    identity: &Identity<'_, '_>,
    diagnostic: Diagnostic,
    found: &mut Found,
) {
    let file = objects.owner(pods).file;
    found.push((file, objects.see_identity(diagnostic, file, identity, "the identity")));
}

/// The containers of pods, with their pointers.
fn containers<'a>(pods: &Pods<'a>) -> impl Iterator<Item = (String, &'a Value)> {
    let (spec, at) = (pods.spec, pods.at.clone());
    ["initContainers", "containers"].into_iter().flat_map(move |list| {
        let containers = spec[list].as_array().into_iter().flatten().enumerate();
        let at = at.clone();
        containers.map(move |(index, container)| (format!("{at}/{list}/{index}"), container))
    })
}

fn entries(value: &Value) -> impl Iterator<Item = (usize, &Value)> {
    value.as_array().into_iter().flatten().enumerate()
}

/// Where containers get the variables from that name a key file.
fn variables(objects: &Objects<'_>, pods: &Pods<'_>) -> Vec<Diagnostic> {
    let named = VARIABLES.into_iter().map(|variable| sources_of(objects, pods, variable));
    named.flatten().collect()
}

fn sources_of(objects: &Objects<'_>, pods: &Pods<'_>, variable: &str) -> Vec<Diagnostic> {
    let owner = objects.owner(pods);
    let message = format!("with `{variable}` the pod uses a key file, not its identity");
    let warn = |place: Place| {
        Diagnostic::new(Code::KeyFile, place, message.clone())
            .help("take the variable and the key out")
    };
    let mut all = Vec::new();
    for (pointer, container) in containers(pods) {
        let mut is_own = false;
        for (index, entry) in entries(&container["env"]) {
            if entry["name"] != variable {
                continue;
            }
            is_own = true;
            // An empty one is none.
            let is_set = entry["value"].as_str().is_some_and(|value| !value.is_empty());
            if is_set || entry["valueFrom"].is_object() {
                all.push(warn(below(&pointer, &format!("/env/{index}/name"))));
            }
        }
        if is_own {
            continue;
        }
        for (index, from) in entries(&container["envFrom"]) {
            for (reference, kind) in [("configMapRef", "ConfigMap"), ("secretRef", "Secret")] {
                let name = from[reference]["name"].as_str().unwrap_or_default();
                let prefix = from["prefix"].as_str().unwrap_or_default();
                let Some(other) = named(objects, kind, name, owner.namespace) else { continue };
                let table = ["data", "stringData"].into_iter().find(|table| {
                    let value = &other.value[*table][variable];
                    value.as_str().is_some_and(|value| !value.is_empty())
                });
                if let (Some(table), true) = (table, prefix.is_empty()) {
                    let place = below(&pointer, &format!("/envFrom/{index}/{reference}/name"));
                    let at = key_below(&other.pointer, &format!("/{table}"), variable);
                    all.push(objects.see(warn(place), owner.file, other, at, "it stands here"));
                }
            }
        }
    }
    all
}

fn named<'s, 'a>(
    objects: &'s Objects<'a>,
    kind: &str,
    name: &str,
    namespace: Option<&str>,
) -> Option<&'s Object<'a>> {
    let mut all = objects.settings(name);
    all.find(|one| one.kind == kind && may_be_same(one.namespace, namespace))
}

/// The Secrets with a key that containers mount.
fn mounted(objects: &Objects<'_>, pods: &Pods<'_>) -> Vec<Diagnostic> {
    let mut all = Vec::new();
    for (index, volume) in entries(&pods.spec["volumes"]) {
        let mounts = mounts(pods, &volume["name"]);
        if mounts.is_empty() {
            continue;
        }
        let at = format!("{}/volumes/{index}", pods.at);
        let secret = &volume["secret"];
        if secret.is_object() {
            all.extend(key_of(
                objects,
                pods,
                (secret, &format!("{at}/secret"), "secretName"),
                &mounts,
            ));
        }
        for (source, projected) in entries(&volume["projected"]["sources"]) {
            let at = format!("{at}/projected/sources/{source}/secret");
            all.extend(key_of(objects, pods, (&projected["secret"], &at, "name"), &mounts));
        }
    }
    all
}

/// Where containers mount a volume, and what a file is called there.
fn mounts<'a>(pods: &Pods<'a>, volume: &Value) -> Vec<(Place, &'a str)> {
    let mut all = Vec::new();
    for (pointer, container) in containers(pods) {
        for (index, mount) in entries(&container["volumeMounts"]) {
            if mount["name"].is_string() && mount["name"] == *volume {
                let field = if mount["subPath"].is_string() { "subPath" } else { "mountPath" };
                let path = mount[field].as_str().unwrap_or_default();
                let place = below(&pointer, &format!("/volumeMounts/{index}/{field}"));
                all.push((place, path.rsplit('/').next().unwrap_or(path)));
            }
        }
    }
    all
}

/// The key in a Secret: what it holds says so, or else its names.
fn key_of(
    objects: &Objects<'_>,
    pods: &Pods<'_>,
    (secret, at, field): (&Value, &str, &str),
    mounts: &[(Place, &str)],
) -> Option<Diagnostic> {
    let owner = objects.owner(pods);
    let name = secret[field].as_str()?;
    let place = below(at, &format!("/{field}"));
    let warn = |what: &str| {
        let message = format!("the Secret {} {what} a key of a service account", quoted(name));
        Diagnostic::new(Code::KeyFile, place.clone(), message)
            .help("take the volume and the key out: the pods have an identity without")
    };
    if let Some(other) = named(objects, "Secret", name, owner.namespace) {
        let (table, key) = key_in(other.value)?;
        // Of a list of files the others are not mounted.
        let items = secret["items"].as_array();
        if items.is_some_and(|items| !items.iter().any(|item| item["key"] == *key)) {
            return None;
        }
        let at = key_below(&other.pointer, table, key);
        return Some(objects.see(warn("holds"), owner.file, other, at, "the key"));
    }
    if is_called_a_key(name) {
        return Some(warn("is called like"));
    }
    let items = entries(&secret["items"]).map(|(index, item)| {
        (below(at, &format!("/items/{index}/key")), item["key"].as_str().unwrap_or_default())
    });
    let (place, file) =
        items.chain(mounts.iter().cloned()).find(|(_, file)| is_called_a_key(file))?;
    let message = format!("{} is called like a key of a service account", quoted(file));
    Some(Diagnostic { place, message, ..warn("") })
}

/// The entry of a Secret that is a key of a Google Cloud service account.
fn key_in(secret: &Value) -> Option<(&'static str, &str)> {
    let entry = |table: &'static str, is_one: fn(&str) -> bool| {
        let mut entries = secret.pointer(table)?.as_object()?.iter();
        let (key, _) = entries.find(|(_, value)| value.as_str().is_some_and(is_one))?;
        Some((table, key.as_str()))
    };
    entry("/data", is_encoded_key).or_else(|| entry("/stringData", is_key))
}

/// As `data` of a Secret has it. Source: Kubernetes, "Secrets".
fn is_encoded_key(text: &str) -> bool {
    let bytes = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect::<Vec<u8>>();
    BASE64.decode(&bytes).is_ok_and(|key| is_key(&String::from_utf8_lossy(&key)))
}

//! Rules for what client libraries use instead of Workload Identity: key files, and other metadata servers.

use std::rc::Rc;

use serde_json::{Map, Value};

use super::containers::{containers, list, native_containers};
use crate::diagnostics::{Code, Diagnostic, Location, quoted};
use crate::google::gke::other_metadata_host;
use crate::google::keys;
use crate::spec::types::{App, EnvPlace};

/// An environment variable of any container.
struct Variable<'a> {
    at: At<'a>,
    name: &'a str,
    text: Option<&'a str>,
}

enum At<'a> {
    /// In the app's container.
    Own(EnvPlace<'a>),
    /// In the list of another container, which has this pointer.
    Native(Rc<str>, usize),
}

impl At<'_> {
    fn name(&self) -> Location {
        match self {
            Self::Own(place) => place.name(),
            Self::Native(pointer, index) => Location::value(format!("{pointer}/env/{index}/name")),
        }
    }

    fn value(&self) -> Location {
        match self {
            Self::Own(place) => place.value(),
            Self::Native(pointer, index) => Location::value(format!("{pointer}/env/{index}/value")),
        }
    }
}

fn variables(app: &App) -> impl Iterator<Item = Variable<'_>> {
    let own = app.container.iter().flat_map(|container| container.env.places());
    let own = own.map(|(place, variable)| Variable {
        at: At::Own(place),
        name: &variable.name,
        text: variable.value.as_deref(),
    });
    let native = native_containers(app).flat_map(|(pointer, container)| {
        let variables = container.get("env").and_then(Value::as_array).into_iter().flatten();
        let pointer: Rc<str> = pointer.into();
        variables.enumerate().filter_map(move |(index, variable)| {
            Some(Variable {
                at: At::Native(pointer.clone(), index),
                name: variable["name"].as_str()?,
                text: variable["value"].as_str(),
            })
        })
    });
    own.chain(native)
}

crate::diagnostics::declare_code! {
    KEY_FILE: Warning = "key-file",
    what: "The pods have a service account key: an environment variable such as `GOOGLE_APPLICATION_CREDENTIALS` or a flag such as `--credentials-file` names a key file or contains a key, or the pods mount a Secret whose name says that it is one.",
    why: "Client libraries look there first: the pod would use the key, or fail because it is missing, and never use Workload Identity.",
    example: "[container.env]\nGOOGLE_APPLICATION_CREDENTIALS = \"/secrets/key.json\"",
    instead: "[container.env]\nGCP_PROJECT = \"my-project\"",
    source: "Google Cloud, How Application Default Credentials works: https://cloud.google.com/docs/authentication/application-default-credentials",
}

/// Every client library prefers a key file to Workload Identity.
pub(super) fn key_files(app: &App, found: &mut Vec<Diagnostic>) {
    for Variable { at, name, text } in variables(app) {
        if keys::VARIABLES.contains(&name) && text != Some("") {
            let file = text.map(|file| format!(" {}", quoted(file))).unwrap_or_default();
            let message =
                format!("with `{name}`, the pod uses the key file{file}, not Workload Identity");
            found.push(
                Diagnostic::new(Code::KEY_FILE, at.name(), message).help("remove the variable"),
            );
        } else if text.is_some_and(keys::is_key) {
            let message = format!("{} contains the private key of a service account", quoted(name));
            found.push(
                Diagnostic::new(Code::KEY_FILE, at.value(), message)
                    .help("remove it, and delete the key: Workload Identity needs none"),
            );
        }
    }
}

/// A flag that takes a key file.
pub(super) fn key_flags(app: &App, found: &mut Vec<Diagnostic>) {
    for (pointer, container) in containers(app) {
        let lists = ["args", "command"].into_iter();
        let mut keys = lists.filter_map(|list| {
            let index = keys::key_argument(container.get(list)?)?;
            Some(format!("{pointer}/{list}/{index}"))
        });
        let Some(place) = keys.next() else { continue };
        let message = "with this flag the program uses a key file, not Workload Identity";
        found.push(
            Diagnostic::new(Code::KEY_FILE, Location::value(place), message)
                .help("remove the flag and the key"),
        );
    }
}

/// Secrets that are named like keys of service accounts.
pub(super) fn key_secrets(app: &App, found: &mut Vec<Diagnostic>) {
    let mut warn = |place: String, name: &str| {
        let message = format!("{} seems to be the key of a service account", quoted(name));
        found.push(
            Diagnostic::new(Code::KEY_FILE, Location::value(place), message)
                .help("Workload Identity needs none; if it is another key, allow this code"),
        );
    };
    for (pointer, volume) in list(&app.pod, "volumes", "/pod/volumes") {
        for (at, secret, field) in keys::secrets_of_volume(volume) {
            for (name_at, name) in keys::key_names(secret, field) {
                warn(format!("{pointer}{at}{name_at}"), name);
            }
        }
    }
    for (pointer, container) in containers(app) {
        for (index, name) in secrets_of(container) {
            if keys::is_called_a_key(name) {
                warn(format!("{pointer}/envFrom/{index}/secretRef/name"), name);
            }
        }
    }
}

/// The Secrets in `envFrom` of a container.
fn secrets_of(container: &Map<String, Value>) -> impl Iterator<Item = (usize, &str)> {
    let sources = container.get("envFrom").and_then(Value::as_array).into_iter().flatten();
    sources
        .enumerate()
        .filter_map(|(index, source)| Some((index, source["secretRef"]["name"].as_str()?)))
}

/// A client that uses another metadata server, or none, gets no token from Workload Identity.
pub(super) fn metadata_host(app: &App, found: &mut Vec<Diagnostic>) {
    for Variable { at, name, text } in variables(app) {
        let place = |key: &str| if key == "name" { at.name() } else { at.value() };
        found.extend(text.and_then(|text| other_metadata_host(name, text, place)));
    }
}

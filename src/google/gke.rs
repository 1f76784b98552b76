//! What GKE makes of pods and their ServiceAccounts: the keys that it reads, and when pods miss their
//! identity.

use serde_json::{Map, Value};

use super::names::{GKE_ANNOTATIONS, GKE_PREFIX, METADATA_SERVER_LABEL};
use crate::diagnostics::{Code, Diagnostic, Location, nearest_key, quoted};

/// A key of an annotation or label, compared with those that GKE reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyMatch {
    Exact(&'static str),
    /// Nothing reads it. It is probably meant to be this one.
    Misspelt(&'static str),
    /// Nothing reads it, though it has GKE's prefix.
    Unknown,
    /// It belongs to something else.
    Unrelated,
}

impl KeyMatch {
    pub(crate) fn for_annotation(key: &str) -> Self {
        Self::new(key, &GKE_ANNOTATIONS)
    }

    pub(crate) fn for_node_label(key: &str) -> Self {
        Self::new(key, &[METADATA_SERVER_LABEL])
    }

    fn new(key: &str, known: &[&'static str]) -> Self {
        if let Some(exact) = known.iter().find(|known| **known == key) {
            Self::Exact(exact)
        } else if let Some(known) = nearest_key(key, known) {
            Self::Misspelt(known)
        } else if key.starts_with(GKE_PREFIX) {
            Self::Unknown
        } else {
            Self::Unrelated
        }
    }
}

/// Whether nodes with the GKE metadata server have [`METADATA_SERVER_LABEL`] with this value.
pub(crate) fn selects_metadata_server(value: &Value) -> bool {
    value == "true"
}

/// Whether pods on the network of their node still get their own identity: the driver that mounts
/// buckets asks for it, with GKE 1.33.3-gke.1226000. Source: GKE, "About Workload Identity Federation
/// for GKE", limitations.
pub(crate) fn has_identity_on_host_network(
    pod_spec: &Map<String, Value>,
    bucket_annotation: Option<&str>,
) -> bool {
    let mut volumes = pod_spec.get("volumes").and_then(Value::as_array).into_iter().flatten();
    volumes.any(|volume| volume["csi"]["driver"] == "gcsfuse.csi.storage.gke.io")
        || bucket_annotation == Some("true")
}

/// The annotation of pods with which the driver mounts buckets.
pub(crate) const BUCKET_ANNOTATION: &str = "gke-gcsfuse/volumes";

/// The variables that tell client libraries where the metadata server is. Source: the documentation of
/// the libraries; google-auth for Python has all of them.
const METADATA_HOST: [&str; 3] = ["GCE_METADATA_HOST", "GCE_METADATA_IP", "GCE_METADATA_ROOT"];

/// The variables that switch the metadata server off, with their value. Source: google-auth for Python, gcp-metadata
/// for Node.
const METADATA_OFF: [(&str, &str); 2] =
    [("NO_GCE_CHECK", "true"), ("METADATA_SERVER_DETECTION", "none")];

crate::diagnostics::declare_code! {
    METADATA_HOST: Warning = "metadata-host",
    what: "A variable such as `GCE_METADATA_HOST` points to something other than the GKE metadata server, or switches it off.",
    why: "Client libraries request tokens there and get none, or somebody else's. The addresses of the metadata server are the same on every node.",
    example: "[container.env]\nGCE_METADATA_HOST = \"localhost:8080\"",
    instead: "[container.env]\nGCE_METADATA_HOST = \"169.254.169.254\"",
    source: "GKE, About Workload Identity Federation for GKE: https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity",
}

/// Whether a variable tells client libraries where the metadata server is, or that there is none.
pub(crate) fn is_metadata_variable(name: &str) -> bool {
    METADATA_HOST.contains(&name) || METADATA_OFF.iter().any(|(known, _)| *known == name)
}

/// What is wrong with a variable that keeps client libraries from the metadata server: they get no token
/// from Workload Identity. `place` has the place of its `name` and of its `value`.
pub(crate) fn other_metadata_host(
    name: &str,
    value: &str,
    place: impl FnOnce(&'static str) -> Location,
) -> Option<Diagnostic> {
    let host = value.strip_suffix(":80").unwrap_or(value);
    if METADATA_HOST.contains(&name)
        && !["169.254.169.254", "metadata.google.internal", "metadata"].contains(&host)
    {
        let message = format!("{} is not the GKE metadata server", quoted(value));
        let finding = Diagnostic::new(Code::METADATA_HOST, place("value"), message);
        return Some(finding.help("remove the variable, or set it to \"169.254.169.254\""));
    }
    let is_off = |(known, off): &(&str, &str)| *known == name && value.eq_ignore_ascii_case(off);
    METADATA_OFF.iter().any(is_off).then(|| {
        let message =
            format!("with {}, client libraries do not ask the metadata server", quoted(name));
        Diagnostic::new(Code::METADATA_HOST, place("name"), message).help("remove the variable")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_compared() {
        let gsa = GKE_ANNOTATIONS[0];
        assert_eq!(KeyMatch::for_annotation(gsa), KeyMatch::Exact(gsa));
        assert_eq!(
            KeyMatch::for_annotation("iam.gke.io/gcp_service_account"),
            KeyMatch::Misspelt(gsa)
        );
        assert_eq!(KeyMatch::for_annotation("iam.gke.io/x"), KeyMatch::Unknown);
        assert_eq!(KeyMatch::for_annotation("example.com/team"), KeyMatch::Unrelated);
    }

    #[test]
    fn pods_that_mount_buckets_keep_their_identity() {
        let spec = |driver: &str| {
            let volumes = serde_json::json!({ "volumes": [{ "csi": { "driver": driver } }] });
            volumes.as_object().cloned().unwrap_or_default()
        };
        assert!(has_identity_on_host_network(&spec("gcsfuse.csi.storage.gke.io"), None));
        assert!(has_identity_on_host_network(&spec("x"), Some("true")));
        assert!(!has_identity_on_host_network(&spec("x"), None));
    }
}

//! One app in a cluster: its manifests, the cluster, and the cloud that its script left behind.

use serde_json::{Value, json};

use crate::cloud::{Cluster, World};

/// What pods must find to have an identity.
#[derive(Clone)]
pub(super) struct Situation {
    /// The rendered manifests, and what else is in the cluster.
    pub(super) objects: Vec<Value>,
    pub(super) cluster: Cluster,
    /// `projects/P/locations/L/clusters/C`.
    pub(super) cluster_path: String,
    /// The project of the cluster.
    pub(super) project: String,
    pub(super) world: World,
}

/// Who the nodes are.
pub(super) const NODE: &str = "123456789012-compute@developer.gserviceaccount.com";

/// Where the metadata server is in a cluster; the test has its own instead.
const METADATA_SERVER: [&str; 2] = ["169.254.169.254", "metadata.google.internal"];

/// The annotation of a ServiceAccount.
pub(super) const ANNOTATION: &str = "iam.gke.io/gcp-service-account";

const PRINCIPALS: &str = "principal://iam.googleapis.com/projects";

impl Situation {
    /// The object that makes pods.
    pub(super) fn workload(&self) -> &Value {
        self.objects.iter().find(|object| template_path(object).is_some()).expect("a workload")
    }

    /// The same, to break it.
    pub(super) fn workload_mut(&mut self) -> &mut Value {
        self.objects.iter_mut().find(|object| template_path(object).is_some()).expect("a workload")
    }

    /// The spec of its pods.
    pub(super) fn pod_spec(&self) -> &Value {
        let workload = self.workload();
        &workload.pointer(template_path(workload).expect("a workload")).expect("pods")["spec"]
    }

    /// The same, to break it.
    pub(super) fn pod_spec_mut(&mut self) -> &mut Value {
        let workload = self.workload_mut();
        let path = template_path(workload).expect("a workload");
        &mut workload.pointer_mut(path).expect("pods")["spec"]
    }

    fn pod_labels(&self) -> &Value {
        let workload = self.workload();
        let pods = workload.pointer(template_path(workload).expect("a workload")).expect("pods");
        &pods["metadata"]["labels"]
    }

    /// The namespace of the pods.
    pub(super) fn namespace(&self) -> &str {
        self.workload()["metadata"]["namespace"].as_str().unwrap_or("default")
    }

    /// The name of their ServiceAccount.
    pub(super) fn account_name(&self) -> &str {
        self.pod_spec()["serviceAccountName"].as_str().unwrap_or("default")
    }

    /// Their ServiceAccount.
    pub(super) fn service_account(&self) -> Option<&Value> {
        self.objects.iter().find(|object| {
            object["kind"] == "ServiceAccount"
                && object["metadata"]["name"] == self.account_name()
                && object["metadata"]["namespace"].as_str().unwrap_or("default") == self.namespace()
        })
    }

    /// The first ServiceAccount of the manifests, to break it.
    pub(super) fn service_account_mut(&mut self) -> Option<&mut Value> {
        self.objects.iter_mut().find(|object| object["kind"] == "ServiceAccount")
    }

    /// Whether the cluster can create the pods: it refuses those whose ServiceAccount is absent.
    pub(super) fn is_created(&self) -> bool {
        self.account_name() == "default" || self.service_account().is_some()
    }

    /// Whether the pods have the metadata server of GKE, and not that of the node.
    fn has_metadata_server(&self) -> bool {
        let spec = self.pod_spec();
        let selected = &spec["nodeSelector"]["cloud.google.com/gke-nodepool"];
        let labelled = &spec["nodeSelector"]["iam.gke.io/gke-metadata-server-enabled"];
        let mut node_pools = self.cluster.node_pools.iter().filter(|(name, mode)| {
            (selected.is_null() || selected == name.as_str())
                && (labelled.is_null() || mode == "GKE_METADATA")
        });
        self.cluster.pool.is_some()
            && spec["hostNetwork"] != true
            && node_pools.all(|(_, mode)| mode == "GKE_METADATA")
    }

    /// Whether a network policy allows the metadata server: both addresses of it, for
    /// the dataplane is not known here.
    pub(super) fn reaches_metadata_server(&self) -> bool {
        let selects = |policy: &Value| {
            policy["metadata"]["namespace"].as_str().unwrap_or("default") == self.namespace()
                && policy["spec"]["policyTypes"]
                    .as_array()
                    .is_some_and(|types| types.iter().any(|one| one == "Egress"))
                && policy["spec"]["podSelector"]["matchLabels"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .all(|(key, value)| self.pod_labels()[key] == *value)
        };
        let mut policies = self
            .objects
            .iter()
            .filter(|object| object["kind"] == "NetworkPolicy" && selects(object))
            .peekable();
        policies.peek().is_none()
            || policies.any(|policy| {
                let rules = policy["spec"]["egress"].as_array().into_iter().flatten();
                rules.flat_map(|rule| rule["to"].as_array().into_iter().flatten()).any(|peer| {
                    peer["ipBlock"]["cidr"]
                        .as_str()
                        .is_some_and(|cidr| cidr.starts_with("169.254."))
                })
            })
    }

    /// The pods as members of IAM may name them, in each form.
    fn members(&self) -> Vec<String> {
        let Some(pool) = &self.cluster.pool else { return Vec::new() };
        let (namespace, name) = (self.namespace(), self.account_name());
        let number = self.world.project_number(&self.project);
        vec![
            format!("serviceAccount:{pool}[{namespace}/{name}]"),
            format!(
                "{PRINCIPALS}/{number}/locations/global/workloadIdentityPools/{pool}/subject/ns/{namespace}/sa/{name}"
            ),
        ]
    }

    /// The email that the metadata server gives, and the member that a token of it is of; or the error
    /// in place of a token. Source of the words: what GKE's metadata server answers, as quoted in public
    /// issues.
    pub(super) fn identity(&self) -> (String, Result<String, (u16, String)>) {
        if !self.has_metadata_server() {
            return (NODE.to_owned(), Ok(format!("serviceAccount:{NODE}")));
        }
        let annotation = self
            .service_account()
            .and_then(|account| account["metadata"]["annotations"][ANNOTATION].as_str())
            .filter(|email| !email.is_empty());
        let members = self.members();
        let Some(email) = annotation else {
            let pool = self.cluster.pool.clone().expect("it has a metadata server");
            return (pool, Ok(members[1].clone()));
        };
        let refused = |code, name: &str, why: &str| {
            let text =
                format!("Unable to generate access token; IAM returned {code} {name}: {why}");
            (email.to_owned(), Err((code, text)))
        };
        if !self.world.has_account(email) {
            let why = format!("Not found; Gaia id not found for email {email}");
            return refused(404, "Not Found", &why);
        }
        let can_act = ["roles/iam.workloadIdentityUser", "roles/iam.serviceAccountTokenCreator"];
        let resource = self.world.account_resource(email);
        let is_allowed = |role: &&str| {
            members.iter().any(|member| self.world.is_granted(&resource, role, member))
        };
        if self.world.is_disabled(email) || !can_act.iter().any(is_allowed) {
            let why = "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).";
            return refused(403, "Forbidden", why);
        }
        (email.to_owned(), Ok(format!("serviceAccount:{email}")))
    }

    /// The variables that the cluster gives the pods, and those of the container over them.
    pub(super) fn variables(&self, address: &str) -> Value {
        let mut variables = json!({
            "GCE_METADATA_HOST": address,
            "GCE_METADATA_IP": address,
            "GCE_METADATA_ROOT": address,
            "GCE_METADATA_DETECT_RETRIES": "1",
            "GCE_METADATA_TIMEOUT": "1",
            "NO_PROXY": "127.0.0.1",
        });
        for variable in self.pod_spec()["containers"][0]["env"].as_array().into_iter().flatten() {
            if let (Some(name), Some(value)) =
                (variable["name"].as_str(), variable["value"].as_str())
                && ["GCE_", "GOOGLE_", "NO_GCE_CHECK"].iter().any(|start| name.starts_with(start))
                && !METADATA_SERVER.iter().any(|real| value.starts_with(real))
            {
                variables[name] = value.into();
            }
        }
        variables
    }
}

/// The JSON pointer of the pods that an object makes.
fn template_path(object: &Value) -> Option<&'static str> {
    match object["kind"].as_str()? {
        "CronJob" => Some("/spec/jobTemplate/spec/template"),
        "DaemonSet" | "Deployment" | "Job" | "StatefulSet" => Some("/spec/template"),
        _ => None,
    }
}

//! What each code means, for people: `wigen explain CODE`.

use super::code::Code;

/// The page of one code.
///
/// `example` and `instead` are parts of a spec in TOML; or manifests in YAML, or commands, where the
/// code is one of `wigen lint` alone. A test tries each, a part of a spec over a valid one, a command
/// beside valid manifests: the first must give the code, the second nothing.
#[derive(Debug, Clone, Copy)]
pub struct Explanation {
    /// What it is.
    pub what: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// A spec, or a part of one, that has it.
    pub example: &'static str,
    /// What to write instead.
    pub instead: &'static str,
    /// The public document the rule comes from; empty for rules of the spec language itself.
    pub source: &'static str,
}

const OBJECT_NAMES: &str = "Kubernetes, Object Names and IDs: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/";
const LABELS: &str = "Kubernetes, Labels and Selectors: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/";
const WORKLOAD_IDENTITY: &str = "GKE, Authenticate to Google Cloud APIs from GKE workloads: https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity";
const IAM_ADMIN: &str = "googleapis, google/iam/admin/v1/iam.proto: https://github.com/googleapis/googleapis/blob/master/google/iam/admin/v1/iam.proto";

impl Explanation {
    /// What the examples are written in: `toml`, `yaml` or `sh`.
    pub fn language(&self) -> &'static str {
        match self.example.split([':', ' ']).next() {
            Some("apiVersion") => "yaml",
            Some("gcloud") => "sh",
            _ => "toml",
        }
    }
}

impl Code {
    /// What this code means.
    #[expect(clippy::too_many_lines, reason = "a list: one entry for each code")]
    pub fn explanation(self) -> Explanation {
        match self {
            Self::NotUtf8 => Explanation {
                what: "The file holds bytes that are not UTF-8.",
                why: "TOML, YAML and JSON are UTF-8; a file in another encoding would be read as something its author never wrote.",
                example: "[googleServiceAccount]\ndisplayName = \"B\u{fffd}cher\"   # saved as Latin-1",
                instead: "[googleServiceAccount]\ndisplayName = \"Bücher\"   # saved as UTF-8",
                source: "TOML v1.1.0: https://toml.io/en/v1.1.0",
            },
            Self::Syntax => Explanation {
                what: "The text is not valid TOML, YAML or JSON. The ending of the file name says which it should be.",
                why: "Nothing can be said about a spec that cannot be read, so this is the only finding shown. In YAML, anchors, aliases and merge keys are no way to write a spec: `<<` is refused.",
                example: "name = fastapi-books",
                instead: "name = \"fastapi-books\"",
                source: "TOML v1.1.0: https://toml.io/en/v1.1.0",
            },
            Self::DuplicateKey => Explanation {
                what: "One key stands twice in one table.",
                why: "Readers that accept this keep one of the two, and not all keep the same one.",
                example: "name = \"books\"\nname = \"fastapi-books\"",
                instead: "name = \"fastapi-books\"",
                source: "TOML v1.1.0, Keys: https://toml.io/en/v1.1.0#keys",
            },
            Self::UnsupportedValue => Explanation {
                what: "A date, a number that is not finite, or an integer of more than 64 bits.",
                why: "No key of a spec takes such a value, and JSON, which the schema speaks of, cannot write it.",
                example: "[labels]\nsince = 2026-01-31",
                instead: "[labels]\nsince = \"2026-01-31\"",
                source: "",
            },
            Self::UnknownKey => Explanation {
                what: "A key that the spec language does not have in this place.",
                why: "A misspelt key that is ignored is a setting that silently does not apply.",
                example: "[cluster]\nregoin = \"us-central1\"",
                instead: "[cluster]\nregion = \"us-central1\"",
                source: "",
            },
            Self::MissingKey => Explanation {
                what: "A key that has no default is missing.",
                why: "wigen guesses nothing that decides which identity a pod gets.",
                example: "namespace = \"default\"   # and no name",
                instead: "name = \"fastapi-books\"",
                source: "",
            },
            Self::WrongType => Explanation {
                what: "A value of another type than the key takes.",
                why: "A number where a text belongs (an environment variable, a label) is the classic way to lose a leading zero.",
                example: "[container.env]\nPORT = 8000",
                instead: "[container.env]\nPORT = \"8000\"",
                source: "",
            },
            Self::UnknownValue => Explanation {
                what: "The key takes one of a few values, and this is none of them.",
                why: "Guessing what was meant could make a cluster, which costs money.",
                example: "[cluster]\nsetup = \"created\"",
                instead: "[cluster]\nsetup = \"create\"",
                source: "",
            },
            Self::OutOfRange => Explanation {
                what: "A number that is too small or too large.",
                why: "The API server would refuse the manifest.",
                example: "[container]\nport = 80000",
                instead: "[container]\nport = 8000",
                source: "Kubernetes API, ContainerPort: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#ports",
            },
            Self::WrongCount => Explanation {
                what: "A list or table has too few or too many entries.",
                why: "A grant without roles grants nothing; a variable with two sources has no value.",
                example: "[[grants]]\nroles = []",
                instead: "[[grants]]\nroles = [\"roles/secretmanager.secretAccessor\"]",
                source: "",
            },
            Self::ProjectId => Explanation {
                what: "Not a project ID: 6 to 30 lower case letters, digits and hyphens, starting with a letter, not ending with a hyphen. The project's display name and its number are other things.",
                why: "The project ID is part of the workload pool, of the account's e-mail and of the IAM member: one wrong letter is a 403.",
                example: "project = \"My Project\"",
                instead: "project = \"my-project\"",
                source: "googleapis, google/cloud/resourcemanager/v3/projects.proto: https://github.com/googleapis/googleapis/blob/master/google/cloud/resourcemanager/v3/projects.proto",
            },
            Self::AccountId => Explanation {
                what: "Not the id of a Google Cloud service account: 6 to 30 lower case letters, digits and hyphens, starting with a letter, not ending with a hyphen. The id is the part of the e-mail before the `@`.",
                why: "Google Cloud would refuse to create the account, after the cluster has been changed.",
                example: "[googleServiceAccount]\nname = \"FastAPI\"",
                instead: "[googleServiceAccount]\nname = \"fastapi-gke-sa\"",
                source: IAM_ADMIN,
            },
            Self::ClusterName => Explanation {
                what: "Not the name of a GKE cluster: up to 40 lower case letters, digits and hyphens, starting with a letter, not ending with a hyphen.",
                why: "GKE has no such cluster and would make none.",
                example: "[cluster]\nname = \"FastAPI_cluster\"",
                instead: "[cluster]\nname = \"fastapi-cluster\"",
                source: "googleapis, google/container/v1/cluster_service.proto: https://github.com/googleapis/googleapis/blob/master/google/container/v1/cluster_service.proto",
            },
            Self::NodePoolName => Explanation {
                what: "Not the name of a node pool: up to 40 lower case letters, digits and hyphens, starting with a letter, not ending with a hyphen.",
                why: "GKE has no such node pool.",
                example: "[cluster]\nsetup = \"update\"\nnodePools = [\"Default_Pool\"]",
                instead: "[cluster]\nsetup = \"update\"\nnodePools = [\"default-pool\"]",
                source: "googleapis, google/container/v1/cluster_service.proto: https://github.com/googleapis/googleapis/blob/master/google/container/v1/cluster_service.proto",
            },
            Self::WorkloadPool => Explanation {
                what: "Not a workload identity pool: `PROJECT.svc.id.goog`, PROJECT being the ID of the cluster's project; in other universes than googleapis.com their name stands before `.svc`.",
                why: "The pool is part of every member that names the pods; one wrong letter is a binding for nobody.",
                example: "[cluster]\nworkloadPool = \"my-project\"",
                instead: "[cluster]\nworkloadPool = \"my-project.svc.id.goog\"",
                source: WORKLOAD_IDENTITY,
            },
            Self::AccountEmail => Explanation {
                what: "Not the e-mail of a service account, such as `ID@PROJECT.iam.gserviceaccount.com`.",
                why: "The e-mail stands in the annotation and in every member; of a short name or a person's address nothing can be impersonated.",
                example: "[googleServiceAccount]\nemail = \"books@example.com\"",
                instead: "[googleServiceAccount]\nemail = \"books@my-project.iam.gserviceaccount.com\"",
                source: "IAM, Types of service accounts: https://cloud.google.com/iam/docs/service-account-types",
            },
            Self::Location => Explanation {
                what: "Not a region (`us-central1`) or not a zone (`us-central1-a`).",
                why: "A regional cluster lives in a region, a zonal one in a zone; asked for in the wrong kind of place, the cluster is not found.",
                example: "[cluster]\nregion = \"us-central1-a\"",
                instead: "[cluster]\nregion = \"us-central1\"",
                source: "Compute Engine, Regions and zones: https://cloud.google.com/compute/docs/regions-zones",
            },
            Self::DnsLabel => Explanation {
                what: "Not a name that Kubernetes takes here: up to 63 lower case letters, digits and hyphens, starting and ending with a letter or digit.",
                why: "The API server would refuse the manifest. The app's name becomes the value of a label too, so it keeps to the stricter of the name rules.",
                example: "name = \"FastAPI_books\"",
                instead: "name = \"fastapi-books\"",
                source: OBJECT_NAMES,
            },
            Self::DnsSubdomain => Explanation {
                what: "Not a name that Kubernetes takes here: up to 253 lower case letters, digits, hyphens and dots, each part between dots starting and ending with a letter or digit.",
                why: "The API server would refuse the manifest, while the IAM binding names an account that cannot exist.",
                example: "[serviceAccount]\nname = \"FastAPI_sa\"",
                instead: "[serviceAccount]\nname = \"fastapi-sa\"",
                source: OBJECT_NAMES,
            },
            Self::QualifiedName => Explanation {
                what: "Not a key that labels and annotations may have: an optional DNS name and a slash, then up to 63 letters, digits, `-`, `_` and `.`, starting and ending with a letter or digit.",
                why: "The API server would refuse the manifest.",
                example: "[labels]\n\"cost center\" = \"42\"",
                instead: "[labels]\n\"cost-center\" = \"42\"",
                source: LABELS,
            },
            Self::LabelValue => Explanation {
                what: "Not a value that a label may have: up to 63 letters, digits, `-`, `_` and `.`, starting and ending with a letter or digit, or nothing at all.",
                why: "The API server would refuse the manifest. Free text belongs into an annotation.",
                example: "[labels]\nowner = \"Books & Co\"",
                instead: "[annotations]\nowner = \"Books & Co\"",
                source: LABELS,
            },
            Self::EnvName => Explanation {
                what: "Not a name that an environment variable may have: letters, digits, `_`, `-` and `.`, not starting with a digit or with two dots.",
                why: "Kubernetes before 1.30 refuses other names, and shells cannot read them.",
                example: "[container.env]\n\"1ST\" = \"x\"",
                instead: "[container.env]\nFIRST = \"x\"",
                source: "Kubernetes, IsEnvVarName: https://github.com/kubernetes/apimachinery/blob/master/pkg/util/validation/validation.go",
            },
            Self::ConfigKey => Explanation {
                what: "Not a key that a ConfigMap or Secret may have: up to 253 letters, digits, `-`, `_` and `.`, not starting with two dots.",
                why: "No ConfigMap or Secret has such a key, so the container would never start.",
                example: "[container.env.LEVEL.valueFrom.configMapKeyRef]\nname = \"books\"\nkey = \"log level\"",
                instead: "[container.env.LEVEL.valueFrom.configMapKeyRef]\nname = \"books\"\nkey = \"log-level\"",
                source: "Kubernetes, IsConfigMapKey: https://github.com/kubernetes/apimachinery/blob/master/pkg/util/validation/validation.go",
            },
            Self::Image => Explanation {
                what: "Not an image reference: [registry/]path[:tag][@digest], the path in lower case and at most 255 characters with the registry, the tag at most 128 characters, the digest at least 32 hexadecimal digits.",
                why: "The pod would stay in InvalidImageName.",
                example: "[container]\nimage = \"us-docker.pkg.dev/my-project/Books:1\"",
                instead: "[container]\nimage = \"us-docker.pkg.dev/my-project/books:1\"",
                source: "distribution, reference grammar: https://github.com/distribution/reference/blob/main/reference.go",
            },
            Self::Role => Explanation {
                what: "Not the name of an IAM role: `roles/NAME`, `projects/PROJECT/roles/ID` or `organizations/NUMBER/roles/ID`, where the id of a custom role has 3 to 64 characters. Whether the role exists is for IAM to say.",
                why: "IAM would refuse the grant, and the pod would run without it.",
                example: "[[grants]]\nroles = [\"secretmanager.secretAccessor\"]",
                instead: "[[grants]]\nroles = [\"roles/secretmanager.secretAccessor\"]",
                source: "IAM, Roles and permissions: https://cloud.google.com/iam/docs/roles-overview",
            },
            Self::Quantity => Explanation {
                what: "Not a quantity: a number, and a unit that Kubernetes knows. `m` is a thousandth, `k`, `M`, `G`, `T` are powers of 1000, `Ki`, `Mi`, `Gi`, `Ti` powers of 1024.",
                why: "The API server would refuse the manifest.",
                example: "[container.resources.limits]\nmemory = \"512mb\"",
                instead: "[container.resources.limits]\nmemory = \"512Mi\"",
                source: "Kubernetes API, Quantity: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/",
            },
            Self::NulCharacter => Explanation {
                what: "A NUL character in a text that goes to a command line or into an environment.",
                why: "Neither can carry it: what follows it would be lost.",
                example: "[googleServiceAccount]\ndisplayName = \"books\\u0000api\"",
                instead: "[googleServiceAccount]\ndisplayName = \"books api\"",
                source: "POSIX, execve: https://pubs.opengroup.org/onlinepubs/9799919799/functions/exec.html",
            },
            Self::ClusterLocation => Explanation {
                what: "A cluster stands in one place: `region` for a regional cluster, `zone` for a zonal one. It has both, or none. Only `setup = \"none\"` needs no place.",
                why: "gcloud finds a cluster by its name and its place.",
                example: "[cluster]\nregion = \"us-central1\"\nzone = \"us-central1-a\"",
                instead: "[cluster]\nregion = \"us-central1\"",
                source: "GKE, About cluster configuration choices: https://cloud.google.com/kubernetes-engine/docs/concepts/configuration-overview",
            },
            Self::ClusterType => Explanation {
                what: "A key that this kind of cluster cannot have: Autopilot clusters are regional and their node pools are Google's; and node pools are only switched where `setup` lets the script change the cluster.",
                why: "gcloud refuses the command, or the script would change what it was told to leave alone.",
                example: "[cluster]\ntype = \"autopilot\"\nnodePools = [\"default-pool\"]",
                instead: "[cluster]\ntype = \"autopilot\"",
                source: WORKLOAD_IDENTITY,
            },
            Self::MetadataServer => Explanation {
                what: "A node selector that contradicts `requireMetadataServer`, or an annotation under which `waitForMetadata` could not know the pods.",
                why: "The pods would run on nodes where they have the nodes' identity, or wait for a name that never comes.",
                example: "requireMetadataServer = true\n[pod.nodeSelector]\n\"iam.gke.io/gke-metadata-server-enabled\" = \"false\"",
                instead: "requireMetadataServer = true",
                source: WORKLOAD_IDENTITY,
            },
            Self::DomainScopedPool => Explanation {
                what: "A project with a domain in its ID (`example.com:books`), and no `cluster.workloadPool`. wigen takes the pool to be the ID and `.svc.id.goog`; no public document says so.",
                why: "Were it another, the binding would be for nobody, and the pods would get a 403.",
                example: "project = \"example.com:books-api\"",
                instead: "project = \"example.com:books-api\"\n[cluster]\nworkloadPool = \"example.com:books-api.svc.id.goog\"\n[container]\nimage = \"us-docker.pkg.dev/example.com/books-api/books/api:1\"",
                source: WORKLOAD_IDENTITY,
            },
            Self::ExistingAccount => Explanation {
                what: "The Google Cloud service account exists (`email`, or `create = false`), and the spec says something that is only for one that the script makes.",
                why: "The script does not touch an account that it did not make, so it would be a promise that nobody keeps.",
                example: "[googleServiceAccount]\nemail = \"books@my-project.iam.gserviceaccount.com\"\ndisplayName = \"Books\"",
                instead: "[googleServiceAccount]\nemail = \"books@my-project.iam.gserviceaccount.com\"",
                source: "",
            },
            Self::ExistingServiceAccount => Explanation {
                what: "`serviceAccount.create = false`: somebody else keeps the Kubernetes ServiceAccount, and the spec has labels, annotations or the token switch for it.",
                why: "There is no manifest that they could go into.",
                example: "[serviceAccount]\ncreate = false\nlabels = { tier = \"identity\" }",
                instead: "[serviceAccount]\ncreate = false",
                source: "",
            },
            Self::LongSubject => Explanation {
                what: "In direct federation the pods are `ns/NAMESPACE/sa/KSA`, and these names make it longer than 127 bytes.",
                why: "Pools for other providers take no longer subject; nobody says whether GKE's own does.",
                example: "namespace = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\n[serviceAccount]\nname = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
                instead: "namespace = \"books\"",
                source: "IAM, Workload Identity Federation, attribute mappings: https://cloud.google.com/iam/docs/workload-identity-federation#mapping",
            },
            Self::ResourceName => Explanation {
                what: "A grant that names no resource, or more than one, or one that no gcloud command binds a role on. A resource is named by its name in the project, or by its path from `projects/` on.",
                why: "The command would fail, after others have changed something; or the role would end up on another resource.",
                example: "[[grants]]\nroles = [\"roles/secretmanager.secretAccessor\"]\nsecret = \"secrets/db-password\"",
                instead: "[[grants]]\nroles = [\"roles/secretmanager.secretAccessor\"]\nsecret = \"db-password\"",
                source: "gcloud reference: https://cloud.google.com/sdk/gcloud/reference",
            },
            Self::Condition => Explanation {
                what: "A condition that cannot be: on a resource whose policy takes none (Pub/Sub topics and subscriptions) or whose gcloud command cannot see one (Artifact Registry), on a basic role, or of more than one line.",
                why: "gcloud refuses it, or would write a policy over conditions that it cannot see.",
                example: "[[grants]]\nroles = [\"roles/pubsub.publisher\"]\ntopic = \"events\"\ncondition = { title = \"t\", expression = \"true\" }",
                instead: "[[grants]]\nroles = [\"roles/pubsub.publisher\"]\ntopic = \"events\"",
                source: "IAM, Overview of IAM Conditions: https://cloud.google.com/iam/docs/conditions-overview",
            },
            Self::DirectFederation => Explanation {
                what: "A role of a service that pods do not reach, or not wholly, when the roles are granted to themselves and not to a service account.",
                why: "The grant succeeds and the call fails, in production.",
                example: "[[grants]]\nroles = [\"roles/cloudsql.client\"]\n# without [googleServiceAccount]",
                instead: "[[grants]]\nroles = [\"roles/cloudsql.client\"]\n[googleServiceAccount]\nname = \"books-gke-sa\"",
                source: "IAM, Identity federation: products and limitations: https://cloud.google.com/iam/docs/federated-identity-supported-services",
            },
            Self::DerivedAccountId => Explanation {
                what: "`googleServiceAccount` has no name of its own, and the app's name, which it takes then, is no account id: it is shorter than 6 or longer than 30 characters, or starts with a digit.",
                why: "Kubernetes takes names that Google Cloud does not. wigen does not shorten a name by itself: two apps could end up with one identity.",
                example: "name = \"api\"\n[googleServiceAccount]",
                instead: "name = \"api\"\n[googleServiceAccount]\nname = \"api-gke-sa\"",
                source: IAM_ADMIN,
            },
            Self::TooLong => Explanation {
                what: "A text is longer than it may be: 100 bytes for the display name and 256 for the description of a Google Cloud service account, 262144 for all annotations of an object together, 52 for the name of a CronJob or StatefulSet. Letters beyond ASCII take two to four bytes each.",
                why: "Google Cloud or the API server would refuse it.",
                example: "[googleServiceAccount]\ndisplayName = \"A service account with a display name that goes on and on, until at last it is longer than one hundred bytes\"",
                instead: "[googleServiceAccount]\ndisplayName = \"FastAPI GKE Service Account\"",
                source: IAM_ADMIN,
            },
            Self::ReservedAnnotation => Explanation {
                what: "The annotation `iam.gke.io/gcp-service-account` is set by hand.",
                why: "wigen writes it, from the same facts as the IAM binding; a second value beside it could only disagree.",
                example: "[serviceAccount.annotations]\n\"iam.gke.io/gcp-service-account\" = \"other@my-project.iam.gserviceaccount.com\"",
                instead: "[googleServiceAccount]\nname = \"fastapi-gke-sa\"",
                source: WORKLOAD_IDENTITY,
            },
            Self::WorkloadIdentityUser => Explanation {
                what: "`roles/iam.workloadIdentityUser` among the grants.",
                why: "wigen binds this role where it belongs: on the one Google Cloud service account, for the one Kubernetes ServiceAccount. Granted on the project, it lets the identity act as every account of the project, and still does not make impersonation work.",
                example: "[[grants]]\nroles = [\"roles/iam.workloadIdentityUser\"]",
                instead: "[[grants]]\nroles = [\"roles/secretmanager.secretAccessor\"]",
                source: WORKLOAD_IDENTITY,
            },
            Self::OwnedField => Explanation {
                what: "A native field that wigen writes itself: the ServiceAccount that pods name, the list of containers, the selector, the template and its metadata.",
                why: "These are what must agree with the identity, and with each other. The help says which key of the spec decides them.",
                example: "[pod]\nserviceAccountName = \"fastapi-sa\"",
                instead: "[serviceAccount]\nname = \"fastapi-sa\"",
                source: "",
            },
            Self::WorkloadKind => Explanation {
                what: "Two kinds of workload. An app is a Deployment, or what one of the tables `deployment`, `statefulSet`, `daemonSet`, `job` and `cronJob` says.",
                why: "One spec renders one workload. Two apps with one identity are two specs that name one account.",
                example: "[deployment]\nreplicas = 2\n[job]\nbackoffLimit = 1",
                instead: "[deployment]\nreplicas = 2",
                source: "Kubernetes, Workloads: https://kubernetes.io/docs/concepts/workloads/",
            },
            Self::RestartPolicy => Explanation {
                what: "The pods of a Deployment, StatefulSet or DaemonSet always restart their containers; those of a Job or CronJob never do, or on failure. Without `pod.restartPolicy` it is `Always` and `Never`.",
                why: "The API server would refuse the manifest.",
                example: "[pod]\nrestartPolicy = \"Never\"",
                instead: "[pod]\nrestartPolicy = \"Never\"\n[job]\nbackoffLimit = 2",
                source: "Kubernetes, Pod Lifecycle: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy",
            },
            Self::HostNetwork => Explanation {
                what: "`pod.hostNetwork` puts the pods into the network of their node.",
                why: "There they reach the metadata server of the node, not that of GKE, and act as the node's service account: Workload Identity does not work.",
                example: "[pod]\nhostNetwork = true",
                instead: "[pod]\nhostNetwork = false",
                source: "GKE, About Workload Identity Federation for GKE: https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity",
            },
            Self::DuplicateName => Explanation {
                what: "Two containers of the pods, init containers included, have one name, or two volumes; or the app's container lists a port twice.",
                why: "The API server would refuse the manifest, or keep one of the two.",
                example: "[[sidecars]]\nname = \"fastapi-books\"\nimage = \"envoyproxy/envoy:v1.31.0\"",
                instead: "[[sidecars]]\nname = \"proxy\"\nimage = \"envoyproxy/envoy:v1.31.0\"",
                source: "Kubernetes API, Container: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container",
            },
            Self::VolumeMount => Explanation {
                what: "A container mounts a volume that is neither in `pod.volumes` nor in `statefulSet.volumeClaimTemplates`.",
                why: "The API server would refuse the manifest.",
                example: "[[container.volumeMounts]]\nname = \"data\"\nmountPath = \"/data\"",
                instead: "[[container.volumeMounts]]\nname = \"data\"\nmountPath = \"/data\"\n[[pod.volumes]]\nname = \"data\"\nemptyDir = {}",
                source: "Kubernetes, Volumes: https://kubernetes.io/docs/concepts/storage/volumes/",
            },
            Self::SelectorLabel => Explanation {
                what: "`labels` gives another value to `app.kubernetes.io/name`, the label by which the workload knows its pods. Its value is the app's name.",
                why: "A selector can never change, and two workloads with one selector take each other's pods.",
                example: "[labels]\n\"app.kubernetes.io/name\" = \"books\"",
                instead: "[labels]\n\"app.kubernetes.io/part-of\" = \"books\"",
                source: LABELS,
            },
            Self::KeyFile => Explanation {
                what: "The environment names a key file in `GOOGLE_APPLICATION_CREDENTIALS`.",
                why: "Client libraries look there first: the pod would use the key, or fail for want of it, and its Workload Identity would not be used at all.",
                example: "[container.env]\nGOOGLE_APPLICATION_CREDENTIALS = \"/secrets/key.json\"",
                instead: "[container.env]\nGCP_PROJECT = \"my-project\"",
                source: "Google Cloud, How Application Default Credentials works: https://cloud.google.com/docs/authentication/application-default-credentials",
            },
            Self::ContainerRestartPolicy => Explanation {
                what: "A container that is no init container has a restart policy of its own. The policy of the pod, `pod.restartPolicy`, is for all of them.",
                why: "Kubernetes before 1.35 refuses it. Who means a native sidecar, which starts before the app and ends after it, wants an init container.",
                example: "[[sidecars]]\nname = \"proxy\"\nimage = \"envoyproxy/envoy:v1.31.0\"\nrestartPolicy = \"Always\"",
                instead: "[[pod.initContainers]]\nname = \"proxy\"\nimage = \"envoyproxy/envoy:v1.31.0\"\nrestartPolicy = \"Always\"",
                source: "Kubernetes, Sidecar Containers: https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/",
            },
            Self::RoleResource => Explanation {
                what: "A narrow role is granted on a resource that has none of its permissions.",
                why: "IAM refuses such a binding when the script runs: a role can be granted only where at least one of its permissions means something.",
                example: "[[grants]]\nroles = [\"roles/pubsub.publisher\"]\nsubscription = \"books\"",
                instead: "[[grants]]\nroles = [\"roles/pubsub.publisher\"]\ntopic = \"books\"",
                source: "IAM, IAM roles and permissions index, lowest-level resources: https://cloud.google.com/iam/docs/roles-permissions",
            },
            Self::CustomRole => Explanation {
                what: "A custom role of one project is granted in another one, in a folder or in an organization.",
                why: "IAM refuses it: a custom role of a project can be granted only in that project. One of the organization can be granted in all of it.",
                example: "[[grants]]\nroles = [\"projects/other-project/roles/reader\"]",
                instead: "[[grants]]\nroles = [\"organizations/123456789012/roles/reader\"]",
                source: "IAM, Custom roles: https://cloud.google.com/iam/docs/creating-custom-roles",
            },
            Self::AnnotationPlace => Explanation {
                what: "The annotation that names the Google Cloud service account stands on something else than a ServiceAccount: on a Deployment, on its pods, on a Service.",
                why: "GKE reads it on the ServiceAccount of the pods alone. Anywhere else it does nothing, and the pods get a 403.",
                example: "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      annotations:\n        iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books",
                instead: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books",
                source: WORKLOAD_IDENTITY,
            },
            Self::AnnotationKey => Explanation {
                what: "A ServiceAccount has an annotation that is nearly one of GKE: an underscore for a hyphen, a letter too many.",
                why: "A misspelt annotation is one that nobody reads; kubectl takes it without a word.",
                example: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp_service_account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books",
                instead: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books",
                source: WORKLOAD_IDENTITY,
            },
            Self::MissingServiceAccount => Explanation {
                what: "The pods name a ServiceAccount that is in another namespace, or one letter away.",
                why: "A ServiceAccount belongs to its namespace: pods of another one cannot use it, and pods that name one that does not exist are never created.",
                example: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: web\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books",
                instead: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books",
                source: "Kubernetes, Service Accounts: https://kubernetes.io/docs/concepts/security/service-accounts/",
            },
            Self::NetworkPolicy => Explanation {
                what: "Network policies isolate pods that have an identity, and none of them lets through to the metadata server.",
                why: "Without the metadata server the pods get no token. It is on the node, at 169.254.169.252 port 988; with Dataplane V2 pods reach it at 169.254.169.254 port 80.",
                example: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  podSelector: {}\n  policyTypes: [Egress]\n  egress:\n  - ports:\n    - port: 443\n",
                instead: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  podSelector: {}\n  policyTypes: [Egress]\n  egress:\n  - ports:\n    - port: 443\n  - to:\n    - ipBlock: { cidr: 169.254.169.252/32 }\n    ports:\n    - port: 988\n  - to:\n    - ipBlock: { cidr: 169.254.169.254/32 }\n    ports:\n    - port: 80",
                source: "GKE, About Workload Identity Federation for GKE: https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity",
            },
            Self::IamMember => Explanation {
                what: "A binding names an identity that none of the manifests has, but nearly: the same ServiceAccount in another namespace, or a name one letter away.",
                why: "The member is a text that IAM does not check: a binding for nobody is accepted, and the pods get a 403.",
                example: "gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com --role=roles/iam.workloadIdentityUser --member=\"serviceAccount:my-project.svc.id.goog[default/books]\"",
                instead: "gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com --role=roles/iam.workloadIdentityUser --member=\"serviceAccount:my-project.svc.id.goog[shop/books]\"",
                source: WORKLOAD_IDENTITY,
            },
            Self::IamBinding => Explanation {
                what: "A ServiceAccount is annotated with a Google Cloud service account, and the policy of that account has no binding that lets it act.",
                why: "Both halves are needed: the annotation says what the pods want to be, the binding says that they may.",
                example: "gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com --role=roles/iam.serviceAccountTokenCreator --member=user:a@example.com",
                instead: "gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com --role=roles/iam.workloadIdentityUser --member=\"serviceAccount:my-project.svc.id.goog[shop/books]\"",
                source: WORKLOAD_IDENTITY,
            },
            Self::UnknownServiceAccount => Explanation {
                what: "The pods name a ServiceAccount that the manifests do not have, though they have others in its namespace.",
                why: "Pods whose ServiceAccount does not exist are never created. It may be made elsewhere: then allow this code.",
                example: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: search-indexer",
                instead: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books",
                source: "Kubernetes, Service Accounts: https://kubernetes.io/docs/concepts/security/service-accounts/",
            },
            Self::UnusedIdentity => Explanation {
                what: "A ServiceAccount has an identity, no pod names it, and pods beside it run as `default`.",
                why: "Pods that say nothing run as `default`, which has no identity: `serviceAccountName` was probably forgotten.",
                example: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      containers: []",
                instead: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books",
                source: WORKLOAD_IDENTITY,
            },
            Self::ServiceAccountField => Explanation {
                what: "Pods have both `serviceAccountName` and `serviceAccount`, and they differ.",
                why: "`serviceAccount` is the old name of the field; where both are given, `serviceAccountName` counts, and the other misleads.",
                example: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books\n      serviceAccount: default",
                instead: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books",
                source: "Kubernetes, PodSpec: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/",
            },
            Self::DeletedMember => Explanation {
                what: "A policy has a member that begins with `deleted:`.",
                why: "The account was deleted and its bindings stayed. An account that is made anew under the same name is another one, and has none of them.",
                example: "gcloud iam service-accounts add-iam-policy-binding x@my-project.iam.gserviceaccount.com --role=roles/viewer --member=deleted:serviceAccount:a@my-project.iam.gserviceaccount.com?uid=1",
                instead: "gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com --role=roles/iam.workloadIdentityUser --member=\"serviceAccount:my-project.svc.id.goog[shop/books]\"",
                source: "googleapis, google/iam/v1/policy.proto: https://github.com/googleapis/googleapis/blob/master/google/iam/v1/policy.proto",
            },
            Self::UnknownRole => Explanation {
                what: "A role that wigen does not know, one or two letters away from one that it knows.",
                why: "IAM refuses a role that does not exist, when the script runs. A role that is near to none is not reported: Google adds new ones every week.",
                example: "[[grants]]\nroles = [\"roles/secretmanager.secretAccesor\"]",
                instead: "[[grants]]\nroles = [\"roles/secretmanager.secretAccessor\"]",
                source: "IAM, IAM roles and permissions index: https://cloud.google.com/iam/docs/roles-permissions",
            },
            Self::AgentRole => Explanation {
                what: "A role whose name ends in `serviceAgent` is granted to an app.",
                why: "Such a role has whatever a service of Google's needs behind the scenes, often everything in the project, and Google changes it without notice.",
                example: "[[grants]]\nroles = [\"roles/pubsub.serviceAgent\"]",
                instead: "[[grants]]\nroles = [\"roles/pubsub.publisher\"]",
                source: "IAM, Service agents: https://cloud.google.com/iam/docs/service-agents",
            },
            Self::BasicRole => Explanation {
                what: "`roles/owner`, `roles/editor` or `roles/viewer` is granted.",
                why: "A basic role reaches thousands of permissions across all services, so one broken pod is a broken project. Workload Identity is there to give each app what it needs.",
                example: "[[grants]]\nroles = [\"roles/editor\"]",
                instead: "[[grants]]\nroles = [\"roles/pubsub.publisher\"]\ntopic = \"books\"",
                source: "IAM, Basic roles: https://cloud.google.com/iam/docs/roles-overview#basic",
            },
            Self::ImpersonationRole => Explanation {
                what: "A role that gives tokens of service accounts, or that changes who has which role, is granted on a whole project, folder or organization.",
                why: "The pods can then act as every service account there, and have all the roles of all of them together.",
                example: "[[grants]]\nroles = [\"roles/iam.serviceAccountTokenCreator\"]",
                instead: "[[grants]]\nroles = [\"roles/iam.serviceAccountTokenCreator\"]\nserviceAccount = \"signer@my-project.iam.gserviceaccount.com\"",
                source: "IAM, Best practices for using service accounts securely: https://cloud.google.com/iam/docs/best-practices-service-accounts",
            },
            Self::WideGrant => Explanation {
                what: "A role is granted on the project, and the container names the one resource that it is for: `projects/…/secrets/NAME`, `topics`, `subscriptions`, or `gs://BUCKET`.",
                why: "On the project the role reaches every resource of this kind, those of other teams and those of tomorrow too.",
                example: "[[grants]]\nroles = [\"roles/secretmanager.secretAccessor\"]\n[container.env]\nDB_PASSWORD = \"projects/my-project/secrets/books-db/versions/latest\"",
                instead: "[[grants]]\nroles = [\"roles/secretmanager.secretAccessor\"]\nsecret = \"books-db\"\n[container.env]\nDB_PASSWORD = \"projects/my-project/secrets/books-db/versions/latest\"",
                source: "IAM, Use IAM securely: https://cloud.google.com/iam/docs/using-iam-securely",
            },
            Self::ImageProject => Explanation {
                what: "The image is in the registry of another project than the cluster's.",
                why: "Nodes pull images with their own service account, never with the identity of the pods. Without a role in that project the pods wait in ImagePullBackOff, and no grant in this spec helps.",
                example: "[container]\nimage = \"us-docker.pkg.dev/shared-images/books/api:1\"",
                instead: "[container]\nimage = \"us-docker.pkg.dev/shared-images/books/api:1\"\n[lint.allow]\nimage-project = \"the nodes may read the shared registry\"",
                source: "GKE, About Workload Identity Federation for GKE, limitations: https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity",
            },
            Self::StaleImage => Explanation {
                what: "The image has no tag or the tag `latest`, and the pull policy is `IfNotPresent` or `Never`.",
                why: "A node that has pulled it once never asks again, so pods of one rollout run different code.",
                example: "[container]\nimage = \"us-docker.pkg.dev/my-project/books/api:latest\"\nimagePullPolicy = \"IfNotPresent\"",
                instead: "[container]\nimage = \"us-docker.pkg.dev/my-project/books/api:1.4.2\"\nimagePullPolicy = \"IfNotPresent\"",
                source: "Kubernetes, Images: https://kubernetes.io/docs/concepts/containers/images/",
            },
            Self::SystemNamespace => Explanation {
                what: "The namespace begins with `kube-`, `gke-` or `gmp-`.",
                why: "What the cluster runs for itself lives there: upgrades may change it, Autopilot refuses pods there, and whoever may act there may act as the system.",
                example: "namespace = \"kube-system\"",
                instead: "namespace = \"books\"",
                source: "GKE, Autopilot security features: https://cloud.google.com/kubernetes-engine/docs/concepts/autopilot-security",
            },
            Self::DefaultServiceAccount => Explanation {
                what: "The Kubernetes ServiceAccount is the one called `default`.",
                why: "Every pod of the namespace that names no ServiceAccount runs as `default`, so all of them get the app's roles.",
                example: "[serviceAccount]\nname = \"default\"",
                instead: "[serviceAccount]\nname = \"books\"",
                source: "Kubernetes, Service Accounts: https://kubernetes.io/docs/concepts/security/service-accounts/",
            },
            Self::DefaultAccount => Explanation {
                what: "The pods act as an account that Google made: the default account of Compute Engine or App Engine, or an agent.",
                why: "Nodes, other apps and Google's own services act as it too. It often has `roles/editor`, which the app then has, and every role of the app reaches all of them.",
                example: "[googleServiceAccount]\nemail = \"123456789012-compute@developer.gserviceaccount.com\"",
                instead: "[googleServiceAccount]\nname = \"books-gke-sa\"",
                source: "IAM, Service account types: https://cloud.google.com/iam/docs/service-account-types",
            },
            Self::AutopilotPod => Explanation {
                what: "A pod for an Autopilot cluster asks for its node: a port, a folder beside /var/log, the processes of the node, or privileges.",
                why: "Autopilot refuses such pods when they are created, unless Google allowed them for the cluster.",
                example: "[cluster]\ntype = \"autopilot\"\n[container]\nsecurityContext = { privileged = true }",
                instead: "[cluster]\ntype = \"autopilot\"",
                source: "GKE, Autopilot security features: https://cloud.google.com/kubernetes-engine/docs/concepts/autopilot-security",
            },
            Self::MetadataHost => Explanation {
                what: "`GCE_METADATA_HOST` or `GCE_METADATA_IP` names something else than the GKE metadata server.",
                why: "Client libraries ask there for tokens and get none, or those of somebody else. The addresses of the metadata server are the same on every node.",
                example: "[container.env]\nGCE_METADATA_HOST = \"localhost:8080\"",
                instead: "[container.env]\nGCE_METADATA_HOST = \"169.254.169.254\"",
                source: "GKE, About Workload Identity Federation for GKE: https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity",
            },
            Self::UnusedAllowance => Explanation {
                what: "A warning is allowed that would not come.",
                why: "An allowance that outlives its reason hides the next warning of its kind.",
                example: "[lint.allow]\nkey-file = \"the sidecar brings a key of its own\"",
                instead: "[lint.allow]\nkey-file = \"the sidecar brings a key of its own\"\n[[sidecars]]\nname = \"agent\"\nimage = \"vendor/agent:3\"\nenv = [{ name = \"GOOGLE_APPLICATION_CREDENTIALS\", value = \"/key.json\" }]",
                source: "",
            },
            Self::DuplicateRole => Explanation {
                what: "One role is granted twice.",
                why: "The second does nothing. Usually another role was meant.",
                example: "[[grants]]\nroles = [\"roles/logging.logWriter\", \"roles/logging.logWriter\"]",
                instead: "[[grants]]\nroles = [\"roles/logging.logWriter\", \"roles/monitoring.metricWriter\"]",
                source: "",
            },
        }
    }
}

//! The names of Google Cloud, each with the public document that defines it.

use crate::diagnostics::Code;
use crate::text::{Matcher, NamePattern, Repair};

/// The annotation that names the Google Cloud service account on the Kubernetes one. Source: GKE,
/// "Authenticate to Google Cloud APIs from GKE workloads".
pub const GSA_ANNOTATION: &str = "iam.gke.io/gcp-service-account";

/// The label of nodes that have the GKE metadata server; its value is the string `true`. Source: GKE,
/// "Authenticate to Google Cloud APIs from GKE workloads".
pub const METADATA_SERVER_LABEL: &str = "iam.gke.io/gke-metadata-server-enabled";

/// The annotation with which the metadata server names the pods of direct federation by their
/// principal. Source: the same.
pub const PRINCIPAL_ANNOTATION: &str = "iam.gke.io/return-principal-id-as-email";

/// The annotation that names the project whose quota requests use. Source: the same.
pub const QUOTA_ANNOTATION: &str = "iam.gke.io/credential-quota-project";

/// The prefix of all keys of Workload Identity, and of no others.
pub const GKE_PREFIX: &str = "iam.gke.io/";

/// The annotations that GKE knows on a `ServiceAccount`. Source: the same.
pub const GKE_ANNOTATIONS: [&str; 3] = [GSA_ANNOTATION, PRINCIPAL_ANNOTATION, QUOTA_ANNOTATION];

/// Name of the init container that waits for the metadata server.
pub const WAITING_CONTAINER: &str = "wait-for-metadata";

/// The role that lets a Kubernetes `ServiceAccount` act as a Google Cloud one.
pub const WORKLOAD_IDENTITY_USER: &str = "roles/iam.workloadIdentityUser";

/// Fewest and most characters of a project ID, without a domain in front.
pub const PROJECT_ID_LENGTH: (usize, usize) = (6, 30);

crate::diagnostics::declare_code! {
    PROJECT_ID: Error = "project-id",
    what: "Not a project ID: 6 to 30 lowercase letters, digits and hyphens, starting with a letter, not ending with a hyphen. The display name and the project number are something else.",
    why: "The project ID is part of the workload pool, the account's email and the IAM member: one wrong letter is a 403.",
    example: "project = \"My Project\"",
    instead: "project = \"my-project\"",
    source: "googleapis, google/cloud/resourcemanager/v3/projects.proto: https://github.com/googleapis/googleapis/blob/master/google/cloud/resourcemanager/v3/projects.proto",
}

/// Google Cloud project ID. Source: googleapis, `google/cloud/resourcemanager/v3/projects.proto`. An
/// old one may start with a domain (`example.com:books`); the rules count the part after it.
pub static PROJECT_ID: NamePattern = NamePattern {
    name: "project-id",
    code: Code::PROJECT_ID,
    noun: "a project ID",
    pattern: r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*:)?[a-z][-a-z0-9]*[a-z0-9]$",
    min: PROJECT_ID_LENGTH.0,
    max: None,
    words: "6 to 30 lower case letters, digits and hyphens, starting with a letter, not ending with a hyphen",
    repair: Repair::Kebab { letter_first: true, max: PROJECT_ID_LENGTH.1 },
    matcher: Matcher::new(),
};

crate::diagnostics::declare_code! {
    ACCOUNT_ID: Error = "account-id",
    what: "Not a service account ID: 6 to 30 lowercase letters, digits and hyphens, starting with a letter, not ending with a hyphen. The ID is the part of the email before the `@`.",
    why: "Google Cloud would refuse to create the account, after the script has already changed the cluster.",
    example: "[googleServiceAccount]\nname = \"FastAPI\"",
    instead: "[googleServiceAccount]\nname = \"fastapi-gke-sa\"",
    source: crate::diagnostics::references::IAM_ADMIN,
}

/// ID of a Google Cloud service account, the part before the `@`. Source: googleapis,
/// `google/iam/admin/v1/iam.proto`.
pub static ACCOUNT_ID: NamePattern = NamePattern {
    name: "account-id",
    code: Code::ACCOUNT_ID,
    noun: "a service account ID",
    pattern: "^[a-z][-a-z0-9]*[a-z0-9]$",
    min: 6,
    max: Some(30),
    words: "6 to 30 lower case letters, digits and hyphens, starting with a letter, not ending with a hyphen",
    repair: Repair::Kebab { letter_first: true, max: 30 },
    matcher: Matcher::new(),
};

crate::diagnostics::declare_code! {
    CLUSTER_NAME: Error = "cluster-name",
    what: "Not a GKE cluster name: up to 40 lowercase letters, digits and hyphens, starting with a letter, not ending with a hyphen.",
    why: "No GKE cluster can have this name.",
    example: "[cluster]\nname = \"FastAPI_cluster\"",
    instead: "[cluster]\nname = \"fastapi-cluster\"",
    source: "googleapis, google/container/v1/cluster_service.proto: https://github.com/googleapis/googleapis/blob/master/google/container/v1/cluster_service.proto",
}

/// Name of a GKE cluster. Source: googleapis, `google/container/v1/cluster_service.proto`.
pub static CLUSTER_NAME: NamePattern = NamePattern {
    name: "cluster-name",
    code: Code::CLUSTER_NAME,
    noun: "a cluster name",
    pattern: "^[a-z]([-a-z0-9]*[a-z0-9])?$",
    min: 1,
    max: Some(40),
    words: "up to 40 lower case letters, digits and hyphens, starting with a letter, not ending with a hyphen",
    repair: Repair::Kebab { letter_first: true, max: 40 },
    matcher: Matcher::new(),
};

crate::diagnostics::declare_code! {
    NODE_POOL_NAME: Error = "node-pool-name",
    what: "Not a node pool name: up to 40 lowercase letters, digits and hyphens, starting with a letter, not ending with a hyphen.",
    why: "No GKE node pool can have this name.",
    example: "[cluster]\nsetup = \"update\"\nnodePools = [\"Default_Pool\"]",
    instead: "[cluster]\nsetup = \"update\"\nnodePools = [\"default-pool\"]",
    source: "googleapis, google/container/v1/cluster_service.proto: https://github.com/googleapis/googleapis/blob/master/google/container/v1/cluster_service.proto",
}

/// Name of a node pool. Source: googleapis, `google/container/v1/cluster_service.proto`.
pub static NODE_POOL_NAME: NamePattern = NamePattern {
    name: "node-pool-name",
    code: Code::NODE_POOL_NAME,
    noun: "the name of a node pool",
    pattern: "^[a-z]([-a-z0-9]*[a-z0-9])?$",
    min: 1,
    max: Some(40),
    words: "up to 40 lower case letters, digits and hyphens, starting with a letter, not ending with a hyphen",
    repair: Repair::Kebab { letter_first: true, max: 40 },
    matcher: Matcher::new(),
};

crate::diagnostics::declare_code! {
    WORKLOAD_POOL: Error = "workload-pool",
    what: "Not a workload identity pool: `PROJECT.svc.id.goog`, where PROJECT is the ID of the cluster's project. Universes other than googleapis.com put their name before `.svc`.",
    why: "The pool is part of every member that identifies the pods; with one wrong letter the binding applies to nobody.",
    example: "[cluster]\nworkloadPool = \"my-project\"",
    instead: "[cluster]\nworkloadPool = \"my-project.svc.id.goog\"",
    source: crate::diagnostics::references::WORKLOAD_IDENTITY,
}

/// Workload identity pool of a GKE project. Source: GKE, "Authenticate to Google Cloud APIs from
/// GKE workloads"; other universes have their name between project and suffix.
pub static WORKLOAD_POOL: NamePattern = NamePattern {
    name: "workload-pool",
    code: Code::WORKLOAD_POOL,
    noun: "a workload identity pool",
    pattern: r"^[a-z0-9][-a-z0-9.:]*\.svc\.id\.goog$",
    min: 1,
    max: None,
    words: "`PROJECT.svc.id.goog`, PROJECT being the ID of the cluster's project",
    repair: Repair::None,
    matcher: Matcher::new(),
};

crate::diagnostics::declare_code! {
    ACCOUNT_EMAIL: Error = "account-email",
    what: "Not a service account email, such as `ID@PROJECT.iam.gserviceaccount.com`.",
    why: "The annotation and every member use the email. Pods cannot impersonate a short name or a person's address.",
    example: "[googleServiceAccount]\nemail = \"books@example.com\"",
    instead: "[googleServiceAccount]\nemail = \"books@my-project.iam.gserviceaccount.com\"",
    source: "IAM, Types of service accounts: https://cloud.google.com/iam/docs/service-account-types",
}

/// Email of a service account, created by a user or by Google. Source: IAM, "Types of service
/// accounts".
pub static ACCOUNT_EMAIL: NamePattern = NamePattern {
    name: "account-email",
    code: Code::ACCOUNT_EMAIL,
    noun: "the email of a service account",
    pattern: r"^[a-z0-9][-a-z0-9.]*@[a-z0-9][-a-z0-9.]*\.gserviceaccount\.com$",
    min: 1,
    max: None,
    words: "`ID@PROJECT.iam.gserviceaccount.com`",
    repair: Repair::None,
    matcher: Matcher::new(),
};

/// Title, expression or description of an IAM condition: one line, since gcloud prints and reads it as
/// one. Source: IAM, "Overview of IAM Conditions".
pub static CONDITION_TEXT: NamePattern = NamePattern {
    name: "condition-text",
    code: Code::CONDITION,
    noun: "one line of text",
    pattern: r"^[^\u0000-\u001f\u007f]+$",
    min: 1,
    max: None,
    words: "write it on one line, without control characters",
    repair: Repair::None,
    matcher: Matcher::new(),
};

crate::diagnostics::declare_code! {
    LOCATION: Error = "location",
    what: "Not a region (`us-central1`) or not a zone (`us-central1-a`).",
    why: "A regional cluster is in a region, a zonal cluster in a zone. gcloud does not find the cluster under the wrong kind of location.",
    example: "[cluster]\nregion = \"us-central1-a\"",
    instead: "[cluster]\nregion = \"us-central1\"",
    source: "Compute Engine, Regions and zones: https://cloud.google.com/compute/docs/regions-zones",
}

/// Region of Google Cloud, such as `us-central1`. Source: the list of regions and zones in the
/// Compute Engine documentation: words and a number, without a zone letter.
pub static REGION: NamePattern = NamePattern {
    name: "region",
    code: Code::LOCATION,
    noun: "a region",
    pattern: "^[a-z]+(-[a-z]+)*-[a-z]+[0-9]+$",
    min: 1,
    max: Some(63),
    words: "a region ends with a number, such as `us-central1`; for a zone there is `zone`",
    repair: Repair::LowerCase,
    matcher: Matcher::new(),
};

/// Zone of Google Cloud, such as `us-central1-a`. Source: as for [`REGION`].
pub static ZONE: NamePattern = NamePattern {
    name: "zone",
    code: Code::LOCATION,
    noun: "a zone",
    pattern: "^[a-z]+(-[a-z]+)*-[a-z]+[0-9]+-[a-z][a-z0-9]*$",
    min: 1,
    max: Some(63),
    words: "a zone is a region and a letter, such as `us-central1-a`; for a region there is `region`",
    repair: Repair::LowerCase,
    matcher: Matcher::new(),
};

crate::diagnostics::declare_code! {
    ROLE: Error = "role",
    what: "Not an IAM role name: `roles/NAME`, `projects/PROJECT/roles/ID` or `organizations/NUMBER/roles/ID`, where the ID of a custom role has 3 to 64 characters. Whether the role exists is for IAM to decide.",
    why: "IAM would refuse the grant, and the pod would run without it.",
    example: "[[grants]]\nroles = [\"secretmanager.secretAccessor\"]",
    instead: "[[grants]]\nroles = [\"roles/secretmanager.secretAccessor\"]",
    source: "IAM, Roles and permissions: https://cloud.google.com/iam/docs/roles-overview",
}

/// Name of an IAM role. Source: IAM, "Roles and permissions"; the IDs of custom roles as in
/// Terraform's Google provider.
pub static ROLE: NamePattern = NamePattern {
    name: "role",
    code: Code::ROLE,
    noun: "a role",
    pattern: r"^(roles/[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*|projects/[a-z0-9.:-]+/roles/[A-Za-z0-9_.]+|organizations/[0-9]+/roles/[A-Za-z0-9_.]+)$",
    min: 1,
    max: None,
    words: "`roles/NAME`, `projects/PROJECT/roles/ID` or `organizations/NUMBER/roles/ID`",
    repair: Repair::RolePrefix,
    matcher: Matcher::new(),
};

crate::diagnostics::declare_code! {
    IP_RANGE: Error = "ip-range",
    what: "Not a range of addresses in CIDR notation, such as `10.0.0.10/32`; `networkPolicy.googleApis` also takes `private`, `restricted`, `private-ipv6` and `restricted-ipv6`.",
    why: "The API server would reject the NetworkPolicy.",
    example: "[networkPolicy]\ndns = [\"10.0.0.10\"]",
    instead: "[networkPolicy]\ndns = [\"10.0.0.10/32\"]",
    source: "Kubernetes API, NetworkPolicy, IPBlock: https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/",
}

/// Range of addresses, in CIDR notation. The rules of the API server say more.
pub static IP_RANGE: NamePattern = NamePattern {
    name: "ip-range",
    code: Code::IP_RANGE,
    noun: "a range of addresses",
    pattern: "^[0-9A-Fa-f.:]+/[0-9]+$",
    min: 1,
    max: None,
    words: "an address, `/` and the length of the prefix, such as `10.0.0.10/32`",
    repair: Repair::None,
    matcher: Matcher::new(),
};

/// Where pods reach Google APIs.
pub static GOOGLE_APIS: NamePattern = NamePattern {
    name: "google-apis",
    code: Code::IP_RANGE,
    noun: "a range of addresses",
    pattern: "^((private|restricted)(-ipv6)?|[0-9A-Fa-f.:]+/[0-9]+)$",
    min: 1,
    max: None,
    words: "`private`, `restricted`, each also with `-ipv6`, or an address, `/` and the length of the prefix, such as `142.250.0.0/15`",
    repair: Repair::None,
    matcher: Matcher::new(),
};

/// The names of addresses of Google APIs, and their ranges: those of `private.googleapis.com` and
/// `restricted.googleapis.com`. Source: Google Cloud, VPC, "Configure Private Google Access", domain options.
pub const NAMED_APIS: [(&str, &str); 4] = [
    ("private", "199.36.153.8/30"),
    ("restricted", "199.36.153.4/30"),
    ("private-ipv6", "2600:2d00:2:2000::/64"),
    ("restricted-ipv6", "2600:2d00:2:1000::/64"),
];

/// Every pattern.
pub static ALL: [&NamePattern; 12] = [
    &PROJECT_ID,
    &ACCOUNT_ID,
    &CLUSTER_NAME,
    &NODE_POOL_NAME,
    &WORKLOAD_POOL,
    &ACCOUNT_EMAIL,
    &CONDITION_TEXT,
    &REGION,
    &ZONE,
    &ROLE,
    &IP_RANGE,
    &GOOGLE_APIS,
];

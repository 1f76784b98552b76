//! Public documents that several pages cite.

/// Names of Kubernetes objects.
pub(crate) const OBJECT_NAMES: &str = "Kubernetes, Object Names and IDs: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/";

/// Labels and selectors.
pub(crate) const LABELS: &str = "Kubernetes, Labels and Selectors: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/";

/// How GKE pods authenticate to Google Cloud APIs.
pub(crate) const WORKLOAD_IDENTITY: &str = "GKE, Authenticate to Google Cloud APIs from GKE workloads: https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity";

/// Service accounts in the IAM API.
pub(crate) const IAM_ADMIN: &str = "googleapis, google/iam/admin/v1/iam.proto: https://github.com/googleapis/googleapis/blob/master/google/iam/admin/v1/iam.proto";

/// The protocol of KRM functions.
pub(crate) const KRM_FUNCTIONS: &str = "KRM Functions Specification: https://github.com/kubernetes-sigs/kustomize/blob/master/cmd/config/docs/api-conventions/functions-spec.md";

/// The rules of the API server.
pub(crate) const VALIDATION: &str = "Kubernetes, validation of the API server: https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go";

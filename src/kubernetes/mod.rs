//! What Kubernetes defines: the fields of its objects in each version, names, and kinds of workload.

mod checker;
mod defaults;
mod definitions;
mod field_schema;
mod kind;
pub mod names;
mod problem;
pub(crate) mod quantity;
pub mod rules;
mod stored;
mod version;

pub use checker::{problems, problems_of_key};
pub use definitions::{ManifestKind, definition, required, resolved, types};
pub use field_schema::{has_type, whole};
pub use kind::{WorkloadKind, api_group, is_kubernetes_group, pod_template};
pub use problem::{Problem, ProblemKind};
pub use stored::{Quantities, canonicalize, store};
pub use version::{Version, VersionRange};

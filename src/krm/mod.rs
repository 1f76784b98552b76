//! wigen as a KRM function for Kustomize and kpt, and as Kustomize's older exec plugin.
//!
//! ```text
//! ResourceList or documents → resources, function config → apps → generate | transform | compare → resources, results
//! ```
//!
//! Specs are checked and rendered as for every other command. Sources: Kubernetes SIGs, "KRM Functions
//! Specification"; Kustomize, "Exec plugin".

mod answer;
mod call;
mod check_names;
mod function_config;
mod function_definition;
mod generate;
mod mismatch;
mod rbac;
mod resolved_app;
mod resource;
mod resource_index;
mod resource_list;
mod results;
mod select_workloads;
mod transform;

pub use answer::run;
pub use call::{Answer, Call, FindWorkspace, Listed, Position, ReadSpecs, SpecFile};
pub use function_definition::definitions;
pub use resource_list::is_list;

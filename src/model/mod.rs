//! What a spec means: the identity with its ordered steps, the workload, conflicts between apps, and what
//! changes between two specs.
//!
//! # A role from the spec to the script
//!
//! `text` reads the document, and `spec::types::Grant` takes the role, the name of the resource and the
//! condition from it. `spec::rules` checks the role with `google::roles` and parses the name once, with
//! `google::resources`; what comes out is a [`CheckedApp`](crate::spec::checked::CheckedApp).
//! [`identity`] groups roles, resource, condition and member to the bindings of its steps.
//! `backends` write the steps: `backends::gcloud` knows the command and its flags, and a template puts
//! them on a line.

pub mod conflicts;
pub mod diff;
pub mod identity;
pub(crate) mod pod;
pub(crate) mod previous;
mod selectors;
pub mod workload;

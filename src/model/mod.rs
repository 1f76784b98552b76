//! What a spec means: the identity with its ordered steps, the workload, conflicts between apps, and what
//! changes between two specs.

pub mod conflicts;
pub mod diff;
pub mod identity;
pub mod pod;
pub mod previous;
pub mod workload;

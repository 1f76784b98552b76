//! The spec: its types and schema, its environments and workspace, and the rules across its fields.

pub mod check;
pub mod checked;
mod deserialize;
pub mod envelope;
pub(crate) mod environments;
mod fields;
pub mod fix;
mod kubernetes_tables;
mod layers;
pub mod load;
mod merge;
pub mod names;
pub mod provenance;
pub mod rules;
pub mod schema;
pub mod settings;
pub mod types;
pub mod workspace;

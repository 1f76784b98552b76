//! What Google Cloud defines: names, regions, service accounts, roles, the resources that roles are granted
//! on, members of IAM policies, and key files.

pub mod accounts;
pub(crate) mod conditions;
pub(crate) mod config_connector;
pub(crate) mod gke;
pub(crate) mod keys;
pub(crate) mod members;
pub mod names;
pub(crate) mod regions;
pub mod resources;
pub mod roles;

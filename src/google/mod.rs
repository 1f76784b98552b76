//! What Google Cloud defines: names, roles, the resources that roles are granted on, and key files.

pub mod keys;
pub mod names;
pub mod resources;
pub mod roles;

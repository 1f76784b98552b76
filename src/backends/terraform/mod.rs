//! The Terraform module: everything that is the syntax of Terraform or of its google provider.

pub(crate) mod import;
pub(crate) mod label;
pub(crate) mod quote;
pub(crate) mod resource;

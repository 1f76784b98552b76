//! What is rendered from the model: the artifacts, and the templates that make them.

pub mod artifact;
pub(crate) mod gcloud;
pub mod templates;

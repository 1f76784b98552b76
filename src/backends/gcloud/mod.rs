//! The gcloud script: everything that is the syntax of gcloud or of bash.

pub(crate) mod command;
pub(crate) mod quote;
pub(crate) mod variables;

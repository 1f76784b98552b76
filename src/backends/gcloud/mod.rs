//! The gcloud script.

pub(crate) mod quote;

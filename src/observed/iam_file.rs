//! Files of IAM: gcloud scripts, and policies as gcloud prints them.

use super::bindings::Binding;
use super::{gcloud, policies};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::source::Source;

/// A file of IAM.
#[derive(Debug)]
pub(crate) struct IamFile<'a> {
    pub(crate) source: &'a Source,
    /// The email of the service account whose whole policy it is.
    pub(crate) policy_of: Option<String>,
    /// Whether it is a script that may annotate ServiceAccounts itself.
    pub(crate) can_annotate: bool,
    /// Whether it binds roles, or is a policy without bindings.
    pub(crate) is_understood: bool,
}

impl<'a> IamFile<'a> {
    /// Reads a script, or policies in JSON or YAML, and the bindings in it.
    pub(crate) fn parse(source: &'a Source) -> Result<(Self, Vec<Binding>), Vec<Diagnostic>> {
        const COMMAND: &str = "-iam-policy-binding";
        let text = source.text();
        let has_command = text.contains(COMMAND);
        let is_script = has_command || text.starts_with("#!");
        let policies = if is_script { None } else { policies::parse(source).transpose()? };
        let (bindings, policy_of) = policies.unwrap_or_else(|| (gcloud::bindings(source), None));
        let is_understood = has_command || !bindings.is_empty() || policy_of.is_some();
        let can_annotate = gcloud::annotates(text);
        Ok((Self { source, policy_of, can_annotate, is_understood }, bindings))
    }
}

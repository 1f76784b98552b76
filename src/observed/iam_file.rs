//! Files of IAM: scripts, policies and descriptions as gcloud prints them, states of Terraform.

use serde_json::Value;

use super::facts::Facts;
use super::objects::Objects;
use super::translation::Language;
use super::{config_connector, documents, hcl, kubectl, policies, scripts};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::source::Source;
use crate::google::names::GSA_ANNOTATION;
use crate::text;

/// A file of IAM.
#[derive(Debug)]
pub(crate) struct IamFile<'a> {
    pub(crate) source: &'a Source,
    /// How many of its mentions of the annotation are facts.
    annotation_facts: usize,
    /// Whether anything in it was read, or it is a policy without bindings.
    pub(crate) is_understood: bool,
}

impl<'a> IamFile<'a> {
    /// Reads a file of any form, and the facts in it.
    pub(crate) fn parse(source: &'a Source) -> Result<(Self, Facts), Vec<Diagnostic>> {
        let mut facts = Facts::default();
        let mut is_known = false;
        match parse_documents(source)? {
            Some(documents) => {
                is_known = policies::read(source, &documents, &mut facts);
                let mut objects = Objects::default();
                objects.add_file(source, &documents, None);
                facts.bindings.extend(config_connector::bindings(&objects));
                facts.google_accounts.extend(config_connector::accounts(&objects));
                for object in &objects.all {
                    facts.script_accounts.extend(kubectl::service_account(object));
                }
                for (number, document) in documents.iter().enumerate() {
                    is_known |=
                        documents::read(source, &format!("/{number}"), document, &mut facts);
                }
                if !is_known && facts.bindings.is_empty() {
                    documents::read_commands(source, &mut facts);
                }
            }
            None if source.file_name().strip_suffix(".tf").is_some()
                && hcl::read(source, &mut facts) => {}
            None => scripts::read(source, &mut facts),
        }
        let accounts = facts.script_accounts.iter().filter(|one| one.name.is_known());
        let annotations = accounts.flat_map(|one| &one.annotations);
        let annotation_facts = annotations.filter(|one| one.key.is(GSA_ANNOTATION)).count();
        // A function for bindings, which nothing has to call.
        let has_pattern = |end| source.text().contains(&format!("add-iam-policy-binding{end}"));
        let is_understood =
            is_known || !facts.is_empty() || [" |", ")"].into_iter().any(has_pattern);
        Ok((Self { source, annotation_facts, is_understood }, facts))
    }

    /// The lines that may annotate a ServiceAccount in another way than the commands that were read: not
    /// those of comments, and not what is only printed.
    pub(crate) fn annotating_lines(&self) -> Vec<&'a str> {
        let is_only_shown = |line: &&str| {
            let line = line.trim_start();
            ["#", "echo ", "printf ", "//", "REM ", "Write-Host "]
                .iter()
                .any(|start| line.starts_with(start))
        };
        let has_annotation = |line: &&str| line.contains("gcp-service-account");
        let lines = self.source.text().lines().filter(has_annotation);
        let lines: Vec<&str> = lines.filter(|line| !is_only_shown(line)).collect();
        if lines.len() <= self.annotation_facts { Vec::new() } else { lines }
    }
}

/// The documents of a file in YAML or JSON; `None` if it is a script.
fn parse_documents(source: &Source) -> Result<Option<Vec<Value>>, Vec<Diagnostic>> {
    let text = source.text();
    let name = source.file_name();
    let is_json = name.strip_suffix(".json").is_some() || text.trim_start().starts_with('{');
    let is_yaml = [".yaml", ".yml"].iter().any(|ending| name.strip_suffix(ending).is_some());
    let is_shell = [".sh", ".bash"].iter().any(|ending| name.strip_suffix(ending).is_some());
    let is_script =
        is_shell || text.starts_with("#!") || Language::new(name, text) != Language::Bash;
    if is_script && !is_json && !is_yaml {
        return Ok(None);
    }
    match text::parse_stream(source) {
        Ok(documents) => {
            let is_any = documents.iter().any(|one| one.is_object() || one.is_array());
            Ok(is_any.then_some(documents))
        }
        Err(found) if is_json => Err(found),
        Err(_) => Ok(None),
    }
}

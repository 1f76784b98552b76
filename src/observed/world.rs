//! Everything that is observed in one run.

use indexmap::IndexMap;
use serde_json::Value;

use super::bindings::Binding;
use super::config_connector;
use super::iam_file::{self, IamFile};
use super::objects::Objects;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::source::Source;
use crate::diagnostics::suggest::NameSketch;
use crate::text;

/// The documents of each manifest.
pub(crate) type Documents = Vec<Vec<Value>>;

/// Syntax errors, each with the number of its file.
pub(crate) type SyntaxErrors = Vec<(usize, Diagnostic)>;

/// Everything that is observed. Files are numbered: the manifests first, then the files of IAM.
#[derive(Debug)]
pub(crate) struct World<'a> {
    pub(crate) sources: Vec<&'a Source>,
    pub(crate) objects: Objects<'a>,
    /// The bindings of all files, those of Config Connector first.
    pub(crate) bindings: Vec<Binding>,
    /// The emails of the service accounts whose whole policies are known.
    pub(crate) policies: Vec<String>,
    /// Whether a script may annotate ServiceAccounts itself.
    pub(crate) has_annotating_script: bool,
    /// The numbers of the files of IAM that bind nothing.
    pub(crate) files_without_bindings: Vec<usize>,
    /// The indices of direct grants by the ServiceAccount that they name.
    pub(super) direct_grants: IndexMap<String, Vec<usize>>,
    /// The names of the ServiceAccounts.
    pub(super) account_sketches: Vec<NameSketch<'a>>,
}

/// Reads manifests into their documents.
pub(crate) fn parse_manifests(manifests: &[Source]) -> (Documents, SyntaxErrors) {
    let mut errors = SyntaxErrors::new();
    let documents = manifests.iter().enumerate().map(|(file, source)| {
        text::parse_stream(source).unwrap_or_else(|found| {
            errors.extend(found.into_iter().map(|error| (file, error)));
            Vec::new()
        })
    });
    (documents.collect(), errors)
}

impl<'a> World<'a> {
    /// Observes the documents of manifests, and files of IAM. Objects without a namespace go to the
    /// given one; without that, their namespace is unknown.
    pub(crate) fn new(
        manifests: &'a [Source],
        documents: &'a Documents,
        iam: &'a [Source],
        namespace: Option<&'a str>,
    ) -> (Self, SyntaxErrors) {
        let objects = Objects::new(documents, namespace);
        let names = objects.accounts.keys();
        let mut world = Self {
            sources: manifests.iter().chain(iam).collect(),
            bindings: config_connector::bindings(&objects),
            policies: Vec::new(),
            has_annotating_script: false,
            files_without_bindings: Vec::new(),
            direct_grants: IndexMap::new(),
            account_sketches: names.map(|name| NameSketch::new(name)).collect(),
            objects,
        };
        let mut errors = SyntaxErrors::new();
        for (file, source) in (manifests.len()..).zip(iam) {
            match iam_file::parse(source) {
                Ok(read) => world.add(file, read),
                Err(found) => errors.extend(found.into_iter().map(|error| (file, error))),
            }
        }
        for (index, binding) in world.bindings.iter().enumerate().filter(|(_, one)| one.is_direct())
        {
            if let Some((_, account)) = binding.subject.known_account() {
                world.direct_grants.entry(account.to_owned()).or_default().push(index);
            }
        }
        (world, errors)
    }

    fn add(&mut self, file: usize, read: IamFile) {
        self.bindings.extend(read.bindings.into_iter().map(|one| Binding { file, ..one }));
        self.policies.extend(read.policy_of);
        self.has_annotating_script |= read.can_annotate;
        if !read.is_understood {
            self.files_without_bindings.push(file);
        }
    }
}

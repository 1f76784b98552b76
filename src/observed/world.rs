//! Everything that is observed in one run.

use serde_json::Value;

use super::bindings::Binding;
use super::config_connector;
use super::documents;
use super::embedded::{self, Embedded};
use super::facts::{Facts, Unread};
use super::iam_file::IamFile;
use super::kustomizations::{self, Kustomization};
use super::objects::Objects;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::source::Source;
use crate::text;

/// Everything that is observed.
#[derive(Debug, Default)]
pub(crate) struct World<'a> {
    pub(crate) objects: Objects<'a>,
    pub(crate) kustomizations: Vec<Kustomization<'a>>,
    /// The bindings of all files, those of Config Connector first.
    pub(crate) bindings: Vec<Binding>,
    /// The other facts of files of IAM, and of documents among the manifests that are not objects.
    pub(crate) facts: Facts,
    pub(crate) iam_files: Vec<IamFile<'a>>,
}

/// A manifest, its documents, and the manifests in their strings.
pub(crate) struct Manifest<'a> {
    source: &'a Source,
    documents: Vec<Value>,
    embedded: Vec<Embedded>,
}

/// Reads manifests into their documents. Adds the syntax errors of those that cannot be read.
pub(crate) fn parse_manifests<'a>(
    sources: &'a [Source],
    errors: &mut Vec<Diagnostic>,
) -> Vec<Manifest<'a>> {
    let read = |source| {
        let documents = text::parse_stream(source).unwrap_or_else(|found| {
            errors.extend(found.into_iter().map(|error| in_source(error, source)));
            Vec::new()
        });
        let embedded = embedded::read(&documents);
        Manifest { source, documents, embedded }
    };
    sources.iter().map(read).collect()
}

fn in_source(mut error: Diagnostic, source: &Source) -> Diagnostic {
    for place in error.places_mut() {
        place.source.get_or_insert_with(|| source.clone());
    }
    error
}

impl<'a> World<'a> {
    /// Observes manifests and files of IAM. Objects without a namespace go to the given one; without
    /// that, their namespace is unknown. Adds the syntax errors of files of IAM.
    pub(crate) fn new(
        manifests: &'a [Manifest<'_>],
        iam: &'a [Source],
        namespace: Option<&'a str>,
        errors: &mut Vec<Diagnostic>,
    ) -> Self {
        let files = manifests.iter().map(|one| (one.source, one.documents.as_slice()));
        let kustomizations = kustomizations::kustomizations(files);
        let patch_files = kustomizations::patch_files(&kustomizations);
        let mut objects = Objects { patch_files, ..Objects::default() };
        for Manifest { source, documents, embedded } in manifests {
            objects.add_file(source, documents, namespace);
            for (pointer, document) in embedded {
                objects.add_part(source, pointer, document);
            }
        }
        let bindings = config_connector::bindings(&objects);
        let mut world = Self { objects, kustomizations, bindings, ..Self::default() };
        world.facts.google_accounts = config_connector::accounts(&world.objects);
        for Manifest { source, documents, .. } in manifests {
            let documents = documents.iter().enumerate().filter(|(_, one)| one["kind"].is_null());
            for (number, document) in documents {
                documents::read(source, &format!("/{number}"), document, &mut world.facts);
            }
        }
        world.bindings.append(&mut world.facts.bindings);
        // Crossplane has the fields of the Terraform provider here.
        for object in &world.objects.all {
            let member = object.value.pointer("/spec/forProvider/member").and_then(Value::as_str);
            if member.is_some_and(|member| member.contains(".svc.id.goog[")) {
                let place = object.place("/spec/forProvider/member");
                world.facts.unread.push(Unread::mention(place, ".svc.id.goog"));
            }
        }
        for source in iam {
            match IamFile::parse(source) {
                Ok((file, mut facts)) => {
                    world.iam_files.push(file);
                    world.bindings.append(&mut facts.bindings);
                    world.facts.append(facts);
                }
                Err(found) => {
                    errors.extend(found.into_iter().map(|error| in_source(error, source)));
                }
            }
        }
        world
    }
}

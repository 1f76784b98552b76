//! Kustomizations: the files that they include, and the patches, which are not all there is of an object.

use std::collections::HashSet;

use serde_json::Value;

use crate::diagnostics::Location;
use crate::diagnostics::source::Source;

const FILES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// A kustomization.
#[derive(Debug)]
pub(crate) struct Kustomization<'a> {
    source: &'a Source,
    pointer: String,
    pub(crate) value: &'a Value,
}

/// The kustomizations among files.
pub(super) fn kustomizations<'a>(
    files: impl Iterator<Item = (&'a Source, &'a [Value])>,
) -> Vec<Kustomization<'a>> {
    let mut all = Vec::new();
    for (source, documents) in files {
        let documents = documents.iter().enumerate();
        all.extend(
            documents.filter(|(_, value)| is_kustomization(source, value)).map(
                |(number, value)| Kustomization { source, pointer: format!("/{number}"), value },
            ),
        );
    }
    all
}

fn is_kustomization(source: &Source, document: &Value) -> bool {
    let api = document["apiVersion"].as_str();
    api.map_or(FILES.contains(&source.file_name()), |api| {
        api.starts_with("kustomize.config.k8s.io/")
    })
}

/// The lists of patches. Source: Kustomize, "patches", "patchesStrategicMerge", "patchesJson6902".
const PATCHES: [&str; 3] = ["patches", "patchesStrategicMerge", "patchesJson6902"];

/// The files of patches, by the paths that they are read by.
pub(super) fn patch_files(all: &[Kustomization<'_>]) -> HashSet<String> {
    all.iter().flat_map(|one| one.paths(&PATCHES)).collect()
}

impl Kustomization<'_> {
    /// The place of a key.
    pub(crate) fn key(&self, key: &str) -> Location {
        Location::key(format!("{}/{key}", self.pointer)).in_source(self.source)
    }

    /// Its lists of patches.
    pub(super) fn patches(&self) -> impl Iterator<Item = &'_ Value> {
        PATCHES.iter().map(|list| &self.value[*list])
    }

    /// Whether a patch is in a file that holds no object, such as a JSON patch.
    pub(super) fn has_unread_patch(&self, is_read: impl Fn(&str) -> bool) -> bool {
        self.paths(&PATCHES).iter().any(|path| !is_read(path))
    }

    fn folder(&self) -> String {
        normal_path(self.source.name().rsplit_once(['/', '\\']).map_or("", |(folder, _)| folder))
    }

    /// The paths in some of its lists.
    fn paths(&self, lists: &[&str]) -> Vec<String> {
        let folder = self.folder();
        let entries = lists.iter().filter_map(|list| self.value[*list].as_array()).flatten();
        let paths = entries.filter_map(|entry| entry.as_str().or_else(|| entry["path"].as_str()));
        paths.map(|path| normal_path(&format!("{folder}/{path}"))).collect()
    }

    /// The paths of the files and folders that it includes, also through other kustomizations.
    fn included(&self, all: &[Self]) -> HashSet<String> {
        let (mut included, mut open) = (HashSet::new(), vec![self]);
        while let Some(one) = open.pop() {
            for path in one.paths(&["resources", "bases", "components", "generators"]) {
                if !included.contains(&path) {
                    open.extend(all.iter().filter(|other| other.folder() == path));
                    included.insert(path);
                }
            }
        }
        included
    }

    /// Whether it includes a file, also through other kustomizations.
    pub(crate) fn includes<'f>(&self, all: &[Self]) -> impl Fn(&'f Source) -> bool + use<'f> {
        let included = self.included(all);
        move |source| included.contains(&normal_path(source.name()))
    }

    /// Whether its build, or that of one that includes it, may compare the names with those of an App.
    pub(crate) fn is_validated(&self, all: &[Self]) -> bool {
        let folder = self.folder();
        all.iter().any(|one| {
            let validates = ["validators", "transformers"]
                .iter()
                .any(|list| one.value[*list].as_array().is_some_and(|list| !list.is_empty()));
            validates && (one.folder() == folder || one.included(all).contains(&folder))
        })
    }
}

/// A path without `.` and, where it can be, without `..`.
pub(super) fn normal_path(path: &str) -> String {
    let mut steps: Vec<&str> = Vec::new();
    for step in path.split(['/', '\\']).filter(|step| !["", "."].contains(step)) {
        if step == ".." && steps.last().is_some_and(|last| *last != "..") {
            steps.pop();
        } else {
            steps.push(step);
        }
    }
    steps.join("/")
}

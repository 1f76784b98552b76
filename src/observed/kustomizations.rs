//! The patches that kustomizations list: parts of objects, which are not all there is of them.

use std::collections::HashSet;

use serde_json::Value;

use crate::diagnostics::source::Source;

const FILES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The files of patches, by the paths that they are read by. Source: Kustomize, "patches",
/// "patchesStrategicMerge".
pub(super) fn patch_files<'a>(
    files: impl Iterator<Item = (&'a Source, &'a [Value])>,
) -> HashSet<String> {
    let mut patches = HashSet::new();
    for (source, documents) in files {
        for document in documents.iter().filter(|document| is_kustomization(source, document)) {
            let folder = source.name().rsplit_once(['/', '\\']).map_or("", |(folder, _)| folder);
            let paths = ["patches", "patchesStrategicMerge"].into_iter().flat_map(|list| {
                let list = document[list].as_array().into_iter().flatten();
                list.filter_map(|patch| patch.as_str().or_else(|| patch["path"].as_str()))
            });
            patches.extend(paths.map(|path| normal_path(&format!("{folder}/{path}"))));
        }
    }
    patches
}

fn is_kustomization(source: &Source, document: &Value) -> bool {
    let api = document["apiVersion"].as_str();
    api.map_or(FILES.contains(&source.file_name()), |api| {
        api.starts_with("kustomize.config.k8s.io/")
    })
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

//! Rendered files, and how to recognize them.

/// What an artifact is. Artifacts are written in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ArtifactKind {
    /// The script for the Google Cloud side.
    Gcloud,
    /// The `ServiceAccount` manifest.
    ServiceAccount,
    /// The manifest of the workload.
    Workload,
    /// Another manifest, from a template of the user.
    Manifest,
    /// Another script, from a template of the user.
    Script,
}

impl ArtifactKind {
    /// Every kind, in order.
    pub const ALL: [Self; 5] =
        [Self::Gcloud, Self::ServiceAccount, Self::Workload, Self::Manifest, Self::Script];

    /// Whether it is a script for bash.
    pub fn is_script(self) -> bool {
        matches!(self, Self::Gcloud | Self::Script)
    }

    /// Whether it is a Kubernetes manifest.
    pub fn is_manifest(self) -> bool {
        !self.is_script()
    }
}

/// The names by which users select artifacts.
pub const NAMES: [&str; 4] = ["gcloud", "service-account", "workload", "manifests"];

/// The artifacts that one of [`NAMES`] selects.
pub fn kinds_by_name(name: &str) -> Option<Vec<ArtifactKind>> {
    Some(match name {
        "gcloud" => vec![ArtifactKind::Gcloud],
        "service-account" => vec![ArtifactKind::ServiceAccount],
        "workload" => vec![ArtifactKind::Workload],
        "manifests" => ArtifactKind::ALL.into_iter().filter(|kind| kind.is_manifest()).collect(),
        _ => return None,
    })
}

/// One rendered file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// What it is.
    pub kind: ArtifactKind,
    /// Its file name.
    pub name: String,
    /// Its content, ending with a newline.
    pub text: String,
}

/// The start of the comment that marks every artifact of wigen, and no other file. It is on one of the first
/// two lines.
pub const MARK: &str = "# Rendered by wigen from ";

/// Whether a file was written by wigen.
pub fn is_ours(text: &[u8]) -> bool {
    text.split(|&byte| byte == b'\n').take(2).any(|line| line.starts_with(MARK.as_bytes()))
}

/// Adds the comment that names the spec, unless the template printed it. `spec` is one word, quoted for bash.
pub fn with_mark(text: String, spec: &str) -> String {
    if is_ours(text.as_bytes()) {
        return text;
    }
    let mark = format!("{MARK}{spec}; change that and render again.\n");
    match text.split_once('\n') {
        Some((first, rest)) if first.starts_with("#!") => format!("{first}\n{mark}{rest}"),
        _ => mark + &text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_on_the_first_two_lines() {
        assert!(is_ours(b"# Rendered by wigen from app.toml\n"));
        assert!(is_ours(b"#!/usr/bin/env bash\n# Rendered by wigen from app.toml\n"));
        assert!(!is_ours(b"a: 1\nb: 2\n# Rendered by wigen from app.toml\n"));
        assert!(!is_ours(b"apiVersion: v1\n"));
        assert!(!is_ours(b"\xff\xfe"));
    }

    #[test]
    fn a_missing_mark_is_added() {
        let mark = "# Rendered by wigen from app.toml; change that and render again.\n";
        let marked = |text: &str| with_mark(text.to_owned(), "app.toml");
        assert_eq!(marked("a: 1\n"), format!("{mark}a: 1\n"));
        assert_eq!(marked("#!/bin/sh\na\n"), format!("#!/bin/sh\n{mark}a\n"));
        assert_eq!(marked(mark), mark);
    }
}

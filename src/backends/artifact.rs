//! What comes out: named texts, in their order.

/// What an artifact is; the order is the order in which artifacts come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The script for the Google Cloud side.
    Gcloud,
    /// The `ServiceAccount` manifest.
    ServiceAccount,
    /// The manifest of the workload.
    Workload,
    /// A further manifest, from a template of the user.
    Manifest,
    /// A further script, from a template of the user.
    Script,
}

impl Kind {
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

/// The words by which people pick artifacts.
pub const NAMES: [&str; 4] = ["gcloud", "service-account", "workload", "manifests"];

/// The artifacts that one of [`NAMES`] means.
pub fn named(word: &str) -> Option<Vec<Kind>> {
    Some(match word {
        "gcloud" => vec![Kind::Gcloud],
        "service-account" => vec![Kind::ServiceAccount],
        "workload" => vec![Kind::Workload],
        "manifests" => Kind::ALL.into_iter().filter(|kind| kind.is_manifest()).collect(),
        _ => return None,
    })
}

/// One rendered file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// What it is.
    pub kind: Kind,
    /// Its file name.
    pub name: String,
    /// Its text, ending with a newline.
    pub text: String,
}

/// The words by which every artifact of wigen, and no other file, is known; they stand in its
/// first two lines.
pub const MARK: &str = "# Rendered by wigen from ";

/// Whether a file was written by wigen.
pub fn is_ours(text: &[u8]) -> bool {
    text.split(|&byte| byte == b'\n').take(2).any(|line| line.starts_with(MARK.as_bytes()))
}

/// A text with the first line that says which spec it was rendered from, if it has none: a template
/// may leave it out. `spec` is a word on one line.
pub fn marked(text: String, spec: &str) -> String {
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
    fn the_mark_is_looked_for_in_the_first_two_lines() {
        assert!(is_ours(b"# Rendered by wigen from app.toml\n"));
        assert!(is_ours(b"#!/usr/bin/env bash\n# Rendered by wigen from app.toml\n"));
        assert!(!is_ours(b"a: 1\nb: 2\n# Rendered by wigen from app.toml\n"));
        assert!(!is_ours(b"apiVersion: v1\n"));
        assert!(!is_ours(b"\xff\xfe"));
    }

    #[test]
    fn what_has_no_mark_gets_one() {
        let mark = "# Rendered by wigen from app.toml; change that and render again.\n";
        let of = |text: &str| marked(text.to_owned(), "app.toml");
        assert_eq!(of("a: 1\n"), format!("{mark}a: 1\n"));
        assert_eq!(of("#!/bin/sh\na\n"), format!("#!/bin/sh\n{mark}a\n"));
        assert_eq!(of(mark), mark);
    }
}

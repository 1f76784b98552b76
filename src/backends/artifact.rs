//! Rendered files, and how to recognize them.

use std::ops::Range;

use strum::VariantArray;

use crate::spec::types::CloudFormat;

/// What an artifact is. Artifacts are written in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, VariantArray)]
pub enum ArtifactKind {
    /// The script for the Google Cloud side.
    Gcloud,
    /// The Terraform module for the Google Cloud side.
    Terraform,
    /// The imports of that module.
    TerraformImport,
    /// The manifest of the Config Connector objects for the Google Cloud side.
    ConfigConnector,
    /// The manifest of the Namespace.
    Namespace,
    /// The `ServiceAccount` manifest.
    ServiceAccount,
    /// The manifest of the NetworkPolicy.
    NetworkPolicy,
    /// The manifest of the workload.
    Workload,
    /// Another manifest, from a template of the user.
    Manifest,
    /// Another script, from a template of the user.
    Script,
    /// Another file of the Terraform module, from a template of the user.
    TerraformFile,
}

impl ArtifactKind {
    /// Every kind, in order.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Whether it is a script for bash.
    pub fn is_script(self) -> bool {
        matches!(self, Self::Gcloud | Self::Script)
    }

    /// Whether it is a file of a Terraform module.
    pub fn is_terraform(self) -> bool {
        matches!(self, Self::Terraform | Self::TerraformImport | Self::TerraformFile)
    }

    /// Whether it is a Kubernetes manifest.
    pub fn is_manifest(self) -> bool {
        !self.is_script() && !self.is_terraform()
    }

    /// The only format of the Google Cloud side that has it, if it is a part of that side.
    pub fn cloud_format(self) -> Option<CloudFormat> {
        match self {
            Self::Gcloud => Some(CloudFormat::Gcloud),
            kind if kind.is_terraform() => Some(CloudFormat::Terraform),
            Self::ConfigConnector => Some(CloudFormat::ConfigConnector),
            _ => None,
        }
    }
}

/// The names by which users select artifacts.
pub const NAMES: [&str; 9] = [
    "gcloud",
    "terraform",
    "import",
    "config-connector",
    "namespace",
    "service-account",
    "network-policy",
    "workload",
    "manifests",
];

/// The artifacts that one of [`NAMES`] selects.
pub fn kinds_by_name(name: &str) -> Option<Vec<ArtifactKind>> {
    Some(match name {
        "gcloud" => vec![ArtifactKind::Gcloud],
        "terraform" => {
            ArtifactKind::ALL.iter().copied().filter(|kind| kind.is_terraform()).collect()
        }
        "import" => vec![ArtifactKind::TerraformImport],
        "config-connector" => vec![ArtifactKind::ConfigConnector],
        "namespace" => vec![ArtifactKind::Namespace],
        "service-account" => vec![ArtifactKind::ServiceAccount],
        "network-policy" => vec![ArtifactKind::NetworkPolicy],
        "workload" => vec![ArtifactKind::Workload],
        "manifests" => {
            ArtifactKind::ALL.iter().copied().filter(|kind| kind.is_manifest()).collect()
        }
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

/// The file whose `destroy` undoes what it did, as long as it is there.
pub const GCLOUD_SCRIPT: &str = "gcloud.sh";

/// The file by which each tool owns the Google Cloud side of an app.
pub const CLOUD_FILES: [(CloudFormat, &str); 3] = [
    (CloudFormat::Gcloud, GCLOUD_SCRIPT),
    (CloudFormat::Terraform, "main.tf"),
    (CloudFormat::ConfigConnector, "iam.yaml"),
];

/// The start of the comment that marks every artifact of wigen, and no other file. It is on one of the first
/// two lines.
pub const MARK: &str = "# Rendered by wigen from ";

/// The mark of a file is within its first bytes, so that no more has to be read.
pub const HEAD: usize = 1024;

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

/// The app and the environment that a file was rendered for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Owner<'a> {
    /// The name of the app.
    pub app: &'a str,
    /// The environment, if it was rendered for one.
    pub environment: Option<&'a str>,
}

impl Owner<'_> {
    /// The owner of a file that all apps of a workspace share. No app has this name.
    pub const ALL: Self = Owner { app: "*", environment: None };
}

impl Artifact {
    /// Adds its owner and a checksum to the comment of wigen, so that a copy that was edited is no longer
    /// taken for wigen's.
    pub(crate) fn sign(&mut self, owner: Owner<'_>) {
        let Some(end) = mark_end(&self.text) else { return };
        let tag = tag(owner, checksum(&self.name, owner, &self.text, ""));
        // With no memory to spare, which a string that grew has.
        self.text = [&self.text[..end], &tag, &self.text[end..]].concat();
    }
}

/// A file that wigen rendered and nobody edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedFile<'a> {
    /// The file name of the spec, quoted for bash.
    pub spec: &'a str,
    /// Whom it was rendered for.
    pub owner: Owner<'a>,
}

impl<'a> SignedFile<'a> {
    /// Reads the comment of wigen, and compares the checksum. `None` for a file that wigen did not render
    /// under this name, or that was edited.
    pub fn read(name: &str, text: &'a str) -> Option<Self> {
        let (spec, owner, range) = signature(text)?;
        let (before, after) = (&text[..range.start], &text[range.end..]);
        let expected = tag(owner, checksum(name, owner, before, after));
        (text[range] == expected).then_some(Self { spec, owner })
    }
}

/// The content of a file without owner and checksum, as people compare it.
pub fn without_signature(text: &str) -> String {
    match signature(text) {
        Some((.., range)) => format!("{}{}", &text[..range.start], &text[range.end..]),
        None => text.to_owned(),
    }
}

/// The spec and the owner that the comment of wigen names, and where owner and checksum are.
fn signature(text: &str) -> Option<(&str, Owner<'_>, Range<usize>)> {
    let end = mark_end(text)?;
    let line = text[..end].rsplit('\n').next()?.strip_prefix(MARK)?;
    let (head, tag) = line.rsplit_once(" [")?;
    let (owner, _) = tag.strip_suffix(']')?.rsplit_once(' ')?;
    let (app, environment) = match owner.split_once('/') {
        Some((app, environment)) => (app, Some(environment)),
        None => (owner, None),
    };
    let spec = head.rsplit_once("; ").map_or(head, |(spec, _)| spec);
    Some((spec, Owner { app, environment }, end - tag.len() - " [".len()..end))
}

/// The end of the line of the comment of wigen.
fn mark_end(text: &str) -> Option<usize> {
    let mut start = 0;
    for line in text.split_inclusive('\n').take(2) {
        if line.starts_with(MARK) {
            return Some(start + line.trim_end_matches('\n').len());
        }
        start += line.len();
    }
    None
}

fn tag(owner: Owner<'_>, checksum: u32) -> String {
    let environment = owner.environment.map(|name| format!("/{name}")).unwrap_or_default();
    format!(" [{}{environment} {checksum:08x}]", owner.app)
}

fn checksum(name: &str, owner: Owner<'_>, before: &str, after: &str) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    let environment = owner.environment.unwrap_or_default();
    for part in [name, "\0", owner.app, "\0", environment, "\0", before, after] {
        hasher.update(part.as_bytes());
    }
    hasher.finalize()
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

    #[test]
    fn an_edited_copy_is_not_signed() {
        let owner = Owner { app: "books", environment: Some("prod") };
        let text =
            "#!/bin/sh\n# Rendered by wigen from app.toml; change that and render again.\na: 1\n";
        let kind = ArtifactKind::Workload;
        let mut artifact = Artifact { kind, name: "deployment.yaml".into(), text: text.into() };
        artifact.sign(owner);
        assert_eq!(without_signature(&artifact.text), text);
        let is_signed = |name: &str, text: &str| SignedFile::read(name, text).is_some();
        let signed = artifact.text.as_str();
        let file = SignedFile::read("deployment.yaml", signed).unwrap();
        assert_eq!(file, SignedFile { spec: "app.toml", owner });
        assert!(!is_signed("canary.yaml", signed));
        for (from, to) in [("a: 1", "a: 2"), ("books", "films"), ("/prod", ""), ("\na", "\r\na")] {
            assert!(!is_signed("deployment.yaml", &signed.replacen(from, to, 1)), "{to}");
        }
        assert!(!is_signed("deployment.yaml", text));
    }
}

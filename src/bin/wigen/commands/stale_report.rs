//! `wigen render --check`: reports the files that are out of date.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use serde_json::json;
use wigen::backends::artifact::ArtifactKind;
use wigen::report::{self, Style};
use wigen::spec::types::CloudFormat;

use super::console::{eprintln, has_colour, print};
use super::outcome::Outcome;
use crate::cli::{GlobalArgs, Only, StaleFormat};
use crate::files::{Failure, FileOfOtherTool, StaleFile, StaleReason};

/// Reports files on standard output as they are found, and sums them up.
pub(super) struct StaleReport {
    format: StaleFormat,
    changed: usize,
    foreign: usize,
    missing: usize,
    left_over: usize,
}

pub(super) fn style(format: StaleFormat, global: &GlobalArgs) -> Style {
    let colour = format != StaleFormat::Json && has_colour(global, io::stdout().is_terminal());
    Style { colour, ..Style::PLAIN }
}

impl StaleReport {
    pub(super) fn new(format: StaleFormat) -> Self {
        Self { format, changed: 0, foreign: 0, missing: 0, left_over: 0 }
    }

    pub(super) fn report(&mut self, StaleFile { path, reason }: &StaleFile) -> Result<(), Failure> {
        let (count, diff) = match reason {
            StaleReason::Changed { diff } => (&mut self.changed, Some(diff.as_str())),
            StaleReason::Foreign => (&mut self.foreign, None),
            StaleReason::Missing => (&mut self.missing, None),
            StaleReason::LeftOver => (&mut self.left_over, None),
        };
        *count += 1;
        let path = path.display().to_string();
        if self.format == StaleFormat::Json {
            let mut line =
                json!({"version": report::JSON_VERSION, "file": path, "state": reason.into_str()});
            if let Some(diff) = diff {
                line["diff"] = diff.into();
            }
            return print(&format!("{line}\n"));
        }
        let diff = diff.unwrap_or_default();
        print(&format!("{} {}\n{diff}", reason.into_str(), report::plain(&path)))
    }

    /// Prints how many files are out of date, if there are any.
    pub(super) fn finish(&self) -> Outcome {
        let counts = [
            (self.changed, StaleReason::Changed { diff: String::new() }),
            (self.foreign, StaleReason::Foreign),
            (self.missing, StaleReason::Missing),
            (self.left_over, StaleReason::LeftOver),
        ];
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let counts: Vec<String> =
            counts.map(|(count, reason)| format!("{count} {}", reason.into_str())).collect();
        if counts.is_empty() {
            return Outcome::Done;
        }
        let total = self.changed + self.foreign + self.missing + self.left_over;
        let files = if total == 1 { "file is" } else { "files are" };
        let mut help = String::new();
        if self.changed + self.missing > 0 {
            help.push_str("; without --check, wigen writes them");
        }
        if self.foreign > 0 {
            help.push_str("; wigen did not write what is foreign: --force overwrites it");
        }
        if self.left_over > 0 {
            help.push_str("; nothing renders what is left over: --prune removes it");
        }
        eprintln(&format!("wigen: {total} {files} out of date: {}{help}", counts.join(", ")));
        Outcome::Stale
    }
}

/// Whether a file of this name may be one of the artifacts that are selected.
pub(super) fn is_wanted(only: &[Only]) -> impl Fn(&str) -> bool {
    let kinds = Only::kinds(only);
    move |name| kinds.iter().any(|kind| may_be_name_of(name, *kind))
}

/// Says why the scripts of removed apps and environments stay.
pub(super) fn report_kept(scripts: &[PathBuf]) {
    for script in scripts {
        let path = script.display();
        eprintln(&format!(
            "kept {path}: nothing renders it any more, but what it granted is still there; run `bash {path} destroy`, then remove it with --prune --force"
        ));
    }
}

/// Says what is left of the apps whose scripts were replaced: by that of an app with a new name.
pub(super) fn report_replaced(scripts: &[(PathBuf, String)]) {
    for (script, app) in scripts {
        let path = script.display();
        eprintln(&format!(
            "replaced {path}, the script of `{app}`: what that granted is still there; run `destroy` of the earlier version (in git: `git show HEAD:./{path} | bash -s destroy`)"
        ));
    }
}

/// Says which files make a second tool the owner of an app.
pub(super) fn report_files_of_other_tools(files: &[FileOfOtherTool]) {
    for FileOfOtherTool { path, tool, owner } in files {
        let first = match tool {
            CloudFormat::Terraform => "let Terraform forget the module with a `removed` block",
            CloudFormat::ConfigConnector => "let its objects be abandoned, not deleted",
            CloudFormat::Gcloud | CloudFormat::None => "do not run its `destroy`",
        };
        eprintln(&format!(
            "kept {}: with this file, {} owns the bindings, but the spec gives them to {}, and two tools must not own the same bindings; {first}, then remove the file with --prune",
            path.display(),
            tool.tool(),
            owner.tool(),
        ));
    }
}

/// Whether an artifact of a kind may have this name.
fn may_be_name_of(name: &str, kind: ArtifactKind) -> bool {
    const OWN: [(ArtifactKind, &str); 4] = [
        (ArtifactKind::ConfigConnector, "iam.yaml"),
        (ArtifactKind::Namespace, "00-namespace.yaml"),
        (ArtifactKind::ServiceAccount, "service-account.yaml"),
        (ArtifactKind::NetworkPolicy, "network-policy.yaml"),
    ];
    let has_extension =
        |wanted: &str| Path::new(name).extension().is_some_and(|extension| extension == wanted);
    match OWN.iter().find(|(own, _)| *own == kind) {
        Some((_, own)) => name == *own,
        None if kind.is_script() => has_extension("sh"),
        None if kind.is_terraform() => has_extension("tf"),
        None => has_extension("yaml") && OWN.iter().all(|(_, own)| name != *own),
    }
}

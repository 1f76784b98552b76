//! Compares files with what would be written, for `render --check`.

use std::path::PathBuf;

use strum::IntoStaticStr;
use wigen::backends::artifact::without_signature;
use wigen::report::{self, Style};

use super::failure::Failure;
use super::open;
use super::staging::{FileState, OutputFile};

#[derive(Debug, IntoStaticStr)]
#[strum(serialize_all = "lowercase", const_into_str)]
pub(crate) enum StaleReason {
    Changed {
        /// A unified diff from its text to the new one.
        diff: String,
    },
    /// wigen did not write it. Its text is not shown: a link may lead to it.
    Foreign,
    Missing,
    /// wigen wrote it, and nothing renders it any more.
    #[strum(serialize = "left over")]
    LeftOver,
}

#[derive(Debug)]
pub(crate) struct StaleFile {
    pub(crate) path: PathBuf,
    pub(crate) reason: StaleReason,
}

impl StaleFile {
    /// Compares a file with what would be written; `None` if it is up to date.
    pub(crate) fn compare(file: &OutputFile<'_>, style: Style) -> Result<Option<Self>, Failure> {
        let reason = match file.state()? {
            FileState::Unchanged => return Ok(None),
            FileState::Missing => StaleReason::Missing,
            FileState::Foreign => StaleReason::Foreign,
            FileState::Stale => {
                let old = open::read(&file.path)
                    .map_err(|error| Failure::file("read", &file.path, &error))?;
                let old = String::from_utf8_lossy(&old);
                let name = file.path.display().to_string();
                let difference = |old: &str, new: &str| report::difference(&name, old, new, style);
                // The checksum follows the rest.
                let diff = difference(&without_signature(&old), &without_signature(file.text));
                let diff = if diff.is_empty() { difference(&old, file.text) } else { diff };
                StaleReason::Changed { diff }
            }
        };
        Ok(Some(Self { path: file.path.clone(), reason }))
    }
}

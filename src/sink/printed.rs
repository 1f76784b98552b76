//! Standard output: what is printed is kept until it is known that all of it is right.

use std::io::{self, BufReader, BufWriter, Seek, Write};

use tempfile::SpooledTempFile;
use wigen::artifact::Artifact;

use crate::input::Failure;

/// So many bytes are kept in memory, and more in a file without a name.
const IN_MEMORY: usize = 24 * 1024 * 1024;

/// So many bytes come from that file at a time.
const AT_A_TIME: usize = 256 * 1024;

/// Artifacts that are to be printed: one alone just as it is, several each under its name, with the
/// `---` that separates YAML documents between them.
pub(crate) struct Printed {
    kept: BufWriter<SpooledTempFile>,
    /// The first artifact and its name, which is not printed where it stays alone.
    alone: Option<(String, String)>,
    any: bool,
}

impl Printed {
    pub(crate) fn new() -> Self {
        let kept = BufWriter::new(SpooledTempFile::new(IN_MEMORY));
        Self { kept, alone: None, any: false }
    }

    /// Adds the artifacts of an app; `within` is the path that tells it from others, with a slash at
    /// its end, or empty.
    pub(crate) fn add(&mut self, within: &str, artifacts: Vec<Artifact>) -> Result<(), Failure> {
        for artifact in artifacts {
            let name = format!("{within}{}", artifact.name);
            if !self.any && within.is_empty() && self.alone.is_none() {
                self.alone = Some((name, artifact.text));
                continue;
            }
            if let Some((name, text)) = self.alone.take() {
                self.print(&name, &text)?;
            }
            self.print(&name, &artifact.text)?;
        }
        Ok(())
    }

    fn print(&mut self, name: &str, text: &str) -> Result<(), Failure> {
        let mut print = || {
            if self.any {
                self.kept.write_all(b"---\n")?;
            }
            self.any = true;
            writeln!(self.kept, "# {name}")?;
            self.kept.write_all(text.as_bytes())
        };
        print().map_err(|error| unkept(&error))
    }

    /// Prints all of it.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        if let Some((_, text)) = self.alone {
            out.write_all(text.as_bytes())?;
            return Ok(out.flush()?);
        }
        let mut kept = self.kept.into_inner().map_err(|error| unkept(error.error()))?;
        kept.rewind().map_err(|error| unkept(&error))?;
        let mut kept = BufReader::with_capacity(AT_A_TIME, kept);
        io::copy(&mut kept, &mut out)?;
        Ok(out.flush()?)
    }
}

fn unkept(error: &io::Error) -> Failure {
    Failure::Told(format!("cannot keep what is to be printed in a temporary file: {error}"))
}

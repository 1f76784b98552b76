//! Collects what goes to standard output until everything is known to be right.

use std::io::{self, Seek, Write};

use tempfile::{SpooledData, SpooledTempFile};
use wigen::backends::artifact::Artifact;

use super::failure::Failure;

/// This many bytes stay in memory; more go to a temporary file.
const IN_MEMORY: usize = 24 * 1024 * 1024;

/// Artifacts to print: one alone is printed as it is; of several, each under its name and with the `---`
/// that separates YAML documents.
pub(crate) struct StdoutBuffer {
    text: SpooledTempFile,
    /// The first artifact, as long as it is alone, and its name.
    single: Option<(String, String)>,
    is_empty: bool,
}

impl StdoutBuffer {
    pub(crate) fn new() -> Self {
        Self { text: SpooledTempFile::new(IN_MEMORY), single: None, is_empty: true }
    }

    /// Adds the artifacts of an app. `prefix` is the path that tells it from others: empty, or with a slash
    /// at its end.
    pub(crate) fn add(&mut self, prefix: &str, artifacts: Vec<Artifact>) -> Result<(), Failure> {
        for artifact in artifacts {
            if self.is_empty && prefix.is_empty() && self.single.is_none() {
                self.single = Some((artifact.name, artifact.text));
                continue;
            }
            if let Some((name, text)) = self.single.take() {
                self.append("", &name, &text)?;
            }
            self.append(prefix, &artifact.name, &artifact.text)?;
        }
        Ok(())
    }

    fn append(&mut self, prefix: &str, name: &str, text: &str) -> Result<(), Failure> {
        let separator = if self.is_empty { "" } else { "---\n" };
        self.is_empty = false;
        for part in [separator, "# ", prefix, name, "\n", text] {
            self.text.write_all(part.as_bytes()).map_err(|error| spool_failure(&error))?;
        }
        Ok(())
    }

    /// Prints everything.
    pub(crate) fn print(self) -> Result<(), Failure> {
        self.print_to(&mut io::stdout().lock())
    }

    fn print_to(self, out: &mut impl Write) -> Result<(), Failure> {
        if let Some((_, text)) = self.single {
            out.write_all(text.as_bytes())?;
        }
        match self.text.into_inner() {
            SpooledData::InMemory(text) => out.write_all(text.get_ref())?,
            SpooledData::OnDisk(mut file) => {
                file.rewind().map_err(|error| spool_failure(&error))?;
                io::copy(&mut file, out)?;
            }
        }
        Ok(out.flush()?)
    }
}

fn spool_failure(error: &io::Error) -> Failure {
    Failure::new(format!("cannot keep the output in a temporary file: {error}"))
}

#[cfg(test)]
mod tests {
    use wigen::backends::artifact::ArtifactKind;

    use super::*;

    fn printed(artifacts: &[(&str, &str, &str)]) -> String {
        let mut buffer = StdoutBuffer::new();
        for (prefix, name, text) in artifacts {
            let (name, text) = ((*name).to_owned(), (*text).to_owned());
            buffer
                .add(prefix, vec![Artifact { kind: ArtifactKind::Workload, name, text }])
                .unwrap();
        }
        let mut out = Vec::new();
        buffer.print_to(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn several_are_separated_and_one_is_printed_as_it_is() {
        assert_eq!(printed(&[]), "");
        assert_eq!(printed(&[("", "a.yaml", "a: 1\n")]), "a: 1\n");
        let both = "# a.yaml\na: 1\n---\n# b.yaml\nb: 1\n";
        assert_eq!(printed(&[("", "a.yaml", "a: 1\n"), ("", "b.yaml", "b: 1\n")]), both);
        assert_eq!(printed(&[("x/", "a.yaml", "a: 1\n")]), "# x/a.yaml\na: 1\n");
    }

    #[test]
    fn output_that_is_too_large_for_memory_keeps_its_order() {
        let texts: Vec<String> =
            (0..30).map(|number| format!("{number}\n").repeat(500_000)).collect();
        let artifacts: Vec<_> = texts.iter().map(|text| ("x/", "a", text.as_str())).collect();
        let expected: Vec<String> = texts.iter().map(|text| format!("# x/a\n{text}")).collect();
        let expected = expected.join("---\n");
        assert!(expected.len() > IN_MEMORY);
        assert!(printed(&artifacts) == expected, "they differ");
    }
}

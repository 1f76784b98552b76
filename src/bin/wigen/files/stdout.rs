//! Collects what goes to standard output until everything is known to be right.

use std::fs::File;
use std::io::{self, IoSlice, IsTerminal, Seek, Write};
use std::mem;
use std::path::Path;
use std::sync::LazyLock;

use wigen::backends::artifact::Artifact;
use wigen::report;

use super::failure::Failure;

/// This many bytes stay in memory; more go to a temporary file.
const IN_MEMORY: usize = 24 * 1024 * 1024;

static IS_TERMINAL: LazyLock<bool> = LazyLock::new(|| io::stdout().is_terminal());

/// Artifacts to print: one alone is printed as it is; of several, each under its name and with the `---`
/// that separates YAML documents.
#[derive(Default)]
pub(crate) struct StdoutBuffer {
    /// The first artifact, as long as it is alone, and its name.
    single: Option<(String, String)>,
    /// The artifacts after those in the file. They are not copied, which would cost time.
    texts: Vec<String>,
    /// The bytes that they take in memory.
    bytes: usize,
    file: Option<File>,
    any: bool,
}

impl StdoutBuffer {
    /// Adds the artifacts of an app. `prefix` is the path that tells it from others: empty, or with a slash
    /// at its end.
    pub(crate) fn add(&mut self, prefix: &str, artifacts: Vec<Artifact>) -> Result<(), Failure> {
        for mut artifact in artifacts {
            if *IS_TERMINAL {
                // Without what a terminal would obey.
                artifact.text = report::plain_lines(&artifact.text).into_owned();
            }
            if !self.any && prefix.is_empty() && self.single.is_none() {
                self.single = Some((artifact.name, artifact.text));
                continue;
            }
            if let Some((name, text)) = self.single.take() {
                self.append("", &name, text)?;
            }
            self.append(prefix, &artifact.name, artifact.text)?;
        }
        Ok(())
    }

    fn append(&mut self, prefix: &str, name: &str, text: String) -> Result<(), Failure> {
        let separator = match mem::replace(&mut self.any, true) {
            true if Path::new(name).extension().is_some_and(|end| end == "tf") => "\n",
            true => "---\n",
            false => "",
        };
        let heading = format!("{separator}# {prefix}{name}\n");
        self.bytes += heading.capacity() + text.capacity();
        self.texts.extend([heading, text]);
        if self.bytes > IN_MEMORY {
            self.spill().map_err(|error| spill_failure(&error))
        } else {
            Ok(())
        }
    }

    /// Moves the artifacts to the file.
    fn spill(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(tempfile::tempfile()?),
        };
        self.bytes = 0;
        write_all(&mem::take(&mut self.texts), file)
    }

    pub(crate) fn print(self) -> Result<(), Failure> {
        self.print_to(&mut io::stdout().lock())
    }

    fn print_to(self, out: &mut impl Write) -> Result<(), Failure> {
        if let Some(mut file) = self.file {
            file.rewind().map_err(|error| spill_failure(&error))?;
            io::copy(&mut file, out)?;
        }
        let single = self.single.map(|(_, text)| text);
        write_all(single.as_slice(), out)?;
        write_all(&self.texts, out)?;
        Ok(out.flush()?)
    }
}

/// Writes strings without copying them.
fn write_all(texts: &[String], out: &mut impl Write) -> io::Result<()> {
    let mut slices: Vec<_> = texts.iter().map(|text| IoSlice::new(text.as_bytes())).collect();
    let mut rest = slices.as_mut_slice();
    IoSlice::advance_slices(&mut rest, 0);
    while !rest.is_empty() {
        match out.write_vectored(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut rest, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn spill_failure(error: &io::Error) -> Failure {
    Failure::new(format!("cannot keep the output in a temporary file: {error}"))
}

#[cfg(test)]
mod tests {
    use wigen::backends::artifact::ArtifactKind;

    use super::*;

    fn printed(artifacts: &[(&str, &str, &str)]) -> String {
        let mut buffer = StdoutBuffer::default();
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
        assert!(expected.len() > IN_MEMORY * 3 / 2);
        assert!(printed(&artifacts) == expected, "they differ");
    }
}

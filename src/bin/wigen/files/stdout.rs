//! Standard output: what is printed is kept until it is known that all of it is right.

use std::fs::File;
use std::io::{self, Seek, Write};

use wigen::backends::artifact::Artifact;

use super::failure::Failure;

/// So many bytes are kept in memory, and more in a file without a name.
const IN_MEMORY: usize = 24 * 1024 * 1024;

/// So many bytes go to that file at a time.
const AT_A_TIME: usize = 256 * 1024;

/// Artifacts that are to be printed: one alone just as it is, several each under its name, with the
/// `---` that separates YAML documents between them.
pub(crate) struct StdoutBuffer {
    kept: Kept,
    /// The first artifact and its name, which is not printed where it stays alone.
    alone: Option<(String, String)>,
    any: bool,
}

impl StdoutBuffer {
    pub(crate) fn new() -> Self {
        Self { kept: Kept::default(), alone: None, any: false }
    }

    /// Adds the artifacts of an app; `within` is the path that tells it from others, with a slash at
    /// its end, or empty.
    pub(crate) fn add(&mut self, within: &str, artifacts: Vec<Artifact>) -> Result<(), Failure> {
        for artifact in artifacts {
            if !self.any && within.is_empty() && self.alone.is_none() {
                self.alone = Some((artifact.name, artifact.text));
                continue;
            }
            if let Some((name, text)) = self.alone.take() {
                self.print("", &name, &text)?;
            }
            self.print(within, &artifact.name, &artifact.text)?;
        }
        Ok(())
    }

    fn print(&mut self, within: &str, name: &str, text: &str) -> Result<(), Failure> {
        let separator = if self.any { "---\n" } else { "" };
        self.any = true;
        let kept = self.kept.keep(&[separator, "# ", within, name, "\n", text]);
        kept.map_err(|error| unkept(&error))
    }

    /// Prints all of it.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        self.print_to(&mut io::stdout().lock())
    }

    fn print_to(self, out: &mut impl Write) -> Result<(), Failure> {
        match (self.alone, self.kept.file) {
            (Some((_, text)), _) => out.write_all(text.as_bytes())?,
            (None, None) => out.write_all(&self.kept.memory)?,
            (None, Some(mut file)) => {
                file.rewind().map_err(|error| unkept(&error))?;
                io::copy(&mut file, out)?;
                out.write_all(&self.kept.memory)?;
            }
        }
        Ok(out.flush()?)
    }
}

/// Bytes in memory, or where they are many in a file, with the last of them in memory.
#[derive(Default)]
struct Kept {
    memory: Vec<u8>,
    file: Option<File>,
}

impl Kept {
    fn keep(&mut self, texts: &[&str]) -> io::Result<()> {
        for text in texts {
            self.memory.extend_from_slice(text.as_bytes());
        }
        let most = if self.file.is_some() { AT_A_TIME } else { IN_MEMORY };
        if self.memory.len() > most {
            let file = match &mut self.file {
                Some(file) => file,
                None => self.file.insert(tempfile::tempfile()?),
            };
            file.write_all(&self.memory)?;
            self.memory.clear();
            self.memory.shrink_to(AT_A_TIME);
        }
        Ok(())
    }
}

fn unkept(error: &io::Error) -> Failure {
    Failure::Message(format!("cannot keep what is to be printed in a temporary file: {error}"))
}

#[cfg(test)]
mod tests {
    use wigen::backends::artifact::Kind;

    use super::*;

    fn printed(artifacts: &[(&str, &str, &str)]) -> String {
        let mut printed = StdoutBuffer::new();
        for (within, name, text) in artifacts {
            let (name, text) = ((*name).to_owned(), (*text).to_owned());
            printed.add(within, vec![Artifact { kind: Kind::Workload, name, text }]).unwrap();
        }
        let mut out = Vec::new();
        printed.print_to(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn several_are_separated_and_one_stands_alone() {
        assert_eq!(printed(&[]), "");
        assert_eq!(printed(&[("", "a.yaml", "a: 1\n")]), "a: 1\n");
        let both = "# a.yaml\na: 1\n---\n# b.yaml\nb: 1\n";
        assert_eq!(printed(&[("", "a.yaml", "a: 1\n"), ("", "b.yaml", "b: 1\n")]), both);
        assert_eq!(printed(&[("x/", "a.yaml", "a: 1\n")]), "# x/a.yaml\na: 1\n");
    }

    #[test]
    fn what_is_too_much_for_memory_is_printed_in_its_order() {
        let texts: Vec<String> =
            (0..30).map(|number| format!("{number}\n").repeat(500_000)).collect();
        let artifacts: Vec<_> = texts.iter().map(|text| ("x/", "a", text.as_str())).collect();
        let expected: Vec<String> = texts.iter().map(|text| format!("# x/a\n{text}")).collect();
        let expected = expected.join("---\n");
        assert!(expected.len() > IN_MEMORY + 2 * AT_A_TIME);
        assert!(printed(&artifacts) == expected, "they differ");
    }
}

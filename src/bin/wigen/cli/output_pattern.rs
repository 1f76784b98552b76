//! The value of `-o`: a directory, or a pattern of directories.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use strum::{IntoStaticStr, VariantArray};

/// A name in braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(const_into_str)]
enum Placeholder {
    /// The directory of the spec.
    #[strum(serialize = "{dir}")]
    Dir,
    /// The name of the app.
    #[strum(serialize = "{name}")]
    Name,
    /// The environment.
    #[strum(serialize = "{env}")]
    Env,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(OsString),
    Placeholder(Placeholder),
}

/// The directory for the files of all apps, or a pattern of a directory for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutputPattern(Vec<Piece>);

impl OutputPattern {
    pub(crate) fn parse(text: OsString) -> Result<Self, String> {
        if !text.as_encoded_bytes().iter().any(|byte| b"{}".contains(byte)) {
            return Ok(Self(vec![Piece::Text(text)]));
        }
        let mut rest = text.to_str().ok_or("a pattern must be UTF-8")?;
        let mut pieces = Vec::new();
        while let Some(brace) = rest.find(['{', '}']) {
            let (before, after) = rest.split_at(brace);
            if !before.is_empty() {
                pieces.push(Piece::Text(before.into()));
            }
            let known =
                Placeholder::VARIANTS.iter().find(|known| after.starts_with(known.into_str()));
            let Some(placeholder) = known else { return Err(unknown_placeholder(after)) };
            pieces.push(Piece::Placeholder(*placeholder));
            rest = &after[placeholder.into_str().len()..];
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.into()));
        }
        Ok(Self(pieces))
    }

    /// Whether it is `-`: no files are written.
    pub(crate) fn is_standard_output(&self) -> bool {
        matches!(self.0.as_slice(), [Piece::Text(text)] if text == "-")
    }

    /// Whether it has a placeholder.
    pub(crate) fn is_pattern(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Placeholder(_)))
    }

    pub(crate) fn has_dir(&self) -> bool {
        self.0.contains(&Piece::Placeholder(Placeholder::Dir))
    }

    pub(crate) fn has_env(&self) -> bool {
        self.0.contains(&Piece::Placeholder(Placeholder::Env))
    }

    /// The directory above those of all apps; empty if the pattern begins with a placeholder.
    pub(crate) fn root(&self) -> PathBuf {
        let Some(Piece::Text(text)) = self.0.first() else { return PathBuf::new() };
        if !self.is_pattern() {
            return text.into();
        }
        // A pattern is UTF-8.
        let text = text.to_string_lossy();
        text.rfind('/').map_or_else(PathBuf::new, |slash| text[..slash.max(1)].into())
    }

    /// Whether an app may have files in a directory.
    pub(crate) fn may_contain(&self, directory: &Path) -> bool {
        if !self.is_pattern() {
            return true;
        }
        // Without `//`, `/./` and a slash at the end.
        let plain = |path: &Path| path.components().collect::<PathBuf>().into_os_string();
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Text(text) => text.as_os_str(),
            Piece::Placeholder(placeholder) => OsStr::new(placeholder.into_str()),
        });
        let pattern = Self::parse(plain(Path::new(&pieces.collect::<OsString>())));
        let (Ok(Self(pieces)), Ok(text)) = (pattern, plain(directory).into_string()) else {
            return false;
        };
        // For a spec in this directory, the path does not begin with `{dir}`.
        matches(&pieces, &text) || self.has_dir() && matches(&pieces, &format!("./{text}"))
    }

    /// The directory for the app `name` in an environment. Standard input counts as a spec in this
    /// directory.
    pub(crate) fn directory(&self, spec: &Path, name: &str, environment: &str) -> PathBuf {
        let current = Path::new(".");
        let dir = spec.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(current);
        let mut directory = OsString::new();
        for piece in &self.0 {
            directory.push(match piece {
                Piece::Text(text) => text.as_os_str(),
                Piece::Placeholder(Placeholder::Dir) => dir.as_os_str(),
                Piece::Placeholder(Placeholder::Name) => OsStr::new(name),
                Piece::Placeholder(Placeholder::Env) => OsStr::new(environment),
            });
        }
        let directory = PathBuf::from(directory);
        // `apps/books` is nicer to read than `./apps/books`.
        match directory.strip_prefix(current) {
            Ok(below) if self.has_dir() && !below.as_os_str().is_empty() => below.to_owned(),
            _ => directory,
        }
    }
}

/// Whether a string has these pieces.
fn matches(pieces: &[Piece], text: &str) -> bool {
    match pieces.split_first() {
        None => text.is_empty(),
        Some((Piece::Text(piece), others)) => piece
            .to_str()
            .and_then(|piece| text.strip_prefix(piece))
            .is_some_and(|rest| matches(others, rest)),
        Some((Piece::Placeholder(placeholder), others)) => {
            let one_name = text.find('/').unwrap_or(text.len());
            let most = if *placeholder == Placeholder::Dir { text.len() } else { one_name };
            let mut ends = (1..=most).filter(|end| text.is_char_boundary(*end));
            ends.any(|end| matches(others, &text[end..]))
        }
    }
}

fn unknown_placeholder(text: &str) -> String {
    let found = match text.find('}') {
        Some(end) if text.starts_with('{') => format!("there is no placeholder {}", &text[..=end]),
        _ => format!("`{}` stands alone", &text[..1]),
    };
    format!("{found}; a pattern knows {{dir}}, {{name}} and {{env}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(pattern: &str, spec: &str) -> PathBuf {
        OutputPattern::parse(pattern.into()).unwrap().directory(Path::new(spec), "books", "prod")
    }

    #[test]
    fn a_pattern_is_filled_in() {
        for (pattern, spec, expected) in [
            ("out", "a/app.toml", "out"),
            ("./out", "a/app.toml", "./out"),
            ("{dir}/rendered", "a/b/app.toml", "a/b/rendered"),
            ("{dir}/rendered", "./a/app.toml", "a/rendered"),
            ("{dir}/rendered", "app.toml", "rendered"),
            ("{dir}/rendered", "<stdin>", "rendered"),
            ("{dir}/rendered", "/app.toml", "//rendered"),
            ("{dir}", "app.toml", "."),
            ("{dir}/../{name}-{name}", "a/app.toml", "a/../books-books"),
            ("deploy/{name}/x", "a/app.toml", "deploy/books/x"),
            ("deploy/{env}/{name}", "a/app.toml", "deploy/prod/books"),
        ] {
            assert_eq!(directory(pattern, spec).as_os_str(), expected, "{pattern} of {spec}");
        }
    }

    #[test]
    fn unknown_placeholders_are_rejected() {
        for (pattern, message) in [
            ("{app}/x", "there is no placeholder {app}; a pattern knows {dir}, {name} and {env}"),
            ("{}", "there is no placeholder {}; a pattern knows {dir}, {name} and {env}"),
            ("{ dir }", "there is no placeholder { dir }; a pattern knows {dir}, {name} and {env}"),
            ("{{dir}}", "there is no placeholder {{dir}; a pattern knows {dir}, {name} and {env}"),
            ("{dir}}", "`}` stands alone; a pattern knows {dir}, {name} and {env}"),
            ("a}/{dir}", "`}` stands alone; a pattern knows {dir}, {name} and {env}"),
            ("{dir}/{name", "`{` stands alone; a pattern knows {dir}, {name} and {env}"),
        ] {
            assert_eq!(OutputPattern::parse(pattern.into()), Err(message.to_owned()), "{pattern}");
        }
    }

    #[test]
    fn the_root_is_the_same_for_all_apps() {
        for (pattern, root) in [
            ("out", "out"),
            ("deploy/{env}/{name}", "deploy"),
            ("a/deploy-{env}/x", "a"),
            ("/{name}", "/"),
            ("{dir}/rendered", ""),
            ("x-{name}", ""),
        ] {
            assert_eq!(
                OutputPattern::parse(pattern.into()).unwrap().root(),
                Path::new(root),
                "{pattern}"
            );
        }
    }

    #[test]
    fn a_directory_of_an_app_is_recognized() {
        for (pattern, directory, expected) in [
            ("out", "anywhere", true),
            ("{dir}/rendered", "a/b/rendered", true),
            ("{dir}/rendered", "rendered", true),
            ("{dir}/rendered", "a/unrendered", false),
            ("{dir}/rendered", "a/rendered/b", false),
            ("{dir}/rendered/{env}", "a/rendered/b", true),
            ("deploy/{env}/{name}", "deploy/prod/books", true),
            ("deploy/{env}/{name}", "deploy/prod", false),
            ("deploy/{env}/{name}", "deploy/prod/books/x", false),
            ("deploy/{env}-{name}", "deploy/prod-é-x", true),
            ("deploy/{env}-{name}", "deploy/prod", false),
            ("deploy//./{name}/", "deploy/books", true),
            ("./{dir}/rendered", "a/rendered", true),
            ("{dir}/rendered", "./a/rendered", true),
        ] {
            let out = OutputPattern::parse(pattern.into()).unwrap();
            let found = out.may_contain(Path::new(directory));
            assert_eq!(found, expected, "{pattern} and {directory}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_plain_directory_may_be_any_bytes() {
        use std::os::unix::ffi::OsStringExt;
        let bytes = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
        let plain = OutputPattern::parse(bytes(b"out-\xff")).unwrap();
        assert_eq!(
            plain.directory(Path::new("app.toml"), "books", "").into_os_string(),
            bytes(b"out-\xff")
        );
        assert_eq!(
            OutputPattern::parse(bytes(b"{dir}-\xff")),
            Err("a pattern must be UTF-8".to_owned())
        );
    }
}

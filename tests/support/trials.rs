//! Tests that need a tool: without it they are shown as ignored, and in CI they fail.

use libtest_mimic::Trial;

/// A tool, and whether it is there.
pub(crate) struct Tool {
    name: &'static str,
    found: bool,
}

impl Tool {
    /// Looks for a tool on the PATH.
    pub(crate) fn find(name: &'static str) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        Self { name, found: std::env::split_paths(&path).any(|folder| folder.join(name).is_file()) }
    }

    /// A test that needs the tool.
    pub(crate) fn trial(&self, name: &str, test: impl FnOnce() + Send + 'static) -> Trial {
        let Self { name: tool, found } = *self;
        let missing = !found && std::env::var_os("CI").is_none();
        if missing {
            eprintln!("skipped: {name}, because there is no {tool}");
        }
        Trial::test(name, move || {
            if !found {
                return Err(format!("there is no {tool}").into());
            }
            test();
            Ok(())
        })
        .with_ignored_flag(missing)
    }
}

//! The actions of `wigen templates` and `wigen kustomize`.

use std::path::PathBuf;

use clap::Subcommand;

use super::values::BuildTool;

#[derive(Debug, Subcommand)]
pub(crate) enum TemplatesAction {
    /// List the built-in templates
    List,
    /// Write templates to a directory
    Eject {
        /// Where to write them
        #[arg(value_name = "DIR")]
        into: PathBuf,

        /// Only these templates
        #[arg(value_name = "NAME")]
        names: Vec<String>,

        /// Overwrite existing files
        #[arg(long)]
        force: bool,
    },
    /// List the variables of templates
    Variables,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KustomizeAction {
    /// Link wigen in the directory where kubectl looks for Kustomize plugins
    Install {
        /// The plugin directory [default: where Kustomize looks, KUSTOMIZE_PLUGIN_HOME first]
        #[arg(long, value_name = "DIR")]
        home: Option<PathBuf>,
    },
    /// Remove the links
    Uninstall {
        /// The plugin directory [default: where Kustomize looks, KUSTOMIZE_PLUGIN_HOME first]
        #[arg(long, value_name = "DIR")]
        home: Option<PathBuf>,
    },
    /// Write kustomization.yaml, and apps.yaml that names the spec; without a spec, app.yaml with an example
    Init {
        /// The spec to start from [default: ./app.toml, or an example]
        #[arg(value_name = "SPEC")]
        spec: Option<PathBuf>,

        /// Write an overlay of the kustomization in this directory, which only checks the final names
        #[arg(long, value_name = "DIR")]
        base: Option<PathBuf>,

        /// Where to write
        #[arg(short, long, value_name = "DIR", default_value = ".")]
        out: PathBuf,

        /// The tool that will build it
        #[arg(long = "for", value_name = "TOOL", default_value = "kustomize")]
        tool: BuildTool,

        /// Overwrite existing files
        #[arg(long)]
        force: bool,
    },
}

//! The command line: what can be asked for.

mod output_pattern;
mod render_args;
mod select_args;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use wigen::backends::artifact::{self, Kind};

pub(crate) use output_pattern::OutputPattern;
pub(crate) use render_args::{RenderArgs, StaleFormat};
pub(crate) use select_args::{Rules, Set, Specs, Warnings};

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  a spec or a template is wrong; or --check or --fail-on-change found a file out of date
  2  wigen could not run: wrong usage, or a file that cannot be read or written";

const EXAMPLES: &str = "\
Examples:
  wigen init                              write a first app.toml
  wigen render                            print everything that ./app.toml gives
  wigen render -o rendered                write it to files
  wigen render --only manifests | kubectl apply -f -
  wigen render --only gcloud | bash -s plan
  wigen render --check -o rendered        fail when the files are out of date
  wigen check deploy/                     check every spec below a directory
  wigen lint deploy/                      check manifests that wigen did not write
  wigen explain unknown-key               what a diagnostic means";

/// Render everything GKE Workload Identity needs from one app spec.
///
/// One spec (app.toml) in; the gcloud script, the ServiceAccount and the workload out, agreeing
/// by construction. Offline and without credentials.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"), propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    #[command(flatten)]
    pub(crate) global: GlobalArgs,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct GlobalArgs {
    /// Run as if started in this directory
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub(crate) directory: Option<PathBuf>,

    /// Colour in messages; auto is for terminals, unless NO_COLOR is set
    #[arg(long, value_name = "WHEN", value_enum, default_value = "auto", global = true)]
    pub(crate) color: Color,

    /// Say what was done, not only what went wrong
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Render(Box<RenderArgs>),

    /// Check specs, and render nothing
    #[command(after_help = "\
Examples:
  wigen check
  wigen check apps/
  wigen check                             in a workspace: every spec of it
  wigen check --changed-since main        only what is new or different
  wigen check --fix                       correct what can only be meant in one way
  wigen check --deny warnings apps/       for a pipeline
  wigen check --format json app.toml
  wigen check --format sarif apps/ > wigen.sarif")]
    Check {
        #[command(flatten)]
        specs: Specs,

        /// How to tell what was found: human goes to standard error, the others to standard output
        #[arg(long, value_enum, default_value = "human")]
        format: Format,

        /// Correct in the specs what can only be meant in one way, and show what changed
        #[arg(long, conflicts_with = "set")]
        fix: bool,

        #[command(flatten)]
        rules: Rules,
    },

    /// Print the merged spec, with the origin of each value
    ///
    /// The defaults of the workspace, the spec over them, and over both the environment that is chosen: as
    /// TOML, a value a line, with the file, line and column that it comes from, and which of them it is. Text
    /// and shape have to be right; what else is wrong, `wigen check` tells.
    #[command(after_help = "\
Examples:
  wigen show
  wigen show app.toml --env prod
  wigen show -p fastapi-books --env prod  one app of the workspace
  wigen show --set container.image=books:2
  wigen show --format json app.toml       for programs: each value with its file, line and layer")]
    Show {
        #[command(flatten)]
        specs: Specs,

        /// The environment of the specs that is meant; unless given, that which a spec chooses itself
        #[arg(long, value_name = "NAME")]
        env: Option<String>,

        #[command(flatten)]
        settings: Set,

        /// How to print: for people, or one object a line
        #[arg(long, value_enum, default_value = "human")]
        format: ShowFormat,
    },

    /// Check manifests that wigen did not write
    ///
    /// The rules of Workload Identity over plain YAML or JSON, the output of helm or kustomize, and
    /// with --iam over what IAM has: the pods, the ServiceAccount that they name, its annotation, the
    /// members of policies. All files are judged together.
    #[command(after_help = "\
Examples:
  wigen lint deploy/
  helm template books charts/books --namespace shop | wigen lint - --namespace shop
  kustomize build overlays/prod | wigen lint - --deny warnings
  wigen lint deploy/ --iam setup.sh
  wigen lint deploy/ --iam books@my-project.iam.gserviceaccount.com.json")]
    Lint {
        /// Manifests: files, `-` for standard input, or directories to search for *.yaml, *.yml and *.json [default: .]
        #[arg(value_name = "FILE")]
        manifests: Vec<PathBuf>,

        /// A gcloud script, or a policy as `gcloud ... get-iam-policy` prints it; that of a service account is in EMAIL.yaml or EMAIL.json
        #[arg(long, value_name = "FILE")]
        iam: Vec<PathBuf>,

        /// Where objects go that name no namespace
        #[arg(short, long, value_name = "NAMESPACE")]
        namespace: Option<String>,

        /// How to tell what was found: human goes to standard error, the others to standard output
        #[arg(long, value_enum, default_value = "human")]
        format: Format,

        #[command(flatten)]
        warnings: Warnings,
    },

    /// Say what changes for the identity and the pods between specs, or revisions of git
    ///
    /// The account, the members, the roles gained and lost, the manifests that make pods roll, and what
    /// the API server will refuse to change. OLD and NEW are each a file, `-` for standard input, a
    /// directory to search for specs, a file or directory at a revision as git names it
    /// (`main:./apps`), or a revision: it stands for what the other of the two names, at that revision,
    /// or else for every spec below this directory. What exists as a file is taken for one. Specs of
    /// directories are matched by path, and those that have moved by the name of the app. The manifests
    /// are those of wigen's own templates.
    #[command(after_help = "\
Examples:
  wigen diff old.toml app.toml            between two specs
  wigen diff HEAD~1 app.toml              between a spec at a revision and now
  wigen diff main                         of every spec below this directory since main
  wigen diff v1.2 v1.3
  wigen diff main:./apps/books/app.toml apps/books/app.toml --env prod
  wigen diff --exit-code main             exit with 1 when anything changes

Signs:
  +  comes    -  goes    ~  is another    !  the API server refuses it

Exit codes:
  0  done
  1  a spec is wrong, and nothing was compared; or --exit-code, and something changes
  2  wigen could not run: wrong usage, no such file or revision, or no git")]
    Diff {
        /// What there was: a spec, a directory, or a revision of git
        #[arg(value_name = "OLD")]
        old: PathBuf,

        /// What there is to be [default: the working tree, where OLD is of a revision]
        #[arg(value_name = "NEW")]
        new: Option<PathBuf>,

        /// The environment of the specs that is meant; unless given, that which a spec chooses itself
        #[arg(long, value_name = "NAME")]
        env: Option<String>,

        /// How to tell what changes: for people, or one object a line, as `wigen schema change` describes it
        #[arg(long, value_enum, default_value = "human")]
        format: ChangeFormat,

        /// Exit with 1 when anything changes
        #[arg(long)]
        exit_code: bool,
    },

    /// List the templates, and what they may print; or write them out, to change them
    ///
    /// `wigen render --templates DIR` renders with the templates in DIR: *.yaml.j2 and *.sh.j2. One that
    /// is called like one of wigen's takes its place; another one makes a further file, unless its name
    /// begins with `_` or it is in a directory: then it is a part of others.
    #[command(after_help = "\
Examples:
  wigen templates                         list them
  wigen templates variables               what a template may print
  wigen templates eject templates         write all of them to a directory
  wigen templates eject templates deployment.yaml.j2
  wigen render --templates templates")]
    Templates {
        #[command(subcommand)]
        action: Option<TemplatesAction>,
    },

    /// Print a JSON Schema: of a spec, for editors, or of what `--format json` prints
    #[command(after_help = "\
Examples:
  wigen schema > app.schema.json          then, as the first line of app.toml:
                                          #:schema ./app.schema.json")]
    Schema {
        /// Which schema: of app.toml, of the Kubernetes object of kind App, of wigen.toml, or of a line that `--format json` prints: a diagnostic, or a change of `wigen diff`
        #[arg(value_enum, default_value = "app")]
        form: SchemaForm,
    },

    /// Write a first app.toml, and its JSON Schema beside it
    #[command(after_help = "\
Examples:
  wigen init
  wigen init services/books")]
    Init {
        /// Where to write it
        #[arg(value_name = "DIR", default_value = ".")]
        into: PathBuf,

        /// Overwrite an app.toml that is there
        #[arg(long)]
        force: bool,
    },

    /// Say what a diagnostic means, or list them all
    #[command(after_help = "\
Examples:
  wigen explain
  wigen explain derived-account-id")]
    Explain {
        /// The words in brackets behind `error` or `warning`
        #[arg(value_name = "CODE")]
        codes: Vec<String>,
    },

    /// Be a KRM function, for Kustomize and kpt; or try one by hand
    ///
    /// Kustomize and kpt start wigen without arguments, and it knows by itself: a ResourceList comes in
    /// on standard input and goes out on standard output. With a function config (an App, Apps, or a
    /// ConfigMap) it does the same by hand, over manifests, and prints YAML.
    #[command(after_help = "\
Examples:
  wigen krm app.yaml                      what `generators:` would get
  helm template books charts/books | wigen krm identity.yaml -
  kpt fn source books | wigen | kpt fn sink books-with-identity")]
    Krm {
        /// The function config
        #[arg(value_name = "CONFIG")]
        config: Option<PathBuf>,

        /// Manifests to work on: files, or `-` for standard input
        #[arg(value_name = "INPUT")]
        inputs: Vec<PathBuf>,
    },

    /// Have kubectl find wigen as a plugin of Kustomize; or write a first kustomization
    #[command(after_help = "\
Examples:
  wigen kustomize init                    app.yaml and kustomization.yaml from ./app.toml
  wigen kustomize init app.toml --out deploy/books
  wigen kustomize install                 then: kubectl kustomize --enable-alpha-plugins DIR
  wigen kustomize uninstall")]
    Kustomize {
        #[command(subcommand)]
        action: KustomizeAction,
    },

    /// Print a completion script for a shell
    #[command(after_help = "\
Examples:
  wigen completions bash > ~/.local/share/bash-completion/completions/wigen
  wigen completions fish > ~/.config/fish/completions/wigen.fish")]
    Completions {
        #[arg(value_enum)]
        shell: Shell,
    },

    /// Print the man page
    #[command(after_help = "\
Examples:
  wigen man | man -l -")]
    Man,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TemplatesAction {
    /// List the templates inside wigen
    List,
    /// Write templates to a directory
    Eject {
        /// Where to write them
        #[arg(value_name = "DIR")]
        into: PathBuf,

        /// Only these
        #[arg(value_name = "NAME")]
        names: Vec<String>,

        /// Overwrite files that are there
        #[arg(long)]
        force: bool,
    },
    /// List what a template may print
    Variables,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KustomizeAction {
    /// Link wigen where kubectl looks for plugins of Kustomize
    Install {
        /// The root of the plugins [default: where Kustomize looks, KUSTOMIZE_PLUGIN_HOME first]
        #[arg(long, value_name = "DIR")]
        home: Option<PathBuf>,
    },
    /// Take the links away again
    Uninstall {
        /// The root of the plugins [default: where Kustomize looks, KUSTOMIZE_PLUGIN_HOME first]
        #[arg(long, value_name = "DIR")]
        home: Option<PathBuf>,
    },
    /// Write kustomization.yaml, and apps.yaml that names the spec; without one, app.yaml with an example
    Init {
        /// The spec to start from [default: ./app.toml, or else an example]
        #[arg(value_name = "SPEC")]
        spec: Option<PathBuf>,

        /// Where to write
        #[arg(short, long, value_name = "DIR", default_value = ".")]
        out: PathBuf,

        /// What will build it
        #[arg(long = "for", value_name = "TOOL", value_enum, default_value = "kustomize")]
        target: For,

        /// Overwrite files that are there
        #[arg(long)]
        force: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum For {
    /// `kustomize build`, which starts wigen itself
    Kustomize,
    /// `kubectl kustomize`, which needs `wigen kustomize install`
    Kubectl,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Only {
    /// gcloud.sh
    Gcloud,
    /// service-account.yaml
    ServiceAccount,
    /// deployment.yaml, or what the kind of workload is called
    Workload,
    /// All manifests, for kubectl
    Manifests,
}

impl Only {
    /// The artifacts asked for: all of them where nothing is picked.
    pub(crate) fn kinds(picked: &[Self]) -> Vec<Kind> {
        let name = |only: &Self| only.to_possible_value().map(|value| value.get_name().to_owned());
        let names = picked.iter().filter_map(name);
        let picked: Vec<Kind> = names.filter_map(|name| artifact::named(&name)).flatten().collect();
        let wanted = |kind: &Kind| picked.is_empty() || picked.contains(kind);
        Kind::ALL.into_iter().filter(wanted).collect()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Human,
    /// One object a line, as `wigen schema diagnostic` describes it
    Json,
    /// A SARIF 2.1.0 log, for code scanning
    Sarif,
    /// Workflow commands of GitHub Actions
    Github,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaForm {
    App,
    Krm,
    Workspace,
    Diagnostic,
    Change,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShowFormat {
    /// TOML, with comments
    Human,
    /// One object a line: spec, pointer, value, file, line, column, layer
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ChangeFormat {
    Human,
    Json,
}

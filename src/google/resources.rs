//! What a role can be granted on: every kind of resource that a grant may name, how it is named, and
//! the gcloud command that binds a role there.

use std::net::Ipv4Addr;

use schemars::JsonSchema;
use serde::Serialize;

/// A kind of resource with an IAM policy of its own.
#[derive(Debug)]
pub struct Kind {
    /// The key of a grant that names one.
    pub key: &'static str,
    /// What it is called in a sentence.
    pub noun: &'static str,
    /// How one is named.
    form: Form,
    /// The gcloud command group that has `add-iam-policy-binding`; empty where there is none.
    group: &'static [&'static str],
    /// Whether gcloud can bind under a condition there.
    pub conditions: Conditions,
}

/// Whether gcloud can bind a role under a condition. Source: the flags of gcloud 528, and the
/// version of the policy that its commands ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conditions {
    /// There is `--condition`.
    Supported,
    /// There is `--condition`, but the command asks for a policy of version 1, in which a condition
    /// cannot be seen: only `--condition=None` is safe.
    Unsafe,
    /// There is no `--condition`.
    Absent,
}

#[derive(Debug)]
enum Form {
    /// A project ID.
    Project,
    /// A number, with or without the collection in front: `folders/123`.
    Number(&'static str),
    /// A name that is unique in the whole of Google Cloud.
    Bucket,
    /// The e-mail of a service account.
    Account,
    /// A path below a project: one of these.
    Path(&'static [&'static [Part]]),
}

/// One step of a path: `secrets/NAME`.
#[derive(Debug)]
struct Part {
    collection: &'static str,
    /// The flag that takes the name; none for the last step, which is the command's argument.
    flag: &'static str,
    name: Name,
}

/// What a name in a path may look like.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Name {
    /// Characters beside lower case letters and digits.
    more: &'static str,
    upper: bool,
    /// Whether it starts with a letter.
    letter_first: bool,
    min: usize,
    max: usize,
}

impl Name {
    fn fits(&self, name: &str) -> bool {
        let letter = |c: char| c.is_ascii_lowercase() || (self.upper && c.is_ascii_uppercase());
        (self.min..=self.max).contains(&name.len())
            && name.chars().all(|c| letter(c) || c.is_ascii_digit() || self.more.contains(c))
            && (!self.letter_first || name.starts_with(letter))
    }

    fn words(&self) -> String {
        let letters = if self.upper { "letters" } else { "lower case letters" };
        let more: Vec<String> = self.more.chars().map(|c| format!(", `{c}`")).collect();
        let more = more.concat();
        let first = if self.letter_first { ", starting with a letter" } else { "" };
        format!("{} to {} {letters}, digits{more}{first}", self.min, self.max)
    }
}

const fn name(more: &'static str, min: usize, max: usize) -> Name {
    Name { more, upper: false, letter_first: true, min, max }
}

const fn part(collection: &'static str, flag: &'static str, name: Name) -> Part {
    Part { collection, flag, name }
}

/// A location: region, zone or multi-region. Source: Google Cloud, "Regions and zones".
const LOCATION: Name = Name { more: "-", upper: false, letter_first: true, min: 2, max: 63 };
/// Source: googleapis, `google/cloud/secretmanager/v1/service.proto`.
const SECRET: Name = Name { more: "-_", upper: true, letter_first: false, min: 1, max: 255 };
/// Source: googleapis, `google/pubsub/v1/pubsub.proto`.
const TOPIC: Name = Name { more: "-_.~+%", upper: true, letter_first: true, min: 3, max: 255 };
/// Source: googleapis, `google/cloud/kms/v1/service.proto`.
const KEY: Name = Name { more: "-_", upper: true, letter_first: false, min: 1, max: 63 };
/// Source: googleapis, `google/cloud/bigquery/v2/dataset_reference.proto`.
const DATASET: Name = Name { more: "_", upper: true, letter_first: false, min: 1, max: 1024 };
/// Source: googleapis, `google/bigtable/admin/v2/bigtable_table_admin.proto`.
const BIGTABLE: Name = Name { more: "-_.", upper: true, letter_first: false, min: 1, max: 50 };

/// Every kind that a grant may name. Sources: the path of each in its `google.api.resource`
/// annotation in googleapis; the commands in gcloud 528.
pub const KINDS: &[Kind] = &[
    Kind {
        key: "project",
        noun: "project",
        form: Form::Project,
        group: &["projects"],
        conditions: Conditions::Supported,
    },
    Kind {
        key: "folder",
        noun: "folder",
        form: Form::Number("folders"),
        group: &["resource-manager", "folders"],
        conditions: Conditions::Supported,
    },
    Kind {
        key: "organization",
        noun: "organization",
        form: Form::Number("organizations"),
        group: &["organizations"],
        conditions: Conditions::Supported,
    },
    Kind {
        key: "secret",
        noun: "secret",
        form: Form::Path(&[
            &[part("secrets", "", SECRET)],
            &[part("locations", "--location", LOCATION), part("secrets", "", SECRET)],
        ]),
        group: &["secrets"],
        conditions: Conditions::Supported,
    },
    Kind {
        key: "bucket",
        noun: "bucket",
        form: Form::Bucket,
        group: &["storage", "buckets"],
        conditions: Conditions::Supported,
    },
    Kind {
        key: "topic",
        noun: "topic",
        form: Form::Path(&[&[part("topics", "", TOPIC)]]),
        group: &["pubsub", "topics"],
        conditions: Conditions::Absent,
    },
    Kind {
        key: "subscription",
        noun: "subscription",
        form: Form::Path(&[&[part("subscriptions", "", TOPIC)]]),
        group: &["pubsub", "subscriptions"],
        conditions: Conditions::Absent,
    },
    Kind {
        key: "repository",
        noun: "repository",
        form: Form::Path(&[&[
            part("locations", "--location", LOCATION),
            part("repositories", "", name("-", 1, 63)),
        ]]),
        group: &["artifacts", "repositories"],
        conditions: Conditions::Unsafe,
    },
    Kind {
        key: "kmsKey",
        noun: "key",
        form: Form::Path(&[&[
            part("locations", "--location", LOCATION),
            part("keyRings", "--keyring", KEY),
            part("cryptoKeys", "", KEY),
        ]]),
        group: &["kms", "keys"],
        conditions: Conditions::Supported,
    },
    Kind {
        key: "runService",
        noun: "Cloud Run service",
        form: Form::Path(&[&[
            part("locations", "--region", LOCATION),
            part("services", "", name("-", 1, 63)),
        ]]),
        group: &["run", "services"],
        conditions: Conditions::Supported,
    },
    Kind {
        key: "dataset",
        noun: "dataset",
        form: Form::Path(&[&[part("datasets", "", DATASET)]]),
        group: &[],
        conditions: Conditions::Absent,
    },
    Kind {
        key: "table",
        noun: "table",
        form: Form::Path(&[&[
            part("datasets", "", DATASET),
            part("tables", "", Name { more: "_- ", ..DATASET }),
        ]]),
        group: &[],
        conditions: Conditions::Absent,
    },
    Kind {
        key: "spannerInstance",
        noun: "Spanner instance",
        form: Form::Path(&[&[part("instances", "", name("-", 2, 64))]]),
        group: &["spanner", "instances"],
        conditions: Conditions::Supported,
    },
    Kind {
        key: "spannerDatabase",
        noun: "Spanner database",
        form: Form::Path(&[&[
            part("instances", "--instance", name("-", 2, 64)),
            part("databases", "", name("_-", 2, 30)),
        ]]),
        group: &["spanner", "databases"],
        conditions: Conditions::Supported,
    },
    Kind {
        key: "bigtableInstance",
        noun: "Bigtable instance",
        form: Form::Path(&[&[part("instances", "", name("-", 6, 33))]]),
        group: &["bigtable", "instances"],
        conditions: Conditions::Supported,
    },
    Kind {
        key: "bigtableTable",
        noun: "Bigtable table",
        form: Form::Path(&[&[
            part("instances", "--instance", name("-", 6, 33)),
            part("tables", "", BIGTABLE),
        ]]),
        group: &["bigtable", "tables"],
        conditions: Conditions::Supported,
    },
    Kind {
        key: "serviceAccount",
        noun: "service account",
        form: Form::Account,
        group: &["iam", "service-accounts"],
        conditions: Conditions::Supported,
    },
];

/// A resource, and how gcloud is told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Resource {
    /// What it is called in a sentence.
    pub noun: &'static str,
    /// The command group that binds roles on it; empty where gcloud has none.
    pub group: &'static [&'static str],
    /// The argument of the command.
    pub name: String,
    /// Flags that say where it is.
    pub flags: Vec<(&'static str, String)>,
    /// The project that it is in, or that it is; none where that plays no part.
    pub project: Option<String>,
    /// Whether the command has `--condition`.
    pub condition_flag: bool,
}

impl Resource {
    /// Whether two are one and the same: of a bucket and of a service account the name says it alone, and
    /// the project only goes into the command.
    pub fn is_same(&self, other: &Self) -> bool {
        let by_name = ["bucket", "service account"].contains(&self.noun);
        self.noun == other.noun
            && self.name == other.name
            && self.flags == other.flags
            && (by_name || self.project == other.project)
    }
}

/// Why a text names no resource of a kind.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistake {
    /// What is wrong with it, to follow the text in a sentence.
    pub message: String,
    /// What to write.
    pub help: String,
}

impl Kind {
    /// The kind that this key names.
    pub fn of(key: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.key == key)
    }

    /// The service account with this e-mail.
    pub fn account(email: &str, project: &str) -> Resource {
        Resource {
            noun: "service account",
            group: &["iam", "service-accounts"],
            name: email.to_owned(),
            flags: Vec::new(),
            project: Some(project.to_owned()),
            condition_flag: true,
        }
    }

    /// The resource that a text names: a path from `projects/` on, or only the names in it, which
    /// are then in `project`.
    pub fn parse(&self, text: &str, project: &str) -> Result<Resource, Mistake> {
        let mistake = |message: String| Mistake { message, help: self.help() };
        let mut resource = Resource {
            noun: self.noun,
            group: self.group,
            name: text.to_owned(),
            flags: Vec::new(),
            project: Some(project.to_owned()),
            condition_flag: self.conditions != Conditions::Absent,
        };
        match self.form {
            Form::Project => resource.project = Some(text.to_owned()),
            Form::Number(collection) => {
                let number = text
                    .strip_prefix(collection)
                    .and_then(|rest| rest.strip_prefix('/'))
                    .unwrap_or(text);
                if !(1..=19).contains(&number.len()) || !number.bytes().all(|b| b.is_ascii_digit())
                {
                    return Err(mistake("is not a number".to_owned()));
                }
                number.clone_into(&mut resource.name);
                resource.project = None;
            }
            Form::Bucket => {
                if !is_bucket(text) {
                    return Err(mistake("is not the name of a bucket".to_owned()));
                }
                resource.name = format!("gs://{text}");
            }
            Form::Account => {
                if !is_account_email(text) {
                    return Err(mistake("is not the e-mail of a service account".to_owned()));
                }
                if let Some(home) = project_of_account(text) {
                    resource.project = Some(home);
                }
            }
            Form::Path(paths) => {
                let (home, names) =
                    split(text, paths).ok_or_else(|| mistake(self.misshapen(text)))?;
                if let Some(home) = home {
                    resource.project = Some(home.to_owned());
                }
                for (part, name) in &names {
                    if part.name == TOPIC && name.starts_with(RESERVED) {
                        return Err(Mistake {
                            message: format!("has {} in the place of a name", quoted_part(name)),
                            help: format!("names that begin with `{RESERVED}` are Google's"),
                        });
                    }
                    if !part.name.fits(name) {
                        return Err(Mistake {
                            message: format!("has {} in the place of a name", quoted_part(name)),
                            help: format!(
                                "a name below `{}` has {}",
                                part.collection,
                                part.name.words()
                            ),
                        });
                    }
                }
                if let Some((_, last)) = names.last() {
                    (*last).clone_into(&mut resource.name);
                }
                resource.flags = names
                    .iter()
                    .filter(|(part, _)| !part.flag.is_empty())
                    .map(|(part, name)| (part.flag, (*name).to_owned()))
                    .collect();
            }
        }
        Ok(resource)
    }

    fn misshapen(&self, text: &str) -> String {
        if text.starts_with("projects/") {
            format!("is not the path of a {}", self.noun)
        } else {
            format!("does not name a {}", self.noun)
        }
    }

    /// How one is written.
    fn help(&self) -> String {
        match self.form {
            Form::Project => "write the ID of the project".to_owned(),
            Form::Number(collection) => format!("write the number, or `{collection}/NUMBER`"),
            Form::Bucket => "write its name alone: 3 to 222 lower case letters, digits, `-`, `_` and `.`, starting and ending with a letter or digit".to_owned(),
            Form::Account => "write its e-mail, `ID@PROJECT.iam.gserviceaccount.com`".to_owned(),
            Form::Path(paths) => {
                let ways: Vec<String> = paths
                    .iter()
                    .flat_map(|parts| {
                        let upper = |part: &Part| {
                            let one = part.collection.strip_suffix("ies").map(|stem| format!("{stem}y"));
                            let one = one.unwrap_or_else(|| part.collection.trim_end_matches('s').to_owned());
                            one.to_uppercase()
                        };
                        let short: Vec<String> = parts.iter().map(upper).collect();
                        let long: Vec<String> = parts
                            .iter()
                            .map(|part| format!("{}/{}", part.collection, upper(part)))
                            .collect();
                        [
                            format!("`{}`", short.join("/")),
                            format!("`projects/PROJECT/{}`", long.join("/")),
                        ]
                    })
                    .collect();
                format!("write {}", ways.join(" or "))
            }
        }
    }
}

fn quoted_part(name: &str) -> String {
    if name.is_empty() { "nothing".to_owned() } else { crate::diagnostics::quoted(name) }
}

/// The project in front of a path, if it begins with one, and the names, each with its part.
type Split<'a> = (Option<&'a str>, Vec<(&'static Part, &'a str)>);

fn split<'a>(text: &'a str, paths: &'static [&'static [Part]]) -> Option<Split<'a>> {
    let words: Vec<&str> = text.split('/').collect();
    for parts in paths {
        if let ["projects", project, rest @ ..] = words.as_slice()
            && rest.len() == parts.len() * 2
            && rest.chunks(2).zip(*parts).all(|(pair, part)| pair[0] == part.collection)
        {
            let names = rest.chunks(2).zip(*parts).map(|(pair, part)| (part, pair[1])).collect();
            return Some((Some(project), names));
        }
        let named = |word: &&str| parts.iter().any(|part| part.collection == *word);
        if words.len() == parts.len() && words[0] != "projects" && !words.iter().any(named) {
            return Some((None, parts.iter().zip(words).collect()));
        }
    }
    None
}

/// What names of buckets, topics and subscriptions do not begin with. Sources: Cloud Storage, "Bucket
/// names"; googleapis, `google/pubsub/v1/pubsub.proto`.
const RESERVED: &str = "goog";

/// Source: Cloud Storage, "Bucket names".
fn is_bucket(name: &str) -> bool {
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (3..=222).contains(&name.len())
        && name.split('.').all(|part| (1..=63).contains(&part.len()))
        && name.starts_with(edge)
        && name.ends_with(edge)
        && name.chars().all(|c| edge(c) || "-_.".contains(c))
        && !name.starts_with(RESERVED)
        && name.parse::<Ipv4Addr>().is_err()
}

/// Whether a text is the e-mail of a service account, made by a user or by Google.
pub fn is_account_email(text: &str) -> bool {
    let fits = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b))
    };
    text.split_once('@').is_some_and(|(id, domain)| {
        let host = domain.strip_suffix(".gserviceaccount.com");
        fits(id) && (host.is_some_and(fits) && !domain.starts_with('.'))
    })
}

/// The project of a service account, as its e-mail tells it: `ID@PROJECT.iam.gserviceaccount.com`.
/// In the e-mail of an account in `example.com:books`, the two halves stand the other way round.
pub fn project_of_account(email: &str) -> Option<String> {
    let (_, domain) = email.split_once('@')?;
    let project = domain.strip_suffix(".iam.gserviceaccount.com")?;
    match project.split_once('.') {
        Some((project, domain)) => Some(format!("{domain}:{project}")),
        None => Some(project.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(key: &str, text: &str) -> Result<Resource, Mistake> {
        Kind::of(key).unwrap().parse(text, "my-project")
    }

    #[test]
    fn a_name_alone_is_in_the_project_and_a_path_says_where() {
        let short = parse("kmsKey", "europe/ring/key").unwrap();
        assert_eq!((short.name.as_str(), short.project.as_deref()), ("key", Some("my-project")));
        assert_eq!(
            short.flags,
            [("--location", "europe".to_owned()), ("--keyring", "ring".to_owned())]
        );
        let long =
            parse("kmsKey", "projects/p-2/locations/europe/keyRings/ring/cryptoKeys/key").unwrap();
        assert_eq!(long, Resource { project: Some("p-2".to_owned()), ..short });
        let regional = parse("secret", "us-central1/db").unwrap();
        assert_eq!(regional.flags, [("--location", "us-central1".to_owned())]);
        assert_eq!(parse("folder", "folders/12").unwrap(), parse("folder", "12").unwrap());
        assert_eq!(parse("bucket", "books-data").unwrap().name, "gs://books-data");
    }

    #[test]
    fn what_names_nothing_says_how_it_is_named() {
        for (key, text, message) in [
            ("secret", "a/b/c", "does not name a secret"),
            ("secret", "secrets/db", "does not name a secret"),
            ("secret", "projects/p/topics/t", "is not the path of a secret"),
            ("secret", "", "has nothing in the place of a name"),
            ("topic", "t", "has `t` in the place of a name"),
            ("repository", "books", "does not name a repository"),
            ("bucket", "gs://books", "is not the name of a bucket"),
            ("bucket", "goog-books", "is not the name of a bucket"),
            ("bucket", "192.168.1.1", "is not the name of a bucket"),
            ("topic", "google-books", "has `google-books` in the place of a name"),
            ("folder", "books", "is not a number"),
            ("serviceAccount", "a@example.com", "is not the e-mail of a service account"),
        ] {
            assert_eq!(parse(key, text).unwrap_err().message, message, "{key} {text}");
        }
        assert_eq!(
            parse("repository", "books").unwrap_err().help,
            "write `LOCATION/REPOSITORY` or `projects/PROJECT/locations/LOCATION/repositories/REPOSITORY`"
        );
    }

    #[test]
    fn an_email_tells_its_project() {
        let project = |email| project_of_account(email);
        assert_eq!(project("a@books.iam.gserviceaccount.com").as_deref(), Some("books"));
        assert_eq!(
            project("a@books.example.com.iam.gserviceaccount.com").as_deref(),
            Some("example.com:books")
        );
        assert_eq!(project("1-compute@developer.gserviceaccount.com"), None);
    }
}

//! What a role can be granted on: the types of resources, how each is named, and references to one.

mod format;
mod types;

pub use types::{BindingSupport, ResourceType};

use super::accounts;
use super::names::ACCOUNT_EMAIL;
use crate::diagnostics::quoted;
use format::{NameFormat, is_bucket, split_path};

/// A resource that a name was parsed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceRef {
    /// Its type.
    pub resource_type: ResourceType,
    /// ID of the project that it is in, or that it is; `None` for a folder and an organization.
    pub project: Option<String>,
    /// Its path below the project; empty for a project.
    pub segments: Vec<Segment>,
}

/// A part of the path of a resource: `secrets/NAME`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Segment {
    /// The collection, as in the REST API.
    pub collection: &'static str,
    /// What a sentence calls an element of it.
    pub noun: &'static str,
    /// The name in the collection.
    pub name: String,
}

/// Why a string does not name a resource of a type.
#[derive(Debug, PartialEq, Eq)]
pub struct InvalidName {
    /// What is wrong, to follow the string in a sentence.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

impl ResourceRef {
    /// A project.
    pub fn project(id: &str) -> Self {
        let project = Some(id.to_owned());
        Self { resource_type: ResourceType::Project, project, segments: Vec::new() }
    }

    /// A service account, by its email.
    pub fn service_account(email: &str, project: &str) -> Self {
        let project = Some(project.to_owned());
        let segments = vec![segment("serviceAccounts", "service account", email)];
        Self { resource_type: ResourceType::ServiceAccount, project, segments }
    }

    /// Its own name: the last one of its path.
    pub fn name(&self) -> &str {
        match self.segments.last() {
            Some(segment) => &segment.name,
            None => self.project.as_deref().unwrap_or_default(),
        }
    }

    /// Its path from `projects/`, `folders/` or `organizations/` on.
    pub fn path(&self) -> String {
        let project = self.project.iter().map(|id| ("projects", id.as_str()));
        let segments = self.segments.iter().map(|one| (one.collection, one.name.as_str()));
        let parts: Vec<String> = project
            .chain(segments)
            .map(|(collection, name)| format!("{collection}/{name}"))
            .collect();
        parts.join("/")
    }

    /// Whether it is a dataset or table of BigQuery.
    pub fn is_in_bigquery(&self) -> bool {
        matches!(self.resource_type, ResourceType::Dataset | ResourceType::Table)
    }

    /// What it is in, below the project.
    pub fn parents(&self) -> &[Segment] {
        self.segments.split_last().map_or(&[], |(_, parents)| parents)
    }

    /// What distinguishes it from other resources. The names of buckets and service accounts are unique by
    /// themselves; their project only says where to send requests.
    pub fn unique_name(&self) -> (ResourceType, &[Segment], Option<&str>) {
        let by_name =
            matches!(self.resource_type, ResourceType::Bucket | ResourceType::ServiceAccount);
        let project = self.project.as_deref().filter(|_| !by_name);
        (self.resource_type, &self.segments, project)
    }

    /// Whether both name one resource.
    pub fn is_same(&self, other: &Self) -> bool {
        self.unique_name() == other.unique_name()
    }
}

fn segment(collection: &'static str, noun: &'static str, name: &str) -> Segment {
    Segment { collection, noun, name: name.to_owned() }
}

impl ResourceType {
    /// Parses the name of a resource: a path from `projects/` on, or the names alone, which are then
    /// in `project`.
    pub fn parse(self, text: &str, project: &str) -> Result<ResourceRef, InvalidName> {
        let format = self.format();
        let invalid = |message: String| InvalidName { message, help: format.help() };
        let resource = |project: Option<&str>, segments| ResourceRef {
            resource_type: self,
            project: project.map(str::to_owned),
            segments,
        };
        match format {
            NameFormat::ProjectId => Ok(ResourceRef::project(text)),
            NameFormat::Number(collection) => {
                let rest = text.strip_prefix(collection).and_then(|rest| rest.strip_prefix('/'));
                let number = rest.unwrap_or(text);
                let is_number = number.bytes().all(|b| b.is_ascii_digit());
                if !is_number || !(1..=19).contains(&number.len()) {
                    return Err(invalid("is not a number".to_owned()));
                }
                Ok(resource(None, vec![segment(collection, self.noun(), number)]))
            }
            NameFormat::Bucket if is_bucket(text) => {
                Ok(resource(Some(project), vec![segment("buckets", self.noun(), text)]))
            }
            NameFormat::Bucket => Err(invalid("is not the name of a bucket".to_owned())),
            NameFormat::AccountEmail if ACCOUNT_EMAIL.matches(text) => {
                let own = accounts::project(text);
                Ok(ResourceRef::service_account(text, own.as_deref().unwrap_or(project)))
            }
            NameFormat::AccountEmail => {
                Err(invalid("is not the email of a service account".to_owned()))
            }
            NameFormat::Path(forms) => {
                let path = split_path(text, forms).ok_or_else(|| invalid(self.not_a_path(text)))?;
                let mut segments = Vec::new();
                for (part, name) in path.names {
                    let reserved = part.name.reserved.filter(|prefix| name.starts_with(*prefix));
                    let help = if let Some(prefix) = reserved {
                        format!("names that begin with `{prefix}` are Google's")
                    } else if part.name.allows(name) {
                        segments.push(segment(part.collection, part.noun, name));
                        continue;
                    } else {
                        format!("a name below `{}` has {}", part.collection, part.name.describe())
                    };
                    let name = if name.is_empty() { "nothing".to_owned() } else { quoted(name) };
                    let message = format!("has {name} in the place of a name");
                    return Err(InvalidName { message, help });
                }
                Ok(resource(Some(path.project.unwrap_or(project)), segments))
            }
        }
    }

    fn not_a_path(self, text: &str) -> String {
        if text.starts_with("projects/") {
            format!("is not the path of a {}", self.noun())
        } else {
            format!("does not name a {}", self.noun())
        }
    }
}

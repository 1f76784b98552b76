//! What changes in Google Cloud and Kubernetes when one spec replaces another, in sentences.

mod apply;
mod change;
mod cluster;
mod iam;
mod kubernetes;
mod manifest;

use crate::spec::types::CloudFormat;
pub use change::{ApplyMode, Change, ChangeType, Effect, Resolved, Subject};

/// What changes from one spec to another, in the order of [`Subject`]. `None` on one side is an app that
/// is new or gone.
pub fn changes(old: Option<&Resolved>, new: Option<&Resolved>) -> Vec<Change> {
    let mut changes = Vec::new();
    changes.extend(app(old, new));
    changes.extend(iam::changes(old, new));
    changes.extend(cluster::changes(old, new));
    changes.extend(kubernetes::changes(old, new));
    changes.sort_by_key(|change| change.subject);
    changes
}

fn app(old: Option<&Resolved>, new: Option<&Resolved>) -> Option<Change> {
    let name = |side: &Resolved| format!("app {}", side.workload.name);
    match (old, new) {
        (None, Some(new)) => {
            Some(Change::new(Subject::App, ChangeType::Added, name(new)).detail("is new"))
        }
        (Some(old), None) => {
            let detail = match old.identity.format {
                CloudFormat::Gcloud => {
                    "is gone; `bash gcloud.sh destroy`, rendered from its spec, undoes what was done for it in Google Cloud"
                }
                CloudFormat::Terraform => {
                    "is gone; Terraform takes back what it did once its module is gone, too"
                }
                CloudFormat::ConfigConnector => {
                    "is gone; Config Connector takes back what it did once its objects are deleted"
                }
                CloudFormat::None => "is gone",
            };
            let change = Change::new(Subject::App, ChangeType::Removed, name(old));
            Some(change.detail(detail).effect(Effect::Stays))
        }
        (Some(old), Some(new)) if old.workload.name != new.workload.name => {
            let was = format!("was called {}", old.workload.name);
            Some(Change::new(Subject::App, ChangeType::Changed, name(new)).detail(was))
        }
        _ => None,
    }
}

//! An app that every rule accepts, with what the rules parsed.

use std::ops::Deref;
use std::sync::Arc;

use crate::google::resources::ResourceRef;
use crate::spec::types::{App, Grant};

/// An app whose grants all name a resource. Only the rules make one, so whoever gets it need not
/// parse a name again, and has no failure to handle.
#[derive(Debug, Clone)]
pub struct CheckedApp {
    app: Arc<App>,
    /// What each grant is on.
    resources: Vec<ResourceRef>,
}

impl CheckedApp {
    pub(super) fn new(app: Arc<App>, resources: Vec<ResourceRef>) -> Self {
        Self { app, resources }
    }

    /// The grants, each with the resource that it is on.
    pub fn resolved_grants(&self) -> impl Iterator<Item = (&Grant, &ResourceRef)> {
        self.app.grants.iter().zip(&self.resources)
    }
}

impl Deref for CheckedApp {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

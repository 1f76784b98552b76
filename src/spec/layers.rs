//! A spec with what lies under and over it: the defaults of its workspace, and the settings of the
//! command line.

use serde_json::Value;

use super::settings::{Laid, Settings};
use crate::diagnostics::{Diagnostic, Place};
use crate::kubernetes::Version;
use crate::spec::workspace::{Member, Workspace};

/// What lies under and over a spec, to tell where each part of the merged document comes from.
#[derive(Debug)]
pub struct Layers<'a> {
    member: Option<Member<'a>>,
    laid: Option<Laid<'a>>,
}

impl<'a> Layers<'a> {
    /// The merged document, in the form of the spec, and what it was made of. The error is what is wrong
    /// with the path of a setting, at its place.
    pub fn merged(
        spec: Value,
        workspace: Option<&'a Workspace>,
        settings: Option<&'a Settings>,
        version: Version,
    ) -> Result<(Value, Self), Vec<Diagnostic>> {
        let (member, document) = match workspace {
            Some(workspace) => {
                let member = Member::new(workspace, spec);
                let document = member.merged();
                (Some(member), document)
            }
            None => (None, spec),
        };
        let Some(settings) = settings.filter(|settings| !settings.is_empty()) else {
            return Ok((document, Self { member, laid: None }));
        };
        let (document, laid) = settings.lay(document, version)?;
        Ok((document, Self { member, laid: Some(laid) }))
    }

    /// Tells where what was found in the merged document comes from.
    pub fn trace(&self, found: &mut Vec<Diagnostic>) {
        if let Some(laid) = &self.laid {
            for one in found.iter_mut() {
                // A value is shown as a whole, also where it is a part of it that is wrong.
                one.fix.take_if(|_| laid.is_within(&one.place.pointer));
                one.places_mut().for_each(|place| laid.trace(place));
            }
        }
        if let Some(member) = &self.member {
            member.trace(found);
        }
    }

    /// As [`Layers::trace`], for one place.
    pub fn trace_place(&self, place: &mut Place) {
        if let Some(laid) = &self.laid {
            laid.trace(place);
        }
        if let Some(member) = &self.member {
            member.trace_place(place);
        }
    }

    /// The place of the last setting at or below a node of the merged document, if there is one.
    pub fn setting(&self, pointer: &str) -> Option<Place> {
        self.laid.as_ref()?.setting(pointer)
    }
}

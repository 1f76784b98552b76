//! Bindings of roles to members, as scripts make them and policies hold them.

use super::member::{ANYTHING, Named, could_be, is_known};
use super::{policy, script};
use crate::diagnostics::source::Source;
use crate::diagnostics::{Code, Diagnostic, Place};
use crate::google::names::WORKLOAD_IDENTITY_USER;

/// One member with one role.
#[derive(Debug)]
pub(in crate::lint) struct Binding {
    pub(in crate::lint) file: usize,
    pub(in crate::lint) place: Place,
    pub(super) on: On,
    pub(super) from: From,
    pub(super) role: String,
    pub(super) member: String,
    pub(in crate::lint) named: Named,
}

/// What a role is bound on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum On {
    /// The Google Cloud service account of this e-mail, as far as it is known.
    Account(String),
    /// A project, folder or organization.
    Wider,
    /// Something else.
    Other,
}

/// Who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    /// A script or a policy.
    Iam,
    /// An object of Config Connector, which adds to what others bind.
    Object,
}

impl Binding {
    pub(super) fn new(place: Place, on: On, role: &str, member: &str) -> Self {
        let (role, named) = (role.to_owned(), Named::by(member));
        Self { file: 0, place, on, from: From::Iam, role, member: member.to_owned(), named }
    }

    /// A binding of which nobody knows more than the account.
    pub(super) fn unknown(place: Place, on: On) -> Self {
        Self::new(place, on, ANYTHING, ANYTHING)
    }

    /// Whether it may let pods act as an account.
    pub(super) fn may_let_act(&self) -> bool {
        could_be(&self.role, WORKLOAD_IDENTITY_USER)
    }

    pub(super) fn may_be_on(&self, email: &str) -> bool {
        matches!(&self.on, On::Account(on) if could_be(on, email))
    }

    /// The e-mail of the account that it lets pods act as, if all of that is known.
    pub(super) fn acts_as(&self) -> Option<&str> {
        match &self.on {
            On::Account(email) if is_known(email) && self.role == WORKLOAD_IDENTITY_USER => {
                Some(email)
            }
            _ => None,
        }
    }

    /// Whether it is made by a script; in a manifest another program may fill in what is missing.
    pub(super) fn is_command(&self) -> bool {
        self.place.span.is_some()
    }

    /// Whether pods have the role themselves, by direct federation.
    pub(in crate::lint) fn is_direct(&self) -> bool {
        self.member.starts_with("principal://") && !self.may_let_act()
    }
}

/// What a file says.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) bindings: Vec<Binding>,
    /// The e-mails of the accounts whose policies are here.
    pub(super) policies: Vec<String>,
    pub(super) found: Vec<Diagnostic>,
}

/// Reads a script, or policies in JSON or YAML.
pub(super) fn read(source: &Source) -> Reading {
    const COMMAND: &str = "-iam-policy-binding";
    let mut reading = if source.text().contains(COMMAND) || source.text().starts_with("#!") {
        script::read(source)
    } else {
        policy::read(source).unwrap_or_else(|| script::read(source))
    };
    let is_understood = !reading.bindings.is_empty()
        || !reading.policies.is_empty()
        || !reading.found.is_empty()
        || source.text().contains(COMMAND);
    if !is_understood {
        let diagnostic = Diagnostic::new(Code::NothingBound, Place::text(0..0), "nothing is bound here")
            .help("`--iam` takes scripts with `gcloud … add-iam-policy-binding`, and policies as `gcloud … get-iam-policy` prints them");
        reading.found.push(diagnostic);
    }
    reading
}

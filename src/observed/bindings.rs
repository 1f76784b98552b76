//! Bindings of roles to members: from policies, scripts and Config Connector objects.

use super::members::PodSubject;
use super::partial::Partial;
use crate::diagnostics::Location;
use crate::google::names::WORKLOAD_IDENTITY_USER;

/// One member with one role on one resource.
#[derive(Debug)]
pub(crate) struct Binding {
    pub(crate) place: Location,
    pub(crate) origin: Origin,
    pub(crate) target: BindingTarget,
    pub(crate) role: Partial,
    pub(crate) member: Partial,
    /// The pods that the member names.
    pub(crate) subject: PodSubject,
}

/// The resource that a role is bound on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BindingTarget {
    /// The Google Cloud service account with this email.
    ServiceAccount(Partial),
    /// A project, folder or organization.
    Project,
    Other,
}

/// What makes a binding.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Origin {
    /// A command of a script.
    Command {
        /// Where its verb stands.
        verb: Location,
        /// Whether gcloud takes `--condition` here, and the command does not have it.
        lacks_condition: bool,
    },
    /// A policy that IAM has.
    Policy,
    /// An object of Config Connector, which adds to other bindings.
    ConfigConnector,
}

impl Binding {
    pub(crate) fn new(
        place: Location,
        origin: Origin,
        target: BindingTarget,
        role: Partial,
        member: Partial,
    ) -> Self {
        let subject = PodSubject::from_member(&member);
        Self { place, origin, target, role, member, subject }
    }

    /// A binding of which only the target is known.
    pub(crate) fn unknown(place: Location, origin: Origin, target: BindingTarget) -> Self {
        Self::new(place, origin, target, Partial::unknown(), Partial::unknown())
    }

    /// Whether the role can be the one that lets pods act as a service account.
    pub(crate) fn can_let_act(&self) -> bool {
        self.role.can_be(WORKLOAD_IDENTITY_USER)
    }

    pub(crate) fn can_be_on(&self, email: &str) -> bool {
        matches!(&self.target, BindingTarget::ServiceAccount(on) if on.can_be(email))
    }

    /// The email of the service account that pods may act as, if all of that is known.
    pub(crate) fn acts_as(&self) -> Option<&str> {
        match &self.target {
            BindingTarget::ServiceAccount(email) if self.role.is(WORKLOAD_IDENTITY_USER) => {
                email.as_known()
            }
            _ => None,
        }
    }

    /// Whether a script makes it. In manifests, another program may fill in what is missing.
    pub(crate) fn is_command(&self) -> bool {
        matches!(self.origin, Origin::Command { .. })
    }

    /// Whether the role is granted directly to the pods.
    pub(crate) fn is_direct(&self) -> bool {
        self.member.as_str().starts_with("principal://") && !self.can_let_act()
    }
}

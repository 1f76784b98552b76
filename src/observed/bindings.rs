//! Bindings of roles to members: from policies, scripts and Config Connector objects.

use super::members::PodSubject;
use super::partial::Partial;
use crate::diagnostics::Location;
use crate::google::names::WORKLOAD_IDENTITY_USER;
use crate::google::roles;

/// One member with one role on one resource.
#[derive(Debug)]
pub(crate) struct Binding {
    /// Where the member stands.
    pub(crate) place: Location,
    pub(crate) role_place: Location,
    pub(crate) origin: Origin,
    pub(crate) target: BindingTarget,
    /// What the role is on, for people: `secret db-password`. Empty if it is not known.
    pub(crate) resource: String,
    pub(crate) role: Partial,
    pub(crate) member: Partial,
    /// The expression of its condition; `None` without a condition.
    pub(crate) condition: Option<Partial>,
    /// Whether a part of it is a default, which a variable or an argument may replace.
    pub(crate) is_by_default: bool,
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
    /// A resource of Terraform.
    Terraform,
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
        let role_place = place.clone();
        let resource = match &target {
            BindingTarget::ServiceAccount(email) => {
                email.as_known().map_or(String::new(), |email| format!("service account {email}"))
            }
            BindingTarget::Project | BindingTarget::Other => String::new(),
        };
        let is_by_default = false;
        let condition = None;
        Self {
            place,
            role_place,
            origin,
            target,
            resource,
            role,
            member,
            condition,
            is_by_default,
            subject,
        }
    }

    /// A binding of which only the target is known.
    pub(crate) fn unknown(place: Location, origin: Origin, target: BindingTarget) -> Self {
        Self::new(place, origin, target, Partial::unknown(), Partial::unknown())
    }

    /// Whether it is the same role of the same member on the same resource.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let side = |one: &Self| (one.target.clone(), one.resource.clone(), one.role.clone());
        self.place.source == other.place.source
            && side(self) == side(other)
            && self.member == other.member
            && self.member.is_known()
    }

    /// Whether the role lets its members act as a service account; `None` where that is not known.
    pub(crate) fn lets_act(&self) -> Option<bool> {
        match self.role.as_known() {
            Some(role) => roles::creates_access_tokens(role),
            None if self.role.can_be(WORKLOAD_IDENTITY_USER) => None,
            None => Some(false),
        }
    }

    pub(super) fn is_on_known_account(&self) -> bool {
        matches!(&self.target, BindingTarget::ServiceAccount(email) if email.is_known())
    }

    pub(crate) fn can_let_act(&self) -> bool {
        self.lets_act() != Some(false)
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
        self.member.as_str().starts_with("principal://")
            && !self.role.can_be(WORKLOAD_IDENTITY_USER)
    }
}

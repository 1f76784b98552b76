//! What the previous spec of an app granted and its current spec does not.

use crate::model::identity::{Account, Binding, Identity};

/// What is left of a previous spec.
#[derive(Debug, Clone, PartialEq)]
pub struct Previous {
    /// File name of the previous spec.
    pub spec: String,
    /// Bindings that only the previous spec has, in the order in which to remove them.
    pub bindings: Vec<Binding>,
    /// The account that the previous spec created, unless the current spec uses it too.
    pub account: Option<Account>,
}

impl Previous {
    /// Compares the previous identity of an app with the current one.
    pub fn new(spec: &str, previous: &Identity, current: &Identity) -> Self {
        let mut bindings = bindings_not_in(previous, current);
        bindings.reverse();
        let is_used = |account: &Account| {
            current.account.as_ref().is_some_and(|current| current.email == account.email)
        };
        let account = previous.account.clone();
        let account = account.filter(|account| account.create && !is_used(account));
        Self { spec: spec.to_owned(), bindings, account }
    }
}

/// The bindings of one identity, without the roles that another identity has too.
pub(crate) fn bindings_not_in(identity: &Identity, other: &Identity) -> Vec<Binding> {
    let without = |binding: &Binding| {
        let mut binding = binding.clone();
        let roles = std::mem::take(&mut binding.roles);
        binding.roles = roles.into_iter().filter(|role| !grants(other, &binding, role)).collect();
        (!binding.roles.is_empty()).then_some(binding)
    };
    identity.bindings().filter_map(without).collect()
}

fn grants(identity: &Identity, binding: &Binding, role: &String) -> bool {
    identity.bindings().any(|own| {
        own.resource.is_same(&binding.resource)
            && own.condition == binding.condition
            && own.roles.contains(role)
            && own.member.may_be(&binding.member)
    })
}

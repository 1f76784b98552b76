//! What an earlier spec granted and this one does not.

use schemars::JsonSchema;
use serde::Serialize;

use super::identity::{Binding, Identity, Member};

/// What is left of an earlier spec.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Earlier {
    /// File name of the earlier spec.
    pub spec: String,
    /// Bindings that it asked for and this spec does not, in the order in which to take them back.
    pub bindings: Vec<Binding>,
    /// ID of the project whose number names its members.
    pub number_of: Option<String>,
    /// E-mail of the account that it created, where this spec uses another or none.
    pub account: Option<String>,
    /// Project of that account.
    pub account_project: Option<String>,
}

impl Identity {
    /// The same, knowing what an earlier spec asked for.
    #[must_use]
    pub fn after(mut self, spec: &str, earlier: &Self) -> Self {
        let mut bindings: Vec<Binding> = earlier
            .bindings()
            .filter_map(|binding| {
                let mut left = binding.clone();
                left.roles.retain(|role| !self.grants(binding, role));
                (!left.roles.is_empty()).then_some(left)
            })
            .collect();
        bindings.reverse();
        let email =
            |identity: &Self| identity.account.as_ref().map(|account| account.email.clone());
        let account = earlier
            .account
            .as_ref()
            .filter(|account| account.create && email(&self).as_ref() != Some(&account.email));
        let number_of = bindings.iter().find_map(|binding| binding.member.number_of()).cloned();
        self.looks_up_number |= number_of.is_some();
        self.earlier = Some(Earlier {
            number_of,
            spec: spec.to_owned(),
            account: account.map(|account| account.email.clone()),
            account_project: account.map(|account| account.project.clone()),
            bindings,
        });
        self
    }

    fn grants(&self, binding: &Binding, role: &String) -> bool {
        self.bindings().any(|own| {
            own.resource.is_same(&binding.resource)
                && own.condition == binding.condition
                && own.roles.contains(role)
                && Member::may_be(&own.member, &binding.member)
        })
    }
}

//! Questions about the world: who belongs to whom.

use std::collections::HashSet;

use super::kustomizations::{Kustomization, normal_path};
use super::mentions;
use super::object::{Object, can_be_same};
use super::pods::{AccountUse, Pods, UseKind};
use super::world::World;

impl<'a> World<'a> {
    pub(crate) fn owner(&self, pods: &Pods<'_>) -> &Object<'a> {
        &self.objects.all[pods.owner]
    }

    /// The ServiceAccounts of all namespaces.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = &Object<'a>> {
        self.objects.accounts.values().flatten().map(|index| &self.objects.all[*index])
    }

    /// The ServiceAccounts with this name in any namespace.
    pub(crate) fn accounts_named(&self, name: &str) -> impl Iterator<Item = &Object<'a>> {
        let indices = self.objects.accounts.get(name).into_iter().flatten();
        indices.map(|index| &self.objects.all[*index])
    }

    /// The ConfigMap or Secret with this name that the pods of a namespace can use.
    pub(crate) fn settings(
        &self,
        kind: &str,
        name: &str,
        namespace: Option<&str>,
    ) -> Option<&Object<'a>> {
        let indices = self.objects.settings.get(name).into_iter().flatten();
        indices
            .map(|index| &self.objects.all[*index])
            .find(|one| one.id.is_a("", kind) && can_be_same(one.id.namespace, namespace))
    }

    /// The pods that name this ServiceAccount, or none, and can be in this namespace.
    pub(crate) fn pods_of<'s>(
        &'s self,
        account: Option<&'s str>,
        namespace: Option<&'s str>,
    ) -> impl Iterator<Item = &'s Pods<'a>> + use<'s, 'a> {
        let indices = self.objects.pods_by_account.get(&account).into_iter().flatten();
        indices
            .map(|index| &self.objects.pods[*index])
            .filter(move |pods| can_be_same(self.owner(pods).id.namespace, namespace))
    }

    /// Whether all bindings on a service account are known.
    pub(crate) fn has_policy_of(&self, email: &str) -> bool {
        let mut policies = self.facts.policies.iter();
        policies.any(|one| one.strip_prefix("service account ").is_some_and(|known| known == email))
    }

    /// The fields that name a ServiceAccount of this name, in a namespace that can be this one.
    pub(crate) fn uses_of<'s>(
        &'s self,
        account: &str,
        namespace: Option<&'s str>,
    ) -> impl Iterator<Item = &'s AccountUse<'a>> + use<'s, 'a> {
        let indices = self.objects.uses_by_account.get(account).into_iter().flatten();
        let uses = indices.map(|index| &self.objects.uses[*index]);
        // What may create the ServiceAccount may do it in another namespace.
        uses.filter(move |one| {
            one.kind == UseKind::Unclear || can_be_same(one.namespace, namespace)
        })
    }

    /// Those of some names of ServiceAccounts that any other string contains: a program may use them.
    pub(crate) fn mentioned<'n>(&self, names: &[&'n str]) -> HashSet<&'n str> {
        let patches = self.kustomizations.iter().flat_map(Kustomization::patches);
        mentions::mentioned(&self.objects.all, patches, names)
    }

    /// Whether a kustomization that includes an object has a patch that was not read.
    pub(crate) fn may_be_patched(&self, object: &Object<'a>) -> bool {
        let all = &self.kustomizations;
        let sources = self.objects.all.iter().map(|one| normal_path(one.source.name()));
        let is_read = |path: &str| sources.clone().any(|source| source == path);
        all.iter().any(|one| one.includes(all)(object.source) && one.has_unread_patch(is_read))
    }
}

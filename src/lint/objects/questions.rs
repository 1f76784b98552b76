//! What the rules ask of the objects.

use super::{Identity, Object, Objects, Pods, annotation, may_be_same};
use crate::diagnostics::{Diagnostic, Place};
use crate::google::names::GSA_ANNOTATION;
use crate::lint::iam::Binding;
use crate::lint::key_below;
use crate::lint::near::{Letters, is_slip, slips};

impl<'a> Objects<'a> {
    pub(in crate::lint) fn owner(&self, pods: &Pods<'_>) -> &Object<'a> {
        &self.all[pods.owner]
    }

    /// The ServiceAccounts of all namespaces.
    pub(in crate::lint) fn accounts(&self) -> impl Iterator<Item = &Object<'a>> {
        self.accounts.values().flatten().map(|index| &self.all[*index])
    }

    /// The ServiceAccounts of this name in any namespace.
    pub(in crate::lint) fn named(&self, name: &str) -> impl Iterator<Item = &Object<'a>> {
        self.accounts.get(name).into_iter().flatten().map(|index| &self.all[*index])
    }

    /// The ConfigMaps and Secrets of this name in any namespace.
    pub(in crate::lint) fn settings(&self, name: &str) -> impl Iterator<Item = &Object<'a>> {
        self.settings.get(name).into_iter().flatten().map(|index| &self.all[*index])
    }

    /// The pods that name this ServiceAccount, or none, and may be in this namespace.
    pub(in crate::lint) fn pods_of<'s>(
        &'s self,
        account: Option<&'s str>,
        namespace: Option<&'s str>,
    ) -> impl Iterator<Item = &'s Pods<'a>> + use<'s, 'a> {
        let pods = self.by_account.get(&account).into_iter().flatten();
        pods.map(|index| &self.pods[*index])
            .filter(move |pods| may_be_same(self.owner(pods).namespace, namespace))
    }

    /// The ServiceAccount of some pods, where the manifests have it.
    pub(in crate::lint) fn account_of(&self, pods: &Pods<'_>) -> Option<&Object<'a>> {
        let namespace = self.owner(pods).namespace;
        self.named(pods.account.unwrap_or("default"))
            .find(|account| may_be_same(account.namespace, namespace))
    }

    /// What lets pods act as somebody: the annotation of their account, or a role of their own.
    pub(in crate::lint) fn identity_of(&self, pods: &Pods<'_>) -> Option<Identity<'_, 'a>> {
        let account = self.account_of(pods);
        if let Some(account) = account.filter(|one| annotation(one, GSA_ANNOTATION).is_some()) {
            return Some(Identity::Annotation(account));
        }
        let name = pods.account.unwrap_or("default");
        self.granted(name, self.owner(pods).namespace).map(Identity::Grant)
    }

    /// What a ServiceAccount is granted by direct federation.
    pub(in crate::lint) fn granted(
        &self,
        account: &str,
        namespace: Option<&str>,
    ) -> Option<&'a Binding> {
        let mut bindings = self.granted.get(account)?.iter().copied();
        bindings.find(|binding| {
            binding.named.subject().is_some_and(|(of, _)| may_be_same(Some(of), namespace))
        })
    }

    /// Whether anything but pods names this ServiceAccount.
    pub(in crate::lint) fn is_used(&self, account: &str) -> bool {
        self.used.contains(account)
    }

    /// The ServiceAccount whose name is a slip away from this one, if there is one alone.
    pub(in crate::lint) fn near(&self, name: &str, namespace: Option<&str>) -> Option<&Object<'a>> {
        let letters = Letters::of(name);
        let near = self.spelt.iter().filter(|(other, known)| {
            letters.may_be_near(*other, slips(name, known)) && is_slip(name, known)
        });
        let mut accounts = near
            .flat_map(|(_, known)| self.named(known))
            .filter(|account| may_be_same(account.namespace, namespace));
        let account = accounts.next()?;
        accounts.all(|other| other.name == account.name).then_some(account)
    }

    /// Names another place that matters, in the same file or in another.
    pub(in crate::lint) fn see(
        &self,
        found: Diagnostic,
        file: usize,
        other: &Object<'_>,
        place: Place,
        label: &str,
    ) -> Diagnostic {
        self.see_place(found, file, other.file, place, label)
    }

    /// The same for a place of any file.
    pub(in crate::lint) fn see_place(
        &self,
        found: Diagnostic,
        file: usize,
        other: usize,
        place: Place,
        label: &str,
    ) -> Diagnostic {
        let place = if file == other { place } else { place.of(self.sources[other]) };
        found.related(place, label)
    }

    /// Names what gives pods their identity.
    pub(in crate::lint) fn see_identity(
        &self,
        found: Diagnostic,
        file: usize,
        identity: &Identity<'_, '_>,
        label: &str,
    ) -> Diagnostic {
        match identity {
            Identity::Annotation(account) => {
                let place = key_below(&account.pointer, "/metadata/annotations", GSA_ANNOTATION);
                self.see(found, file, account, place, label)
            }
            Identity::Grant(binding) => {
                self.see_place(found, file, binding.file, binding.place.clone(), label)
            }
        }
    }
}

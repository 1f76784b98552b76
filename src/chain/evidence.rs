//! What a world says about each ServiceAccount: an index over its objects and bindings.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use crate::diagnostics::Location;
use crate::diagnostics::suggest::NameSketch;
use crate::google::accounts::is_email_in_known_domain;
use crate::google::members::{Member, WorkloadIdentity, pool};
use crate::google::names::GSA_ANNOTATION;
use crate::observed::{
    Binding, BindingTarget, GoogleAccount, IamFile, Object, Pods, ScriptAccount, ScriptAnnotation,
    World,
};

/// A ServiceAccount that the manifests have, or that pods name.
pub(super) struct Subject<'w, 'a> {
    pub(super) namespace: Option<&'w str>,
    pub(super) name: &'w str,
    /// The object, if the manifests have it.
    pub(super) object: Option<&'w Object<'a>>,
    /// The annotation that a script or Terraform gives it.
    pub(super) script: Option<&'w ScriptAnnotation>,
    /// Whether a script or Terraform has it in exactly this namespace.
    pub(super) is_made_by_script: bool,
    /// Where its namespace stands, and its name.
    places: (Location, Location),
}

/// An index over a world.
pub(super) struct Evidence<'w, 'a> {
    pub(super) world: &'w World<'a>,
    pub(super) subjects: Vec<Subject<'w, 'a>>,
    by_name: IndexMap<&'w str, Vec<usize>>,
    /// The same by name and namespace.
    by_path: HashMap<(&'w str, Option<&'w str>), Vec<usize>>,
    /// The ServiceAccounts of scripts and of Terraform by name.
    pub(super) script_accounts: IndexMap<&'w str, Vec<&'w ScriptAccount>>,
    /// The last state of each Google Cloud service account.
    pub(super) google_accounts: IndexMap<&'w str, &'w GoogleAccount>,
    /// The names of those that the manifests have, and of those that pods alone name.
    sketches: [Vec<NameSketch<'w>>; 2],
    /// The bindings by the name of the ServiceAccount that they name, and by its namespace too.
    bindings: HashMap<(&'w str, Option<&'w str>), Vec<usize>>,
    /// The bindings that do not name one, but may be for any.
    open_bindings: Vec<usize>,
    /// The bindings by the email of the service account that they are on.
    bindings_on: IndexMap<&'w str, Vec<usize>>,
    /// The bindings by their member.
    bindings_of: IndexMap<&'w str, Vec<usize>>,
    pool: OnceCell<Option<&'w str>>,
    /// The bindings whose member was deleted, by the email: bindings outlive an account.
    pub(super) deleted: IndexMap<&'w str, &'w Binding>,
    /// The resources whose whole policy was read.
    pub(super) policies: Arc<[String]>,
    /// Lines of scripts, and objects other than ServiceAccounts, that have the annotation somewhere.
    annotators: OnceCell<Vec<String>>,
}

impl<'w> Subject<'w, '_> {
    /// `NAMESPACE/NAME`, as members have it.
    pub(super) fn path(&self) -> String {
        format!("{}/{}", self.namespace.unwrap_or("NAMESPACE"), self.name)
    }

    /// The member of IAM that lets the pods act as an account, in this workload identity pool.
    pub(super) fn member(&self, pool: &str) -> Member {
        Member::WorkloadIdentity(self.workload_identity(pool))
    }

    /// The identity of its pods in a workload identity pool; `NAMESPACE` stands for one that is not known.
    pub(super) fn workload_identity(&self, pool: &str) -> WorkloadIdentity {
        WorkloadIdentity {
            pool: pool.to_owned(),
            namespace: self.namespace.unwrap_or("NAMESPACE").to_owned(),
            service_account: self.name.to_owned(),
        }
    }

    /// The annotation in the manifests.
    pub(super) fn annotation(&self) -> Option<&'w Value> {
        self.object?.annotation(GSA_ANNOTATION)
    }

    /// The email of its annotation, if it is one.
    pub(super) fn email(&self) -> Option<&'w str> {
        let email = match (self.annotation(), self.script) {
            (Some(value), _) => value.as_str()?,
            (None, script) => script?.value.as_known()?,
        };
        is_email_in_known_domain(email).then_some(email)
    }

    /// Where its annotation stands.
    pub(super) fn annotation_place(&self) -> Option<Location> {
        match (self.object, self.annotation()) {
            (Some(object), Some(_)) => Some(object.annotation_place(GSA_ANNOTATION)),
            _ => self.script.map(|annotation| annotation.place.clone()),
        }
    }

    pub(super) fn namespace_place(&self) -> Location {
        self.places.0.clone()
    }

    pub(super) fn name_place(&self) -> Location {
        self.places.1.clone()
    }
}

impl<'w, 'a> Evidence<'w, 'a> {
    pub(super) fn new(world: &'w World<'a>) -> Self {
        let mut evidence = Self {
            world,
            subjects: Vec::new(),
            by_name: IndexMap::new(),
            by_path: HashMap::new(),
            script_accounts: IndexMap::new(),
            google_accounts: IndexMap::new(),
            sketches: Default::default(),
            bindings: HashMap::new(),
            open_bindings: Vec::new(),
            bindings_on: IndexMap::new(),
            bindings_of: IndexMap::new(),
            pool: OnceCell::new(),
            deleted: IndexMap::new(),
            policies: world.facts.policies.as_slice().into(),
            annotators: OnceCell::new(),
        };
        for account in &world.facts.script_accounts {
            let name = account.name.as_str();
            evidence.script_accounts.entry(name).or_default().push(account);
        }
        let accounts = world.facts.google_accounts.iter();
        evidence.google_accounts.extend(accounts.map(|one| (one.email.as_str(), one)));
        for account in world.accounts() {
            let places = (account.place("/metadata/namespace"), account.place("/metadata/name"));
            evidence.add(account.id.namespace, account.id.name, Some(account), places);
        }
        for one in world.objects.uses.iter().filter(|one| one.is_checked()) {
            let namespace = world.objects.all[one.owner].place("/metadata/namespace");
            evidence.add_if_new(one.namespace, one.name, (namespace, one.place()));
        }
        for pods in world.objects.pods.iter().filter(|pods| pods.account.is_none()) {
            let owner = world.owner(pods);
            let places = (owner.place("/metadata/namespace"), pods.place(""));
            evidence.add_if_new(owner.id.namespace, account_name(pods), places);
        }
        for (name, subjects) in &evidence.by_name {
            let has_object = evidence.subjects[subjects[0]].object.is_some();
            evidence.sketches[usize::from(!has_object)].push(NameSketch::new(name));
        }
        for (index, binding) in world.bindings.iter().enumerate() {
            match binding.subject.known_account() {
                Some((namespace, name)) => {
                    for namespace in [None, Some(namespace)] {
                        evidence.bindings.entry((name, namespace)).or_default().push(index);
                    }
                }
                None => evidence.open_bindings.push(index),
            }
            if let BindingTarget::ServiceAccount(email) = &binding.target
                && let Some(email) = email.as_known()
            {
                evidence.bindings_on.entry(email).or_default().push(index);
            }
            let member = binding.member.as_str();
            evidence.bindings_of.entry(member).or_default().push(index);
            let deleted = member.strip_prefix("deleted:serviceAccount:");
            if let Some((email, _)) = deleted.and_then(|rest| rest.split_once("?uid=")) {
                evidence.deleted.insert(email, binding);
            }
        }
        evidence
    }

    fn add_if_new(
        &mut self,
        namespace: Option<&'w str>,
        name: &'w str,
        places: (Location, Location),
    ) {
        if self.find(namespace, name).is_none() {
            self.add(namespace, name, None, places);
        }
    }

    fn add(
        &mut self,
        namespace: Option<&'w str>,
        name: &'w str,
        object: Option<&'w Object<'a>>,
        places: (Location, Location),
    ) {
        self.by_name.entry(name).or_default().push(self.subjects.len());
        self.by_path.entry((name, namespace)).or_default().push(self.subjects.len());
        let scripts = self.script_accounts.get(name).into_iter().flatten();
        let can_be = |one: &&&ScriptAccount| namespace.is_none_or(|it| one.namespace.can_be(it));
        let is = |one: &&ScriptAccount| namespace.is_some_and(|it| one.namespace.is(it));
        let is_made_by_script = scripts.clone().any(is);
        let annotations = scripts.filter(can_be).flat_map(|one| &one.annotations);
        let script = annotations.rev().find(|one| one.key.is(GSA_ANNOTATION));
        self.subjects.push(Subject { namespace, name, object, script, is_made_by_script, places });
    }

    /// The ServiceAccounts with this name that can be in a namespace.
    pub(super) fn named(
        &self,
        name: &str,
        namespace: Option<&str>,
    ) -> impl Iterator<Item = usize> + use<'w, 'a> {
        let anywhere = self.by_name.get(name).filter(|_| namespace.is_none());
        let here = namespace.and_then(|_| self.by_path.get(&(name, namespace)));
        let unknown = namespace.and_then(|_| self.by_path.get(&(name, None)));
        let all = [anywhere, here, unknown].into_iter().flatten().flatten().copied();
        all.collect::<Vec<_>>().into_iter()
    }

    /// The ServiceAccount with this name that pods of a namespace use: of several objects, the last one
    /// with an annotation counts.
    pub(super) fn find(&self, namespace: Option<&str>, name: &str) -> Option<usize> {
        let is_annotated = |index: &usize| self.subjects[*index].annotation().is_some();
        self.named(name, namespace)
            .filter(is_annotated)
            .last()
            .or_else(|| self.named(name, namespace).next())
    }

    /// The ServiceAccount of some pods.
    pub(super) fn subject_of(&self, pods: &Pods<'_>) -> usize {
        let namespace = self.world.owner(pods).id.namespace;
        // Every ServiceAccount that pods name was added.
        self.find(namespace, account_name(pods)).unwrap_or_default()
    }

    /// The ServiceAccount that a misspelt name means, if there is only one that can be meant: one of the
    /// manifests, or else also one that pods alone name.
    pub(super) fn similar(
        &self,
        name: &str,
        namespace: Option<&str>,
        is_object: bool,
        can_be_meant: impl Fn(&Subject<'w, 'a>) -> bool,
    ) -> Option<usize> {
        let sketch = NameSketch::new(name);
        let sketches = self.sketches.iter().take(if is_object { 1 } else { 2 }).flatten();
        let similar = sketches.filter(|known| sketch.is_slip_of(**known));
        let all = similar.flat_map(|known| self.named(known.name, namespace));
        let mut all = all.filter(|index| can_be_meant(&self.subjects[*index]));
        let one = all.next()?;
        all.all(|other| self.subjects[other].name == self.subjects[one].name).then_some(one)
    }

    /// The bindings whose member can be the pods of a ServiceAccount.
    pub(super) fn bindings(&self, subject: &Subject<'_, '_>) -> Vec<&'w Binding> {
        let named = self.bindings.get(&(subject.name, subject.namespace)).into_iter().flatten();
        let mut indices: Vec<usize> = named.chain(&self.open_bindings).copied().collect();
        indices.sort_unstable();
        let all = indices.into_iter().map(|index| &self.world.bindings[index]);
        all.filter(|one| one.subject.can_be(subject.namespace, subject.name)).collect()
    }

    /// A role that is granted directly to the pods of a ServiceAccount.
    pub(super) fn direct_grant(&self, subject: &Subject<'_, '_>) -> Option<&'w Binding> {
        let mut all = self.bindings(subject).into_iter();
        all.find(|one| one.is_direct() && one.subject.known_account().is_some())
    }

    /// The bindings on the service account with exactly this email.
    pub(super) fn bindings_on(&self, email: &str) -> impl Iterator<Item = &'w Binding> {
        let indices = self.bindings_on.get(email).into_iter().flatten();
        indices.map(|index| &self.world.bindings[*index])
    }

    /// The bindings with exactly this member.
    pub(super) fn bindings_of(&self, member: &str) -> impl Iterator<Item = &'w Binding> {
        let indices = self.bindings_of.get(member).into_iter().flatten();
        indices.map(|index| &self.world.bindings[*index])
    }

    /// The only workload identity pool that members name.
    pub(super) fn pool(&self) -> Option<&'w str> {
        *self.pool.get_or_init(|| {
            let mut pools = self.bindings_of.keys().filter_map(|member| pool(member));
            let first = pools.next()?;
            pools.all(|other| other == first).then_some(first)
        })
    }

    /// Whether something that is not read further may annotate a ServiceAccount: it has the annotation and
    /// names this one, or none that is known.
    pub(super) fn may_be_annotated(&self, name: &str) -> bool {
        let annotators = self.annotators.get_or_init(|| {
            let files = self.world.iam_files.iter().flat_map(IamFile::annotating_lines);
            let others = self.world.objects.all.iter().filter(|one| !one.id.is_service_account());
            let objects =
                others.map(|one| one.value.to_string()).filter(|text| mentions_annotation(text));
            files.map(str::to_owned).chain(objects).collect()
        });
        let has = |text: &str, name: &str| {
            let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && !"-.".contains(c));
            words.any(|word| word == name)
        };
        let is_for_others = |text: &String| self.by_name.keys().any(|other| has(text, other));
        // A string that names no member and computes nothing is prose.
        let computes = |text: &String| text.contains(['$', '%', '*']) || text.contains("{{");
        annotators.iter().any(|text| has(text, name) || (computes(text) && !is_for_others(text)))
    }
}

/// Whether a string has the annotation somewhere, in any spelling.
pub(super) fn mentions_annotation(text: &str) -> bool {
    let letters: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    letters.to_ascii_lowercase().contains("gcpserviceaccount")
}

/// The ServiceAccount that pods run as; of pods whose operator decides, a name that no object has.
pub(super) fn account_name<'a>(pods: &Pods<'a>) -> &'a str {
    pods.account.unwrap_or(if pods.is_verbatim { "default" } else { "?" })
}

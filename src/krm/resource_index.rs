//! The objects of a call, in order, and indexes to find them fast.

use std::collections::HashSet;
use std::rc::Rc;

use indexmap::IndexMap;
use serde_json::Value;

use super::resource::{GroupKind, INDEX, Resource};

/// The objects of a call. A thousand apps may search them.
#[derive(Debug, Default)]
pub(super) struct ResourceIndex {
    all: Vec<Rc<Resource>>,
    /// By kind and name, in all API groups.
    by_name: Index,
    /// ServiceAccounts and workloads by their name and all earlier names.
    by_any_name: Index,
    by_file: IndexMap<String, Vec<usize>>,
    workloads: Vec<usize>,
    /// Workloads by each of their labels.
    by_label: Index,
    /// The objects that apps of this call have added or replaced.
    rendered: HashSet<usize>,
    /// The objects of apps, rendered now or before.
    current: HashSet<usize>,
    /// The folders of apps in a package.
    folders: HashSet<String>,
    /// The files of apps in them.
    current_files: HashSet<String>,
}

/// Objects by a pair of strings, in all namespaces and in each.
#[derive(Debug, Default)]
struct Index {
    anywhere: IndexMap<[String; 2], Vec<usize>>,
    in_namespace: IndexMap<[String; 3], Vec<usize>>,
}

impl Index {
    fn add(&mut self, [a, b]: [&str; 2], namespace: &str, add: impl Fn(&mut Vec<usize>)) {
        add(self.anywhere.entry([a.to_owned(), b.to_owned()]).or_default());
        let key = [a, b, namespace].map(str::to_owned);
        add(self.in_namespace.entry(key).or_default());
    }

    /// The objects in a namespace, then those without one; or all.
    fn get(&self, [a, b]: [&str; 2], namespace: Option<&str>) -> impl Iterator<Item = usize> {
        let at = |namespace: &str| self.in_namespace.get(&[a, b, namespace].map(str::to_owned));
        let lists = match namespace {
            None => [self.anywhere.get(&[a, b].map(str::to_owned)), None],
            Some("") => [at(""), None],
            Some(namespace) => [at(namespace), at("")],
        };
        lists.into_iter().flatten().flatten().copied()
    }
}

impl ResourceIndex {
    pub(super) fn new(resources: Vec<Rc<Resource>>) -> Self {
        let mut all = Self::default();
        for resource in resources {
            all.push(resource);
        }
        all
    }

    fn push(&mut self, resource: Rc<Resource>) {
        let index = self.all.len();
        self.index(index, &resource);
        self.all.push(resource);
    }

    /// Adds an object of an app at the end.
    pub(super) fn add(&mut self, resource: Resource) {
        self.rendered.insert(self.all.len());
        self.current.insert(self.all.len());
        self.push(Rc::new(resource));
    }

    /// Replaces an object with that of an app.
    pub(super) fn replace(&mut self, index: usize, resource: Resource) {
        self.index(index, &resource);
        self.rendered.insert(index);
        self.all[index] = Rc::new(resource);
    }

    /// Whether an app of this call has added or replaced it.
    pub(super) fn is_rendered(&self, index: usize) -> bool {
        self.rendered.contains(&index)
    }

    /// Marks an object as one of an app, in any file.
    pub(super) fn mark_current(&mut self, index: usize) {
        self.current.insert(index);
    }

    /// Marks files in the folder of an app as its own; into_vec drops the others that wigen wrote.
    pub(super) fn mark_current_files(
        &mut self,
        folder: &str,
        files: impl IntoIterator<Item = String>,
    ) {
        self.folders.insert(folder.to_owned());
        self.current_files.extend(files);
    }

    /// Adds an object to the indexes. A replaced object stays in them, so every search also checks the
    /// object itself.
    fn index(&mut self, index: usize, resource: &Resource) {
        // Only an object that replaces another may be there already.
        let is_new = index == self.all.len();
        let add = |indices: &mut Vec<usize>| {
            if is_new || !indices.contains(&index) {
                indices.push(index);
            }
        };
        let namespace = resource.namespace();
        self.by_name.add([resource.kind(), resource.name()], namespace, add);
        if let Some(path) = resource.path() {
            add(self.by_file.entry(path.to_owned()).or_default());
        }
        let is_workload = resource.is_workload();
        if is_workload {
            add(&mut self.workloads);
            for (key, value) in resource.labels() {
                self.by_label.add([key, value], namespace, add);
            }
        }
        if is_workload || resource.is_service_account() {
            let mut names: Vec<&str> = resource.names().collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                self.by_any_name.add([name, ""], namespace, add);
            }
        }
    }

    pub(super) fn get(&self, index: usize) -> &Resource {
        &self.all[index]
    }

    pub(super) fn get_mut(&mut self, index: usize) -> &mut Resource {
        Rc::make_mut(&mut self.all[index])
    }

    /// The object with this kind, namespace and name.
    pub(super) fn find(
        &self,
        group_kind: GroupKind<'_>,
        namespace: &str,
        name: &str,
    ) -> Option<usize> {
        let found = self.by_name.get([group_kind.1, name], Some(namespace));
        found.filter(|index| self.all[*index].is(group_kind, namespace, name)).min()
    }

    pub(super) fn find_by_file(&self, path: &str) -> Option<usize> {
        let indices = self.by_file.get(path)?;
        indices.iter().copied().find(|index| self.all[*index].path() == Some(path))
    }

    /// The first index in a file after the objects there that wigen did not write.
    pub(super) fn first_index(&self, path: &str) -> usize {
        let objects = self.by_file.get(path).into_iter().flatten().map(|index| self.get(*index));
        let foreign = objects.filter(|one| one.path() == Some(path) && !one.is_ours());
        let indices = foreign.filter_map(|one| one.annotation(INDEX[0])?.parse::<usize>().ok());
        indices.max().map_or(0, |last| last + 1)
    }

    /// The ServiceAccounts that have or had this name and may be in the namespace; or in any.
    pub(super) fn accounts_by_any_name(
        &self,
        name: &str,
        namespace: Option<&str>,
    ) -> impl Iterator<Item = &Resource> {
        let resources = self.by_any_name.get([name, ""], namespace).map(|index| self.get(index));
        resources.filter(|resource| resource.is_service_account())
    }

    /// The ServiceAccount that had this name in the namespace: preferably one that is still there.
    pub(super) fn account_by_earlier_name(&self, namespace: &str, name: &str) -> Option<&Resource> {
        let mut namespaces = [Some(namespace), None].into_iter();
        namespaces.find_map(|now| {
            self.accounts_by_any_name(name, now).find(|account| account.had_name(namespace, name))
        })
    }

    /// The workloads that have or had this name and may be in the namespace; or in any.
    pub(super) fn workloads_by_any_name(
        &self,
        name: &str,
        namespace: Option<&str>,
    ) -> impl Iterator<Item = usize> {
        self.by_any_name.get([name, ""], namespace).filter(|index| self.all[*index].is_workload())
    }

    /// The workloads that have this label and may be in the namespace; or in any.
    pub(super) fn workloads_by_label(
        &self,
        label: [&str; 2],
        namespace: Option<&str>,
    ) -> impl Iterator<Item = usize> {
        self.by_label.get(label, namespace).filter(|index| self.all[*index].is_workload())
    }

    pub(super) fn workloads(&self) -> impl Iterator<Item = usize> {
        self.workloads.iter().copied().filter(|index| self.all[*index].is_workload())
    }

    /// The RoleBindings and ClusterRoleBindings, each with its subjects.
    pub(super) fn rbac_bindings(&self) -> impl Iterator<Item = (&Resource, &[Value])> {
        self.all.iter().filter_map(|one| {
            let (group, kind) = one.group_kind();
            let is_one = ["RoleBinding", "ClusterRoleBinding"].contains(&kind);
            let subjects = one.value()["subjects"].as_array()?;
            (is_one && group == "rbac.authorization.k8s.io").then_some((&**one, &**subjects))
        })
    }

    /// All objects, in order, except for those in the folders of apps that earlier specs rendered and no spec
    /// renders now.
    pub(super) fn into_vec(self) -> Vec<Rc<Resource>> {
        let Self { all, folders, current_files, current, .. } = self;
        let is_stale = |index: usize, resource: &Resource| {
            let path = resource.path().unwrap_or_default();
            let folder = path.rfind('/').map_or("", |slash| &path[..=slash]);
            let is_current = current.contains(&index) || current_files.contains(path);
            folders.contains(folder) && !is_current && resource.is_ours()
        };
        let all = all.into_iter().enumerate();
        all.filter(|(index, one)| !is_stale(*index, one)).map(|(_, resource)| resource).collect()
    }
}

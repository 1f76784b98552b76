//! The objects of a call: in their order, and found by what makes each of them one.

use std::collections::HashSet;
use std::rc::Rc;

use indexmap::IndexMap;

use super::resource::Item;

pub(super) const SERVICE_ACCOUNT: &str = "ServiceAccount";

/// Objects. A thousand apps look each for their own among all of them.
#[derive(Debug, Default)]
pub(super) struct Items {
    all: Vec<Rc<Item>>,
    /// By kind and name.
    named: Index,
    /// ServiceAccounts, and what makes pods, by each name that they have or had.
    called: Index,
    /// By the file that they are in.
    files: IndexMap<String, Vec<usize>>,
    /// Those that make pods; and by each of their labels.
    workloads: Vec<usize>,
    labelled: Index,
    /// Those that the apps of this call have given so far.
    given: HashSet<usize>,
    /// Those that an app has, whether it gives them or they were there.
    wanted: HashSet<usize>,
    /// The folders of apps in a package, and the files that they have there.
    folders: HashSet<String>,
    kept: HashSet<String>,
}

/// Places of objects by two words, and by their namespaces.
#[derive(Debug, Default)]
struct Index {
    anywhere: IndexMap<[String; 2], Vec<usize>>,
    somewhere: IndexMap<[String; 3], Vec<usize>>,
}

impl Index {
    fn note(&mut self, [a, b]: [&str; 2], namespace: &str, note: impl Fn(&mut Vec<usize>)) {
        note(self.anywhere.entry([a.to_owned(), b.to_owned()]).or_default());
        let place = [a, b, namespace].map(str::to_owned);
        note(self.somewhere.entry(place).or_default());
    }

    /// Those of a namespace are those in it, and behind them those without one.
    fn get(&self, [a, b]: [&str; 2], namespace: Option<&str>) -> impl Iterator<Item = usize> {
        let at = |place: &str| self.somewhere.get(&[a, b, place].map(str::to_owned));
        let lists = match namespace {
            None => [self.anywhere.get(&[a, b].map(str::to_owned)), None],
            Some("") => [at(""), None],
            Some(namespace) => [at(namespace), at("")],
        };
        lists.into_iter().flatten().flatten().copied()
    }
}

impl Items {
    pub(super) fn of(items: Vec<Rc<Item>>) -> Self {
        let mut all = Self::default();
        for item in items {
            all.push(item);
        }
        all
    }

    fn push(&mut self, item: Rc<Item>) {
        let index = self.all.len();
        self.note(index, &item);
        self.all.push(item);
    }

    /// Puts the object of an app behind all others.
    pub(super) fn give(&mut self, item: Item) {
        self.given.insert(self.all.len());
        self.wanted.insert(self.all.len());
        self.push(Rc::new(item));
    }

    /// Puts the object of an app in the place of another.
    pub(super) fn replace(&mut self, index: usize, item: Item) {
        self.note(index, &item);
        self.given.insert(index);
        self.all[index] = Rc::new(item);
    }

    /// Whether an app of this call has given it.
    pub(super) fn is_given(&self, index: usize) -> bool {
        self.given.contains(&index)
    }

    /// Notes that an app has it, in whatever file it is.
    pub(super) fn want(&mut self, index: usize) {
        self.wanted.insert(index);
    }

    /// Notes what an app has in its folder of a package.
    pub(super) fn keep(&mut self, folder: &str, files: impl IntoIterator<Item = String>) {
        self.folders.insert(folder.to_owned());
        self.kept.extend(files);
    }

    /// An object that was replaced stays noted under what it was: whoever looks asks the object, too.
    fn note(&mut self, index: usize, item: &Item) {
        // Only what replaces another may be there already.
        let is_new = index == self.all.len();
        let note = |indices: &mut Vec<usize>| {
            if is_new || !indices.contains(&index) {
                indices.push(index);
            }
        };
        let place = item.namespace();
        self.named.note([item.kind(), item.name()], place, note);
        if let Some(path) = item.path() {
            note(self.files.entry(path.to_owned()).or_default());
        }
        let makes_pods = item.makes_pods();
        if makes_pods {
            note(&mut self.workloads);
            for (key, text) in item.labels() {
                self.labelled.note([key, text], place, note);
            }
        }
        if makes_pods || item.kind() == SERVICE_ACCOUNT {
            let mut names: Vec<&str> = item.names().collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                self.called.note([name, ""], place, note);
            }
        }
    }

    pub(super) fn get(&self, index: usize) -> &Item {
        &self.all[index]
    }

    pub(super) fn get_mut(&mut self, index: usize) -> &mut Item {
        Rc::make_mut(&mut self.all[index])
    }

    /// The object of this kind, namespace and name.
    pub(super) fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<usize> {
        let found = self.named.get([kind, name], Some(namespace));
        found.filter(|index| self.all[*index].is(kind, namespace, name)).min()
    }

    /// The first object in this file.
    pub(super) fn in_file(&self, path: &str) -> Option<usize> {
        let indices = self.files.get(path)?;
        indices.iter().copied().find(|index| self.all[*index].path() == Some(path))
    }

    /// The ServiceAccounts that have or had this name, in or perhaps in a namespace, or in any.
    pub(super) fn accounts_called(
        &self,
        name: &str,
        namespace: Option<&str>,
    ) -> impl Iterator<Item = &Item> {
        let items = self.called.get([name, ""], namespace).map(|index| self.get(index));
        items.filter(|item| item.kind() == SERVICE_ACCOUNT)
    }

    /// A ServiceAccount that had this name before: one in its namespace, or else one that was there.
    pub(super) fn account_before(&self, namespace: &str, name: &str) -> Option<&Item> {
        let mut places = [Some(namespace), None].into_iter();
        places.find_map(|place| {
            self.accounts_called(name, place).find(|item| item.was(namespace, name))
        })
    }

    /// Those that make pods, and have or had this name, in or perhaps in a namespace, or in any.
    pub(super) fn workloads_called(
        &self,
        name: &str,
        namespace: Option<&str>,
    ) -> impl Iterator<Item = usize> {
        self.called.get([name, ""], namespace).filter(|index| self.all[*index].makes_pods())
    }

    /// Those that make pods, and have this label, in or perhaps in a namespace, or in any.
    pub(super) fn workloads_labelled(
        &self,
        label: [&str; 2],
        namespace: Option<&str>,
    ) -> impl Iterator<Item = usize> {
        self.labelled.get(label, namespace).filter(|index| self.all[*index].makes_pods())
    }

    /// Those that make pods.
    pub(super) fn workloads(&self) -> impl Iterator<Item = usize> {
        self.workloads.iter().copied().filter(|index| self.all[*index].makes_pods())
    }

    /// All of them, in their order, but for what earlier states of the specs have left in the folders
    /// of the apps.
    pub(super) fn into_vec(self) -> Vec<Rc<Item>> {
        let Self { all, folders, kept, wanted, .. } = self;
        let is_left = |index: usize, item: &Item| {
            let path = item.path().unwrap_or_default();
            let folder = path.rfind('/').map_or("", |slash| &path[..=slash]);
            let is_kept = wanted.contains(&index) || kept.contains(path);
            folders.contains(folder) && !is_kept && item.is_ours()
        };
        let all = all.into_iter().enumerate();
        all.filter(|(index, item)| !is_left(*index, item)).map(|(_, item)| item).collect()
    }
}

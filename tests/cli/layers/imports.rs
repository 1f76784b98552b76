//! Which source file imports which: the paths of `use` and of code, resolved as the compiler does,
//! through imports under other names and through what a module hands on (`pub use`).
//!
//! Code for tests (`#[cfg(test)]`) may import what it likes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// The files of a crate, each under its path: `crate`, `crate::spec`, `crate::spec::merge`.
#[derive(Default)]
pub(super) struct Sources {
    files: BTreeMap<Name, File>,
}

/// The segments of a path.
type Name = Vec<String>;

/// What a file says.
#[derive(Default)]
struct File {
    /// Every path that it names, as written, with the inline module that names it.
    paths: Vec<(Name, Name)>,
    /// The names that `use` brings into the file, and what they mean.
    imports: BTreeMap<String, Name>,
}

/// What the files import.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Imports {
    /// From file to file, each as a path such as `spec::merge`; the root is ``.
    pub(super) edges: BTreeSet<(String, String)>,
    /// Names that a file takes from the root of the crate.
    pub(super) from_root: BTreeSet<(String, String)>,
    /// Libraries, and `wigen` itself where the program imports it.
    pub(super) libraries: BTreeSet<(String, String)>,
}

impl Sources {
    /// The files below a folder.
    pub(super) fn read(folder: &Path) -> Self {
        let mut sources = Self::default();
        sources.read_folder(folder, &[name("crate")]);
        sources
    }

    fn read_folder(&mut self, folder: &Path, module: &[String]) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let inner = [module, std::slice::from_ref(&stem)].concat();
            if path.is_dir() {
                if stem != "bin" {
                    self.read_folder(&path, &inner);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let is_own = ["lib", "main", "mod"].contains(&stem.as_str());
                let module = if is_own { module } else { &inner };
                self.add(module, &fs::read_to_string(&path).unwrap());
            }
        }
    }

    /// Adds a file with this text.
    pub(super) fn add(&mut self, module: &[String], text: &str) {
        let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("{module:?}: {error}"));
        let mut reader = Reader { module: module.to_vec(), file: File::default() };
        reader.visit_file(&parsed);
        self.files.insert(module.to_vec(), reader.file);
    }

    /// All imports of all files.
    pub(super) fn imports(&self) -> Imports {
        let mut imports = Imports::default();
        for (module, file) in &self.files {
            let from = shown(module);
            for (within, path) in &file.paths {
                let Some(path) = self.absolute(within, path) else {
                    imports.libraries.insert((from.clone(), path[0].clone()));
                    continue;
                };
                let (target, rest) = self.origin(&path, 0);
                if target == ["crate"] && !rest.is_empty() && module.len() > 1 {
                    imports.from_root.insert((from.clone(), rest[0].clone()));
                }
                if target != *module {
                    imports.edges.insert((from.clone(), shown(&target)));
                }
            }
        }
        imports
    }

    /// A path from the root of the crate; `None` for one that begins with a library or a local name.
    fn absolute(&self, within: &[String], path: &[String]) -> Option<Name> {
        let first = path[0].as_str();
        if first == "crate" {
            return Some(path.to_vec());
        }
        if ["self", "super"].contains(&first) {
            let ups = path.iter().take_while(|part| *part == "super").count();
            let downs = path.iter().skip(usize::from(first == "self") + ups);
            let ups = ups.min(within.len() - 1);
            return Some(within[..within.len() - ups].iter().chain(downs).cloned().collect());
        }
        let child = [within, &path[..1]].concat();
        if self.files.contains_key(&child) {
            return Some([within, path].concat());
        }
        let imported =
            self.files.get(self.file_of(within)).and_then(|file| file.imports.get(first));
        let imported = imported.filter(|imported| imported[0] != first)?;
        self.absolute(within, &[imported, &path[1..]].concat())
    }

    /// The longest beginning of a path that is a file.
    fn file_of<'a>(&self, path: &'a [String]) -> &'a [String] {
        let lengths = (1..=path.len()).rev();
        let mut files = lengths.map(|length| &path[..length]);
        files.find(|path| self.files.contains_key(*path)).expect("the root is a file")
    }

    /// The file that defines what a path means, and the rest of the path there.
    fn origin(&self, path: &[String], depth: usize) -> (Name, Name) {
        assert!(depth < 20, "{path:?} leads nowhere");
        let module = self.file_of(path).to_vec();
        let rest = path[module.len()..].to_vec();
        let imported = rest.first().and_then(|first| self.files[&module].imports.get(first));
        let handed_on = imported.and_then(|imported| self.absolute(&module, imported));
        match handed_on {
            Some(handed_on) if !handed_on.starts_with(&path[..=module.len()]) => {
                self.origin(&[&handed_on, &rest[1..]].concat(), depth + 1)
            }
            _ => (module, rest),
        }
    }
}

fn name(text: &str) -> String {
    text.to_owned()
}

/// A module as people write it.
fn shown(module: &[String]) -> String {
    module[1..].join("::")
}

/// Collects the paths of a file.
struct Reader {
    module: Name,
    file: File,
}

impl Reader {
    fn add(&mut self, path: Name) {
        self.file.paths.push((self.module.clone(), path));
    }

    fn add_use(&mut self, tree: &syn::UseTree, before: &[String]) {
        let with = |last: &syn::Ident| [before, &[last.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.add_use(&path.tree, &with(&path.ident)),
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.add_use(tree, before));
            }
            syn::UseTree::Glob(_) => self.add(before.to_vec()),
            syn::UseTree::Name(name) if name.ident == "self" => {
                self.import(before.last().unwrap().clone(), before.to_vec());
            }
            syn::UseTree::Name(name) => self.import(name.ident.to_string(), with(&name.ident)),
            syn::UseTree::Rename(rename) => {
                self.import(rename.rename.to_string(), with(&rename.ident));
            }
        }
    }

    fn import(&mut self, name: String, path: Name) {
        self.add(path.clone());
        self.file.imports.insert(name, path);
    }

    /// The paths in the tokens of a macro or an attribute.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path = Name::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.end_path(&mut path);
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && colons < 2 => colons += 1,
                other => {
                    self.end_path(&mut path);
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.add_tokens(group.stream());
                    }
                }
            }
        }
        self.end_path(&mut path);
    }

    fn end_path(&mut self, path: &mut Name) {
        let path = std::mem::take(path);
        if path.len() > 1 {
            self.add(path);
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let is_test = item.attrs.iter().any(|attribute| {
            let syn::Meta::List(list) = &attribute.meta else { return false };
            list.path.is_ident("cfg") && list.tokens.to_string() == "test"
        });
        if is_test || item.content.is_none() {
            return;
        }
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.add_use(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Name = path.segments.iter().map(|part| part.ident.to_string()).collect();
        if segments.len() > 1 {
            self.add(segments);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        self.add_tokens(called.tokens.clone());
        visit::visit_macro(self, called);
    }

    fn visit_meta_list(&mut self, list: &'ast syn::MetaList) {
        self.add_tokens(list.tokens.clone());
        visit::visit_meta_list(self, list);
    }
}

//! Files of Terraform: resources with literal values, or with references to other blocks of the file, as wigen
//! renders them. What refers to anything else is unknown.

use std::cell::Cell;
use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::bindings::{Binding, BindingTarget};
use super::facts::{Facts, Unread};
use super::partial::Partial;
use super::terraform::Resource;
use crate::diagnostics::Location;
use crate::diagnostics::source::{Source, Span};
use crate::google::accounts;
use crate::google::members::Member;
use crate::text::hcl::{HclBlock, HclPart, parse_hcl_blocks};

/// Adds the resources of a file, if it binds roles. Returns whether any binding was understood: the account
/// and the pods of others are defined outside the file.
pub(super) fn read(source: &Source, facts: &mut Facts) -> bool {
    let Some(blocks) = parse_hcl_blocks(source) else { return false };
    let file = File { blocks: &blocks, has_default: Cell::new(false) };
    let mut found = Facts::default();
    for block in &blocks {
        let [kind, resource_type, _] = block.words.as_slice() else { continue };
        if kind != "resource" {
            continue;
        }
        let spans: HashMap<&str, Span> =
            block.attributes.iter().map(|one| (one.key.as_str(), one.span.clone())).collect();
        let place = |key: &str| {
            let span = spans.get(key).cloned().unwrap_or_default();
            Location::text(span).in_source(source)
        };
        file.has_default.set(false);
        let before = found.bindings.len();
        Resource { place: &place, values: &file.values(block) }.read(resource_type, &mut found);
        for binding in &mut found.bindings[before..] {
            binding.is_by_default = file.has_default.get();
        }
    }
    let (understood, others): (Vec<_>, Vec<_>) =
        std::mem::take(&mut found.bindings).into_iter().partition(is_understood);
    let is_any = !understood.is_empty();
    if is_any {
        let others = others.into_iter().filter(Binding::can_let_act);
        found.unread.extend(others.map(|one| Unread::value(one.place)));
        found.bindings = understood;
        facts.append(found);
    }
    is_any
}

fn is_understood(binding: &Binding) -> bool {
    let is_account_known = match &binding.target {
        BindingTarget::ServiceAccount(email) => email.is_known(),
        BindingTarget::Project | BindingTarget::Other => true,
    };
    is_account_known && (binding.member.is_known() || binding.subject.known_account().is_some())
}

/// The blocks of a file, to follow references.
struct File<'a> {
    blocks: &'a [HclBlock],
    /// Whether a value is the default of a variable.
    has_default: Cell<bool>,
}

impl File<'_> {
    /// The values of a block, as a state of Terraform has them.
    fn values(&self, block: &HclBlock) -> Value {
        let strings = block.attributes.iter();
        let mut values: Map<String, Value> =
            strings.map(|one| (one.key.clone(), self.string(&one.parts, 0).into())).collect();
        for inner in &block.blocks {
            if let [name] = inner.words.as_slice() {
                values.insert(name.clone(), json!([self.values(inner)]));
            }
        }
        values.into()
    }

    /// The string of an attribute, in which NUL stands for what is not known, as in [`Partial`].
    fn string(&self, parts: &[HclPart], depth: usize) -> String {
        let mut string = Partial::default();
        for part in parts {
            let known = match part {
                HclPart::Literal(text) => Some(text.clone()),
                HclPart::Reference(names) if depth < MAX_DEPTH => self.referent(names, depth + 1),
                HclPart::Reference(_) | HclPart::Unknown => None,
            };
            string.push(&known.map_or_else(Partial::unknown, Partial::known));
        }
        string.as_str().to_owned()
    }

    /// What a reference stands for: a local value, an attribute of a resource, or what Terraform computes of a
    /// service account.
    fn referent(&self, names: &[String], depth: usize) -> Option<String> {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let attribute = |block: &HclBlock, key: &str| {
            let found = block.attributes.iter().find(|one| one.key == key)?;
            Some(self.string(&found.parts, depth))
        };
        match names.as_slice() {
            ["local", key] => {
                let mut locals = self.blocks.iter().filter(|block| block.words == ["locals"]);
                locals.find_map(|block| attribute(block, key))
            }
            ["var", name] => {
                let mut blocks = self.blocks.iter();
                let default =
                    attribute(blocks.find(|it| it.words == ["variable", *name])?, "default")?;
                self.has_default.set(true);
                Some(default)
            }
            [resource_type, label, key] => {
                let block = self
                    .blocks
                    .iter()
                    .find(|block| block.words == ["resource", resource_type, label])?;
                if *resource_type != "google_service_account" {
                    return attribute(block, key);
                }
                let (id, project) = (attribute(block, "account_id")?, attribute(block, "project")?);
                let email = accounts::email(&id, &project);
                match *key {
                    "email" => Some(email),
                    "member" => Some(Member::ServiceAccount(email).to_string()),
                    "name" | "id" => Some(format!("projects/{project}/serviceAccounts/{email}")),
                    _ => attribute(block, key),
                }
            }
            _ => None,
        }
    }
}

/// The most references that are followed one after the other.
const MAX_DEPTH: usize = 8;

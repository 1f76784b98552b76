//! Where each value of a merged spec comes from: the defaults of the workspace, the spec itself, an
//! environment in one of the two, or a setting of the command line.

use serde_json::Value;

use crate::diagnostics::pointer::join;
use crate::diagnostics::{Diagnostics, Location};
use crate::spec::environments;
use crate::spec::load::Spec;
use crate::text::{self, Layer, Node, NodeValue, Origin};

/// A leaf of a merged spec: a scalar, a list as a whole, or an empty table.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LocatedValue {
    /// Its path in the flat, merged spec.
    pub path: Vec<String>,
    /// The value.
    pub value: Value,
    /// Where it comes from: with its range, and the text that it is in.
    pub place: Location,
    /// Which document it comes from: `defaults`, `spec`, `environments.NAME`,
    /// `defaults, environments.NAME` or `command line`.
    pub layer: String,
}

impl LocatedValue {
    /// The path as a JSON pointer (RFC 6901).
    pub fn pointer(&self) -> String {
        self.path.iter().fold(String::new(), |pointer, step| join(&pointer, step))
    }
}

impl Spec {
    /// The leaves of the spec merged with an environment, in its order, without the table `environments`.
    /// The error is what is wrong with the shape of the two together.
    pub fn values(&self, environment: Option<&str>) -> Result<Vec<LocatedValue>, Diagnostics> {
        self.app()?;
        let failed = |found| Err(Diagnostics::new(self.source(), found));
        let (name, merged) = match environments::chosen(&self.root, environment) {
            Ok(None) => ("", environments::base(&self.root)),
            Ok(Some((name, node))) => {
                let merged = environments::merged(&self.root, node);
                if let Err(found) = self.read(&merged) {
                    return failed(self.located(&merged, Some(name), found));
                }
                (name, merged)
            }
            Err(unknown) => return failed(self.located(&self.root, None, vec![*unknown])),
        };
        let mut values = Vec::new();
        leaves(&merged, &mut Vec::new(), &mut |path, node| {
            let origin = setting(node).unwrap_or(node.origin);
            let source = self.layers.source(origin.layer);
            let place = Location::text(text::shown(source, origin.value())).in_source(source);
            let layer = match origin.layer {
                Layer::Own => "spec".to_owned(),
                Layer::OwnEnvironment => format!("environments.{name}"),
                Layer::Defaults => "defaults".to_owned(),
                Layer::DefaultsEnvironment => format!("defaults, environments.{name}"),
                Layer::Setting | Layer::SettingEnvironment => "command line".to_owned(),
            };
            values.push(LocatedValue { path: path.to_vec(), value: node.to_value(), place, layer });
        });
        Ok(values)
    }
}

/// The origin of the last setting in a node: a setting may be for an element of a list.
fn setting(node: &Node) -> Option<Origin> {
    let elements = match &node.value {
        NodeValue::Array(list) => list.iter().collect(),
        NodeValue::Object(table) => table.values().collect(),
        _ => Vec::new(),
    };
    let below = elements.into_iter().filter_map(setting);
    let own = Some(node.origin).filter(|origin| origin.layer.is_setting());
    below.chain(own).max_by_key(|origin| origin.value().start)
}

/// Calls `leaf` for each leaf of a document, in order.
fn leaves(node: &Node, path: &mut Vec<String>, leaf: &mut impl FnMut(&[String], &Node)) {
    match node.as_object().filter(|table| !table.is_empty()) {
        Some(table) => {
            for (key, below) in table {
                path.push(key.clone());
                leaves(below, path, leaf);
                path.pop();
            }
        }
        None => leaf(path, node),
    }
}

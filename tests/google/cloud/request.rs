//! One request as the services read it: its path in parts, its query and its body, all decoded.

use std::collections::BTreeMap;

use serde_json::Value;

/// What may be after the last colon of a path. Project ids have colons too.
const VERBS: [&str; 5] = ["getIamPolicy", "setIamPolicy", "batchEnable", "enable", "disable"];

/// A request that was made, and how it was answered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Decoded and without the query: `/crm/v1/projects/my-project:getIamPolicy`.
    pub(crate) path: String,
    /// Without `alt=json`, which every request has.
    pub(crate) query: BTreeMap<String, String>,
    /// Null where there is none.
    pub(crate) body: Value,
    /// The command that made it: `gcloud.projects.add-iam-policy-binding`, or `bq`.
    pub(crate) command: String,
    /// The etag that the resource must have.
    pub(crate) if_match: String,
    /// The status of the answer.
    pub(crate) status: u16,
    /// The decoded parts of the path, without the verb.
    pub(super) parts: Vec<String>,
    /// What the path asks for after its last colon, or nothing.
    pub(super) verb: &'static str,
}

impl Request {
    /// Nothing for a request that no Google API would understand.
    pub(super) fn read(
        method: &str,
        path: &str,
        query: &str,
        agent: &str,
        body: &[u8],
    ) -> Option<Self> {
        let (path, verb) = VERBS
            .iter()
            .find_map(|verb| Some((path.strip_suffix(verb)?.strip_suffix(':')?, *verb)))
            .unwrap_or((path, ""));
        let parts: Vec<String> =
            path.strip_prefix('/')?.split('/').map(decode).collect::<Option<_>>()?;
        let mut query: BTreeMap<String, String> = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (key, value) = pair.split_once('=')?;
                Some((decode(key)?, decode(&value.replace('+', " "))?))
            })
            .collect::<Option<_>>()?;
        if query.remove("alt")? != "json" {
            return None;
        }
        let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(body).ok()? };
        let command = match agent.split_once("command/") {
            Some((_, rest)) => rest.split_whitespace().next()?,
            None if agent.contains("google-api-python-client") => "bq",
            None => return None,
        };
        let colon = if verb.is_empty() { "" } else { ":" };
        Some(Self {
            method: method.to_owned(),
            path: format!("/{}{colon}{verb}", parts.join("/")),
            query,
            body,
            command: command.to_owned(),
            if_match: String::new(),
            status: 0,
            parts,
            verb,
        })
    }

    /// Whether it may change something.
    pub(crate) fn is_write(&self) -> bool {
        self.method != "GET" && self.verb != "getIamPolicy"
    }

    /// Nothing unless the query and the body have no other keys than these.
    pub(super) fn has_only(&self, query: &[&str], body: &[&str]) -> Option<()> {
        let asked = self.query.keys().all(|key| query.contains(&key.as_str()));
        (asked && only(&self.body, body)).then_some(())
    }
}

/// Whether a value is an object with no other keys than these, or nothing at all.
pub(super) fn only(value: &Value, keys: &[&str]) -> bool {
    match value {
        Value::Null => true,
        Value::Object(object) => object.keys().all(|key| keys.contains(&key.as_str())),
        _ => false,
    }
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

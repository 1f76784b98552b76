//! JSON pointers (RFC 6901).

use std::borrow::Cow;

/// Appends a key or an index to a pointer.
pub fn join(pointer: &str, step: &str) -> String {
    let mut joined = String::with_capacity(pointer.len() + step.len() + 1);
    joined.push_str(pointer);
    joined.push('/');
    joined.push_str(&escape(step));
    joined
}

/// A key as a pointer has it.
pub fn escape(step: &str) -> Cow<'_, str> {
    if step.contains(['~', '/']) {
        step.replace('~', "~0").replace('/', "~1").into()
    } else {
        step.into()
    }
}

/// The keys and indices of a pointer.
pub fn steps(pointer: &str) -> impl Iterator<Item = Cow<'_, str>> {
    pointer.split('/').skip(1).map(|step| {
        if step.contains('~') {
            step.replace("~1", "/").replace("~0", "~").into()
        } else {
            step.into()
        }
    })
}

/// The pointer of the node around a node.
pub fn parent(pointer: &str) -> Option<&str> {
    pointer.rsplit_once('/').map(|(parent, _)| parent)
}

/// Whether a node is another one or is below it.
pub fn is_at_or_below(pointer: &str, other: &str) -> bool {
    pointer.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_escaped() {
        assert_eq!(join("/labels", "a/b~c"), "/labels/a~1b~0c");
        assert_eq!(steps("/labels/a~1b~0c/~01").collect::<Vec<_>>(), ["labels", "a/b~c", "~1"]);
        assert_eq!(steps("").count(), 0);
        assert_eq!((parent("/a/b"), parent("/a"), parent("")), (Some("/a"), Some(""), None));
        assert!(is_at_or_below("/a/b", "/a") && is_at_or_below("/a", "/a"));
        assert!(!is_at_or_below("/ab", "/a"));
    }
}

//! Which names fit a grammar for certain, told without its pattern: compiling one takes longer than
//! all the rest of reading a spec. Of what is rare, such as a project with a domain in front, nothing
//! is said.

use super::{
    ACCOUNT_EMAIL, ACCOUNT_ID, CLUSTER_NAME, CONDITION_TEXT, CONFIG_KEY, DNS_LABEL, DNS_SUBDOMAIN,
    ENV_NAME, Grammar, IMAGE, LABEL_VALUE, NODE_POOL_NAME, PROJECT_ID, QUALIFIED_NAME, QUANTITY,
    REGION, ROLE, TEXT, WORKLOAD_POOL, ZONE, is_quantity,
};

impl Grammar {
    /// Whether a text fits for certain. `false` says nothing.
    pub fn certainly_fits(&self, text: &str) -> bool {
        let fits: fn(&str) -> bool = match self.name {
            name if name == DNS_LABEL.name => is_label,
            name if name == DNS_SUBDOMAIN.name => is_subdomain,
            name if name == PROJECT_ID.name || name == ACCOUNT_ID.name => {
                |text| is_label(text) && begins_with_letter(text)
            }
            name if name == CLUSTER_NAME.name || name == NODE_POOL_NAME.name => {
                |text| is_label(text) && begins_with_letter(text)
            }
            name if name == WORKLOAD_POOL.name => is_pool,
            name if name == ACCOUNT_EMAIL.name => is_email,
            name if name == REGION.name => is_region,
            name if name == ZONE.name => is_zone,
            name if name == QUALIFIED_NAME.name => is_qualified,
            name if name == LABEL_VALUE.name => |text| text.is_empty() || is_name(text),
            name if name == ENV_NAME.name => is_variable,
            name if name == CONFIG_KEY.name => {
                |text| !text.starts_with('.') && is_made_of(text, is_of_key)
            }
            name if name == QUANTITY.name => is_quantity,
            name if name == IMAGE.name => is_image,
            name if name == ROLE.name => is_role,
            name if name == TEXT.name => |text| !text.contains('\0'),
            name if name == CONDITION_TEXT.name => {
                |text| !text.is_empty() && !text.bytes().any(|b| b < b' ' || b == 0x7f)
            }
            _ => return false,
        };
        // Where a limit counts, only ASCII fits.
        self.min <= text.len() && self.max.is_none_or(|max| text.len() <= max) && fits(text)
    }
}

/// Whether a text has only such bytes, and at least one.
fn is_made_of(text: &str, fits: fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(fits)
}

fn is_lower(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn is_of_label(byte: u8) -> bool {
    is_lower(byte) || byte == b'-'
}

fn is_of_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)
}

fn is_word(text: &str) -> bool {
    is_made_of(text, |byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether first and last byte are letters or digits.
fn has_ends(text: &str) -> bool {
    let ends = [text.bytes().next(), text.bytes().next_back()];
    ends.into_iter().flatten().all(|byte| byte.is_ascii_alphanumeric())
}

fn begins_with_letter(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
}

fn is_label(text: &str) -> bool {
    is_made_of(text, is_of_label) && has_ends(text)
}

fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_label)
}

/// The part of a key behind the slash, or the value of a label.
fn is_name(text: &str) -> bool {
    is_made_of(text, is_of_key) && has_ends(text)
}

fn is_qualified(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_subdomain(prefix) && is_name(name),
        None => is_name(text),
    }
}

fn is_variable(text: &str) -> bool {
    !text.starts_with(|c: char| c == '.' || c.is_ascii_digit()) && is_made_of(text, is_of_key)
}

fn is_pool(text: &str) -> bool {
    text.strip_suffix(".svc.id.goog").is_some_and(|project| {
        project.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && project.bytes().all(|byte| is_of_label(byte) || b".:".contains(&byte))
    })
}

fn is_email(text: &str) -> bool {
    let is_part = |part: &str| is_made_of(part, |byte| is_of_label(byte) || byte == b'.');
    text.strip_suffix(".gserviceaccount.com").and_then(|rest| rest.split_once('@')).is_some_and(
        |(id, domain)| {
            is_part(id)
                && is_part(domain)
                && domain.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        },
    )
}

fn is_region(text: &str) -> bool {
    let Some((words, last)) = text.rsplit_once('-') else { return false };
    let letters = last.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_letters = |text: &str| is_made_of(text, |byte| byte.is_ascii_lowercase());
    words.split('-').all(is_letters) && is_letters(letters) && letters.len() < last.len()
}

fn is_zone(text: &str) -> bool {
    text.rsplit_once('-').is_some_and(|(region, letter)| {
        is_region(region) && is_made_of(letter, is_lower) && begins_with_letter(letter)
    })
}

fn is_role(text: &str) -> bool {
    let is_id = |id: &str| is_made_of(id, |b| b.is_ascii_alphanumeric() || b"_.".contains(&b));
    if let Some(name) = text.strip_prefix("roles/") {
        return name.split('.').all(is_word);
    }
    let of_project = text.strip_prefix("projects/").and_then(|rest| rest.split_once("/roles/"));
    of_project.is_some_and(|(project, id)| {
        is_made_of(project, |byte| is_of_label(byte) || b".:".contains(&byte)) && is_id(id)
    })
}

fn is_image(text: &str) -> bool {
    let (text, digest) = text.split_once('@').unwrap_or((text, "sha256:0"));
    let is_digest = digest
        .strip_prefix("sha256:")
        .is_some_and(|hex| is_made_of(hex, |byte| byte.is_ascii_hexdigit()));
    let slash = text.rfind('/').map_or(0, |slash| slash + 1);
    let (path, tag) = match text[slash..].split_once(':') {
        Some((name, tag)) => (&text[..slash + name.len()], tag),
        None => (text, "latest"),
    };
    let is_tag = is_made_of(tag, is_of_key) && !tag.starts_with(['-', '.']);
    let path = match path.split_once('/') {
        Some((host, path)) if is_host(host) => path,
        _ => path,
    };
    is_digest && is_tag && path.split('/').all(is_of_path)
}

/// A registry, with or without its port.
fn is_host(text: &str) -> bool {
    let (name, port) = text.split_once(':').unwrap_or((text, "443"));
    let is_label = |label: &str| {
        is_made_of(label, |byte| byte.is_ascii_alphanumeric() || byte == b'-') && has_ends(label)
    };
    name.split('.').all(is_label) && is_made_of(port, |byte| byte.is_ascii_digit())
}

/// A part of the path of an image: words, and between them a dot, hyphens, or one or two underscores.
pub(crate) fn is_of_path(text: &str) -> bool {
    let is_mixed = || {
        let mixed = ["..", "___", "._", "_.", "-.", ".-", "-_", "_-"];
        text.contains(['.', '_']) && mixed.iter().any(|it| text.contains(it))
    };
    is_made_of(text, |byte| is_of_label(byte) || b"._".contains(&byte))
        && has_ends(text)
        && !is_mixed()
}

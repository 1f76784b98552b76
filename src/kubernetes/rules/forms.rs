//! The forms of strings that the API server demands, apart from names.

use std::net::IpAddr;

use super::rule::Form;
use super::schedule;
use crate::diagnostics::Code;
use crate::kubernetes::names::DNS_SUBDOMAIN;

const fn form(
    noun: &'static str,
    words: &'static str,
    accepts: fn(&str) -> bool,
    repair: fn(&str) -> Option<String>,
) -> Form {
    Form { code: Code::INVALID_VALUE, noun, words, accepts, repair }
}

fn no_repair(_: &str) -> Option<String> {
    None
}

pub(super) static PORT_NAME: Form = form(
    "the name of a port",
    "up to 15 lower case letters, digits and single hyphens, with a letter, starting and ending with a letter or digit",
    is_port_name,
    |name| Some(name.to_ascii_lowercase().replace(['_', '.', ' '], "-")),
);

pub(super) fn is_port_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=15).contains(&name.len())
        && name.bytes().all(allowed)
        && name.bytes().any(|b| b.is_ascii_lowercase())
        && !name.contains("--")
        && !name.starts_with('-')
        && !name.ends_with('-')
}

pub(super) static RELATIVE_PATH: Form = form(
    "a relative path without `..`",
    "a path below the volume: without `/` in front, and without `..`",
    is_relative_path,
    |path| Some(path.trim_start_matches('/').to_owned()),
);

pub(super) fn is_relative_path(path: &str) -> bool {
    !path.starts_with('/') && has_no_parent(path)
}

pub(super) static FILE_PATH: Form = form(
    "a relative path without `..`",
    "a relative path that does not start with `..`",
    |path| !path.starts_with('/') && !path.starts_with("..") && has_no_parent(path),
    |path| Some(path.trim_start_matches('/').to_owned()),
);

pub(super) static PATH: Form =
    form("a path without `..`", "write the path out", has_no_parent, no_repair);

pub(super) static ABSOLUTE_PATH: Form = form(
    "an absolute path",
    "a path that starts with `/`",
    |path| path.starts_with('/'),
    |path| Some(format!("/{path}")),
);

fn has_no_parent(path: &str) -> bool {
    path.split('/').all(|part| part != "..")
}

pub(super) static IP_ADDRESS: Form =
    form("an IP address", "an IPv4 or IPv6 address, as `10.0.0.1`", is_ip_address, no_repair);

/// Kubernetes ignores zeros in front of the parts of an IPv4 address.
fn is_ip_address(address: &str) -> bool {
    let decimal = |part: &str| match part.trim_start_matches('0') {
        "" if !part.is_empty() => "0".to_owned(),
        part => part.to_owned(),
    };
    let without_zeros = address.split('.').map(decimal).collect::<Vec<_>>().join(".");
    address.parse::<IpAddr>().is_ok() || without_zeros.parse::<IpAddr>().is_ok()
}

pub(super) static HEADER_NAME: Form = form(
    "the name of an HTTP header",
    "letters, digits and hyphens",
    |name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'),
    |name| Some(name.replace(['_', ' '], "-")),
);

pub(super) static SYSCTL: Form = form(
    "the name of a kernel parameter",
    "up to 253 lower case letters, digits, `-` and `_`, in parts between dots or slashes",
    |name| {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let is_part =
            |part: &str| part.starts_with(edge) && part.ends_with(edge) && part.bytes().all(inner);
        name.len() <= 253 && name.split(['.', '/']).all(is_part)
    },
    no_repair,
);

pub(super) static SCHEDULE: Form = Form {
    code: Code::SCHEDULE,
    noun: "a schedule",
    words: "five fields (minute, hour, day of the month, month, day of the week from 0 to 6), or one of `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`, `@every 90m`",
    accepts: schedule::is_schedule,
    repair: schedule::repaired,
};

pub(super) static TIME_ZONE: Form = Form {
    code: Code::TIME_ZONE,
    noun: "a time zone",
    words: "a name of the IANA database in its exact case, as `Europe/Berlin` or `Etc/UTC`",
    accepts: schedule::is_time_zone,
    repair: schedule::similar_time_zone,
};

pub(super) static DOMAIN_PATH: Form = form(
    "a name with a domain",
    "a DNS name, `/` and a path, as `example.com/queue`",
    |name| {
        name.split_once('/').is_some_and(|(domain, path)| {
            let allowed = |b: u8| b.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&b);
            DNS_SUBDOMAIN.matches(domain) && !path.is_empty() && path.bytes().all(allowed)
        })
    },
    no_repair,
);

pub(super) static SEARCH_DOMAIN: Form = form(
    "a DNS name",
    "lower case letters, digits, `-` and `_`, in parts between dots",
    |name| {
        let domain = name.strip_suffix('.').unwrap_or(name);
        name == "." || DNS_SUBDOMAIN.matches(&domain.replace('_', "a"))
    },
    |name| Some(name.to_ascii_lowercase()),
);

pub(super) static CSI_DRIVER: Form = form(
    "the name of a CSI driver",
    "a DNS name of up to 63 characters, as `gcsfuse.csi.storage.gke.io`",
    |name| name.len() <= 63 && DNS_SUBDOMAIN.matches(&name.to_ascii_lowercase()),
    no_repair,
);

pub(super) static RESOURCE_OF_CONTAINER: Form = form(
    "a resource of a container",
    "`limits` or `requests`, a dot, and `cpu`, `memory`, `ephemeral-storage` or `hugepages-` with a size",
    |resource| {
        let resource = resource.strip_prefix("limits.").or(resource.strip_prefix("requests."));
        resource.is_some_and(|it| {
            ["cpu", "memory", "ephemeral-storage"].contains(&it) || it.starts_with("hugepages-")
        })
    },
    |resource| Some(format!("limits.{resource}")),
);

pub(super) static INTEGER: Form = form(
    "a whole number",
    "a whole number in quotes",
    |number| number.parse::<i64>().is_ok(),
    no_repair,
);

pub(super) static AZURE_DISK: Form = form(
    "the URI of a managed disk",
    "a path that starts with `/subscriptions/`",
    |uri| uri.starts_with("/subscriptions/"),
    no_repair,
);

pub(super) static AZURE_BLOB: Form = form(
    "the URI of a blob",
    "a URI that starts with `https://`",
    |uri| uri.starts_with("https://"),
    no_repair,
);

pub(super) static ISCSI_NAME: Form = form(
    "the name of an iSCSI node",
    "a name that starts with `iqn.`, `eui.` or `naa.`",
    |name| ["iqn.", "eui.", "naa."].iter().any(|prefix| name.starts_with(prefix)),
    no_repair,
);

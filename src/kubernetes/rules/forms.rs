//! The forms of strings that the API server demands, apart from names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::place::Place;
use super::rule::Form;
use super::schedule;
use crate::diagnostics::{Code, Diagnostic};
use crate::kubernetes::names::{DNS_LABEL, DNS_SUBDOMAIN};
use crate::kubernetes::version::Version;

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

pub(super) static IP_ADDRESS: Form = form(
    "an IP address",
    "an IPv4 or IPv6 address without leading zeros, as `10.0.0.1`",
    |address| strict_address(address).is_some(),
    |address| Some(lenient_address(address)?.to_canonical().to_string()),
);

pub(super) static IP_ADDRESS_BEFORE_1_36: Form = form(
    "an IP address",
    "an IPv4 or IPv6 address, as `10.0.0.1`",
    |address| lenient_address(address).is_some(),
    no_repair,
);

/// An address without leading zeros; IPv4 is not written as IPv6.
fn strict_address(address: &str) -> Option<IpAddr> {
    let is_plain = |address: &IpAddr| *address == address.to_canonical();
    address.parse().ok().filter(is_plain)
}

/// An address as Kubernetes reads it before 1.36: it ignores leading zeros.
fn lenient_address(address: &str) -> Option<IpAddr> {
    let decimal = |part: &str| match part.trim_start_matches('0') {
        "" if !part.is_empty() => "0".to_owned(),
        part => part.to_owned(),
    };
    let without_zeros = || address.split('.').map(decimal).collect::<Vec<_>>().join(".");
    address.parse().or_else(|_| without_zeros().parse()).ok()
}

pub(super) static CIDR: Form = form(
    "a range of addresses",
    "the first address, `/` and the length of the prefix, as `10.0.0.0/8`",
    |cidr| network(cidr, strict_address).is_some_and(|(address, first)| address == first),
    |cidr| {
        if let Some((_, prefix)) = cidr.split_once('/') {
            Some(format!("{}/{prefix}", network(cidr, lenient_address)?.1))
        } else {
            let address = lenient_address(cidr)?;
            Some(format!("{address}/{}", if address.is_ipv4() { 32 } else { 128 }))
        }
    },
);

pub(super) static CIDR_BEFORE_1_36: Form = form(
    "a range of addresses",
    "an address, `/` and the length of the prefix, as `10.0.0.0/8`",
    |cidr| network(cidr, lenient_address).is_some(),
    no_repair,
);

/// Adds what a version does not accept of a range of addresses, at a JSON pointer.
pub fn check_range(range: &str, pointer: &str, version: Version, found: &mut Vec<Diagnostic>) {
    let is_strict = version >= Version::from_minor(36);
    let form = if is_strict { &CIDR } else { &CIDR_BEFORE_1_36 };
    form.check(range, &Place::Root(pointer), found);
}

/// The address in a CIDR, and the first address of its range.
fn network(cidr: &str, parse: fn(&str) -> Option<IpAddr>) -> Option<(IpAddr, IpAddr)> {
    let (address, prefix) = cidr.split_once('/')?;
    let (address, prefix) = (parse(address)?, prefix.parse::<u32>().ok()?);
    let first: IpAddr = match address {
        IpAddr::V4(address) => {
            let rest = 32_u32.checked_sub(prefix)?;
            Ipv4Addr::from_bits(address.to_bits() & u32::MAX.checked_shl(rest).unwrap_or(0)).into()
        }
        IpAddr::V6(address) => {
            let rest = 128_u32.checked_sub(prefix)?;
            Ipv6Addr::from_bits(address.to_bits() & u128::MAX.checked_shl(rest).unwrap_or(0)).into()
        }
    };
    Some((address, first))
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
        let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let is_part = |part: &str| {
            let part = part.strip_prefix('_').unwrap_or(part);
            part.starts_with(edge)
                && part.ends_with(edge)
                && part.chars().all(|c| edge(c) || "-_".contains(c))
        };
        let domain = name.strip_suffix('.').unwrap_or(name);
        name == "." || domain.len() <= 253 && domain.split('.').all(is_part)
    },
    |name| Some(name.to_ascii_lowercase()),
);

pub(super) static SEARCH_DOMAIN_BEFORE_1_33: Form =
    form("a DNS name", DNS_SUBDOMAIN.words, is_domain, |name| {
        Some(name.to_ascii_lowercase().replace('_', "-"))
    });

pub(super) static DOMAIN: Form =
    form("a DNS name", DNS_SUBDOMAIN.words, is_domain, |name| Some(name.to_ascii_lowercase()));

/// A DNS name, with a dot at its end or without.
fn is_domain(name: &str) -> bool {
    DNS_SUBDOMAIN.matches(name.strip_suffix('.').unwrap_or(name))
}

pub(super) static SIGNER: Form = form(
    "the name of a signer",
    "a DNS name with a dot, `/` and a name, as `example.com/ca`",
    |name| match name.split('/').collect::<Vec<_>>().as_slice() {
        [domain, name] => {
            domain.len() <= 253
                && domain.contains('.')
                && domain.split('.').all(|label| DNS_LABEL.matches(label))
                && name
                    .split('.')
                    .all(|part| DNS_LABEL.matches(part) || DNS_SUBDOMAIN.matches(part))
        }
        _ => false,
    },
    no_repair,
);

pub(super) static TRUST_BUNDLE: Form = form(
    "the name of a ClusterTrustBundle",
    "a DNS name, after the name of its signer and `:` if it has one",
    |name| DNS_SUBDOMAIN.matches(name.rsplit(':').next().unwrap_or(name)) && !name.starts_with(':'),
    no_repair,
);

pub(super) static HOST_PORTS: Form = form(
    "a host and its port",
    "`host:port`, or several with commas between",
    |hosts| {
        let is_host =
            |host: &str| host.starts_with('[') && host.ends_with(']') || !host.contains(':');
        hosts.split(',').all(|host| host.rsplit_once(':').is_some_and(|(host, _)| is_host(host)))
    },
    no_repair,
);

pub(super) static WITHOUT_SLASH: Form =
    form("a name without `/`", "leave `/` out", |name| !name.contains('/'), no_repair);

pub(super) static TRIMMED: Form = form(
    "a name without spaces around it",
    "remove the spaces",
    |name| name.trim() == name,
    |name| Some(name.trim().to_owned()),
);

pub(super) static WINDOWS_USER: Form = form(
    "the name of a user of Windows",
    "a name of up to 104 characters without `\"/\\:;|=,+*?<>@[]`; before it, a domain and one backslash",
    |name| {
        let (domain, user) =
            name.split_once('\\').map_or((None, name), |(it, user)| (Some(it), user));
        let is_net_bios = |it: &str| {
            (1..=15).contains(&it.chars().count())
                && !it.starts_with('.')
                && !it.contains(['\\', '/', ':', '*', '?', '"', '<', '>', '|'])
        };
        let is_dns = |it: &str| {
            it.len() < 256
                && it.split('.').all(|part| DNS_LABEL.matches(&part.to_ascii_lowercase()))
        };
        domain.is_none_or(|it| is_net_bios(it) || is_dns(it))
            && (1..=104).contains(&user.len())
            && !user.chars().all(|c| c == '.' || c == ' ')
            && !name.chars().any(|c| c.is_ascii_control())
            && !user.contains([
                '"', '/', '\\', ':', ';', '|', '=', ',', '+', '*', '?', '<', '>', '@', '[', ']',
            ])
    },
    no_repair,
);

pub(super) static INGRESS_HOST: Form = form(
    "a host name",
    "a DNS name, or `*.` and a DNS name; no IP address",
    |host| {
        let domain = host.strip_prefix("*.").unwrap_or(host);
        DNS_SUBDOMAIN.matches(domain) && host.parse::<IpAddr>().is_err()
    },
    |host| Some(host.to_ascii_lowercase()),
);

pub(super) static INGRESS_PATH: Form = form(
    "a path of an Ingress",
    "a path that starts with `/`, without `//`, `/./`, `/../` and `%2f`",
    |path| {
        path.starts_with('/')
            && !["//", "/./", "/../", "%2f", "%2F"].iter().any(|part| path.contains(part))
            && !["/..", "/."].iter().any(|end| path.ends_with(end))
    },
    no_repair,
);

pub(super) static PATH_SEGMENT: Form = form(
    "a name that a path can have",
    "no `/` and `%`, and not `.` or `..`",
    |name| !name.contains(['/', '%']) && name != "." && name != "..",
    no_repair,
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
    "`iqn.2001-04.com.example:storage`, `eui.` with 16 letters and digits, or `naa.` with 32",
    |name| {
        let has = |text: &str, length| {
            text.len() == length && text.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        match name.split_at_checked(4) {
            Some(("eui.", number)) => has(number, 16),
            Some(("naa.", number)) => has(number, 32),
            Some(("iqn.", name)) => name.split_once(':').is_some_and(|(authority, name)| {
                let (month, domain) = authority.split_at_checked(8).unwrap_or_default();
                let is_like = |(c, like): (char, char)| match like {
                    '0' => c.is_ascii_digit(),
                    like => c == like,
                };
                !domain.is_empty()
                    && month.chars().zip("0000-00.".chars()).all(is_like)
                    && domain.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
                    && !name.is_empty()
                    && !name.contains(|c: char| ",;*&$|".contains(c) || c.is_ascii_whitespace())
            }),
            _ => false,
        }
    },
    no_repair,
);

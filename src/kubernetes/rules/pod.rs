//! Rules for pods, each about one table.

use serde_json::Value;

use super::findings::conflict;
use super::forms::{IP_ADDRESS, IP_ADDRESS_BEFORE_1_36, SEARCH_DOMAIN, SEARCH_DOMAIN_BEFORE_1_33};
use super::place::Place;
use super::resources;
use super::rule::{Check, Found, Rules, Table, When, elements, entries, field, rule};
use crate::diagnostics::{Code, Diagnostic, quoted};
use crate::kubernetes::names::{DNS_LABEL, DNS_SUBDOMAIN, LABEL_VALUE, QUALIFIED_NAME};
use crate::kubernetes::version::Version;

use Check::{
    AtMost, Forbidden, Form, In, Keys, Name, NotEmpty, OneOf, Range, Required, Unique, Values,
};

#[rustfmt::skip]
pub(super) const RULES: &[Rules] = &[
    Rules("HostAlias", "core: ValidateHostAliases", &[
        rule("ip", NotEmpty),
        rule("ip", Form(&IP_ADDRESS_BEFORE_1_36)).until(35),
        rule("ip", Form(&IP_ADDRESS)).since(36),
        rule("hostnames", Name(&DNS_SUBDOMAIN)),
    ]),
    Rules("PodDNSConfig", "core: validatePodDNSConfig", &[
        rule("nameservers", AtMost(3)),
        rule("nameservers", Form(&IP_ADDRESS_BEFORE_1_36)).until(35),
        rule("nameservers", Form(&IP_ADDRESS)).since(36),
        rule("searches", AtMost(32)),
        rule("searches", Form(&SEARCH_DOMAIN_BEFORE_1_33)).until(32),
        rule("searches", Form(&SEARCH_DOMAIN)).since(33),
        rule("searches", Check::Code("2048 characters together, with spaces between", searches)),
    ]),
    Rules("PodDNSConfigOption", "core: validatePodDNSConfig", &[rule("name", Required)]),
    Rules("PodOS", "core: validateOS", &[rule("name", NotEmpty)]),
    Rules("PodResourceClaim", "core: validatePodResourceClaim", &[
        rule("name", NotEmpty),
        rule("name", Name(&DNS_LABEL)),
        rule("", OneOf(&["resourceClaimName", "resourceClaimTemplateName"])).since(31),
        rule("resourceClaimName", Name(&DNS_SUBDOMAIN)),
        rule("resourceClaimTemplateName", Name(&DNS_SUBDOMAIN)),
    ]),
    Rules("PodSpec", "core: ValidatePodSpec", &[
        rule("activeDeadlineSeconds", Range(1, i32::MAX as i64)),
        rule("hostname", Name(&DNS_LABEL)),
        rule("subdomain", Name(&DNS_LABEL)),
        rule("nodeName", Name(&DNS_SUBDOMAIN)),
        rule("serviceAccountName", Name(&DNS_SUBDOMAIN)),
        rule("priorityClassName", Name(&DNS_SUBDOMAIN)),
        rule("runtimeClassName", NotEmpty),
        rule("runtimeClassName", Name(&DNS_SUBDOMAIN)),
        rule("hostnameOverride", NotEmpty),
        rule("hostnameOverride", Name(&DNS_SUBDOMAIN)),
        rule("hostnameOverride", AtMost(64)),
        rule("hostnameOverride", Forbidden).when(When::True("setHostnameAsFQDN")),
        rule("hostnameOverride", Forbidden).when(When::True("hostNetwork")),
        rule("nodeSelector", Keys(&QUALIFIED_NAME)),
        rule("nodeSelector", Values(&LABEL_VALUE)),
        rule("volumes", Unique(&["name"])),
        rule("resourceClaims", Unique(&["name"])),
        rule("schedulingGates", Unique(&["name"])),
        rule("topologySpreadConstraints", Unique(&["topologyKey", "whenUnsatisfiable"])),
        rule("dnsConfig", Required).when(When::Is("dnsPolicy", &["None"])),
        rule("dnsConfig", In("nameservers", &Required)).when(When::Is("dnsPolicy", &["None"])),
        rule("overhead", Check::Code("resources of containers", overhead)),
        rule("resources", Check::Code("`cpu`, `memory` and huge pages", resources::of_pod)),
        rule("ephemeralContainers", Forbidden),
        rule("", Check::Code("`hostPID`, `hostIPC` and `hostNetwork` not with `hostUsers` false, `hostPID` not with `shareProcessNamespace`", sharing)),
        rule("securityContext", Check::Code("no kernel parameters of the node", sysctls)),
    ]),
];

fn searches(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let searches = elements(table, "searches").iter();
    let length: usize = searches.filter_map(Value::as_str).map(|search| search.len() + 1).sum();
    if length > 2048 + 1 {
        let message =
            format!("`searches` has {} characters in total; the maximum is 2048", length - 1);
        found.push(Diagnostic::new(Code::TOO_LONG, at.at("searches").value(), message));
    }
}

fn overhead(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let place = at.at("overhead");
    for (name, amount) in entries(table, "overhead") {
        resources::check_resource(name, amount, &place, found);
    }
}

/// What pods share with their node, or their containers with each other.
fn sharing(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let is = |key: &str, value: bool| *field(table, key) == value;
    let mut conflict = |one: &str, other: &str, message: &str| {
        found.push(
            conflict(at.at(one).value(), message)
                .related(at.at(other).value(), "set here")
                .help("remove one of them"),
        );
    };
    if is("hostUsers", false) {
        for key in ["hostNetwork", "hostPID", "hostIPC"] {
            if is(key, true) {
                let message = format!("{} needs the users of the node", quoted(key));
                conflict(key, "hostUsers", &message);
            }
        }
    }
    if is("shareProcessNamespace", true) && is("hostPID", true) {
        conflict("shareProcessNamespace", "hostPID", "the processes are those of the node already");
    }
}

/// Kernel parameters of a namespace that the pods share with their node.
fn sysctls(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let is = |key: &str| *field(table, key) == true;
    let context = at.at("securityContext");
    let list = context.at("sysctls");
    let sysctls = field(table, "securityContext")["sysctls"].as_array();
    for (index, sysctl) in sysctls.into_iter().flatten().enumerate() {
        let Some(name) = sysctl["name"].as_str() else { continue };
        let name = name.replace('/', ".");
        let ipc = ["kernel.shm", "kernel.msg", "fs.mqueue."];
        let is_ipc = name == "kernel.sem" || ipc.iter().any(|prefix| name.starts_with(prefix));
        let host = match () {
            () if is("hostNetwork") && name.starts_with("net.") => "hostNetwork",
            () if is("hostIPC") && is_ipc => "hostIPC",
            () => continue,
        };
        let element = list.element(index);
        let message = format!("{} is a parameter of the node here", quoted(&name));
        found.push(
            conflict(element.at("name").value(), message)
                .related(at.at(host).value(), "the pods share it with their node"),
        );
    }
}

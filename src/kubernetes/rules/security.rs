//! Rules for what containers may do.

use super::findings::conflict;
use super::forms::{RELATIVE_PATH, SYSCTL, TRIMMED, WINDOWS_USER};
use super::place::Place;
use super::rule::{Check, Found, Rules, Table, When, field, rule};
use crate::kubernetes::names::DNS_SUBDOMAIN;
use crate::kubernetes::version::Version;

use Check::{AtMost, Forbidden, Form, Name, NotEmpty, Only, Range, Required, Unique};

/// A user or group of Linux.
const ID: Check = Range(0, i32::MAX as i64);

#[rustfmt::skip]
pub(super) const RULES: &[Rules] = &[
    Rules("AppArmorProfile", "core: ValidateAppArmorProfileField", &[
        rule("localhostProfile", Required).when(When::Is("type", &["Localhost"])),
        rule("localhostProfile", Forbidden).when(When::IsNot("type", &["Localhost"])),
        rule("localhostProfile", AtMost(4095)),
        rule("localhostProfile", Form(&TRIMMED)),
    ]),
    Rules("PodSecurityContext", "core: validatePodSpecSecurityContext", &[
        rule("fsGroup", ID),
        rule("runAsUser", ID),
        rule("runAsGroup", ID),
        rule("supplementalGroups", ID),
        rule("sysctls", Unique(&["name"])),
        rule("seLinuxChangePolicy", Only(&["Recursive"])).until(36),
    ]),
    Rules("SeccompProfile", "core: validateSeccompProfileField", &[
        rule("localhostProfile", Required).when(When::Is("type", &["Localhost"])),
        rule("localhostProfile", Forbidden).when(When::IsNot("type", &["Localhost"])),
        rule("localhostProfile", Form(&RELATIVE_PATH)),
    ]),
    Rules("SecurityContext", "core: ValidateSecurityContext", &[
        rule("runAsUser", ID),
        rule("runAsGroup", ID),
        rule("allowPrivilegeEscalation", Check::Code("not false beside `privileged` or `CAP_SYS_ADMIN`", escalation)),
    ]),
    Rules("Sysctl", "core: validateSysctls", &[rule("name", NotEmpty), rule("name", Form(&SYSCTL))]),
    Rules("WindowsSecurityContextOptions", "core: validateWindowsSecurityContextOptions", &[
        rule("gmsaCredentialSpecName", Name(&DNS_SUBDOMAIN)),
        rule("gmsaCredentialSpec", NotEmpty),
        rule("gmsaCredentialSpec", AtMost(64 * 1024)),
        rule("runAsUserName", NotEmpty),
        rule("runAsUserName", Form(&WINDOWS_USER)),
    ]),
];

/// What is privileged can always gain privileges.
fn escalation(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    if *field(table, "allowPrivilegeEscalation") != false {
        return;
    }
    let mut conflict = |cause: &Place<'_>, words: &str| {
        let place = at.at("allowPrivilegeEscalation").value();
        let message = format!("a container {words} can always gain privileges");
        found.push(
            conflict(place, message).related(cause.value(), "set here").help("remove one of them"),
        );
    };
    if *field(table, "privileged") == true {
        conflict(&at.at("privileged"), "that is privileged");
    }
    let added = field(table, "capabilities")["add"].as_array();
    if let Some(index) = added.and_then(|added| added.iter().position(|it| it == "CAP_SYS_ADMIN")) {
        let capabilities = at.at("capabilities");
        let add = capabilities.at("add");
        conflict(&add.element(index), "with CAP_SYS_ADMIN");
    }
}

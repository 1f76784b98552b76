//! Rules for containers.

use serde_json::Value;

use super::findings::{conflict, duplicate, out_of_range};
use super::forms::{FILE_PATH, HEADER_NAME, PATH, PORT_NAME, RELATIVE_PATH, RESOURCE_OF_CONTAINER};
use super::place::Place;
use super::resources;
use super::rule::{Check, Found, Rules, Table, When, elements, field, rule, string};
use crate::diagnostics::{Code, Diagnostic, quoted};
use crate::kubernetes::names::{
    CONFIG_KEY, DNS_LABEL, DNS_SUBDOMAIN, ENV_NAME, ENV_NAME_BEFORE_1_34,
};
use crate::kubernetes::quantity::Quantity;
use crate::kubernetes::version::Version;

use Check::{
    AtMost, AtMostOneOf, Forbidden, Form, In, Name, NotEmpty, OneOf, Only, Range, Required, Unique,
};

const NOT_NEGATIVE: Check = Range(0, i64::MAX);
const PORT: Check = Range(1, 65535);

const PROBE_HANDLERS: &[&str] = &["exec", "httpGet", "tcpSocket", "grpc"];
const HOOK_HANDLERS: &[&str] = &["exec", "httpGet", "tcpSocket", "sleep"];

#[rustfmt::skip]
pub(super) const RULES: &[Rules] = &[
    Rules("ConfigMapEnvSource", "core: validateConfigMapEnvSource", &[
        rule("name", Required),
        rule("name", Name(&DNS_SUBDOMAIN)),
    ]),
    Rules("ConfigMapKeySelector", "core: validateConfigMapKeySelector", &[
        rule("name", Required),
        rule("name", Name(&DNS_SUBDOMAIN)),
        rule("key", NotEmpty),
        rule("key", Name(&CONFIG_KEY)),
    ]),
    Rules("Container", "core: validateContainerCommon", &[
        rule("name", NotEmpty),
        rule("name", Name(&DNS_LABEL)),
        rule("image", NotEmpty),
        rule("ports", Unique(&["name"])),
        rule("volumeMounts", Unique(&["mountPath"])),
        rule("volumeDevices", Unique(&["name"])),
        rule("volumeDevices", Unique(&["devicePath"])),
        rule("resizePolicy", Unique(&["resourceName"])),
        rule("restartPolicyRules", AtMost(20)),
        rule("restartPolicy", Required).when(When::Has("restartPolicyRules")),
        rule("volumeDevices", Check::Code("not mounted too", devices_and_mounts)),
        rule("livenessProbe", Check::Code("`successThreshold` is 1", one_success)),
        rule("startupProbe", Check::Code("`successThreshold` is 1", one_success)),
        rule("readinessProbe", In("terminationGracePeriodSeconds", &Forbidden)),
        rule("volumeMounts", Check::Code("`Bidirectional` only if privileged", bidirectional)),
    ]),
    Rules("ContainerPort", "core: validateContainerPorts", &[
        rule("name", Form(&PORT_NAME)),
        rule("containerPort", PORT),
        rule("hostPort", Range(0, 65535)),
    ]),
    Rules("ContainerRestartRule", "core: validateContainerRestartPolicy", &[rule("exitCodes", Required)]),
    Rules("ContainerRestartRuleOnExitCodes", "core: validateContainerRestartPolicy", &[
        rule("values", AtMost(255)),
    ]),
    Rules("EnvFromSource", "core: ValidateEnvFrom", &[
        rule("", OneOf(&["configMapRef", "secretRef"])),
        rule("prefix", Name(&ENV_NAME_BEFORE_1_34)).until(33),
        rule("prefix", Name(&ENV_NAME)).since(34),
    ]),
    Rules("EnvVar", "core: ValidateEnv", &[
        rule("name", NotEmpty),
        rule("name", Name(&ENV_NAME_BEFORE_1_34)).until(33),
        rule("name", Name(&ENV_NAME)).since(34),
        rule("", AtMostOneOf(&["value", "valueFrom"])),
    ]),
    Rules("EnvVarSource", "core: validateEnvVarValueFrom", &[
        rule("", OneOf(&["configMapKeyRef", "fieldRef", "resourceFieldRef", "secretKeyRef"])).until(33),
        rule("", OneOf(&[
            "configMapKeyRef", "fieldRef", "fileKeyRef", "resourceFieldRef", "secretKeyRef",
        ])).since(34),
        rule("fieldRef", Check::Code("a field that variables may have", field_of_variable)),
    ]),
    Rules("ExecAction", "core: validateExecAction", &[rule("command", Required)]),
    Rules("FileKeySelector", "core: validateFileKeySelector", &[
        rule("key", NotEmpty),
        rule("key", Name(&ENV_NAME)),
        rule("volumeName", NotEmpty),
        rule("volumeName", Name(&DNS_LABEL)),
        rule("path", NotEmpty),
        rule("path", Form(&FILE_PATH)),
    ]),
    Rules("GRPCAction", "core: validateGRPCAction", &[rule("port", PORT)]),
    Rules("HTTPGetAction", "core: validateHTTPGetAction", &[rule("port", Check::Port(&PORT_NAME))]),
    Rules("HTTPHeader", "core: validateHTTPGetAction", &[
        rule("name", NotEmpty),
        rule("name", Form(&HEADER_NAME)),
    ]),
    Rules("LifecycleHandler", "core: validateHandler", &[rule("", OneOf(HOOK_HANDLERS))]),
    Rules("ObjectFieldSelector", "core: validateObjectFieldSelector", &[
        rule("fieldPath", NotEmpty),
        rule("apiVersion", Only(&["v1"])),
    ]),
    Rules("Probe", "core: validateProbe", &[
        rule("", OneOf(PROBE_HANDLERS)),
        rule("initialDelaySeconds", NOT_NEGATIVE),
        rule("timeoutSeconds", NOT_NEGATIVE),
        rule("periodSeconds", NOT_NEGATIVE),
        rule("successThreshold", NOT_NEGATIVE),
        rule("failureThreshold", NOT_NEGATIVE),
        rule("terminationGracePeriodSeconds", Range(1, i64::MAX)),
    ]),
    Rules("ResourceClaim", "core: validateResourceClaimNames", &[
        rule("name", NotEmpty),
        rule("request", Name(&DNS_LABEL)),
    ]),
    Rules("ResourceFieldSelector", "core: validateContainerResourceFieldSelector", &[
        rule("resource", NotEmpty),
        rule("resource", Form(&RESOURCE_OF_CONTAINER)),
        rule("divisor", Check::Code("a unit: `1m` or `1` of a CPU, `1`, `1k` … `1E`, `1Ki` … `1Ei` of bytes", divisor)),
    ]),
    Rules("ResourceRequirements", "core: ValidateContainerResourceRequirements", &[
        rule("claims", Check::Code("each request once, with `request` or without", claims)),
        rule("", Check::Code("requests up to their limits", resources::requests_and_limits)),
    ]),
    Rules("SecretEnvSource", "core: validateSecretEnvSource", &[
        rule("name", Required),
        rule("name", Name(&DNS_SUBDOMAIN)),
    ]),
    Rules("SecretKeySelector", "core: validateSecretKeySelector", &[
        rule("name", Required),
        rule("name", Name(&DNS_SUBDOMAIN)),
        rule("key", NotEmpty),
        rule("key", Name(&CONFIG_KEY)),
    ]),
    Rules("TCPSocketAction", "core: validateTCPSocketAction", &[rule("port", Check::Port(&PORT_NAME))]),
    Rules("VolumeDevice", "core: ValidateVolumeDevices", &[
        rule("name", NotEmpty),
        rule("devicePath", NotEmpty),
        rule("devicePath", Form(&PATH)),
    ]),
    Rules("VolumeMount", "core: ValidateVolumeMounts", &[
        rule("name", NotEmpty),
        rule("mountPath", NotEmpty),
        rule("subPath", Form(&RELATIVE_PATH)),
        rule("subPathExpr", Form(&RELATIVE_PATH)),
        rule("", AtMostOneOf(&["subPath", "subPathExpr"])),
        rule("recursiveReadOnly", Check::Code("only if `readOnly`, without propagation", recursive)),
    ]),
];

/// A volume is either mounted or used as a block device, each at a path of its own.
fn devices_and_mounts(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    for (index, device) in elements(table, "volumeDevices").iter().enumerate() {
        for (key, other) in [("name", "name"), ("devicePath", "mountPath")] {
            let Some(value) = device[key].as_str() else { continue };
            if let Some(mount) =
                elements(table, "volumeMounts").iter().position(|mount| mount[other] == value)
            {
                let (devices, mounts) = (at.at("volumeDevices"), at.at("volumeMounts"));
                let (device, mount) = (devices.element(index), mounts.element(mount));
                let message = format!("{} is mounted as well", quoted(value));
                found.push(
                    conflict(device.at(key).value(), message)
                        .related(mount.at(other).value(), "mounted here"),
                );
            }
        }
    }
}

fn one_success(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    for probe in ["livenessProbe", "startupProbe"] {
        let threshold = field(table, probe)["successThreshold"].as_i64();
        if let Some(threshold) = threshold.filter(|it| *it > 1) {
            let probe = at.at(probe);
            found.push(out_of_range(threshold, 1, 1, &probe.at("successThreshold")));
        }
    }
}

fn is_privileged(container: &Table) -> bool {
    field(container, "securityContext")["privileged"] == true
}

fn bidirectional(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    for (index, mount) in elements(table, "volumeMounts").iter().enumerate() {
        if mount["mountPropagation"] == "Bidirectional" && !is_privileged(table) {
            let mounts = at.at("volumeMounts");
            let mount = mounts.element(index);
            let message = "only privileged containers may propagate mounts to their node";
            found.push(
                conflict(mount.at("mountPropagation").value(), message)
                    .help("remove it, or set `securityContext.privileged`"),
            );
        }
    }
}

fn recursive(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let text = |key: &str| string(table, key);
    if !["Enabled", "IfPossible"].contains(&text("recursiveReadOnly")) {
        return;
    }
    let place = at.at("recursiveReadOnly");
    let mut conflict = |message: &str| {
        found.push(conflict(place.value(), message));
    };
    if *field(table, "readOnly") != true {
        conflict("`recursiveReadOnly` needs `readOnly`");
    }
    if !["", "None"].contains(&text("mountPropagation")) {
        conflict("`recursiveReadOnly` does not go with `mountPropagation`");
    }
}

/// The fields of a pod that a variable may have.
const FIELDS_OF_VARIABLES: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

fn field_of_variable(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    super::downward::check_field(table, FIELDS_OF_VARIABLES, at, found);
}

/// A container claims each request of a claim once; without a request, the whole claim.
fn claims<'a>(table: &'a Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let list = at.at("claims");
    let claims = elements(table, "claims");
    let part = |claim: &'a Value, key| claim[key].as_str().filter(|it| !it.is_empty());
    for (index, claim) in claims.iter().enumerate() {
        let (name, request) = (part(claim, "name"), part(claim, "request"));
        let is_same = |other: &'a Value| {
            let is_whole = request.is_none() || part(other, "request").is_none();
            part(other, "name") == name && (is_whole || part(other, "request") == request)
        };
        if let Some(first) = claims[..index].iter().position(is_same) {
            let message =
                format!("the container claims {} already", quoted(name.unwrap_or_default()));
            found.push(duplicate(
                list.element(index).at("name").value(),
                message,
                list.element(first).at("name").value(),
            ));
        }
    }
}

/// What a resource is divided by.
fn divisor(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let resource = string(table, "resource");
    let Some(value) = table.get("divisor") else { return };
    let Some(divisor) = Quantity::parse(value).filter(|it| *it != Quantity::ZERO) else { return };
    let text = value.as_str().unwrap_or_default();
    let is_cpu = matches!(resource, "limits.cpu" | "requests.cpu");
    let is_unit = if is_cpu {
        let milli = Quantity::parse(&Value::from("1m"));
        divisor == Quantity::whole(1) || Some(divisor) == milli
    } else {
        let decimal = (0..=6).any(|power| divisor == Quantity::whole(1000_i64.pow(power)));
        let binary = (1..=6).any(|power| divisor == Quantity::whole(1024_i64.pow(power)));
        decimal && !text.contains(['e', 'i']) || binary && text.ends_with('i')
    };
    if !is_unit && !resource.is_empty() {
        let expected = if is_cpu {
            "`1` or `1m`"
        } else {
            "`1`, a decimal unit such as `1k` or `1M`, or a binary unit such as `1Ki` or `1Mi`"
        };
        let message = format!("{} cannot be divided by this", quoted(resource));
        let wrong = Diagnostic::new(Code::INVALID_VALUE, at.at("divisor").value(), message);
        found.push(wrong.label(format!("expected {expected}")));
    }
}

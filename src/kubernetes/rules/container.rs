//! Rules for containers.

use serde_json::Value;

use super::findings::{is_empty, out_of_range};
use super::forms::{
    HEADER_NAME, PATH, PORT_NAME, RELATIVE_PATH, RESOURCE_OF_CONTAINER, is_port_name,
};
use super::place::Place;
use super::resources;
use super::rule::{Check, DefinitionRules, Found, Table, When, rule};
use crate::diagnostics::{Code, Diagnostic, quoted};
use crate::kubernetes::names::{
    CONFIG_KEY, DNS_LABEL, DNS_SUBDOMAIN, ENV_NAME, ENV_NAME_BEFORE_1_34,
};
use crate::kubernetes::quantity::Quantity;
use crate::kubernetes::version::Version;

use Check::{AtMost, AtMostOneOf, Form, Name, NotEmpty, OneOf, Only, Range, Required, Unique};

/// From 0 on.
const NOT_NEGATIVE: Check = Range(0, i64::MAX);
const PORT: Check = Range(1, 65535);

const PROBE_HANDLERS: &[&str] = &["exec", "httpGet", "tcpSocket", "grpc"];
const HOOK_HANDLERS: &[&str] = &["exec", "httpGet", "tcpSocket", "sleep"];

pub(super) const RULES: &[DefinitionRules] = &[
    DefinitionRules {
        definition: "ConfigMapEnvSource",
        source: "core: validateConfigMapEnvSource",
        rules: &[rule("name", Required), rule("name", Name(&DNS_SUBDOMAIN))],
    },
    DefinitionRules {
        definition: "ConfigMapKeySelector",
        source: "core: validateConfigMapKeySelector",
        rules: &[
            rule("name", Required),
            rule("name", Name(&DNS_SUBDOMAIN)),
            rule("key", NotEmpty),
            rule("key", Name(&CONFIG_KEY)),
        ],
    },
    DefinitionRules {
        definition: "Container",
        source: "core: validateContainerCommon",
        rules: &[
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
            rule(
                "readinessProbe",
                Check::Code("no `terminationGracePeriodSeconds`", no_grace_period),
            ),
            rule("volumeMounts", Check::Code("`Bidirectional` only if privileged", bidirectional)),
        ],
    },
    DefinitionRules {
        definition: "ContainerPort",
        source: "core: validateContainerPorts",
        rules: &[
            rule("name", Form(&PORT_NAME)),
            rule("containerPort", PORT),
            rule("hostPort", Range(0, 65535)),
        ],
    },
    DefinitionRules {
        definition: "ContainerRestartRule",
        source: "core: validateContainerRestartPolicy",
        rules: &[rule("exitCodes", Required)],
    },
    DefinitionRules {
        definition: "ContainerRestartRuleOnExitCodes",
        source: "core: validateContainerRestartPolicy",
        rules: &[rule("values", AtMost(255))],
    },
    DefinitionRules {
        definition: "EnvFromSource",
        source: "core: ValidateEnvFrom",
        rules: &[
            rule("", OneOf(&["configMapRef", "secretRef"])),
            rule("prefix", Name(&ENV_NAME_BEFORE_1_34)).until(33),
            rule("prefix", Name(&ENV_NAME)).since(34),
        ],
    },
    DefinitionRules {
        definition: "EnvVar",
        source: "core: ValidateEnv",
        rules: &[
            rule("name", NotEmpty),
            rule("name", Name(&ENV_NAME_BEFORE_1_34)).until(33),
            rule("name", Name(&ENV_NAME)).since(34),
            rule("", AtMostOneOf(&["value", "valueFrom"])),
        ],
    },
    DefinitionRules {
        definition: "EnvVarSource",
        source: "core: validateEnvVarValueFrom",
        rules: &[
            rule("", OneOf(&["configMapKeyRef", "fieldRef", "resourceFieldRef", "secretKeyRef"]))
                .until(33),
            rule(
                "",
                OneOf(&[
                    "configMapKeyRef",
                    "fieldRef",
                    "fileKeyRef",
                    "resourceFieldRef",
                    "secretKeyRef",
                ]),
            )
            .since(34),
            rule("fieldRef", Check::Code("a field that variables may have", field_of_variable)),
        ],
    },
    DefinitionRules {
        definition: "ExecAction",
        source: "core: validateExecAction",
        rules: &[rule("command", Required)],
    },
    DefinitionRules {
        definition: "FileKeySelector",
        source: "core: validateFileKeySelector",
        rules: &[
            rule("key", NotEmpty),
            rule("key", Name(&ENV_NAME)),
            rule("volumeName", NotEmpty),
            rule("volumeName", Name(&DNS_LABEL)),
            rule("path", NotEmpty),
            rule("path", Form(&PATH)),
        ],
    },
    DefinitionRules {
        definition: "GRPCAction",
        source: "core: validateGRPCAction",
        rules: &[rule("port", PORT)],
    },
    DefinitionRules {
        definition: "HTTPGetAction",
        source: "core: validateHTTPGetAction",
        rules: &[rule("port", Check::Code("a port, or the name of one", port_or_name))],
    },
    DefinitionRules {
        definition: "HTTPHeader",
        source: "core: validateHTTPGetAction",
        rules: &[rule("name", NotEmpty), rule("name", Form(&HEADER_NAME))],
    },
    DefinitionRules {
        definition: "LifecycleHandler",
        source: "core: validateHandler",
        rules: &[rule("", OneOf(HOOK_HANDLERS))],
    },
    DefinitionRules {
        definition: "ObjectFieldSelector",
        source: "core: validateObjectFieldSelector",
        rules: &[rule("fieldPath", NotEmpty), rule("apiVersion", Only(&["v1"]))],
    },
    DefinitionRules {
        definition: "Probe",
        source: "core: validateProbe",
        rules: &[
            rule("", OneOf(PROBE_HANDLERS)),
            rule("initialDelaySeconds", NOT_NEGATIVE),
            rule("timeoutSeconds", NOT_NEGATIVE),
            rule("periodSeconds", NOT_NEGATIVE),
            rule("successThreshold", NOT_NEGATIVE),
            rule("failureThreshold", NOT_NEGATIVE),
            rule("terminationGracePeriodSeconds", Range(1, i64::MAX)),
        ],
    },
    DefinitionRules {
        definition: "ResourceFieldSelector",
        source: "core: validateContainerResourceFieldSelector",
        rules: &[
            rule("resource", NotEmpty),
            rule("resource", Form(&RESOURCE_OF_CONTAINER)),
            rule(
                "divisor",
                Check::Code(
                    "a unit: `1m` or `1` of a CPU, `1`, `1k` … `1E`, `1Ki` … `1Ei` of bytes",
                    divisor,
                ),
            ),
        ],
    },
    DefinitionRules {
        definition: "ResourceRequirements",
        source: "core: ValidateContainerResourceRequirements",
        rules: &[
            rule("claims", Unique(&["name", "request"])),
            rule("", Check::Code("requests up to their limits", resources::requests_and_limits)),
        ],
    },
    DefinitionRules {
        definition: "SecretEnvSource",
        source: "core: validateSecretEnvSource",
        rules: &[rule("name", Required), rule("name", Name(&DNS_SUBDOMAIN))],
    },
    DefinitionRules {
        definition: "SecretKeySelector",
        source: "core: validateSecretKeySelector",
        rules: &[
            rule("name", Required),
            rule("name", Name(&DNS_SUBDOMAIN)),
            rule("key", NotEmpty),
            rule("key", Name(&CONFIG_KEY)),
        ],
    },
    DefinitionRules {
        definition: "TCPSocketAction",
        source: "core: validateTCPSocketAction",
        rules: &[rule("port", Check::Code("a port, or the name of one", port_or_name))],
    },
    DefinitionRules {
        definition: "VolumeDevice",
        source: "core: ValidateVolumeDevices",
        rules: &[
            rule("name", NotEmpty),
            rule("devicePath", NotEmpty),
            rule("devicePath", Form(&PATH)),
        ],
    },
    DefinitionRules {
        definition: "VolumeMount",
        source: "core: ValidateVolumeMounts",
        rules: &[
            rule("name", NotEmpty),
            rule("mountPath", NotEmpty),
            rule("subPath", Form(&RELATIVE_PATH)),
            rule("subPathExpr", Form(&RELATIVE_PATH)),
            rule("", AtMostOneOf(&["subPath", "subPathExpr"])),
            rule(
                "recursiveReadOnly",
                Check::Code("only if `readOnly`, without propagation", recursive),
            ),
        ],
    },
];

/// A port by its number, or by a name that may be one.
fn port_or_name(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    check_port(table.get("port"), &at.at("port"), found);
}

pub(super) fn target_port(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    check_port(table.get("targetPort"), &at.at("targetPort"), found);
}

fn check_port(port: Option<&Value>, place: &Place<'_>, found: &mut Found) {
    match port {
        Some(Value::String(name)) if !is_port_name(name) => {
            let message = format!("{} is neither a port nor the name of one", quoted(name));
            let wrong = Diagnostic::new(Code::INVALID_VALUE, place.value(), message);
            found.push(match name.parse::<u16>() {
                Ok(number) if number > 0 => {
                    wrong.help("leave the quotes out").replacement(number.to_string())
                }
                _ => wrong.help(PORT_NAME.words),
            });
        }
        Some(port) => {
            if let Some(number) = port.as_i64().filter(|it| !(1..=65535).contains(it)) {
                found.push(out_of_range(number, 1, 65535, place));
            }
        }
        None => {}
    }
}

/// A volume is either mounted or used as a block device, each at a path of its own.
fn devices_and_mounts(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let list = |key: &str| table.get(key).and_then(Value::as_array).into_iter().flatten();
    for (index, device) in list("volumeDevices").enumerate() {
        for (key, other) in [("name", "name"), ("devicePath", "mountPath")] {
            let Some(value) = device[key].as_str() else { continue };
            if let Some(mount) = list("volumeMounts").position(|mount| mount[other] == value) {
                let (devices, mounts) = (at.at("volumeDevices"), at.at("volumeMounts"));
                let (device, mount) = (devices.element(index), mounts.element(mount));
                let message = format!("{} is mounted as well", quoted(value));
                found.push(
                    Diagnostic::new(Code::CONFLICTING_KEYS, device.at(key).value(), message)
                        .related(mount.at(other).value(), "mounted here"),
                );
            }
        }
    }
}

fn one_success(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    for probe in ["livenessProbe", "startupProbe"] {
        let threshold = table.get(probe).and_then(|probe| probe["successThreshold"].as_i64());
        if let Some(threshold) = threshold.filter(|it| *it > 1) {
            let probe = at.at(probe);
            found.push(out_of_range(threshold, 1, 1, &probe.at("successThreshold")));
        }
    }
}

fn no_grace_period(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let key = "terminationGracePeriodSeconds";
    if table.get("readinessProbe").is_some_and(|probe| !is_empty(&probe[key])) {
        let message = format!("{} is not allowed in `readinessProbe`", quoted(key));
        let probe = at.at("readinessProbe");
        found.push(
            Diagnostic::new(Code::CONFLICTING_KEYS, probe.at(key).key(), message)
                .help("remove it: a pod that is not ready is not stopped"),
        );
    }
}

fn is_privileged(container: &Table) -> bool {
    container.get("securityContext").is_some_and(|context| context["privileged"] == true)
}

fn bidirectional(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let mounts = table.get("volumeMounts").and_then(Value::as_array).into_iter().flatten();
    for (index, mount) in mounts.enumerate() {
        if mount["mountPropagation"] == "Bidirectional" && !is_privileged(table) {
            let mounts = at.at("volumeMounts");
            let mount = mounts.element(index);
            let message = "only privileged containers may propagate mounts to their node";
            found.push(
                Diagnostic::new(
                    Code::CONFLICTING_KEYS,
                    mount.at("mountPropagation").value(),
                    message,
                )
                .help("remove it, or set `securityContext.privileged`"),
            );
        }
    }
}

fn recursive(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let text = |key: &str| table.get(key).and_then(Value::as_str).unwrap_or_default();
    if !["Enabled", "IfPossible"].contains(&text("recursiveReadOnly")) {
        return;
    }
    let place = at.at("recursiveReadOnly");
    let mut conflict = |message: &str| {
        found.push(Diagnostic::new(Code::CONFLICTING_KEYS, place.value(), message));
    };
    if table.get("readOnly") != Some(&Value::Bool(true)) {
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
    super::downward::field(table, FIELDS_OF_VARIABLES, at, found);
}

/// What a resource is divided by.
fn divisor(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let resource = table.get("resource").and_then(Value::as_str).unwrap_or_default();
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

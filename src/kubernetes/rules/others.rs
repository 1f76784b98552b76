//! Rules for objects that people write beside a workload.

use serde_json::Value;

use super::findings::{conflict, is_empty, out_of_range};
use super::forms::{
    ABSOLUTE_PATH, CIDR, CIDR_BEFORE_1_36, DOMAIN, INGRESS_HOST, INGRESS_PATH, IP_ADDRESS,
    IP_ADDRESS_BEFORE_1_36, PATH_SEGMENT, PORT_NAME,
};
use super::place::Place;
use super::rule::{Check, Found, Rules, Table, When, elements, entries, field, rule, string};
use super::workload::amount;
use crate::diagnostics::{Code, Diagnostic, quoted};
use crate::kubernetes::names::{CONFIG_KEY, DNS_LABEL, DNS_SUBDOMAIN, LABEL_VALUE, QUALIFIED_NAME};
use crate::kubernetes::version::Version;

use Check::{
    AtLeastOneOf, AtMost, AtMostOneOf, Forbidden, Form, Keys, Name, NotEmpty, OneOf, Only, Port,
    Range, Required, Unique, Values,
};

const POSITIVE: Check = Range(1, i64::MAX);
const PORT: Check = Range(1, 65535);
const EXTERNAL_NAME: When = When::Is("type", &["ExternalName"]);
const NOT_BALANCED: When = When::IsNot("type", &["LoadBalancer"]);

#[rustfmt::skip]
pub(super) const RULES: &[Rules] = &[
    Rules("ClientIPConfig", "core: validateAffinityTimeout", &[rule("timeoutSeconds", Range(1, 86400))]),
    Rules("ConfigMap", "core: ValidateConfigMap", &[
        rule("data", Keys(&CONFIG_KEY)),
        rule("binaryData", Keys(&CONFIG_KEY)),
        rule("data", Check::Code("no key of `binaryData`", in_both)),
    ]),
    Rules("CrossVersionObjectReference", "autoscaling: ValidateCrossVersionObjectReference", &[
        rule("kind", NotEmpty),
        rule("kind", Form(&PATH_SEGMENT)),
        rule("name", NotEmpty),
        rule("name", Form(&PATH_SEGMENT)),
    ]),
    Rules("HPAScalingPolicy", "autoscaling: validateScalingPolicy", &[
        rule("value", POSITIVE),
        rule("periodSeconds", Range(1, 1800)),
    ]),
    Rules("HPAScalingRules", "autoscaling: validateScalingRules", &[
        rule("stabilizationWindowSeconds", Range(0, 3600)),
        rule("policies", NotEmpty),
    ]),
    Rules("HTTPIngressPath", "networking: validateHTTPIngressPath", &[
        rule("path", Required).when(When::Is("pathType", &["Exact", "Prefix"])),
        rule("path", Form(&INGRESS_PATH)).when(When::Is("pathType", &["Exact", "Prefix"])),
        rule("path", Form(&ABSOLUTE_PATH)),
    ]),
    Rules("HTTPIngressRuleValue", "networking: validateHTTPIngressRuleValue", &[rule("paths", NotEmpty)]),
    Rules("HorizontalPodAutoscalerSpec", "autoscaling: ValidateHorizontalPodAutoscalerSpec", &[
        rule("minReplicas", POSITIVE),
        rule("maxReplicas", POSITIVE),
        rule("maxReplicas", Check::Code("`minReplicas` or more", replicas)),
    ]),
    Rules("IPBlock", "networking: ValidateIPBlock", &[
        rule("cidr", NotEmpty),
        rule("cidr", Form(&CIDR_BEFORE_1_36)).until(35),
        rule("cidr", Form(&CIDR)).since(36),
        rule("except", Form(&CIDR_BEFORE_1_36)).until(35),
        rule("except", Form(&CIDR)).since(36),
    ]),
    Rules("IngressBackend", "networking: validateIngressBackend", &[
        rule("", OneOf(&["resource", "service"])),
    ]),
    Rules("IngressRule", "networking: validateIngressRules", &[rule("host", Form(&INGRESS_HOST))]),
    Rules("IngressServiceBackend", "networking: validateIngressBackend", &[
        rule("name", NotEmpty),
        rule("name", Name(&DNS_LABEL)),
        rule("port", Required),
    ]),
    Rules("IngressSpec", "networking: ValidateIngressSpec", &[
        rule("", AtLeastOneOf(&["defaultBackend", "rules"])),
        rule("ingressClassName", Name(&DNS_SUBDOMAIN)),
    ]),
    Rules("IngressTLS", "networking: validateIngressTLS", &[rule("hosts", Form(&INGRESS_HOST))]),
    Rules("MetricIdentifier", "autoscaling: validateMetricIdentifier", &[
        rule("name", NotEmpty),
        rule("name", Form(&PATH_SEGMENT)),
    ]),
    Rules("MetricSpec", "autoscaling: validateMetricSpec", &[
        rule("", OneOf(&["containerResource", "external", "object", "pods", "resource"])),
        rule("containerResource", Required).when(When::Is("type", &["ContainerResource"])),
        rule("external", Required).when(When::Is("type", &["External"])),
        rule("object", Required).when(When::Is("type", &["Object"])),
        rule("pods", Required).when(When::Is("type", &["Pods"])),
        rule("resource", Required).when(When::Is("type", &["Resource"])),
    ]),
    Rules("MetricTarget", "autoscaling: validateMetricTarget", &[
        rule("averageUtilization", POSITIVE),
        rule("", OneOf(&["averageUtilization", "averageValue", "value"])),
    ]),
    Rules("NetworkPolicyPeer", "networking: ValidateNetworkPolicyPeer", &[
        rule("", AtLeastOneOf(&["ipBlock", "namespaceSelector", "podSelector"])),
        rule("namespaceSelector", Forbidden).when(When::Has("ipBlock")),
        rule("podSelector", Forbidden).when(When::Has("ipBlock")),
    ]),
    Rules("NetworkPolicyPort", "networking: ValidateNetworkPolicyPort", &[
        rule("port", Port(&PORT_NAME)),
        rule("endPort", PORT),
        rule("endPort", Forbidden).when(When::Lacks("port")),
        rule("endPort", Check::Code("`port`, a number, or more", end_port)),
    ]),
    Rules("NetworkPolicySpec", "networking: ValidateNetworkPolicySpec", &[rule("policyTypes", AtMost(2))]),
    Rules("PodDisruptionBudgetSpec", "policy: ValidatePodDisruptionBudgetSpec", &[
        rule("", AtMostOneOf(&["minAvailable", "maxUnavailable"])),
        rule("", Check::Code("whole numbers, or percentages up to 100% in quotes", budget)),
    ]),
    Rules("PolicyRule", "rbac: ValidatePolicyRule", &[
        rule("verbs", Required),
        rule("apiGroups", Required).when(When::Lacks("nonResourceURLs")),
        rule("resources", Required).when(When::Lacks("nonResourceURLs")),
        rule("nonResourceURLs", Forbidden).when(When::Has("resources")),
    ]),
    Rules("Secret", "core: ValidateSecret", &[
        rule("data", Keys(&CONFIG_KEY)),
        rule("stringData", Keys(&CONFIG_KEY)),
        rule("", Check::Code("the keys that its `type` demands", secret_keys)),
    ]),
    Rules("ServiceBackendPort", "networking: validateIngressBackend", &[
        rule("", OneOf(&["name", "number"])),
        rule("name", Form(&PORT_NAME)),
        rule("number", PORT),
    ]),
    Rules("ServicePort", "core: validateServicePort", &[
        rule("name", Name(&DNS_LABEL)),
        rule("port", PORT),
        rule("nodePort", Range(0, 65535)),
        rule("appProtocol", Name(&QUALIFIED_NAME)),
        rule("targetPort", Port(&PORT_NAME)),
    ]),
    Rules("ServiceSpec", "core: ValidateService", &[
        rule("ports", Unique(&["name"])),
        rule("ports", Unique(&["port", "protocol"])),
        rule("selector", Keys(&QUALIFIED_NAME)),
        rule("selector", Values(&LABEL_VALUE)),
        rule("externalName", Required).when(EXTERNAL_NAME),
        rule("externalName", Form(&DOMAIN)).when(EXTERNAL_NAME),
        rule("clusterIP", Forbidden).when(EXTERNAL_NAME),
        rule("clusterIPs", Forbidden).when(EXTERNAL_NAME),
        rule("ipFamilies", Forbidden).when(EXTERNAL_NAME),
        rule("ipFamilyPolicy", Forbidden).when(EXTERNAL_NAME),
        rule("ipFamilies", Unique(&[])),
        rule("externalIPs", Form(&IP_ADDRESS_BEFORE_1_36)).until(35),
        rule("externalIPs", Form(&IP_ADDRESS)).since(36),
        rule("allocateLoadBalancerNodePorts", Forbidden).when(NOT_BALANCED),
        rule("loadBalancerClass", Forbidden).when(NOT_BALANCED),
        rule("loadBalancerClass", Name(&QUALIFIED_NAME)),
        rule("loadBalancerSourceRanges", Forbidden).when(NOT_BALANCED),
        rule("sessionAffinityConfig", Forbidden).when(When::IsNot("sessionAffinity", &["ClientIP"])),
        rule("trafficDistribution", Only(&["PreferClose"])).until(33),
        rule("trafficDistribution", Only(&["PreferClose", "PreferSameNode", "PreferSameZone"])).since(34),
        rule("", Check::Code("ports as its `type` demands, with names if there are several", service)),
    ]),
];

fn in_both(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    for (key, _) in entries(table, "data") {
        if field(table, "binaryData").get(key).is_some() {
            let message = format!("the key {} is in `binaryData` too", quoted(key));
            found.push(conflict(at.at("data").at(key).key(), message));
        }
    }
}

fn replicas(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let number = |key: &str| field(table, key).as_i64();
    let Some((min, max)) = number("minReplicas").zip(number("maxReplicas")) else { return };
    if max < min {
        found.push(out_of_range(max, min, i64::MAX, &at.at("maxReplicas")));
    }
}

fn end_port(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let Some(end) = field(table, "endPort").as_i64() else { return };
    match table.get("port") {
        Some(Value::String(_)) => found.push(
            conflict(at.at("port").value(), "`endPort` needs a `port` that is a number")
                .related(at.at("endPort").key(), "set here"),
        ),
        Some(port) if port.as_i64().is_some_and(|port| end < port) => {
            found.push(out_of_range(
                end,
                port.as_i64().unwrap_or_default(),
                65535,
                &at.at("endPort"),
            ));
        }
        _ => {}
    }
}

fn budget(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    for key in ["minAvailable", "maxUnavailable"] {
        amount(table, key, 100, at, found);
    }
}

/// The keys that Secrets of some types have.
const SECRET_KEYS: [(&str, &[&str]); 5] = [
    ("kubernetes.io/basic-auth", &["username", "password"]),
    ("kubernetes.io/dockercfg", &[".dockercfg"]),
    ("kubernetes.io/dockerconfigjson", &[".dockerconfigjson"]),
    ("kubernetes.io/ssh-auth", &["ssh-privatekey"]),
    ("kubernetes.io/tls", &["tls.crt", "tls.key"]),
];

fn secret_keys(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let kind = string(table, "type");
    let demanded =
        SECRET_KEYS.iter().find(|(name, _)| *name == kind).map_or(&[][..], |(_, keys)| *keys);
    let data = ["data", "stringData"].map(|key| field(table, key));
    let is_missing = |key: &&&str| data.iter().all(|data| data.get(**key).is_none());
    let missing: Vec<&&str> = demanded.iter().filter(is_missing).collect();
    // Either of the two is enough to sign in.
    if !missing.is_empty() && (kind != "kubernetes.io/basic-auth" || missing.len() == 2) {
        let message = format!("a Secret of this type has the key {}", quoted(missing[0]));
        found.push(
            Diagnostic::new(Code::MISSING_KEY, at.at("type").value(), message)
                .help("add it to `data` or `stringData`"),
        );
    }
}

fn service(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let text = |key: &str| string(table, key);
    let kind = text("type");
    let is_headless = text("clusterIP") == "None";
    if is_headless && ["LoadBalancer", "NodePort"].contains(&kind) {
        let message = format!("a {kind} Service needs an address: `clusterIP` cannot be `None`");
        found.push(
            conflict(at.at("clusterIP").value(), message)
                .related(at.at("type").value(), "set here"),
        );
    }
    let ports = elements(table, "ports");
    if ports.is_empty() && !is_headless && kind != "ExternalName" {
        found.push(
            Diagnostic::new(Code::MISSING_KEY, at.key(), "missing key `ports`")
                .help("add a port, or set `clusterIP` to \"None\""),
        );
    }
    let list = at.at("ports");
    for (index, port) in ports.iter().enumerate() {
        let element = list.element(index);
        if ports.len() > 1 && is_empty(&port["name"]) {
            let message = "of several ports, each has a name";
            found.push(
                Diagnostic::new(Code::MISSING_KEY, element.key(), message).help("add `name`"),
            );
        }
        let is_inner = ["", "ClusterIP"].contains(&kind);
        if is_inner && port["nodePort"].as_i64().is_some_and(|port| port != 0) {
            let place = element.at("nodePort").key();
            found.push(conflict(place, "a Service without `type` has no ports on nodes"));
        }
    }
    let is_external = ["LoadBalancer", "NodePort"].contains(&kind)
        || kind != "ExternalName" && table.get("externalIPs").is_some_and(|it| !is_empty(it));
    if !is_external && !text("externalTrafficPolicy").is_empty() {
        let place = at.at("externalTrafficPolicy").key();
        found.push(conflict(place, "nothing outside of the cluster reaches this Service"));
    }
}

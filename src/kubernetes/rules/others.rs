//! Rules for objects that people write beside a workload.

use super::forms::PORT_NAME;
use super::rule::{Check, DefinitionRules, When, rule};
use crate::kubernetes::names::{CONFIG_KEY, DNS_LABEL, DNS_SUBDOMAIN, LABEL_VALUE, QUALIFIED_NAME};

use Check::{AtMostOneOf, Forbidden, Form, Keys, Name, NotEmpty, Range, Required, Unique, Values};

pub(super) const RULES: &[DefinitionRules] = &[
    DefinitionRules {
        definition: "ConfigMap",
        source: "core: ValidateConfigMap",
        rules: &[rule("data", Keys(&CONFIG_KEY)), rule("binaryData", Keys(&CONFIG_KEY))],
    },
    DefinitionRules {
        definition: "HorizontalPodAutoscalerSpec",
        source: "autoscaling: ValidateHorizontalPodAutoscalerSpec",
        rules: &[rule("minReplicas", Range(1, i64::MAX)), rule("maxReplicas", Range(1, i64::MAX))],
    },
    DefinitionRules {
        definition: "IngressServiceBackend",
        source: "networking: validateIngressBackend",
        rules: &[rule("name", NotEmpty), rule("name", Name(&DNS_LABEL)), rule("port", Required)],
    },
    DefinitionRules {
        definition: "NetworkPolicyPort",
        source: "networking: ValidateNetworkPolicyPort",
        rules: &[
            rule("endPort", Range(1, 65535)),
            rule("endPort", Forbidden).when(When::Lacks("port")),
        ],
    },
    DefinitionRules {
        definition: "PodDisruptionBudgetSpec",
        source: "policy: ValidatePodDisruptionBudgetSpec",
        rules: &[rule("", AtMostOneOf(&["minAvailable", "maxUnavailable"]))],
    },
    DefinitionRules {
        definition: "Secret",
        source: "core: ValidateSecret",
        rules: &[rule("data", Keys(&CONFIG_KEY)), rule("stringData", Keys(&CONFIG_KEY))],
    },
    DefinitionRules {
        definition: "ServiceBackendPort",
        source: "networking: validateIngressBackend",
        rules: &[
            rule("", AtMostOneOf(&["name", "number"])),
            rule("name", Form(&PORT_NAME)),
            rule("number", Range(0, 65535)),
        ],
    },
    DefinitionRules {
        definition: "ServicePort",
        source: "core: validateServicePort",
        rules: &[
            rule("name", Name(&DNS_LABEL)),
            rule("port", Range(1, 65535)),
            rule("nodePort", Range(0, 65535)),
            rule("appProtocol", Name(&QUALIFIED_NAME)),
            rule(
                "targetPort",
                Check::Code("a port, or the name of one", super::container::target_port),
            ),
        ],
    },
    DefinitionRules {
        definition: "ServiceSpec",
        source: "core: ValidateService",
        rules: &[
            rule("ports", Unique(&["name"])),
            rule("selector", Keys(&QUALIFIED_NAME)),
            rule("selector", Values(&LABEL_VALUE)),
            rule("externalName", Required).when(When::Is("type", &["ExternalName"])),
            rule("externalName", Name(&DNS_SUBDOMAIN)).when(When::Is("type", &["ExternalName"])),
        ],
    },
];

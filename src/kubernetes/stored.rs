//! Values as the API server stores them: quantities in one form, defaults filled in, empty fields left out.

use serde_json::{Map, Value};

use super::defaults::add_missing;
use super::definitions::Definition;
use super::field_schema::FieldSchema;
use super::quantity::{Quantity, canonical};

/// How equal quantities are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantities {
    /// As the server stores them, which keeps `1Gi` apart from `1073741824`.
    AsStored,
    /// As numbers, so that equal quantities are equal.
    AsNumbers,
}

/// Writes the quantities in a table of this definition as the API server stores them, and completes the
/// lists that `kubectl apply` compares as a whole. What it sends a second time changes nothing then.
pub fn canonicalize(definition: &str, table: &mut Map<String, Value>) {
    walk(definition, table, Quantities::AsStored, false);
}

/// Turns a table of this definition into what the API server stores.
pub fn store(definition: &str, table: &mut Map<String, Value>, quantities: Quantities) {
    walk(definition, table, quantities, true);
}

fn walk(definition: &str, table: &mut Map<String, Value>, quantities: Quantities, fills: bool) {
    if let Some(definition) = Definition::named(definition) {
        Walk { quantities, fills }.table(definition, table);
    }
}

#[derive(Clone, Copy)]
struct Walk {
    quantities: Quantities,
    /// Whether empty fields are removed and missing ones added.
    fills: bool,
}

/// Lists that `kubectl apply` replaces as a whole, and that the server adds to. Source: the patch
/// strategies of the types in `k8s.io/api`.
const REPLACED_LISTS: [(&str, &str); 5] = [
    ("StatefulSetSpec", "volumeClaimTemplates"),
    ("ProjectedVolumeSource", "sources"),
    ("DownwardAPIVolumeSource", "items"),
    ("DownwardAPIProjection", "items"),
    ("PodFailurePolicy", "rules"),
];

impl Walk {
    fn table(self, definition: &'static Definition, table: &mut Map<String, Value>) {
        if table.values().any(|value| *value == "") {
            table.retain(|key, value| !is_replaced(definition, key, value));
        }
        for (key, value) in table.iter_mut() {
            let Some(field) = definition.field(key) else { continue };
            let is_replaced = REPLACED_LISTS.contains(&(definition.name, key.as_str()));
            Self { fills: self.fills || is_replaced, ..self }.value(field, value, false);
        }
        if self.fills {
            table.retain(|key, value| !is_empty(definition, key, value));
            add_missing(definition.name, table);
            // What was added may have defaults of its own.
            for (key, value) in table.iter_mut() {
                let below = definition.field(key).and_then(Definition::of_field);
                if let (Some(below), Value::Object(table)) = (below, value)
                    && table.is_empty()
                {
                    self.table(below, table);
                }
            }
        }
    }

    /// `in_list`: whether it is one of a list of resources.
    fn value(self, field: &'static FieldSchema, value: &mut Value, in_list: bool) {
        let definition = Definition::of_field(field);
        if definition.is_some_and(|definition| definition.table().is_quantity()) {
            self.quantity(value, in_list);
            return;
        }
        match (value, definition) {
            (Value::Object(table), Some(definition)) => self.table(definition, table),
            (Value::Object(map), None) => {
                let Some(values) = &field.map_values else { return };
                for value in map.values_mut() {
                    self.value(values, value, true);
                }
            }
            (Value::Array(elements), _) => {
                let Some(items) = &field.items else { return };
                for element in elements {
                    self.value(items, element, false);
                }
            }
            _ => {}
        }
    }

    fn quantity(self, value: &mut Value, in_list: bool) {
        let Some(stored) = canonical(value, in_list) else { return };
        *value = Value::String(stored);
        if self.quantities == Quantities::AsNumbers
            && let Some(number) = Quantity::parse(value).filter(|it| *it != Quantity::ZERO)
        {
            *value = Value::String(format!("{}n", number.billionths()));
        }
    }
}

/// Fields that may be given without a value, which is not the same as leaving them out: pointers in
/// `k8s.io/api`. `DEFINITION.FIELD` where other definitions have a field of the same name.
const GIVEN_WHEN_EMPTY: &str = "
    activeDeadlineSeconds allowPrivilegeEscalation apiGroup automountServiceAccountToken backoffLimit
    backoffLimitPerIndex completionMode completions defaultMode enableServiceLinks expirationSeconds
    failedJobsHistoryLimit fsGroup fsGroupChangePolicy gmsaCredentialSpec gmsaCredentialSpecName
    hostProcess hostUsers hostnameOverride initiatorName internalTrafficPolicy ipFamilyPolicy
    localhostProfile lun managedBy manualSelector maxExpirationSeconds maxFailedIndexes maxSurge
    maxUnavailable minDomains mode mountPropagation nodeAffinityPolicy nodeTaintsPolicy optional
    parallelism partition podReplacementPolicy preemptionPolicy priority privileged procMount
    progressDeadlineSeconds readOnlyRootFilesystem reclaimPolicy recursiveReadOnly replicas
    resourceClaimName resourceClaimTemplateName revisionHistoryLimit runAsGroup runAsNonRoot runAsUser
    runAsUserName runtimeClassName seLinuxChangePolicy selectPolicy setHostnameAsFQDN
    shareProcessNamespace startingDeadlineSeconds stopSignal storageClassName succeededCount
    succeededIndexes successfulJobsHistoryLimit supplementalGroupsPolicy suspend
    terminationGracePeriodSeconds timeZone tolerationSeconds ttlSecondsAfterFinished
    unhealthyPodEvictionPolicy volumeAttributesClassName volumeBindingMode volumeMode
    AzureDiskVolumeSource.cachingMode AzureDiskVolumeSource.fsType AzureDiskVolumeSource.kind
    AzureDiskVolumeSource.readOnly CSIVolumeSource.fsType CSIVolumeSource.readOnly
    ClusterTrustBundleProjection.name ClusterTrustBundleProjection.signerName Container.restartPolicy
    GRPCAction.service HostPathVolumeSource.type IngressClassParametersReference.scope
    NetworkPolicyPort.protocol PodDNSConfigOption.value
    PodFailurePolicyOnExitCodesRequirement.containerName TypedObjectReference.namespace
";

/// Tables that are the same empty as left out.
const EMPTY_TABLES: &str = "
    metadata spec status strategy updateStrategy Container.resources PersistentVolumeClaimSpec.resources
";

/// Whether a key of a definition is one of these names.
fn is_in(names: &str, definition: &Definition, key: &str) -> bool {
    names.split_whitespace().any(|name| match name.split_once('.') {
        Some((owner, field)) => owner == definition.name && field == key,
        None => name == key,
    })
}

/// Whether the server replaces a value by its default: an empty string, where it takes only a few others.
pub(super) fn is_replaced(definition: &Definition, key: &str, value: &Value) -> bool {
    *value == ""
        && definition.field(key).is_some_and(FieldSchema::has_values)
        && !is_given_when_empty(definition, key)
}

/// Whether the server tells a key that is given empty from one that is left out.
fn is_given_when_empty(definition: &Definition, key: &str) -> bool {
    is_in(GIVEN_WHEN_EMPTY, definition, key)
}

/// Whether the server does not tell a value from none.
fn is_empty(definition: &Definition, key: &str, value: &Value) -> bool {
    let is_left_out = match value {
        Value::Null => return true,
        Value::Array(elements) => return elements.is_empty(),
        Value::Object(table) => {
            let is_map = definition.field(key).is_some_and(|field| field.map_values.is_some());
            return table.is_empty() && (is_map || is_in(EMPTY_TABLES, definition, key));
        }
        Value::Bool(value) => !value,
        Value::String(string) => string.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
    };
    is_left_out && !is_given_when_empty(definition, key)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diagnostics::source::Source;

    fn yaml(text: &str) -> Value {
        crate::text::parse(&Source::new("a.yaml", format!("{{{text}}}"))).unwrap()
    }

    fn stored(definition: &str, text: &str) -> Value {
        let mut value = yaml(text);
        store(definition, value.as_object_mut().unwrap(), Quantities::AsStored);
        value
    }

    #[test]
    fn defaults_may_be_written_out() {
        let same = |definition: &str, short: &str, more: &str| {
            let long = format!("{short}, {more}");
            let long = long.trim_start_matches(", ");
            assert_eq!(stored(definition, short), stored(definition, long), "{definition}");
        };
        let empty = "securityContext: {}, tolerations: [], nodeSelector: {}";
        same("PodSpec", "", &format!("dnsPolicy: ClusterFirst, hostNetwork: false, {empty}"));
        let pulled = "imagePullPolicy: IfNotPresent";
        same("Container", "image: 'a:1'", &format!("{pulled}, resources: {{limits: {{}}}}"));
        same("Container", "image: 'a:1/b'", "imagePullPolicy: Always, env: []");
        same("Container", "image: 'a@sha256:0'", pulled);
        let probes = ["port: 1", "port: 1, path: /"].map(|port| format!("httpGet: {{{port}}}"));
        let long = format!("{}, periodSeconds: 0, failureThreshold: 3", probes[1]);
        assert_eq!(stored("Probe", &probes[0]), stored("Probe", &long));
        same("Volume", "name: a", "emptyDir: {}");
        same("DeploymentSpec", "", "strategy: {rollingUpdate: {maxSurge: 25%}}, replicas: 1");
        let rolling = "updateStrategy: {type: RollingUpdate";
        same("StatefulSetSpec", "", &format!("{rolling}, rollingUpdate: {{partition: 0}}}}"));
        same("DaemonSetSpec", "", &format!("{rolling}}}, minReadySeconds: 0"));
        same("JobSpec", "", "completions: 1, parallelism: 1, backoffLimit: 6");
        let claim = "apiVersion: v1, spec: {volumeMode: Filesystem}";
        assert_eq!(
            stored("PersistentVolumeClaim", "spec: {}"),
            stored("PersistentVolumeClaim", claim)
        );
        for (definition, one, other) in [
            ("PodSpec", "", "shareProcessNamespace: false"),
            ("PodSpec", "", "affinity: {}"),
            ("DeploymentSpec", "", "replicas: 0"),
            ("StatefulSetSpec", "", "updateStrategy: {type: RollingUpdate}"),
            ("JobSpec", "completions: 1", "parallelism: 1"),
            ("PersistentVolumeClaimSpec", "", "storageClassName: ''"),
        ] {
            assert_ne!(stored(definition, one), stored(definition, other), "{definition}");
        }
    }

    #[test]
    fn only_lists_that_are_replaced_are_completed() {
        let spec = |claim: &str| {
            yaml(&format!("replicas: 0, minReadySeconds: 0, volumeClaimTemplates: [{{{claim}}}]"))
        };
        let storage = |size: &str| format!("resources: {{requests: {{storage: {size}}}}}");
        let mut changed = spec(&format!("metadata: {{name: d}}, spec: {{{}}}", storage("1024Mi")));
        canonicalize("StatefulSetSpec", changed.as_object_mut().unwrap());
        let claim = format!("spec: {{{}, volumeMode: Filesystem}}", storage("1Gi"));
        let kind = "apiVersion: v1, kind: PersistentVolumeClaim, status: {phase: Pending}";
        assert_eq!(changed, spec(&format!("metadata: {{name: d}}, {claim}, {kind}")));
    }

    #[test]
    fn every_name_is_one_of_a_field() {
        let all: Vec<Value> = crate::kubernetes::definitions::names()
            .into_iter()
            .map(|name| json!({"name": name, "fields": crate::kubernetes::definition(name)["properties"]}))
            .collect();
        for name in format!("{GIVEN_WHEN_EMPTY}{EMPTY_TABLES}").split_whitespace() {
            let (owner, field) = name.split_once('.').map_or((None, name), |(o, f)| (Some(o), f));
            let mut owners =
                all.iter().filter(|one| owner.is_none_or(|owner| one["name"] == owner));
            assert!(owners.any(|one| !one["fields"][field].is_null()), "{name}");
        }
        for (owner, field) in REPLACED_LISTS {
            assert!(Definition::named(owner).unwrap().field(field).is_some(), "{owner}.{field}");
        }
    }
}

//! What the API server adds to an object: a table of defaults, and those that depend on other fields.
//!
//! Sources: Kubernetes, `pkg/apis/{core,apps,batch}/v1/defaults.go`, and the markers `+default=` of the
//! types in `k8s.io/api`. Defaults that only a Pod gets, and no template of pods, are left out.

use serde_json::{Map, Value, json};

/// A definition, a field, and the default of the field as JSON.
const DEFAULTS: [(&str, &str, &str); 60] = [
    ("PodSpec", "dnsPolicy", r#""ClusterFirst""#),
    ("PodSpec", "restartPolicy", r#""Always""#),
    ("PodSpec", "schedulerName", r#""default-scheduler""#),
    ("PodSpec", "securityContext", "{}"),
    ("PodSpec", "terminationGracePeriodSeconds", "30"),
    ("Container", "terminationMessagePath", r#""/dev/termination-log""#),
    ("Container", "terminationMessagePolicy", r#""File""#),
    ("ContainerPort", "protocol", r#""TCP""#),
    ("Probe", "failureThreshold", "3"),
    ("Probe", "periodSeconds", "10"),
    ("Probe", "successThreshold", "1"),
    ("Probe", "timeoutSeconds", "1"),
    ("HTTPGetAction", "path", r#""/""#),
    ("HTTPGetAction", "scheme", r#""HTTP""#),
    ("GRPCAction", "service", r#""""#),
    ("ObjectFieldSelector", "apiVersion", r#""v1""#),
    ("ResourceFieldSelector", "divisor", r#""0""#),
    ("ConfigMapVolumeSource", "defaultMode", "420"),
    ("SecretVolumeSource", "defaultMode", "420"),
    ("DownwardAPIVolumeSource", "defaultMode", "420"),
    ("ProjectedVolumeSource", "defaultMode", "420"),
    ("ServiceAccountTokenProjection", "expirationSeconds", "3600"),
    ("HostPathVolumeSource", "type", r#""""#),
    ("ISCSIVolumeSource", "iscsiInterface", r#""default""#),
    ("RBDVolumeSource", "keyring", r#""/etc/ceph/keyring""#),
    ("RBDVolumeSource", "pool", r#""rbd""#),
    ("RBDVolumeSource", "user", r#""admin""#),
    ("AzureDiskVolumeSource", "cachingMode", r#""ReadWrite""#),
    ("AzureDiskVolumeSource", "fsType", r#""ext4""#),
    ("AzureDiskVolumeSource", "kind", r#""Shared""#),
    ("AzureDiskVolumeSource", "readOnly", "false"),
    ("ScaleIOVolumeSource", "fsType", r#""xfs""#),
    ("ScaleIOVolumeSource", "storageMode", r#""ThinProvisioned""#),
    ("PersistentVolumeClaim", "kind", r#""PersistentVolumeClaim""#),
    ("PersistentVolumeClaim", "apiVersion", r#""v1""#),
    ("PersistentVolumeClaim", "status", r#"{"phase": "Pending"}"#),
    ("PersistentVolumeClaimSpec", "volumeMode", r#""Filesystem""#),
    ("DeploymentSpec", "replicas", "1"),
    ("DeploymentSpec", "revisionHistoryLimit", "10"),
    ("DeploymentSpec", "progressDeadlineSeconds", "600"),
    ("StatefulSetSpec", "replicas", "1"),
    ("StatefulSetSpec", "revisionHistoryLimit", "10"),
    ("StatefulSetSpec", "podManagementPolicy", r#""OrderedReady""#),
    ("StatefulSetSpec", "persistentVolumeClaimRetentionPolicy", "{}"),
    ("StatefulSetPersistentVolumeClaimRetentionPolicy", "whenDeleted", r#""Retain""#),
    ("StatefulSetPersistentVolumeClaimRetentionPolicy", "whenScaled", r#""Retain""#),
    ("DaemonSetSpec", "revisionHistoryLimit", "10"),
    ("RollingUpdateDeployment", "maxSurge", r#""25%""#),
    ("RollingUpdateDeployment", "maxUnavailable", r#""25%""#),
    ("RollingUpdateDaemonSet", "maxSurge", "0"),
    ("RollingUpdateDaemonSet", "maxUnavailable", "1"),
    ("RollingUpdateStatefulSetStrategy", "partition", "0"),
    ("JobSpec", "completionMode", r#""NonIndexed""#),
    ("JobSpec", "manualSelector", "false"),
    ("JobSpec", "suspend", "false"),
    ("PodFailurePolicyOnPodConditionsPattern", "status", r#""True""#),
    ("CronJobSpec", "concurrencyPolicy", r#""Allow""#),
    ("CronJobSpec", "failedJobsHistoryLimit", "1"),
    ("CronJobSpec", "successfulJobsHistoryLimit", "3"),
    ("CronJobSpec", "suspend", "false"),
];

/// Adds the fields of a definition that are missing. Definitions below it are not looked at.
pub(super) fn add_missing(definition: &str, table: &mut Map<String, Value>) {
    for (_, field, default) in DEFAULTS.iter().filter(|(owner, ..)| *owner == definition) {
        if !table.contains_key(*field) {
            let is_first = ["apiVersion", "kind"].contains(field);
            let place = if is_first { 0 } else { table.len() };
            let default = serde_json::from_str(default).unwrap_or_default();
            table.shift_insert(place, (*field).to_owned(), default);
        }
    }
    add_dependent(definition, table);
}

/// The defaults that depend on other fields of the same definition.
fn add_dependent(definition: &str, table: &mut Map<String, Value>) {
    let has = |key: &str| table.contains_key(key);
    let (key, default) = match definition {
        "DeploymentSpec" => ("strategy", json!({})),
        "StatefulSetSpec" | "DaemonSetSpec" => ("updateStrategy", json!({})),
        "DeploymentStrategy" | "DaemonSetUpdateStrategy" => {
            let kind = table.entry("type").or_insert_with(|| "RollingUpdate".into());
            if *kind != "RollingUpdate" {
                return;
            }
            ("rollingUpdate", json!({}))
        }
        // A StatefulSet whose type is given keeps `rollingUpdate` as it is.
        "StatefulSetUpdateStrategy" => {
            if has("type") {
                return;
            }
            table.insert("type".to_owned(), "RollingUpdate".into());
            ("rollingUpdate", json!({}))
        }
        "Container" => ("imagePullPolicy", pull_policy(table.get("image"))),
        "ImageVolumeSource" => ("pullPolicy", pull_policy(table.get("reference"))),
        "Volume" if table.keys().all(|key| key == "name") => ("emptyDir", json!({})),
        "JobSpec" => {
            if !has("completions") && !has("parallelism") {
                table.insert("completions".to_owned(), 1.into());
            }
            let limit = if table.contains_key("backoffLimitPerIndex") { i32::MAX } else { 6 };
            let has_policy = table.contains_key("podFailurePolicy");
            let replaced = if has_policy { "Failed" } else { "TerminatingOrFailed" };
            table.entry("backoffLimit").or_insert_with(|| limit.into());
            table.entry("podReplacementPolicy").or_insert_with(|| replaced.into());
            ("parallelism", 1.into())
        }
        _ => return,
    };
    table.entry(key).or_insert(default);
}

/// `Always` for the tag `latest`, which is also meant without a tag and digest.
fn pull_policy(image: Option<&Value>) -> Value {
    let image = image.and_then(Value::as_str).unwrap_or_default();
    let name = image.rsplit('/').next().unwrap_or_default();
    let (name, digest) = name.split_once('@').map_or((name, None), |(name, it)| (name, Some(it)));
    match name.split_once(':') {
        Some((_, "latest")) => "Always",
        None if digest.is_none() => "Always",
        _ => "IfNotPresent",
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_one_that_its_field_takes() {
        for (owner, field, default) in DEFAULTS {
            let default: Value = serde_json::from_str(default).unwrap();
            let newest = crate::kubernetes::Version::NEWEST;
            let problems = crate::kubernetes::problems_of_key(owner, field, &default, "", newest);
            assert_eq!(problems.map(|found| found.len()), Some(0), "{owner}.{field}");
        }
    }
}

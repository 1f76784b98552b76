//! Rules for volumes and claims.

use serde_json::Value;

use super::downward;
use super::forms::{
    ABSOLUTE_PATH, AZURE_BLOB, AZURE_DISK, CSI_DRIVER, FILE_PATH, ISCSI_NAME, PATH, RELATIVE_PATH,
};
use super::place::Place;
use super::rule::{Check, DefinitionRules, Found, Table, When, rule};
use crate::diagnostics::{Code, Diagnostic, Location, quoted};
use crate::kubernetes::names::{DNS_LABEL, DNS_SUBDOMAIN};
use crate::kubernetes::quantity::Quantity;
use crate::kubernetes::version::Version;

use Check::{
    AtLeastOneOf, AtMostOneOf, Forbidden, Form, Mode, Name, NotEmpty, NotNegative, OneOf, Range,
    Required,
};

macro_rules! volume {
    ($definition:literal, $source:literal, $rules:expr $(,)?) => {
        DefinitionRules { definition: $definition, source: $source, rules: $rules }
    };
}

pub(super) const RULES: &[DefinitionRules] = &[
    volume!(
        "AWSElasticBlockStoreVolumeSource",
        "core: validateAWSElasticBlockStoreVolumeSource",
        &[rule("volumeID", NotEmpty), rule("partition", Range(0, 255))],
    ),
    volume!(
        "AzureDiskVolumeSource",
        "core: validateAzureDisk",
        &[
            rule("diskName", NotEmpty),
            rule("diskURI", NotEmpty),
            rule("diskURI", Form(&AZURE_DISK)).when(When::Is("kind", &["Managed"])),
            rule("diskURI", Form(&AZURE_BLOB)).when(When::Is("kind", &["Dedicated", "Shared"])),
        ],
    ),
    volume!(
        "AzureFileVolumeSource",
        "core: validateAzureFile",
        &[rule("secretName", NotEmpty), rule("shareName", NotEmpty)],
    ),
    volume!(
        "CSIVolumeSource",
        "core: validateCSIVolumeSource",
        &[rule("driver", NotEmpty), rule("driver", Form(&CSI_DRIVER))],
    ),
    volume!(
        "CephFSVolumeSource",
        "core: validateCephFSVolumeSource",
        &[rule("monitors", NotEmpty)]
    ),
    volume!(
        "CinderVolumeSource",
        "core: validateCinderVolumeSource",
        &[rule("volumeID", NotEmpty)]
    ),
    volume!(
        "ClusterTrustBundleProjection",
        "core: validateProjectionSources",
        &[
            rule("path", NotEmpty),
            rule("path", Form(&FILE_PATH)),
            rule("", OneOf(&["name", "signerName"])),
            rule("labelSelector", Forbidden).when(When::Has("name")),
        ],
    ),
    volume!("ConfigMapProjection", "core: validateProjectionSources", &[rule("name", Required)]),
    volume!(
        "ConfigMapVolumeSource",
        "core: validateConfigMapVolumeSource",
        &[rule("name", Required), rule("defaultMode", Mode)],
    ),
    volume!(
        "DownwardAPIVolumeFile",
        "core: validateDownwardAPIVolumeFile",
        &[
            rule("path", NotEmpty),
            rule("path", Form(&FILE_PATH)),
            rule("mode", Mode),
            rule("", OneOf(&["fieldRef", "resourceFieldRef"])),
            rule("fieldRef", Check::Code("a field that files may have", field_of_file)),
            rule("resourceFieldRef", Check::Code("with `containerName`", resource_of_file)),
        ],
    ),
    volume!(
        "DownwardAPIVolumeSource",
        "core: validateDownwardAPIVolumeSource",
        &[rule("defaultMode", Mode)],
    ),
    volume!(
        "EmptyDirVolumeSource",
        "core: validateVolumeSource",
        &[rule("sizeLimit", NotNegative)]
    ),
    volume!(
        "EphemeralVolumeSource",
        "core: validateEphemeralVolumeSource",
        &[rule("volumeClaimTemplate", Required)],
    ),
    volume!(
        "FCVolumeSource",
        "core: validateFCVolumeSource",
        &[
            rule("", OneOf(&["targetWWNs", "wwids"])),
            rule("lun", Required).when(When::Has("targetWWNs")),
            rule("lun", Range(0, 255)).when(When::Has("targetWWNs")),
        ],
    ),
    volume!("FlexVolumeSource", "core: validateFlexVolumeSource", &[rule("driver", NotEmpty)]),
    volume!(
        "FlockerVolumeSource",
        "core: validateFlockerVolumeSource",
        &[rule("", OneOf(&["datasetName", "datasetUUID"]))],
    ),
    volume!(
        "GCEPersistentDiskVolumeSource",
        "core: validateGCEPersistentDiskVolumeSource",
        &[rule("pdName", NotEmpty), rule("partition", Range(0, 255))],
    ),
    volume!(
        "GitRepoVolumeSource",
        "core: validateGitRepoVolumeSource",
        &[rule("repository", NotEmpty), rule("directory", Form(&RELATIVE_PATH))],
    ),
    volume!(
        "GlusterfsVolumeSource",
        "core: validateGlusterfsVolumeSource",
        &[rule("endpoints", NotEmpty), rule("path", NotEmpty)],
    ),
    volume!(
        "HostPathVolumeSource",
        "core: validateHostPathVolumeSource",
        &[rule("path", NotEmpty), rule("path", Form(&PATH))],
    ),
    volume!(
        "ISCSIVolumeSource",
        "core: validateISCSIVolumeSource",
        &[
            rule("targetPortal", NotEmpty),
            rule("iqn", NotEmpty),
            rule("iqn", Form(&ISCSI_NAME)),
            rule("initiatorName", Form(&ISCSI_NAME)),
            rule("lun", Range(0, 255)),
            rule("secretRef", Required).when(When::True("chapAuthDiscovery")),
            rule("secretRef", Required).when(When::True("chapAuthSession")),
        ],
    ),
    volume!("ImageVolumeSource", "core: validateImageVolumeSource", &[rule("reference", Required)]),
    volume!(
        "KeyToPath",
        "core: validateKeyToPath",
        &[
            rule("key", NotEmpty),
            rule("path", NotEmpty),
            rule("path", Form(&FILE_PATH)),
            rule("mode", Mode),
        ],
    ),
    volume!(
        "NFSVolumeSource",
        "core: validateNFSVolumeSource",
        &[rule("server", NotEmpty), rule("path", NotEmpty), rule("path", Form(&ABSOLUTE_PATH))],
    ),
    volume!(
        "PersistentVolumeClaimSpec",
        "core: ValidatePersistentVolumeClaimSpec",
        &[
            rule("accessModes", Required),
            rule("accessModes", Check::Code("`ReadWriteOncePod` alone", access_modes)),
            rule("resources", Check::Code("requests `storage`, more than 0", requested_storage)),
            rule("dataSource", Check::Code("a claim, unless `apiGroup` is given", data_source)),
            rule("dataSourceRef", Check::Code("a claim, unless `apiGroup` is given", data_source)),
            rule("storageClassName", Name(&DNS_SUBDOMAIN)),
            rule("volumeAttributesClassName", Name(&DNS_SUBDOMAIN)),
        ],
    ),
    volume!(
        "PersistentVolumeClaimTemplate",
        "core: ValidatePersistentVolumeClaimTemplate",
        &[rule("metadata", Check::Code("only `labels` and `annotations`", claim_metadata))],
    ),
    volume!(
        "PersistentVolumeClaimVolumeSource",
        "core: validatePersistentClaimVolumeSource",
        &[rule("claimName", NotEmpty)],
    ),
    volume!(
        "PhotonPersistentDiskVolumeSource",
        "core: validatePhotonPersistentDiskVolumeSource",
        &[rule("pdID", NotEmpty)],
    ),
    volume!(
        "PodCertificateProjection",
        "core: validateProjectionSources",
        &[
            rule("signerName", NotEmpty),
            rule("keyType", NotEmpty),
            rule("maxExpirationSeconds", Range(3600, 91 * 24 * 3600)),
            rule("", AtLeastOneOf(&["credentialBundlePath", "keyPath", "certificateChainPath"])),
            rule("credentialBundlePath", Form(&FILE_PATH)),
            rule("keyPath", Form(&FILE_PATH)),
            rule("certificateChainPath", Form(&FILE_PATH)),
        ],
    ),
    volume!(
        "PortworxVolumeSource",
        "core: validatePortworxVolumeSource",
        &[rule("volumeID", NotEmpty)],
    ),
    volume!(
        "ProjectedVolumeSource",
        "core: validateProjectedVolumeSource",
        &[
            rule("defaultMode", Mode),
            rule("sources", Check::Code("no two files at one path", files_at_one_path)),
        ],
    ),
    volume!(
        "QuobyteVolumeSource",
        "core: validateQuobyteVolumeSource",
        &[rule("registry", NotEmpty), rule("volume", NotEmpty)],
    ),
    volume!(
        "RBDVolumeSource",
        "core: validateRBDVolumeSource",
        &[rule("monitors", NotEmpty), rule("image", NotEmpty)],
    ),
    volume!(
        "ScaleIOVolumeSource",
        "core: validateScaleIOVolumeSource",
        &[rule("gateway", NotEmpty), rule("system", NotEmpty), rule("volumeName", Required)],
    ),
    volume!("SecretProjection", "core: validateProjectionSources", &[rule("name", Required)]),
    volume!(
        "SecretVolumeSource",
        "core: validateSecretVolumeSource",
        &[rule("secretName", Required), rule("defaultMode", Mode)],
    ),
    volume!(
        "ServiceAccountTokenProjection",
        "core: validateProjectionSources",
        &[
            rule("path", NotEmpty),
            rule("path", Form(&FILE_PATH)),
            rule("expirationSeconds", Range(600, 1 << 32)),
        ],
    ),
    volume!(
        "StorageOSVolumeSource",
        "core: validateStorageOSVolumeSource",
        &[
            rule("volumeName", Required),
            rule("volumeName", Name(&DNS_LABEL)),
            rule("volumeNamespace", Name(&DNS_LABEL)),
        ],
    ),
    volume!(
        "TypedLocalObjectReference",
        "core: validateDataSource",
        &[rule("name", NotEmpty), rule("kind", NotEmpty), rule("apiGroup", Name(&DNS_SUBDOMAIN))],
    ),
    volume!(
        "TypedObjectReference",
        "core: validateDataSourceRef",
        &[
            rule("name", NotEmpty),
            rule("kind", NotEmpty),
            rule("apiGroup", Name(&DNS_SUBDOMAIN)),
            rule("namespace", Name(&DNS_LABEL)),
        ],
    ),
    volume!(
        "Volume",
        "core: validateVolumeSource",
        &[
            rule("name", NotEmpty),
            rule("name", Name(&DNS_LABEL)),
            rule(
                "",
                AtMostOneOf(&[
                    "emptyDir",
                    "hostPath",
                    "gitRepo",
                    "gcePersistentDisk",
                    "awsElasticBlockStore",
                    "secret",
                    "nfs",
                    "iscsi",
                    "glusterfs",
                    "flocker",
                    "persistentVolumeClaim",
                    "rbd",
                    "cinder",
                    "cephfs",
                    "quobyte",
                    "downwardAPI",
                    "fc",
                    "flexVolume",
                    "configMap",
                    "azureFile",
                    "vsphereVolume",
                    "photonPersistentDisk",
                    "portworxVolume",
                    "azureDisk",
                    "storageos",
                    "projected",
                    "scaleIO",
                    "csi",
                    "ephemeral",
                    "image",
                ]),
            ),
        ],
    ),
    volume!(
        "VolumeProjection",
        "core: validateProjectionSources",
        &[rule(
            "",
            AtMostOneOf(&[
                "secret",
                "configMap",
                "downwardAPI",
                "serviceAccountToken",
                "clusterTrustBundle",
                "podCertificate",
            ]),
        )],
    ),
    volume!(
        "VsphereVirtualDiskVolumeSource",
        "core: validateVsphereVolumeSource",
        &[rule("volumePath", NotEmpty)],
    ),
];

/// The fields of a pod that a file may have.
const FIELDS_OF_FILES: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "metadata.labels",
    "metadata.annotations",
    "metadata.uid",
];

fn field_of_file(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    downward::field(table, FIELDS_OF_FILES, at, found);
}

fn resource_of_file(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let reference = table.get("resourceFieldRef");
    if reference.is_some_and(|it| it["containerName"].as_str().unwrap_or_default().is_empty()) {
        let message = "missing key `containerName` in `resourceFieldRef`";
        let missing = Diagnostic::new(Code::MISSING_KEY, at.at("resourceFieldRef").key(), message);
        found.push(missing.help("add it: in a volume, Kubernetes cannot tell which container"));
    }
}

/// A volume that one pod alone may use is used by one pod alone.
fn access_modes(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let modes = table.get("accessModes").and_then(Value::as_array);
    let is_one_pod = |mode: &Value| *mode == "ReadWriteOncePod";
    if modes.is_some_and(|it| it.iter().any(is_one_pod) && !it.iter().all(is_one_pod)) {
        let message = "`ReadWriteOncePod` does not go with other access modes";
        found.push(
            Diagnostic::new(Code::CONFLICTING_KEYS, at.at("accessModes").value(), message)
                .help("keep it or the others"),
        );
    }
}

/// Kubernetes names a claim after its pod.
fn claim_metadata(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let metadata = table.get("metadata").and_then(Value::as_object);
    for key in metadata.into_iter().flatten().map(|(key, _)| key) {
        if !["labels", "annotations"].contains(&key.as_str()) {
            let message = format!("{} is not allowed in a claim template of a volume", quoted(key));
            let place = at.at("metadata");
            found.push(
                Diagnostic::new(Code::CONFLICTING_KEYS, place.at(key).key(), message)
                    .help("remove it: only `labels` and `annotations` are allowed"),
            );
        }
    }
}

/// What is no claim is an object of some API.
fn data_source(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    for key in ["dataSource", "dataSourceRef"] {
        let Some(source) = table.get(key).filter(|it| it.is_object()) else { continue };
        let is_core = source["apiGroup"].as_str().unwrap_or_default().is_empty();
        if is_core && source["kind"].as_str().is_some_and(|kind| kind != "PersistentVolumeClaim") {
            let place = at.at(key);
            let message = "without `apiGroup`, the kind is `PersistentVolumeClaim`";
            let wrong = Diagnostic::new(Code::INVALID_VALUE, place.at("kind").value(), message);
            if !found.contains(&wrong) {
                found.push(wrong);
            }
        }
    }
}

/// A claim says how much it claims.
fn requested_storage(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let resources = table.get("resources").unwrap_or(&Value::Null);
    let (of_resources, storage) = (at.at("resources"), &resources["requests"]["storage"]);
    if storage.is_null() {
        let place = if resources.is_null() { at.key() } else { of_resources.key() };
        let message = "missing key `resources.requests.storage`";
        found.push(
            Diagnostic::new(Code::MISSING_KEY, place, message)
                .help("add it: how much the claim claims, for example `\"10Gi\"`"),
        );
    } else if Quantity::parse(storage).is_some_and(|it| it <= Quantity::ZERO) {
        let requests = of_resources.at("requests");
        let message = "`storage` must be more than 0";
        found.push(Diagnostic::new(Code::OUT_OF_RANGE, requests.at("storage").value(), message));
    }
}

/// Of two files at one path, only one would be there.
fn files_at_one_path(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let mut seen: Vec<(&str, String)> = Vec::new();
    let sources = table.get("sources").and_then(Value::as_array).into_iter().flatten();
    let list = at.at("sources");
    for (index, source) in sources.enumerate() {
        let source_at = list.element(index);
        for kind in ["secret", "configMap", "downwardAPI"] {
            let kind_at = source_at.at(kind);
            let items_at = kind_at.at("items");
            let items = source[kind]["items"].as_array().into_iter().flatten();
            for (index, item) in items.enumerate() {
                let Some(path) = item["path"].as_str() else { continue };
                let place = items_at.element(index).at("path").pointer();
                match seen.iter().find(|(other, _)| *other == path) {
                    Some((_, first)) => {
                        let message = format!("there already is a file {}", quoted(path));
                        let place = Location::value(place);
                        let first = Location::value(first.clone());
                        found.push(
                            Diagnostic::new(Code::DUPLICATE_NAME, place, message)
                                .related(first, "the first"),
                        );
                    }
                    None => seen.push((path, place)),
                }
            }
        }
    }
}

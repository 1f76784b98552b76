//! Rules for volumes and claims.

use serde_json::Value;

use super::downward;
use super::findings::{conflict, duplicate, is_empty};
use super::forms::{
    ABSOLUTE_PATH, AZURE_BLOB, AZURE_DISK, CSI_DRIVER, FILE_PATH, HOST_PORTS, ISCSI_NAME, PATH,
    RELATIVE_PATH, SIGNER, TRUST_BUNDLE, WITHOUT_SLASH,
};
use super::place::Place;
use super::rule::{Check, Found, Rules, Table, When, elements, entries, field, rule};
use crate::diagnostics::{Code, Diagnostic, Location, quoted};
use crate::kubernetes::names::{ANNOTATION_KEY, DNS_LABEL, DNS_SUBDOMAIN};
use crate::kubernetes::quantity::Quantity;
use crate::kubernetes::version::Version;

use Check::{
    AtLeastOneOf, AtMost, AtMostOneOf, Forbidden, Form, In, Mode, Name, NotEmpty, NotNegative,
    OneOf, Range, Required,
};

const SUBDOMAIN: Check = Name(&DNS_SUBDOMAIN);

#[rustfmt::skip]
pub(super) const RULES: &[Rules] = &[
    Rules("AWSElasticBlockStoreVolumeSource", "core: validateAWSElasticBlockStoreVolumeSource", &[
        rule("volumeID", NotEmpty),
        rule("partition", Range(0, 255)),
    ]),
    Rules("AzureDiskVolumeSource", "core: validateAzureDisk", &[
        rule("diskName", NotEmpty),
        rule("diskURI", NotEmpty),
        rule("diskURI", Form(&AZURE_DISK)).when(When::Is("kind", &["Managed"])),
        rule("diskURI", Form(&AZURE_BLOB)).when(When::IsNot("kind", &["Managed"])),
    ]),
    Rules("AzureFileVolumeSource", "core: validateAzureFile", &[
        rule("secretName", NotEmpty),
        rule("shareName", NotEmpty),
    ]),
    Rules("CSIVolumeSource", "core: validateCSIVolumeSource", &[
        rule("driver", NotEmpty),
        rule("driver", Form(&CSI_DRIVER)),
        rule("nodePublishSecretRef", In("name", &Required)),
        rule("nodePublishSecretRef", In("name", &SUBDOMAIN)),
    ]),
    Rules("CephFSVolumeSource", "core: validateCephFSVolumeSource", &[rule("monitors", NotEmpty)]),
    Rules("CinderVolumeSource", "core: validateCinderVolumeSource", &[
        rule("volumeID", NotEmpty),
        rule("secretRef", In("name", &Required)),
    ]),
    Rules("ClusterTrustBundleProjection", "core: validateProjectionSources", &[
        rule("path", NotEmpty),
        rule("path", Form(&FILE_PATH)),
        rule("", OneOf(&["name", "signerName"])),
        rule("name", Form(&TRUST_BUNDLE)),
        rule("signerName", Form(&SIGNER)),
        rule("labelSelector", Forbidden).when(When::Has("name")),
    ]),
    Rules("ConfigMapProjection", "core: validateProjectionSources", &[rule("name", Required)]),
    Rules("ConfigMapVolumeSource", "core: validateConfigMapVolumeSource", &[
        rule("name", Required),
        rule("defaultMode", Mode),
    ]),
    Rules("DownwardAPIVolumeFile", "core: validateDownwardAPIVolumeFile", &[
        rule("path", NotEmpty),
        rule("path", Form(&FILE_PATH)),
        rule("mode", Mode),
        rule("", OneOf(&["fieldRef", "resourceFieldRef"])),
        rule("fieldRef", Check::Code("a field that files may have", field_of_file)),
        rule("resourceFieldRef", In("containerName", &Required)),
    ]),
    Rules("DownwardAPIVolumeSource", "core: validateDownwardAPIVolumeSource", &[rule("defaultMode", Mode)]),
    Rules("EmptyDirVolumeSource", "core: validateVolumeSource", &[rule("sizeLimit", NotNegative)]),
    Rules("EphemeralVolumeSource", "core: validateEphemeralVolumeSource", &[
        rule("volumeClaimTemplate", Required),
    ]),
    Rules("FCVolumeSource", "core: validateFCVolumeSource", &[
        rule("", OneOf(&["targetWWNs", "wwids"])),
        rule("lun", Required).when(When::Has("targetWWNs")),
        rule("lun", Range(0, 255)).when(When::Has("targetWWNs")),
    ]),
    Rules("FlexVolumeSource", "core: validateFlexVolumeSource", &[
        rule("driver", NotEmpty),
        rule("options", Check::Code("keys outside of kubernetes.io and k8s.io", flex_options)),
    ]),
    Rules("FlockerVolumeSource", "core: validateFlockerVolumeSource", &[
        rule("", OneOf(&["datasetName", "datasetUUID"])),
        rule("datasetName", Form(&WITHOUT_SLASH)),
    ]),
    Rules("GCEPersistentDiskVolumeSource", "core: validateGCEPersistentDiskVolumeSource", &[
        rule("pdName", NotEmpty),
        rule("partition", Range(0, 255)),
    ]),
    Rules("GitRepoVolumeSource", "core: validateGitRepoVolumeSource", &[
        rule("repository", NotEmpty),
        rule("directory", Form(&RELATIVE_PATH)),
    ]),
    Rules("GlusterfsVolumeSource", "core: validateGlusterfsVolumeSource", &[
        rule("endpoints", NotEmpty),
        rule("path", NotEmpty),
    ]),
    Rules("HostPathVolumeSource", "core: validateHostPathVolumeSource", &[
        rule("path", NotEmpty),
        rule("path", Form(&PATH)),
    ]),
    Rules("ISCSIVolumeSource", "core: validateISCSIVolumeSource", &[
        rule("targetPortal", NotEmpty),
        rule("iqn", NotEmpty),
        rule("iqn", Form(&ISCSI_NAME)),
        rule("initiatorName", Form(&ISCSI_NAME)),
        rule("lun", Range(0, 255)),
        rule("secretRef", Required).when(When::True("chapAuthDiscovery")),
        rule("secretRef", Required).when(When::True("chapAuthSession")),
    ]),
    Rules("ImageVolumeSource", "core: validateImageVolumeSource", &[rule("reference", Required)]),
    Rules("KeyToPath", "core: validateKeyToPath", &[
        rule("key", NotEmpty),
        rule("path", NotEmpty),
        rule("path", Form(&FILE_PATH)),
        rule("mode", Mode),
    ]),
    Rules("NFSVolumeSource", "core: validateNFSVolumeSource", &[
        rule("server", NotEmpty),
        rule("path", NotEmpty),
        rule("path", Form(&ABSOLUTE_PATH)),
    ]),
    Rules("PersistentVolumeClaimSpec", "core: ValidatePersistentVolumeClaimSpec", &[
        rule("accessModes", Required),
        rule("accessModes", Check::Code("`ReadWriteOncePod` alone", access_modes)),
        rule("", Check::Code("`resources` requests `storage`, more than 0", requested_storage)),
        rule("", Check::Code("`dataSource` is `dataSourceRef`, a claim unless `apiGroup` is given", data_sources)),
        rule("storageClassName", Name(&DNS_SUBDOMAIN)),
        rule("volumeAttributesClassName", Name(&DNS_SUBDOMAIN)),
    ]),
    Rules("PersistentVolumeClaimTemplate", "core: ValidatePersistentVolumeClaimTemplate", &[
        rule("metadata", Check::Code("only `labels` and `annotations`", claim_metadata)),
    ]),
    Rules("PersistentVolumeClaimVolumeSource", "core: validatePersistentClaimVolumeSource", &[
        rule("claimName", NotEmpty),
    ]),
    Rules("PhotonPersistentDiskVolumeSource", "core: validatePhotonPersistentDiskVolumeSource", &[
        rule("pdID", NotEmpty),
    ]),
    Rules("PodCertificateProjection", "core: validateProjectionSources", &[
        rule("signerName", NotEmpty),
        rule("signerName", Form(&SIGNER)),
        rule("keyType", NotEmpty),
        rule("maxExpirationSeconds", Range(3600, 91 * 24 * 3600)),
        rule("userAnnotations", Check::Keys(&ANNOTATION_KEY)),
        rule("", AtLeastOneOf(&["credentialBundlePath", "keyPath", "certificateChainPath"])),
        rule("credentialBundlePath", Form(&FILE_PATH)),
        rule("keyPath", Form(&FILE_PATH)),
        rule("certificateChainPath", Form(&FILE_PATH)),
    ]),
    Rules("PortworxVolumeSource", "core: validatePortworxVolumeSource", &[rule("volumeID", NotEmpty)]),
    Rules("ProjectedVolumeSource", "core: validateProjectedVolumeSource", &[
        rule("defaultMode", Mode),
        rule("sources", Check::Code("no two files at one path", files_at_one_path)),
    ]),
    Rules("QuobyteVolumeSource", "core: validateQuobyteVolumeSource", &[
        rule("registry", NotEmpty),
        rule("registry", Form(&HOST_PORTS)),
        rule("tenant", AtMost(64)),
        rule("volume", NotEmpty),
    ]),
    Rules("RBDVolumeSource", "core: validateRBDVolumeSource", &[
        rule("monitors", NotEmpty),
        rule("image", NotEmpty),
    ]),
    Rules("ScaleIOVolumeSource", "core: validateScaleIOVolumeSource", &[
        rule("gateway", NotEmpty),
        rule("system", NotEmpty),
        rule("volumeName", Required),
    ]),
    Rules("SecretProjection", "core: validateProjectionSources", &[rule("name", Required)]),
    Rules("SecretVolumeSource", "core: validateSecretVolumeSource", &[
        rule("secretName", Required),
        rule("defaultMode", Mode),
    ]),
    Rules("ServiceAccountTokenProjection", "core: validateProjectionSources", &[
        rule("path", NotEmpty),
        rule("path", Form(&FILE_PATH)),
        rule("expirationSeconds", Range(600, 1 << 32)),
    ]),
    Rules("StorageOSVolumeSource", "core: validateStorageOSVolumeSource", &[
        rule("volumeName", Required),
        rule("volumeName", Name(&DNS_LABEL)),
        rule("volumeNamespace", Name(&DNS_LABEL)),
        rule("secretRef", In("name", &Required)),
    ]),
    Rules("TypedLocalObjectReference", "core: validateDataSource", &[
        rule("name", NotEmpty),
        rule("kind", NotEmpty),
        rule("apiGroup", Name(&DNS_SUBDOMAIN)),
    ]),
    Rules("TypedObjectReference", "core: validateDataSourceRef", &[
        rule("name", NotEmpty),
        rule("kind", NotEmpty),
        rule("apiGroup", Name(&DNS_SUBDOMAIN)),
        rule("namespace", Name(&DNS_LABEL)),
    ]),
    Rules("Volume", "core: validateVolumeSource", &[
        rule("name", NotEmpty),
        rule("name", Name(&DNS_LABEL)),
        rule("iscsi", Check::Code("64 characters for `name` and `targetPortal` with `initiatorName`", iscsi)),
        rule("", AtMostOneOf(&[
            "emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret", "nfs",
            "iscsi", "glusterfs", "flocker", "persistentVolumeClaim", "rbd", "cinder", "cephfs", "quobyte",
            "downwardAPI", "fc", "flexVolume", "configMap", "azureFile", "vsphereVolume",
            "photonPersistentDisk", "portworxVolume", "azureDisk", "storageos", "projected", "scaleIO",
            "csi", "ephemeral", "image",
        ])),
    ]),
    Rules("VolumeProjection", "core: validateProjectionSources", &[
        rule("", AtMostOneOf(&[
            "secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle",
            "podCertificate",
        ])),
    ]),
    Rules("VsphereVirtualDiskVolumeSource", "core: validateVsphereVolumeSource", &[
        rule("volumePath", NotEmpty),
    ]),
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
    downward::check_field(table, FIELDS_OF_FILES, at, found);
}

/// A volume that one pod alone may use is used by one pod alone.
fn access_modes(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let modes = elements(table, "accessModes");
    let is_one_pod = |mode: &Value| *mode == "ReadWriteOncePod";
    if modes.iter().any(is_one_pod) && !modes.iter().all(is_one_pod) {
        let message = "`ReadWriteOncePod` does not go with other access modes";
        found.push(conflict(at.at("accessModes").value(), message).help("keep it or the others"));
    }
}

/// Kubernetes names a claim after its pod.
fn claim_metadata(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    for (key, value) in entries(table, "metadata") {
        if !["labels", "annotations"].contains(&key.as_str()) && !is_empty(value) {
            let message = format!("{} is not allowed in a claim template of a volume", quoted(key));
            let place = at.at("metadata");
            found.push(
                conflict(place.at(key).key(), message)
                    .help("remove it: only `labels` and `annotations` are allowed"),
            );
        }
    }
}

/// A source that is not a claim is an object of some API; the two ways to name it agree.
fn data_sources(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let given = |key| table.get(key).filter(|it: &&Value| it.is_object());
    for key in ["dataSource", "dataSourceRef"] {
        let Some(source) = given(key) else { continue };
        let is_core = source["apiGroup"].as_str().unwrap_or_default().is_empty();
        if is_core && source["kind"].as_str().is_some_and(|kind| kind != "PersistentVolumeClaim") {
            let place = at.at(key);
            let message = "without `apiGroup`, the kind is `PersistentVolumeClaim`";
            found.push(Diagnostic::new(Code::INVALID_VALUE, place.at("kind").value(), message));
        }
    }
    let Some((source, reference)) = given("dataSource").zip(given("dataSourceRef")) else { return };
    let is_same = ["apiGroup", "kind", "name"].iter().all(|key| source[*key] == reference[*key]);
    if !is_same || !is_empty(&reference["namespace"]) {
        found.push(
            conflict(at.at("dataSource").key(), "`dataSourceRef` is another object")
                .related(at.at("dataSourceRef").key(), "set here")
                .help("remove `dataSource`"),
        );
    }
}

/// The names of iSCSI sessions have a limit.
fn iscsi(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let iscsi = field(table, "iscsi");
    let length = |value: Option<&Value>| value.and_then(Value::as_str).map_or(0, str::len);
    let total = length(table.get("name")) + 1 + length(iscsi.get("targetPortal"));
    if total > 64 && !iscsi["initiatorName"].is_null() {
        let message = format!(
            "with `initiatorName`, the name of the volume and `targetPortal` have up to 63 characters together; here {}",
            total - 1
        );
        found.push(Diagnostic::new(Code::TOO_LONG, at.at("name").value(), message));
    }
}

/// The options of drivers are not those of Kubernetes.
fn flex_options(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let options = at.at("options");
    for key in entries(table, "options").map(|(key, _)| key) {
        let domain = format!(".{}", key.split('/').next().unwrap_or(key).to_ascii_lowercase());
        if [".kubernetes.io", ".k8s.io"].iter().any(|reserved| domain.ends_with(reserved)) {
            found.push(conflict(
                options.at(key).key(),
                format!("{} is reserved for Kubernetes", quoted(key)),
            ));
        }
    }
}

/// A claim requests some storage.
fn requested_storage(table: &Table, at: &Place<'_>, _: Version, found: &mut Found) {
    let resources = field(table, "resources");
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
    let list = at.at("sources");
    for (index, source) in elements(table, "sources").iter().enumerate() {
        let source_at = list.element(index);
        let mut paths: Vec<(&str, String)> = Vec::new();
        for kind in ["secret", "configMap", "downwardAPI"] {
            let kind_at = source_at.at(kind);
            let items_at = kind_at.at("items");
            for (index, item) in source[kind]["items"].as_array().into_iter().flatten().enumerate()
            {
                let place = || items_at.element(index).at("path").pointer();
                paths.extend(item["path"].as_str().map(|path| (path, place())));
            }
        }
        for (kind, key) in [
            ("clusterTrustBundle", "path"),
            ("podCertificate", "credentialBundlePath"),
            ("podCertificate", "keyPath"),
            ("podCertificate", "certificateChainPath"),
        ] {
            let place = || source_at.at(kind).at(key).pointer();
            paths.extend(source[kind][key].as_str().map(|path| (path, place())));
        }
        for (path, place) in paths.into_iter().filter(|(path, _)| !path.is_empty()) {
            match seen.iter().find(|(other, _)| *other == path) {
                Some((_, first)) => {
                    let message = format!("there already is a file {}", quoted(path));
                    let first = Location::value(first.clone());
                    found.push(duplicate(Location::value(place), message, first));
                }
                None => seen.push((path, place)),
            }
        }
    }
}

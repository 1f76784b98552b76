//! The checker of Kubernetes fields.

use serde_json::{Value, json};
use wigen::kubernetes::{Version, problems};

use crate::support::trials::{Trial, trials};

pub(super) fn all() -> Vec<Trial> {
    trials![
        every_problem_has_its_place,
        keys_depend_on_the_version,
        integers_have_the_bits_that_kubernetes_gives_them,
    ]
}

fn problems_in(name: &str, value: &Value) -> Vec<(String, String)> {
    let found = problems(name, value, "", Version::NEWEST);
    found.into_iter().map(|p| (p.pointer, format!("{:?}", p.kind))).collect()
}

fn every_problem_has_its_place() {
    let found = problems_in(
        "PodSpec",
        &json!({
            "containers": [{"name": "a", "ports": [{"containerPort": "80"}], "resources": {"limits": {"cpu": 0.5, "memory": "1Gb"}}}],
            "volumes": [{"emptyDir": {}}],
            "terminationGracePeriodSeconds": 30.0,
            "dnsPolicy": "Cluster",
            "nodeSelector": {"a/b": 1},
            "hostNetwrk": true,
            "tolerations": null,
        }),
    );
    let expected = [
        ("/containers/0/ports/0/containerPort", "Type"),
        ("/containers/0/resources/limits/memory", "Quantity"),
        ("/volumes/0", "MissingKey(\"name\")"),
        ("/dnsPolicy", "Value"),
        ("/nodeSelector/a~1b", "Type"),
        ("", "UnknownKey(\"hostNetwrk\")"),
    ];
    assert_eq!(found, expected.map(|(pointer, kind)| (pointer.into(), kind.into())));
}

fn keys_depend_on_the_version() {
    let in_version = |name: &str, value: &Value, minor: &str| {
        let version = Version::parse(minor).unwrap();
        let found = problems(name, value, "", version);
        found.into_iter().map(|p| format!("{:?}", p.kind)).collect::<Vec<_>>()
    };
    let spec =
        json!({"selector": {}, "template": {"spec": {"containers": [], "hostnameOverride": "a"}}});
    assert_eq!(in_version("StatefulSetSpec", &spec, "1.34"), Vec::<String>::new());
    assert_eq!(
        in_version("StatefulSetSpec", &spec, "1.32"),
        [
            "MissingKey(\"serviceName\")",
            "OtherVersion(\"hostnameOverride\", VersionRange { since: Some(Version(34)), until: None }, Version(32))"
        ]
    );
    assert_eq!(
        in_version("PodSpec", &json!({"containers": [], "workloadRef": {}}), "1.36").len(),
        1
    );
}

fn integers_have_the_bits_that_kubernetes_gives_them() {
    assert_eq!(
        problems_in("DeploymentStrategy", &json!({"rollingUpdate": {"maxSurge": "25%"}})),
        []
    );
    let found = problems_in("ContainerPort", &json!({"containerPort": 2_147_483_648_u64}));
    assert_eq!(found, [("/containerPort".into(), "Range(32)".into())]);
    let found =
        problems_in("PodSpec", &json!({"containers": [], "activeDeadlineSeconds": u64::MAX}));
    assert_eq!(found, [("/activeDeadlineSeconds".into(), "Range(64)".into())]);
}

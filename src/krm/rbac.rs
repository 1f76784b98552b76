//! Rights in the cluster that pods lose with their old ServiceAccount.

use serde_json::Value;

use super::resolved_app::ResolvedApp;
use super::resource::Resource;
use super::resource_index::ResourceIndex;
use super::results::FunctionResult;
use crate::diagnostics::{Code, Severity, quoted};

crate::diagnostics::declare_code! {
    RBAC_SUBJECT: Warning = "rbac-subject",
    what: "An app without a container gives its ServiceAccount to existing workloads, and a RoleBinding or ClusterRoleBinding still names the one that they had.",
    why: "The rights of a binding belong to the ServiceAccount that it names. With another one the pods lose them, and calls of the Kubernetes API get a 403.",
    example: "# kustomization.yaml\nresources: [chart.yaml]\ntransformers: [app.yaml]\n# app.yaml\napiVersion: wigen.dev/v1alpha1\nkind: App\nmetadata:\n  name: books\n  annotations: {config.kubernetes.io/function: \"exec: {path: wigen}\"}\nspec:\n  project: my-project\n  cluster: {name: my-cluster, region: us-central1}\n  workloads: [{name: reader}]\n# chart.yaml\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: reader\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\nsubjects: [{kind: ServiceAccount, name: reader, namespace: default}]\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: reader\nspec:\n  template:\n    spec:\n      serviceAccountName: reader\n      containers: [{name: reader, image: reader}]\n# kustomize build says:\n# wigen: warning[rbac-subject]: ClusterRoleBinding reader: subjects[0].name: the pods lose the role that this binding gives to their old ServiceAccount `reader`; add `books` to its subjects, or set `spec.serviceAccount.name: reader`",
    instead: "# kustomization.yaml\nresources: [chart.yaml]\ntransformers: [app.yaml]\n# app.yaml\napiVersion: wigen.dev/v1alpha1\nkind: App\nmetadata:\n  name: books\n  annotations: {config.kubernetes.io/function: \"exec: {path: wigen}\"}\nspec:\n  project: my-project\n  cluster: {name: my-cluster, region: us-central1}\n  serviceAccount: {name: reader}\n  workloads: [{name: reader}]\n# chart.yaml\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: reader\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\nsubjects: [{kind: ServiceAccount, name: reader, namespace: default}]\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: reader\nspec:\n  template:\n    spec:\n      serviceAccountName: reader\n      containers: [{name: reader, image: reader}]",
    source: "Kubernetes, Using RBAC Authorization: https://kubernetes.io/docs/reference/access-authn-authz/rbac/",
}

/// Warns of each RBAC binding that names a replaced ServiceAccount, if none gives the new one that role.
pub(super) fn check_subjects(
    app: &ResolvedApp<'_>,
    replaced: &[String],
    resources: &ResourceIndex,
    results: &mut Vec<FunctionResult>,
) {
    let (namespace, new) = (&app.identity.pods.namespace, &app.identity.pods.service_account);
    let position = |subjects: &[Value], name: &str| {
        let user = format!("system:serviceaccount:{namespace}:{name}");
        subjects.iter().position(|subject| {
            let place = subject["namespace"].as_str().unwrap_or(namespace);
            match subject["kind"].as_str() {
                Some("ServiceAccount") => subject["name"] == *name && place == namespace,
                Some("User") => subject["name"] == user.as_str(),
                _ => false,
            }
        })
    };
    let role = |binding: &Resource| (binding.kind().to_owned(), binding.value()["roleRef"].clone());
    let granted = resources.rbac_bindings().filter(|(_, it)| position(it, new).is_some());
    let granted: Vec<_> = granted.map(|(binding, _)| role(binding)).collect();
    for (binding, subjects) in resources.rbac_bindings() {
        let mut lost = replaced.iter().filter(|old| *old != new);
        let lost = lost.find_map(|old| Some((position(subjects, old)?, old)));
        let Some((index, old)) = lost.filter(|_| !granted.contains(&role(binding))) else {
            continue;
        };
        let message = format!(
            "the pods lose the role that this binding gives to their old ServiceAccount {}; add {} to its subjects, or set `{}: {old}`",
            quoted(old),
            quoted(new),
            app.key_path("serviceAccount/name"),
        );
        results.push(
            FunctionResult::error(Code::RBAC_SUBJECT, message)
                .about(binding)
                .with_severity(Severity::Warning)
                .field(&format!("subjects[{index}].name"), old.as_str().into(), Value::Null),
        );
    }
}

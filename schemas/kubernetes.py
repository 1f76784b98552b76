"""Write kubernetes.json: the shapes of manifests and of native Kubernetes fields, as wigen checks them.

    target/real-tools/bin/python schemas/kubernetes.py > schemas/kubernetes.json

Reads the strict JSON Schemas of Kubernetes in the package kubernetes-validate, which `.ci/run`
installs, and keeps what can be wrong in a manifest: names, types, required keys, sizes of integers.
Descriptions are dropped. The versions are joined: a key that not all of them have says which have it
(`since`, `until`), and one that not all of them require says which do (`requiredIn`); both count
minor versions, the last included. One definition begins on a line of its own, without indent, and
each of its keys on another: `src/kubernetes/definitions.rs` relies on that.
"""

import json
import pathlib
import re
import sys

import kubernetes_validate

# The minor versions of Kubernetes 1 that GKE may offer: one comes every four months, and is supported
# for up to two years.
MINORS = range(30, 38)

# What wigen writes, and what people write beside it.
KINDS = """
    apps.v1.DaemonSet apps.v1.Deployment apps.v1.StatefulSet
    autoscaling.v2.HorizontalPodAutoscaler
    batch.v1.CronJob batch.v1.Job
    core.v1.ConfigMap core.v1.LimitRange core.v1.Namespace core.v1.PersistentVolumeClaim core.v1.Pod
    core.v1.ResourceQuota core.v1.Secret core.v1.Service core.v1.ServiceAccount
    networking.v1.Ingress networking.v1.IngressClass networking.v1.NetworkPolicy
    policy.v1.PodDisruptionBudget
    rbac.v1.ClusterRole rbac.v1.ClusterRoleBinding rbac.v1.Role rbac.v1.RoleBinding
    scheduling.v1.PriorityClass
    storage.v1.StorageClass
""".split()

# The published schemas name no values. Those of fields that take one of a few are named in the
# fields' descriptions, and nothing goes into the file that is not found there.
VALUES = {
    "AppArmorProfile.type": "Localhost RuntimeDefault Unconfined",
    "AzureDiskVolumeSource.kind": "Dedicated Managed Shared",
    "Container.imagePullPolicy": "Always IfNotPresent Never",
    "Container.terminationMessagePolicy": "FallbackToLogsOnError File",
    "ContainerPort.protocol": "SCTP TCP UDP",
    "ContainerResizePolicy.resourceName": "cpu memory",
    "ContainerRestartRule.action": "Restart",
    "ContainerRestartRuleOnExitCodes.operator": "In NotIn",
    "CronJobSpec.concurrencyPolicy": "Allow Forbid Replace",
    "DaemonSetUpdateStrategy.type": "OnDelete RollingUpdate",
    "DeploymentStrategy.type": "Recreate RollingUpdate",
    "HTTPIngressPath.pathType": "Exact ImplementationSpecific Prefix",
    "ImageVolumeSource.pullPolicy": "Always IfNotPresent Never",
    "IngressClassParametersReference.scope": "Cluster Namespace",
    "JobSpec.completionMode": "Indexed NonIndexed",
    "JobSpec.podReplacementPolicy": "Failed TerminatingOrFailed",
    "LabelSelectorRequirement.operator": "DoesNotExist Exists In NotIn",
    "MetricSpec.type": "ContainerResource External Object Pods Resource",
    "MetricTarget.type": "AverageValue Utilization Value",
    "NetworkPolicyPort.protocol": "SCTP TCP UDP",
    "NetworkPolicySpec.policyTypes": "Egress Ingress",
    "NodeSelectorRequirement.operator": "DoesNotExist Exists Gt In Lt NotIn",
    "PodCertificateProjection.keyType": "ECDSAP256 ECDSAP384 ECDSAP521 ED25519 RSA3072 RSA4096",
    "PodDisruptionBudgetSpec.unhealthyPodEvictionPolicy": "AlwaysAllow IfHealthyBudget",
    "PodFailurePolicyOnExitCodesRequirement.operator": "In NotIn",
    "PodFailurePolicyRule.action": "Count FailIndex FailJob Ignore",
    "PodOS.name": "linux windows",
    "PodSecurityContext.fsGroupChangePolicy": "Always OnRootMismatch",
    "PodSecurityContext.seLinuxChangePolicy": "MountOption Recursive",
    "PodSecurityContext.supplementalGroupsPolicy": "Merge Strict",
    "PodSpec.dnsPolicy": "ClusterFirst ClusterFirstWithHostNet Default None",
    "PodSpec.preemptionPolicy": "Never PreemptLowerPriority",
    "PodSpec.restartPolicy": "Always Never OnFailure",
    "PriorityClass.preemptionPolicy": "Never PreemptLowerPriority",
    "ScopedResourceSelectorRequirement.operator": "DoesNotExist Exists In NotIn",
    "SeccompProfile.type": "Localhost RuntimeDefault Unconfined",
    "ServicePort.protocol": "SCTP TCP UDP",
    "ServiceSpec.externalTrafficPolicy": "Cluster Local",
    "ServiceSpec.internalTrafficPolicy": "Cluster Local",
    "ServiceSpec.ipFamilies": "IPv4 IPv6",
    "ServiceSpec.ipFamilyPolicy": "PreferDualStack RequireDualStack SingleStack",
    "ServiceSpec.sessionAffinity": "ClientIP None",
    "ServiceSpec.type": "ClusterIP ExternalName LoadBalancer NodePort",
    "StatefulSetPersistentVolumeClaimRetentionPolicy.whenDeleted": "Delete Retain",
    "StatefulSetPersistentVolumeClaimRetentionPolicy.whenScaled": "Delete Retain",
    "StatefulSetSpec.podManagementPolicy": "OrderedReady Parallel",
    "Toleration.effect": "NoExecute NoSchedule PreferNoSchedule",
    "Toleration.operator": "Equal Exists",
    "TopologySpreadConstraint.nodeAffinityPolicy": "Honor Ignore",
    "TopologySpreadConstraint.nodeTaintsPolicy": "Honor Ignore",
    "TopologySpreadConstraint.whenUnsatisfiable": "DoNotSchedule ScheduleAnyway",
    "VolumeMount.recursiveReadOnly": "Disabled Enabled IfPossible",
}

# Fields of a few values that only the validation code of Kubernetes names, each with its function there,
# in the folder pkg/apis of kubernetes/kubernetes.
VALIDATED = {
    "AzureDiskVolumeSource.cachingMode": ("None ReadOnly ReadWrite", "core: validateAzureDisk"),
    "Container.restartPolicy": ("Always Never OnFailure", "core: validateContainerRestartPolicy"),
    "ContainerResizePolicy.restartPolicy": ("NotRequired RestartContainer", "core: validateResizePolicy"),
    "HPAScalingPolicy.type": ("Percent Pods", "autoscaling: validateScalingPolicy"),
    "HPAScalingRules.selectPolicy": ("Disabled Max Min", "autoscaling: validateScalingRules"),
    "HTTPGetAction.scheme": ("HTTP HTTPS", "core: validateHTTPGetAction"),
    "HostPathVolumeSource.type": (
        ",BlockDevice,CharDevice,Directory,DirectoryOrCreate,File,FileOrCreate,Socket".split(","),
        "core: validateHostPathType",
    ),
    "Lifecycle.stopSignal": (
        "SIGABRT SIGALRM SIGBUS SIGCHLD SIGCLD SIGCONT SIGFPE SIGHUP SIGILL SIGINT SIGIO SIGIOT SIGKILL "
        "SIGPIPE SIGPOLL SIGPROF SIGPWR SIGQUIT "
        + " ".join(f"SIGRTMAX-{number}" if number else "SIGRTMAX" for number in range(15))
        + " "
        + " ".join(f"SIGRTMIN+{number}" if number else "SIGRTMIN" for number in range(16))
        + " SIGSEGV SIGSTKFLT SIGSTOP SIGSYS SIGTERM SIGTRAP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGUSR1 "
        "SIGUSR2 SIGVTALRM SIGWINCH SIGXCPU SIGXFSZ",
        "core: validateStopSignal",
    ),
    "PersistentVolumeClaimSpec.accessModes": (
        "ReadOnlyMany ReadWriteMany ReadWriteOnce ReadWriteOncePod",
        "core: ValidatePersistentVolumeClaimSpec",
    ),
    "PersistentVolumeClaimSpec.volumeMode": ("Block Filesystem", "core: ValidatePersistentVolumeClaimSpec"),
    "PodFailurePolicyOnPodConditionsPattern.status": (
        "False True Unknown",
        "batch: validatePodFailurePolicyRuleOnPodConditions",
    ),
    "ResourceQuotaSpec.scopes": (
        "BestEffort CrossNamespacePodAffinity NotBestEffort NotTerminating PriorityClass Terminating "
        "VolumeAttributesClass",
        "core: validateResourceQuotaScopes",
    ),
    "ScopedResourceSelectorRequirement.scopeName": (
        "BestEffort CrossNamespacePodAffinity NotBestEffort NotTerminating PriorityClass Terminating "
        "VolumeAttributesClass",
        "core: validateScopedResourceSelectorRequirement",
    ),
    "SecurityContext.procMount": ("Default Unmasked", "core: ValidateProcMountType"),
    "StatefulSetUpdateStrategy.type": ("OnDelete RollingUpdate", "apps: ValidateStatefulSetSpec"),
    "StorageClass.reclaimPolicy": ("Delete Recycle Retain", "storage: validateReclaimPolicy"),
    "StorageClass.volumeBindingMode": ("Immediate WaitForFirstConsumer", "storage: validateVolumeBindingMode"),
    "VolumeMount.mountPropagation": ("Bidirectional HostToContainer None", "core: validateMountPropagation"),
}

TYPES = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": ["string", "number"],
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": ["integer", "string"],
}


def versions():
    """The definitions of each minor version."""
    folder = pathlib.Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    for minor in MINORS:
        with open(folder / f"v1.{minor}.0-local-strict" / "_definitions.json", encoding="utf-8") as text:
            yield minor, json.load(text)["$defs"]


def short(name):
    return name.rsplit(".", 1)[-1]


def without_null(kind):
    """An optional key is given or left out; the official schemas take null for left out."""
    kinds = [one for one in ([kind] if isinstance(kind, str) else kind) if one != "null"]
    return kinds[0] if len(kinds) == 1 else kinds


def reduced(node, found):
    """A node with the keywords that wigen checks; notes the definitions that it refers to."""
    if "$ref" in node:
        name = node["$ref"].rsplit("/", 1)[-1]
        found.append(name)
        return {"$ref": f"#/definitions/{short(name)}"}
    kept = {}
    for keyword, value in node.items():
        if keyword == "type":
            kept["type"] = without_null(value)
        elif keyword == "format" and value in ("int32", "int64"):
            kept["format"] = value
        elif keyword == "required":
            kept["required"] = sorted(value)
        elif keyword == "enum":
            kept["enum"] = [one for one in value if one is not None]
        elif keyword == "items" or (keyword == "additionalProperties" and value):
            kept[keyword] = reduced(value, found)
        elif keyword == "additionalProperties" and "properties" in node:
            kept[keyword] = False
        elif keyword == "properties":
            kept["properties"] = {key: reduced(value[key], found) for key in sorted(value)}
        elif keyword in ("description", "format", "additionalProperties") or keyword.startswith("x-"):
            continue
        else:
            sys.exit(f"the official schema has got a keyword that wigen does not check: {keyword}")
    order = ["type", "format", "enum", "required", "items", "additionalProperties", "properties"]
    return {keyword: kept[keyword] for keyword in order if keyword in kept}


def set_values(definition, key, values):
    node = definition["properties"][key]
    node.get("items", node)["enum"] = values


def with_values(name, official, definition):
    for field, values in VALUES.items():
        owner, key = field.split(".")
        if owner != name:
            continue
        values = values.split()
        described = official["properties"][key]["description"]
        missing = [value for value in values if not re.search(rf"\b{value}\b", described)]
        if missing:
            sys.exit(f"the description of {field} does not name {missing}")
        set_values(definition, key, values)
    for field, (values, _) in VALIDATED.items():
        owner, key = field.split(".")
        if owner == name:
            set_values(definition, key, values.split() if isinstance(values, str) else values)


def of_version(official):
    """The definitions that the kinds refer to, by their short names, with the official ones."""
    names = [f"io.k8s.api.{kind}" for kind in KINDS]
    found = {}
    while names:
        name = names.pop()
        if short(name) in found:
            if found[short(name)][0] != name:
                sys.exit(f"two definitions are called {short(name)}")
            continue
        if name in TYPES:
            form = "quantity" if short(name) == "Quantity" else "int-or-string"
            definition = {"type": TYPES[name], "format": form}
        elif name.removeprefix("io.k8s.api.") in KINDS:
            # What a cluster says of an object is written by nobody.
            properties = dict(official[name]["properties"])
            if "status" in properties:
                properties["status"] = {"type": "object"}
            definition = reduced({**official[name], "properties": properties}, names)
            [kind] = official[name]["x-kubernetes-group-version-kind"]
            definition["apiVersion"] = f"{kind['group']}/{kind['version']}".removeprefix("/")
        else:
            definition = reduced(official[name], names)
        found[short(name)] = (name, definition)
    return found


def extent(minors, of):
    """The first and the last of some versions; None where they are all that there are."""
    if minors != [minor for minor in of if minors[0] <= minor <= minors[-1]]:
        sys.exit(f"not one version after the other: {minors}")
    return None if minors == of else (minors[0], minors[-1])


def joined(name, definitions):
    """One definition of several versions, by their minors: what all have, and which have the rest."""
    of = list(definitions)
    newest = definitions[of[-1]]
    whole = {key: value for key, value in newest.items() if key not in ("required", "properties")}
    for definition in definitions.values():
        if any(definition.get(key) != whole[key] for key in whole):
            sys.exit(f"{name} is not the same in all versions")
    required = {}
    properties = {}
    for minor, definition in definitions.items():
        for key in definition.get("required", []):
            required.setdefault(key, []).append(minor)
        for key, node in definition.get("properties", {}).items():
            properties.setdefault(key, {})[minor] = node
    extents = {key: extent(minors, of) for key, minors in sorted(required.items())}
    always = [key for key, some in extents.items() if some is None]
    sometimes = {key: some for key, some in extents.items() if some}
    if always:
        whole["required"] = always
    if sometimes:
        whole["requiredIn"] = sometimes
    for key, nodes in sorted(properties.items()):
        node = dict(nodes[max(nodes)])
        if any(other != node for other in nodes.values()):
            sys.exit(f"{name}.{key} is not the same in all versions")
        first, last = extent(list(nodes), of) or (of[0], of[-1])
        if first != of[0]:
            node["since"] = first
        if last != of[-1]:
            node["until"] = last
        whole.setdefault("properties", {})[key] = node
    return whole


def main():
    found = {}
    for minor, official in versions():
        for name, (full, definition) in of_version(official).items():
            found.setdefault(name, {})[minor] = (full, definition)
    definitions = {}
    for name, by_minor in found.items():
        whole = joined(name, {minor: definition for minor, (_, definition) in by_minor.items()})
        # The newest version has the best descriptions.
        with_values(name, official.get(by_minor[max(by_minor)][0]), whole)
        definitions[name] = whole
    fields = [*VALUES, *VALIDATED]
    unused = {field.split(".")[0] for field in fields} - definitions.keys()
    if unused:
        sys.exit(f"no such definitions: {unused}")
    comment = (
        f"Made by kubernetes.py from the JSON Schemas of Kubernetes 1.{MINORS[0]} to 1.{MINORS[-1]}. "
        "Copyright The Kubernetes Authors, Apache License 2.0; see README.md."
    )
    blocks = []
    for name, definition in sorted(definitions.items()):
        properties = definition.pop("properties", None)
        block = json.dumps(definition)
        if properties:
            lines = ",\n".join(f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in properties.items())
            block = f'{block[:-1]}, "properties": {{\n{lines}\n}}}}'
        blocks.append(f"{json.dumps(name)}: {block}")
    body = ",\n".join(blocks)
    print(f'{{\n"$comment": {json.dumps(comment)},\n"definitions": {{\n{body}\n}}\n}}')


if __name__ == "__main__":
    main()

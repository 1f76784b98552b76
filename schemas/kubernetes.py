"""Write kubernetes.json: the shapes of native Kubernetes fields, as wigen checks them.

    target/real-tools/bin/python schemas/kubernetes.py > schemas/kubernetes.json

Reads the newest strict JSON Schemas of Kubernetes in the package kubernetes-validate, which
`.ci/run` installs, and keeps what can be wrong in a spec: names, types, required keys, sizes of
integers. Descriptions are dropped. One definition begins on a line of its own, without indent, and
each of its keys on another: `src/kubernetes.rs` relies on the first.
"""

import json
import pathlib
import re
import sys

import kubernetes_validate

ROOTS = [
    "apps.v1.DeploymentSpec",
    "apps.v1.StatefulSetSpec",
    "apps.v1.DaemonSetSpec",
    "batch.v1.JobSpec",
    "batch.v1.CronJobSpec",
]

# The published schemas name no values. Those of fields that take one of a few are named in the
# fields' descriptions, and nothing goes into the file that is not found there.
VALUES = {
    "AppArmorProfile.type": "Localhost RuntimeDefault Unconfined",
    "Container.imagePullPolicy": "Always IfNotPresent Never",
    "Container.terminationMessagePolicy": "FallbackToLogsOnError File",
    "ContainerPort.protocol": "SCTP TCP UDP",
    "CronJobSpec.concurrencyPolicy": "Allow Forbid Replace",
    "DaemonSetUpdateStrategy.type": "OnDelete RollingUpdate",
    "DeploymentStrategy.type": "Recreate RollingUpdate",
    "JobSpec.completionMode": "Indexed NonIndexed",
    "JobSpec.podReplacementPolicy": "Failed TerminatingOrFailed",
    "LabelSelectorRequirement.operator": "DoesNotExist Exists In NotIn",
    "NodeSelectorRequirement.operator": "DoesNotExist Exists Gt In Lt NotIn",
    "PodFailurePolicyRule.action": "Count FailIndex FailJob Ignore",
    "PodSecurityContext.fsGroupChangePolicy": "Always OnRootMismatch",
    "PodSpec.dnsPolicy": "ClusterFirst ClusterFirstWithHostNet Default None",
    "PodSpec.preemptionPolicy": "Never PreemptLowerPriority",
    "PodSpec.restartPolicy": "Always Never OnFailure",
    "SeccompProfile.type": "Localhost RuntimeDefault Unconfined",
    "StatefulSetSpec.podManagementPolicy": "OrderedReady Parallel",
    "Toleration.effect": "NoExecute NoSchedule PreferNoSchedule",
    "TopologySpreadConstraint.nodeAffinityPolicy": "Honor Ignore",
    "TopologySpreadConstraint.nodeTaintsPolicy": "Honor Ignore",
    "TopologySpreadConstraint.whenUnsatisfiable": "DoNotSchedule ScheduleAnyway",
}

TYPES = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": ["string", "number"],
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": ["integer", "string"],
}


def newest():
    """The definitions of the newest version, and that version."""
    folder = pathlib.Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    versions = {
        tuple(map(int, re.findall(r"\d+", path.name))): path for path in folder.glob("*-local-strict")
    }
    version, path = max(versions.items())
    with open(path / "_definitions.json", encoding="utf-8") as text:
        return json.load(text)["$defs"], ".".join(map(str, version))


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


def with_values(name, official, definition):
    for field, values in VALUES.items():
        owner, key = field.split(".")
        if owner != short(name):
            continue
        values = values.split()
        described = official["properties"][key]["description"]
        missing = [value for value in values if not re.search(rf"\b{value}\b", described)]
        if missing:
            sys.exit(f"the description of {field} does not name {missing}")
        definition["properties"][key]["enum"] = values
    return definition


def main():
    official, version = newest()
    open_names = [f"io.k8s.api.{root}" for root in ROOTS]
    definitions = {}
    while open_names:
        name = open_names.pop()
        if short(name) in definitions:
            if definitions[short(name)][0] != name:
                sys.exit(f"two definitions are called {short(name)}")
            continue
        if name in TYPES:
            form = "quantity" if short(name) == "Quantity" else "int-or-string"
            definition = {"type": TYPES[name], "format": form}
        else:
            definition = with_values(name, official[name], reduced(official[name], open_names))
        definitions[short(name)] = (name, definition)
    unused = {field.split(".")[0] for field in VALUES} - definitions.keys()
    if unused:
        sys.exit(f"no such definitions: {unused}")
    comment = (
        f"Made by kubernetes.py from the JSON Schemas of Kubernetes {version}. "
        "Copyright The Kubernetes Authors, Apache License 2.0; see README.md."
    )
    blocks = []
    for name, (_, definition) in sorted(definitions.items()):
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

"""Checks of real_tools.rs that need Python libraries: python real_tools.py CHECK ARGUMENT..."""

import json
import os
import sys


def kubernetes(*files):
    """Validate manifests strictly against the official schemas of several Kubernetes versions."""
    import kubernetes_validate
    import yaml

    checked = 0
    # GKE supports a version for up to 24 months; a version comes every four.
    for minor in range(30, 38):
        for name in files:
            with open(name, encoding="utf-8") as file:
                text = file.read()
            document = yaml.safe_load(text)
            # Kubernetes has these fields since 1.34.
            new = ("fileKeyRef:", "restartPolicyRules:")
            is_valid = minor >= 34 or not any(field in text for field in new)
            try:
                kubernetes_validate.validate(document, f"1.{minor}", strict=True)
            except kubernetes_validate.ValidationError:
                if is_valid:
                    raise
            else:
                if not is_valid:
                    sys.exit(f"{name} is valid in 1.{minor}")
            checked += 1
    # The validator must be able to fail: a misspelt field in the first manifest.
    document["metadata"]["nmae"] = "x"
    try:
        kubernetes_validate.validate(document, "1.33", strict=True)
    except kubernetes_validate.ValidationError:
        print(f"{checked} validations")
    else:
        sys.exit("a misspelt field was accepted")


def mistakes(path):
    """Print for each minor version, definition and value whether the official schema takes it."""
    import pathlib

    import jsonschema
    import kubernetes_validate

    folder = pathlib.Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    with open(path, encoding="utf-8") as text:
        values = json.load(text)
    validators = {}
    for minor in {minor for minor, _, _ in values}:
        with open(folder / f"v1.{minor}.0-local-strict" / "_definitions.json", encoding="utf-8") as text:
            schema = json.load(text)
        names = {name.rsplit(".", 1)[-1]: name for name in schema["$defs"] if ".v1." in name}
        names["HorizontalPodAutoscaler"] = "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler"
        for short in {short for _, short, _ in values}:
            of = {**schema, "$ref": f"#/$defs/{names[short]}"}
            validators[minor, short] = jsonschema.Draft202012Validator(of)
    print(json.dumps([validators[minor, short].is_valid(value) for minor, short, value in values]))


def read(*files):
    """Print manifests as JSON, as a YAML 1.1 reader takes them: in Python and in C alike."""
    import yaml

    documents = []
    for name in files:
        with open(name, encoding="utf-8") as text:
            source = text.read()
        documents.append(yaml.load(source, yaml.SafeLoader))
        if yaml.__with_libyaml__ and yaml.load(source, yaml.CSafeLoader) != documents[-1]:
            sys.exit(f"{name}: the two readers differ")
    print(json.dumps(documents))


WORKLOADS = {"deployment.yaml", "stateful-set.yaml", "daemon-set.yaml", "job.yaml", "cron-job.yaml"}
ANNOTATION = "iam.gke.io/gcp-service-account"


def chain(*folders):
    """Follow the identity through rendered files alone: from the pods to the members of policies."""
    import re
    import shlex

    import yaml

    links = 0

    def same(folder, what, one, other):
        nonlocal links
        if one != other:
            sys.exit(f"{folder}: {what}: {one!r} and {other!r}")
        links += 1

    for folder in folders:
        # Where others make the workload, its pods have to name the account that is rendered.
        [manifest] = (set(os.listdir(folder)) & WORKLOADS) or {"service-account.yaml"}
        with open(f"{folder}/{manifest}", encoding="utf-8") as text:
            workload = yaml.safe_load(text)
        pods = workload.get("spec", {"template": {"spec": {
            "serviceAccountName": workload["metadata"]["name"]}}})
        pods = pods.get("jobTemplate", {}).get("spec", pods)["template"]["spec"]
        namespace, name = workload["metadata"]["namespace"], pods["serviceAccountName"]
        with open(f"{folder}/gcloud.sh", encoding="utf-8") as text:
            script = text.read()
        # The facts, as a shell reads them, and the words of every command.
        facts = dict(re.findall(
            r"^ {0,2}(WORKLOAD_POOL|ACCOUNT|ACCOUNT_EMAIL|MEMBER|WORKLOAD_MEMBER)=(.*)$", script, re.M))
        facts = {key: "".join(shlex.split(value)) for key, value in facts.items()}
        apply = script[script.index("\napply() {"):script.index("\n}\n")].replace("\\\n", " ")
        # Texts in $'…', which shlex does not read, are free texts and none of the links.
        apply = re.sub(r"\$'(?:[^'\\]|\\.)*'", "''", apply)
        words = [shlex.split(line, comments=True) for line in apply.splitlines()]
        commands = [line for line in words if "add-iam-policy-binding" in line]
        members = {word.split("=", 1)[1] for line in commands for word in line
                   if word.startswith("--member=")}

        waiting = [container["env"][0]["value"] for container in pods.get("initContainers", [])
                   if container["name"] == "wait-for-metadata"]

        annotation = None
        try:
            with open(f"{folder}/service-account.yaml", encoding="utf-8") as text:
                account = yaml.safe_load(text)
            same(folder, "name", account["metadata"]["name"], name)
            same(folder, "namespace", account["metadata"]["namespace"], namespace)
            annotation = account["metadata"].get("annotations", {}).get(ANNOTATION)
        except FileNotFoundError:
            found = re.search(rf"must carry the annotation {ANNOTATION}=(\S+)\.$", script, re.M)
            annotation = found and found[1]

        for expected in waiting:
            pool = re.search("workloadIdentityPools/([^/]+)/", facts.get("MEMBER", ""))
            same(folder, "expected identity", expected, annotation or pool[1])

        if annotation:
            same(folder, "account", facts["ACCOUNT_EMAIL"], annotation)
            pool = facts["WORKLOAD_MEMBER"].removeprefix("serviceAccount:").split("[")[0]
            same(folder, "pods", facts["WORKLOAD_MEMBER"],
                 f"serviceAccount:{pool}[{namespace}/{name}]")
            [binding] = [line for line in commands if "--member=$WORKLOAD_MEMBER" in line]
            same(folder, "binding", " ".join(binding[1:5]),
                 "gcloud iam service-accounts add-iam-policy-binding")
            same(folder, "target", binding[5], "$ACCOUNT_EMAIL")
            same(folder, "role", "--role=roles/iam.workloadIdentityUser" in binding, True)
            if "$MEMBER" in members:
                same(folder, "member", facts["MEMBER"], f"serviceAccount:{annotation}")
            same(folder, "others", members - {"$MEMBER", "$WORKLOAD_MEMBER"}, set())
        else:
            same(folder, "no account", [key for key in facts if key.startswith("ACCOUNT")], [])
            same(folder, "others", members - {"$MEMBER"}, set())
            if members:
                found = re.fullmatch(
                    r"principal://iam\.googleapis\.com/projects/(\d+|\$PROJECT_NUMBER)/locations/global"
                    r"/workloadIdentityPools/(.+)/subject/ns/(.+)/sa/(.+)", facts["MEMBER"])
                same(folder, "pods", found and found.groups()[2:], (namespace, name))
                pool = found[2]
        if "WORKLOAD_POOL" in facts and members:
            same(folder, "pool", facts["WORKLOAD_POOL"], pool)
    print(f"{links} links")


def schema(path, *files):
    """Print, for each spec, what the JSON Schema validator of Python finds: one line a file."""
    import jsonschema
    import yaml

    with open(path, encoding="utf-8") as text:
        document = json.load(text)
    jsonschema.Draft7Validator.check_schema(document)
    validator = jsonschema.Draft7Validator(document)
    for name in files:
        with open(name, encoding="utf-8") as text:
            if name.endswith(".toml"):
                import tomllib

                spec = tomllib.loads(text.read())
            else:
                spec = yaml.safe_load(text)
        places = sorted({"/".join(map(str, error.absolute_path)) + ":" + error.validator
                         for error in validator.iter_errors(spec)})
        print(json.dumps(places))


def functions(path, *files):
    """Print, for each function config, how much a validator of OpenAPI 3.0 finds by its definition."""
    import yaml
    from openapi_schema_validator import OAS30Validator

    validators = {}
    with open(path, encoding="utf-8") as text:
        for definition in yaml.safe_load_all(text):
            schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
            OAS30Validator.check_schema(schema)
            validators[definition["spec"]["names"]["kind"]] = OAS30Validator(schema)
    for name in files:
        with open(name, encoding="utf-8") as text:
            config = yaml.safe_load(text)
        print(len(list(validators[config["kind"]].iter_errors(config))))


if __name__ == "__main__":
    commands = [chain, functions, kubernetes, mistakes, read, schema]
    {command.__name__: command for command in commands}[sys.argv[1]](*sys.argv[2:])

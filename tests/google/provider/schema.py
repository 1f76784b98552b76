"""Writes schema.json: the parts of the google provider that wigen renders.

    python3 schema.py cdktn_provider_google-VERSION-py3-none-any.whl

The wheel is on PyPI (cdktn-provider-google); it holds the types of the provider as TypeScript.
"""

import io
import json
import pathlib
import re
import sys
import tarfile
import zipfile

RESOURCES = """
google_artifact_registry_repository_iam_member google_bigquery_dataset_access
google_bigquery_table_iam_member google_bigtable_instance_iam_member google_bigtable_table_iam_member
google_cloud_run_v2_service_iam_member google_folder_iam_member google_kms_crypto_key_iam_member
google_organization_iam_member google_project_iam_member google_pubsub_subscription_iam_member
google_pubsub_topic_iam_member google_secret_manager_regional_secret_iam_member
google_secret_manager_secret_iam_member google_service_account google_service_account_iam_member
google_spanner_database_iam_member google_spanner_instance_iam_member google_storage_bucket_iam_member
""".split()
DATA = {
    "google_container_cluster": ["workload_identity_config"],
    "google_project": ["number"],
}
TYPES = {
    "string": "string",
    "number": "number",
    "boolean | cdktn.IResolvable": "bool",
    "string[]": ["list", "string"],
}
# What the provider sets where nothing is given; the types do not say it.
COMPUTED = ["id", "project", "location"]


def snake(name):
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def fields(text, interface):
    """The fields of an interface: name, whether it is optional, type."""
    found = re.search(r"export interface %s\b[^{]*\{(.*?)\n\}" % interface, text, re.S)
    pattern = r"#(\w+) [^}]*\}(?:(?!\*/).)*\*/\s*readonly (\w+)(\??): ([^;]+);"
    return [(name, mark == "?", kind) for name, _, mark, kind in re.findall(pattern, found[1], re.S)]


def block(text, interface):
    attributes, blocks = {}, {}
    for name, optional, kind in fields(text, interface):
        if kind in TYPES:
            how = {"optional" if optional else "required": True}
            if optional and name in COMPUTED:
                how["computed"] = True
            attributes[name] = {"type": TYPES[kind], **how}
        elif name == "timeouts":
            blocks[name] = {"nesting": "single", **block(text, kind)}
        else:
            kind = re.sub(r"\[\].*", "", kind)
            blocks[name] = {"nesting": "list", "max": 1, **block(text, kind)}
    return {"attributes": attributes, "blocks": blocks}


def main():
    [path] = sys.argv[1:]
    wheel = zipfile.ZipFile(path)
    [package] = [name for name in wheel.namelist() if name.endswith(".tgz")]
    package = tarfile.open(fileobj=io.BytesIO(wheel.read(package)))

    def types(name, data=False):
        folder = ("data-" if data else "") + name.replace("_", "-")
        for folder in [folder, folder.replace("google-", "", 1)]:
            try:
                return package.extractfile(f"package/lib/{folder}/index.d.ts").read().decode()
            except KeyError:
                pass
        raise SystemExit(f"the wheel has no {name}")

    schema = {"resources": {}, "data": {}}
    for data, names in [(False, RESOURCES), (True, DATA)]:
        for name in names:
            text = types(name, data)
            interface = re.search(r"export interface (\w+Config) extends cdktn\.TerraformMeta", text)[1]
            schema["version"] = re.search(r"hashicorp/google/([\d.]+)/", text)[1]
            found = block(text, interface)
            getters = dict(re.findall(r"^    get (\w+)\(\): ([^;]+);", text.split("extends cdktn.Terraform")[-1], re.M))
            getters = {snake(getter): kind for getter, kind in getters.items()}
            for getter, kind in getters.items():
                if getter in found["attributes"] or getter in found["blocks"]:
                    continue
                if data and getter not in DATA[name]:
                    continue
                if kind == "string":
                    found["attributes"][getter] = {"type": "string", "computed": True}
                elif getter == "workload_identity_config":
                    kind = ["list", ["object", {"workload_pool": "string"}]]
                    found["attributes"][getter] = {"type": kind, "computed": True}
            schema["data" if data else "resources"][name] = found
    text = json.dumps(schema, indent=1, sort_keys=True) + "\n"
    pathlib.Path(__file__).with_name("schema.json").write_text(text)


main()

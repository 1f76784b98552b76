"""A stand-in for the google provider of Terraform: its schema, before the Google Cloud of the tests.

The address of the cloud is in `provider_meta "google" { module_name = … }` of each module, so that one run
of Terraform serves many clouds. Terraform leaves it out when it reads what it imports, which then is looked
for in all CLOUDS. It does what magic-modules describes: members are
merged into policies and taken out of them, and nothing else is changed.
"""

import http.client
import json
import os
import pathlib
import re
import threading
import urllib.parse

import msgpack
import tf.provider
import tf.runner
from tf.gen import tfplugin_pb2 as pb
from tf.gen import tfplugin_pb2_grpc as rpc

SCHEMA = json.loads(pathlib.Path(__file__).resolve().with_name("schema.json").read_text())
ACCOUNT = "google_service_account"
DATASET = "google_bigquery_dataset_access"
UNKNOWN = msgpack.ExtType(0, b"\0")

# How each service gives a policy, by the path of the resource; whether the provider asks for version 3.
GET, QUERY, BODY, BUCKET = range(4)
P = "projects/{project}/"
KINDS = {
    "artifact_registry_repository": (GET, "artifactregistry/v1/" + P + "locations/{location}/repositories/{repository}", False),
    "bigquery_table": (BODY, "bigquery/bigquery/v2/" + P + "datasets/{dataset_id}/tables/{table_id}", False),
    "bigtable_instance": (BODY, "bigtableadmin/v2/" + P + "instances/{instance}", True),
    "bigtable_table": (BODY, "bigtableadmin/v2/" + P + "instances/{instance_name}/tables/{table}", False),
    "cloud_run_v2_service": (GET, "run/v1/" + P + "locations/{location}/services/{name}", False),
    "folder": (BODY, "crm/v2/{folder}", True),
    "kms_crypto_key": (GET, "cloudkms/v1/{crypto_key_id}", True),
    "organization": (BODY, "crm/v1/organizations/{org_id}", True),
    "project": (BODY, "crm/v1/projects/{project}", True),
    "pubsub_subscription": (GET, "pubsub/v1/" + P + "subscriptions/{subscription}", False),
    "pubsub_topic": (GET, "pubsub/v1/" + P + "topics/{topic}", False),
    "secret_manager_regional_secret": (GET, "secretmanager/v1/" + P + "locations/{location}/secrets/{secret_id}", True),
    "secret_manager_secret": (GET, "secretmanager/v1/" + P + "secrets/{secret_id}", True),
    "service_account": (QUERY, "iam/v1/{service_account_id}", True),
    "spanner_database": (BODY, "spanner/v1/" + P + "instances/{instance}/databases/{database}", True),
    "spanner_instance": (BODY, "spanner/v1/" + P + "instances/{instance}", True),
    "storage_bucket": (BUCKET, "storage/v1/b/{bucket}", True),
}
# Imports: the form of the first part of an ID.
IMPORTS = {
    "folder": "{folder}", "kms_crypto_key": "{project}/{location}/{ring}/{key}", "organization": "{org_id}",
    "project": "{project}", "service_account": "{service_account_id}", "spanner_database": "{project}/{instance}/{database}",
    "spanner_instance": "{project}/{instance}", "storage_bucket": "b/{bucket}",
}
WRITERS = threading.Lock()


class Refused(Exception):
    pass


def call(cloud, method, path, body=None, query=None, etag=None):
    host = http.client.HTTPConnection(cloud)
    query = urllib.parse.urlencode({"alt": "json", **(query or {})})
    headers = {"Authorization": "Bearer loopback", "User-Agent": "command/terraform"}
    if etag:
        headers["If-Match"] = etag
    place = "/" + urllib.parse.quote(path, safe="/:@") + "?" + query
    host.request(method, place, None if body is None else json.dumps(body), headers)
    answer = host.getresponse()
    found = json.loads(answer.read())
    if answer.status == 404 or answer.status == 403 and "not exist" in str(found):
        return None
    if answer.status != 200:
        raise Refused(f"{method} {path}: {answer.status} {found}")
    return found


def kind_of(name):
    return name.removeprefix("google_").removesuffix("_iam_member")


def get_policy(cloud, name, values):
    how, path, whole = KINDS[kind_of(name)]
    path, version = path.format(**values), {"options.requestedPolicyVersion": 3} if whole else {}
    if how == BUCKET:
        return call(cloud, "GET", path + "/iam", query={"optionsRequestedPolicyVersion": 3})
    if how == GET:
        return call(cloud, "GET", path + ":getIamPolicy", query=version)
    if how == QUERY:
        return call(cloud, "POST", path + ":getIamPolicy", {}, version)
    return call(cloud, "POST", path + ":getIamPolicy", {"options": {"requestedPolicyVersion": 3}} if whole else {})


def set_policy(cloud, name, values, policy):
    how, path, whole = KINDS[kind_of(name)]
    path = path.format(**values)
    if whole:
        policy["version"] = 3
    if how == BUCKET:
        return call(cloud, "PUT", path + "/iam", policy)
    return call(cloud, "POST", path + ":setIamPolicy", {"policy": policy})


def condition_of(values):
    for one in values.get("condition") or []:
        return {key: value for key, value in one.items() if value is not None and key != "location"}
    return None


def change_policy(cloud, name, values, add):
    """Adds or removes one member; another writer between reading and writing makes it start again."""
    for _ in range(8):
        policy = get_policy(cloud, name, values)
        if policy is None:
            if add:
                raise Refused(f"{name}: there is no such resource: {values}")
            return
        bindings = policy.setdefault("bindings", [])
        same = [b for b in bindings if b["role"] == values["role"] and b.get("condition") == condition_of(values)]
        if add and not same:
            same = [{"role": values["role"], "members": []}]
            if condition_of(values):
                same[0]["condition"] = condition_of(values)
            bindings += same
        for binding in same:
            binding["members"] = [m for m in binding["members"] if m != values["member"]]
            binding["members"] += [values["member"]] if add else []
        policy["bindings"] = [b for b in bindings if b["members"]]
        try:
            return set_policy(cloud, name, values, policy)
        except Refused as refused:
            if " 409 " not in str(refused) and " 412 " not in str(refused):
                raise
    raise Refused(f"{name}: others change the policy all the time")


def dataset(values):
    return "bigquery/bigquery/v2/projects/{project}/datasets/{dataset_id}".format(**values)


def entry_of(values):
    names = {"role": "role", "user_by_email": "userByEmail", "iam_member": "iamMember"}
    return {to: values[name] for name, to in names.items() if values.get(name)}


def change_access(cloud, values, add):
    found = call(cloud, "GET", dataset(values), query={"accessPolicyVersion": 3})
    access, entry = found["access"], entry_of(values)
    if add and entry in access:
        raise Refused(f"Unable to create DatasetAccess, existing object already found: {entry}")
    access = [one for one in access if one != entry] + ([entry] if add else [])
    call(cloud, "PATCH", dataset(values), {"access": access}, etag=found["etag"])


def read(cloud, name, values, title=None):
    """The values as they are now; None if there is nothing any more."""
    if name == ACCOUNT:
        email = values.get("email") or values["id"].rsplit("/", 1)[-1]
        found = call(cloud, "GET", f"iam/v1/projects/{values['project']}/serviceAccounts/{email}")
        return found and {**values, **account(found, values)}
    if name == DATASET:
        found = call(cloud, "GET", dataset(values), query={"accessPolicyVersion": 3})
        return values if found and entry_of(values) in found["access"] else None
    policy = get_policy(cloud, name, values) or {}
    found = [
        b for b in policy.get("bindings", [])
        if b["role"] == values["role"] and values["member"] in b["members"]
        and ((b.get("condition") == condition_of(values)) if title is None else b.get("condition", {}).get("title", "") == title)
    ]
    if len(found) != 1:
        return None
    condition = found[0].get("condition")
    empty = {"description": None, "title": None, "expression": None}
    return {**values, "etag": policy["etag"], "condition": [{**empty, **condition}] if condition else []}


def search(name, values, title):
    """The same, in the first cloud that has it."""
    for cloud in os.environ["CLOUDS"].split():
        try:
            if found := read(cloud, name, values, title):
                return found
        except Refused:
            pass
    return None


def account(found, values):
    return {
        "id": found["name"], "name": found["name"], "email": found["email"],
        "member": "serviceAccount:" + found["email"], "unique_id": found["uniqueId"], "project": found["projectId"],
        "account_id": found["email"].split("@")[0], "display_name": found.get("displayName") or values.get("display_name"),
        "description": found.get("description") or values.get("description"),
    }


def create(cloud, name, values):
    if name == ACCOUNT:
        given = {to: values[key] for key, to in [("display_name", "displayName"), ("description", "description")] if values[key]}
        body = {"accountId": values["account_id"], "serviceAccount": given}
        found = call(cloud, "POST", f"iam/v1/projects/{values['project']}/serviceAccounts", body)
        if found is None:
            raise Refused(f"there is no project {values['project']}")
        return {**values, **account(found, values)}
    with WRITERS:
        if name == DATASET:
            change_access(cloud, values, True)
            return {**values, "id": dataset(values) + json.dumps(entry_of(values))}
        change_policy(cloud, name, values, True)
    path = KINDS[kind_of(name)][1].format(**values)
    return read(cloud, name, {**values, "id": "/".join([path, values["role"], values["member"]])})


def delete(cloud, name, values):
    if name == ACCOUNT:
        return call(cloud, "DELETE", f"iam/v1/{values['name']}")
    with WRITERS:
        return change_access(cloud, values, False) if name == DATASET else change_policy(cloud, name, values, False)


def imported(name, text):
    """The values that an ID names, and the title of the condition."""
    if name == ACCOUNT:
        project = re.fullmatch("projects/([^/]+)/serviceAccounts/[^/]+", text)
        if not project:
            raise Refused(f"Import id {text!r} doesn't match")
        return {"id": text, "project": project[1]}, None
    if name == DATASET:
        raise Refused("Import not supported for this resource")
    words = text.split()
    if len(words) < 3:
        raise Refused(f"Wrong number of parts to Member id {words}")
    kind = kind_of(name)
    form = IMPORTS.get(kind) or KINDS[kind][1].partition("/projects/")[1].lstrip("/") + KINDS[kind][1].partition("/projects/")[2]
    wide = {"service_account_id": ".+", "folder": "folders/[0-9]+"}
    pattern = re.sub(r"\{(\w+)\}", lambda m: f"(?P<{m[1]}>{wide.get(m[1], '[^/]+')})", form)
    found = re.fullmatch(pattern, words[0])
    if not found:
        raise Refused(f"Import id {words[0]!r} doesn't match {form}")
    values = found.groupdict()
    if kind == "kms_crypto_key":
        path = "projects/{project}/locations/{location}/keyRings/{ring}/cryptoKeys/{key}"
        values = {"crypto_key_id": path.format(**values)}
    return {"id": text, "role": words[1], "member": words[2], **values}, " ".join(words[3:])


def encode(value):
    return pb.DynamicValue(msgpack=msgpack.packb(value))


def decode(value):
    return msgpack.unpackb(value.msgpack, ext_hook=lambda *_: UNKNOWN) if value.msgpack else None


def cloud_of(request):
    return (decode(request.provider_meta) or {}).get("module_name")


def block(schema):
    made = pb.Schema.Block()
    for name, one in schema["attributes"].items():
        how = {key: True for key in ("required", "optional", "computed") if one.get(key)}
        made.attributes.add(name=name, type=json.dumps(one["type"]).encode(), **how)
    for name, one in schema["blocks"].items():
        modes = pb.Schema.NestedBlock.NestingMode
        nesting = modes.LIST if one["nesting"] == "list" else modes.SINGLE
        made.block_types.add(type_name=name, block=block(one), nesting=nesting, max_items=one.get("max", 0))
    return made


def diagnosed(response):
    """A method that answers with an error if the cloud refuses."""
    def wrap(method):
        def run(self, request, _context):
            try:
                return method(self, request)
            except Exception as error:  # noqa: BLE001
                summary = str(error) if isinstance(error, Refused) else repr(error)
                return response(diagnostics=[pb.Diagnostic(severity=pb.Diagnostic.ERROR, summary=summary)])
        return run
    return wrap


class Servicer(rpc.ProviderServicer):
    def __init__(self, _app):
        pass

    def GetProviderSchema(self, request, context):
        meta = {"attributes": {"module_name": {"type": "string", "optional": True}}, "blocks": {}}
        of = lambda all: {name: pb.Schema(block=block(one)) for name, one in all.items()}
        return pb.GetProviderSchema.Response(
            provider=pb.Schema(block=pb.Schema.Block()), provider_meta=pb.Schema(block=block(meta)),
            resource_schemas=of(SCHEMA["resources"]), data_source_schemas=of(SCHEMA["data"]),
        )

    def ValidateProviderConfig(self, request, context):
        return pb.ValidateProviderConfig.Response()

    def ConfigureProvider(self, request, context):
        return pb.ConfigureProvider.Response()

    def StopProvider(self, request, context):
        return pb.StopProvider.Response()

    def ValidateDataResourceConfig(self, request, context):
        return pb.ValidateDataResourceConfig.Response()

    @diagnosed(pb.ValidateResourceConfig.Response)
    def ValidateResourceConfig(self, request):
        member = decode(request.config).get("member")
        if isinstance(member, str) and (member.startswith("deleted") or not re.search(".+:.+", member)):
            raise Refused(f"invalid value {member!r} for member")
        return pb.ValidateResourceConfig.Response()

    def UpgradeResourceState(self, request, context):
        state = json.loads(request.raw_state.json)
        return pb.UpgradeResourceState.Response(upgraded_state=encode(state))

    @diagnosed(pb.ReadResource.Response)
    def ReadResource(self, request):
        title = json.loads(request.private)["title"] if request.private else None
        cloud, state = cloud_of(request), decode(request.current_state)
        found = search(request.type_name, state, title) if cloud is None else read(cloud, request.type_name, state, title)
        return pb.ReadResource.Response(new_state=encode(found))

    @diagnosed(pb.ReadDataSource.Response)
    def ReadDataSource(self, request):
        values, cloud = decode(request.config), cloud_of(request)
        if request.type_name == "google_project":
            found = call(cloud, "GET", f"crm/v1/projects/{values['project_id']}")
            more = found and {"id": "projects/" + found["projectId"], "number": found["projectNumber"]}
        else:
            path = "projects/{project}/locations/{location}/clusters/{name}".format(**values)
            found = call(cloud, "GET", "container/v1/" + path)
            pool = (found or {}).get("workloadIdentityConfig", {}).get("workloadPool")
            more = found and {"id": path, "workload_identity_config": [{"workload_pool": pool}] if pool else []}
        if not found:
            raise Refused(f"{request.type_name} not found: {values}")
        return pb.ReadDataSource.Response(state=encode({**values, **more}))

    @diagnosed(pb.PlanResourceChange.Response)
    def PlanResourceChange(self, request):
        old, new = decode(request.prior_state), decode(request.proposed_new_state)
        replace = []
        if new is not None and old is None:
            for name, one in SCHEMA["resources"][request.type_name]["attributes"].items():
                if one.get("computed") and new[name] is None:
                    new[name] = UNKNOWN
        elif new is not None:
            kept = ["display_name", "description", "disabled", "timeouts"]
            changed = [name for name in new if new[name] != old[name] and name not in kept]
            replace = [pb.AttributePath(steps=[pb.AttributePath.Step(attribute_name=name)]) for name in changed]
        return pb.PlanResourceChange.Response(planned_state=encode(new), requires_replace=replace)

    @diagnosed(pb.ApplyResourceChange.Response)
    def ApplyResourceChange(self, request):
        cloud, name = cloud_of(request), request.type_name
        old, new = decode(request.prior_state), decode(request.planned_state)
        if new is None:
            delete(cloud, name, old)
        elif old is None:
            new = {key: None if value == UNKNOWN else value for key, value in new.items()}
            new = create(cloud, name, new)
        else:
            raise Refused(f"{name}: the tests change nothing in place: {old} {new}")
        return pb.ApplyResourceChange.Response(new_state=encode(new))

    @diagnosed(pb.ImportResourceState.Response)
    def ImportResourceState(self, request):
        values, title = imported(request.type_name, request.id)
        schema = SCHEMA["resources"][request.type_name]
        empty = {name: None for name in schema["attributes"]}
        empty |= {name: None if one["nesting"] == "single" else [] for name, one in schema["blocks"].items()}
        private = b"" if title is None else json.dumps({"title": title}).encode()
        one = pb.ImportResourceState.ImportedResource(
            type_name=request.type_name, state=encode({**empty, **values}), private=private)
        return pb.ImportResourceState.Response(imported_resources=[one])


tf.provider.ProviderServicer = Servicer
tf.runner.run_provider(None, ["provider"])

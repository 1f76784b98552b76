"""Checks of real_tools.rs that need Python libraries: python real_tools.py CHECK ARGUMENT..."""

import json
import sys


def kubernetes(*files):
    """Validate manifests strictly against the official schemas of several Kubernetes versions."""
    import kubernetes_validate
    import yaml

    checked = 0
    # GKE supports a version for up to 24 months; a version comes every four.
    for version in [f"1.{minor}" for minor in range(30, 38)]:
        for name in files:
            with open(name, encoding="utf-8") as text:
                document = yaml.safe_load(text)
            kubernetes_validate.validate(document, version, strict=True)
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
    """Print for each pair of a definition and a value whether the official schema takes it."""
    import pathlib

    import jsonschema
    import kubernetes_validate

    folder = pathlib.Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    with open(folder / "v1.37.0-local-strict" / "_definitions.json", encoding="utf-8") as text:
        schema = json.load(text)
    names = {name.rsplit(".", 1)[-1]: name for name in schema["$defs"] if ".v1." in name}
    with open(path, encoding="utf-8") as text:
        values = json.load(text)
    validators = {
        short: jsonschema.Draft202012Validator({**schema, "$ref": f"#/$defs/{names[short]}"})
        for short in {short for short, _ in values}
    }
    print(json.dumps([validators[short].is_valid(value) for short, value in values]))


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


if __name__ == "__main__":
    {"kubernetes": kubernetes, "mistakes": mistakes, "read": read, "schema": schema}[sys.argv[1]](*sys.argv[2:])

"""Pods with google-auth: asks who they are, gets a token, and calls what they are granted.

Reads one JSON object per line: the variables of the pod, and the URLs that it calls. Prints one per line:
the email that the metadata server gives, the status of each call, and the error that ended it.
"""

import importlib
import json
import os
import sys

import google.auth
import google.auth.compute_engine._metadata as metadata
import google.auth.transport.requests
import requests


def ask(pod):
    os.environ.update(pod["variables"])
    importlib.reload(metadata)
    answer = {"email": None, "statuses": [], "error": None}
    try:
        credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
        request = google.auth.transport.requests.Request()
        credentials.refresh(request)
        answer["email"] = getattr(credentials, "service_account_email", None)
        headers = {"Authorization": f"Bearer {credentials.token}"}
        for url in pod["urls"]:
            answer["statuses"].append(requests.get(url, headers=headers).status_code)
    except Exception as error:
        answer["error"] = f"{type(error).__name__}: {error}"
    return answer


# Every pod is a process: the library reads the variables when it is loaded.
for line in sys.stdin:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, json.dumps(ask(json.loads(line))).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        print(answer.read(), flush=True)
    os.waitpid(child, 0)

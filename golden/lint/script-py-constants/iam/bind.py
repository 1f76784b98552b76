import subprocess
PROJECT = "acme-prod"
NAMESPACE = "default"
KSA = "keeper"
gsa = f"keeper@{PROJECT}.iam.gserviceaccount.com"
subprocess.check_call([
    "gcloud", "iam", "service-accounts", "add-iam-policy-binding", gsa,
    "--role", "roles/iam.workloadIdentityUser",
    "--member", f"serviceAccount:{PROJECT}.svc.id.goog[{NAMESPACE}/{KSA}]",
])

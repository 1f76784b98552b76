member = "serviceAccount:acme-prod.svc.id.goog[default/keeper]"
run(["gcloud", "iam", "service-accounts", "add-iam-policy-binding", "keeper@acme-prod.iam.gserviceaccount.com",
     "--role=roles/iam.workloadIdentityUser", "--condition=None", "--member", member])

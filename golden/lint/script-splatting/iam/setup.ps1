$Arguments = @("iam", "service-accounts", "add-iam-policy-binding", "keeper@acme-prod.iam.gserviceaccount.com")
& gcloud @Arguments

gcloud config set project acme-dev
gcloud iam service-accounts create keeper
gcloud iam service-accounts add-iam-policy-binding keeper@acme-prod.iam.gserviceaccount.com --role roles/iam.workloadIdentityUser --condition=None --member "serviceAccount:acme-prod.svc.id.goog[backup/keeper]"

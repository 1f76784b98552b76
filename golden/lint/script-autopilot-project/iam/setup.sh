gcloud container clusters create-auto main --project=acme-prod --region=europe-west1
gcloud iam service-accounts add-iam-policy-binding keeper@acme-prod.iam.gserviceaccount.com --condition=None \
  --role=roles/iam.workloadIdentityUser --member="serviceAccount:acme-dev.svc.id.goog[backup/keeper]"

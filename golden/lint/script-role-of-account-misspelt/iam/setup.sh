gcloud iam service-accounts create keeper --project acme-prod
gcloud projects add-iam-policy-binding acme-prod --role roles/storage.objectViewer --condition=None --member serviceAccount:keper@acme-prod.iam.gserviceaccount.com
gcloud iam service-accounts add-iam-policy-binding keeper@acme-prod.iam.gserviceaccount.com --role roles/iam.workloadIdentityUser --condition=None --member "serviceAccount:acme-prod.svc.id.goog[backup/keeper]"

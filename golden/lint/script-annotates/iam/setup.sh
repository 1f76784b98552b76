kubectl create sa keeper -n backup
kubectl annotate sa/keeper -n backup --overwrite iam.gke.io/gcp_service_account=keeper@acme-prod.iam.gserviceaccount.com
gcloud iam service-accounts add-iam-policy-binding keeper@acme-prod.iam.gserviceaccount.com --condition=None \
  --role=roles/iam.workloadIdentityUser --member="serviceAccount:acme-prod.svc.id.goog[backup/keeper]"

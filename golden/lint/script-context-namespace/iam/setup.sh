kubectl config set-context --current --namespace=default
kubectl create serviceaccount quotes-ksa
kubectl annotate serviceaccount quotes-ksa iam.gke.io/gcp-service-account=quotes@acme-prod.iam.gserviceaccount.com
gcloud iam service-accounts add-iam-policy-binding quotes@acme-prod.iam.gserviceaccount.com --role roles/iam.workloadIdentityUser --condition=None --member "serviceAccount:acme-prod.svc.id.goog[prod/quotes-ksa]"

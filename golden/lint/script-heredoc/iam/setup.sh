cat <<EOF | kubectl apply -f -
apiVersion: v1
kind: ServiceAccount
metadata:
  name: keeper
  namespace: backup
  annotations:
    iam.gke.io/gcp-serviceaccount: keeper@$PROJECT.iam.gserviceaccount.com
EOF
gcloud iam service-accounts add-iam-policy-binding keeper@acme-prod.iam.gserviceaccount.com --condition=None \
  --role=roles/iam.workloadIdentityUser --member="serviceAccount:acme-prod.svc.id.goog[backup/keeper]"

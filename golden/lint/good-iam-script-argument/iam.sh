NS=$1
NAMESPACE=${2:-default}
gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com \
  --role=roles/iam.workloadIdentityUser \
  --member="serviceAccount:my-project.svc.id.goog[$NS/books]" --condition=None
gcloud iam service-accounts add-iam-policy-binding orders@my-project.iam.gserviceaccount.com \
  --role=roles/iam.workloadIdentityUser \
  --member="serviceAccount:my-project.svc.id.goog[$NAMESPACE/orders]" --condition=None

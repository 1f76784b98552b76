gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com --role=roles/iam.workloadIdentityUser --condition=None --member="serviceAccount:my-project.svc.id.goog[shop/books]"
kubectl get serviceaccounts -n shop -o name | while read -r account; do
  kubectl annotate "$account" -n shop "iam.gke.io/gcp-service-account=${account##*/}@my-project.iam.gserviceaccount.com"
done

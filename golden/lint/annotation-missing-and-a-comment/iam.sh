gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com \
  --role=roles/iam.workloadIdentityUser --condition=None \
  --member="serviceAccount:my-project.svc.id.goog[shop/books]"
# The annotation iam.gke.io/gcp-service-account comes from the chart.
echo "set iam.gke.io/gcp-service-account"

gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com \
  --role=roles/iam.workloadIdentityUser --condition=None \
  --member="serviceAccount:my-project.svc.id.goog[shop/books]"
gcloud iam service-accounts add-iam-policy-binding orders@my-project.iam.gserviceaccount.com \
  --role=roles/iam.workloadIdentityUser --condition=None \
  --member="serviceAccount:my-project.svc.id.goog[shop/orders]"
kubectl annotate serviceaccount books --namespace shop \
  iam.gke.io/gcp-service-account=books@my-project.iam.gserviceaccount.com

gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com \
  --role=roles/iam.workloadidentityuser \
  --member="serviceAccount:my-project.svc.id.goog[shop/books]" --condition=None

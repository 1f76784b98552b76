gcloud iam service-accounts add-iam-policy-binding "books@$PROJECT.iam.gserviceaccount.com" \
  --role=roles/iam.workloadIdentityUser \
  --member="serviceAccount:$PROJECT.svc.id.goog[shop/books]" --condition=None

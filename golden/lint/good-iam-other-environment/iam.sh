gcloud iam service-accounts add-iam-policy-binding books-staging@my-project.iam.gserviceaccount.com \
  --role=roles/iam.workloadIdentityUser \
  --member="serviceAccount:my-project.svc.id.goog[staging/books]" --condition=None

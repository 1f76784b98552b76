gcloud projects add-iam-policy-binding my-project \
  --member="serviceAccount:my-project.svc.id.goog[shop/books]" \
  --role=roles/iam.workloadIdentityUser --condition=None

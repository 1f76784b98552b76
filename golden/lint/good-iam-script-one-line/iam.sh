PROJECT_ID=my-project KSA=books; gcloud iam service-accounts add-iam-policy-binding books@$PROJECT_ID.iam.gserviceaccount.com \
  --role=roles/iam.workloadIdentityUser \
  --member="serviceAccount:my-project.svc.id.goog[shop/$KSA]" --condition=None

gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com \
  --role=roles/iam.serviceAccountTokenCreator \
  --member="user:a@example.com" --condition=None

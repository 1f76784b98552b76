# Who may make tokens; that the pods may act as the account is bound elsewhere.
gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com \
  --role=roles/iam.serviceAccountTokenCreator --member=user:ada@example.com --condition=None

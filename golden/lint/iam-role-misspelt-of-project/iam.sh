gcloud projects add-iam-policy-binding my-project --role=roles/pubsub.publsher \
  --member=serviceAccount:books@my-project.iam.gserviceaccount.com --condition=None

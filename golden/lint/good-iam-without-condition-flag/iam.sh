gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com \
  --role=roles/iam.workloadIdentityUser \
  --member="serviceAccount:my-project.svc.id.goog[shop/books]" --condition=None
gcloud pubsub topics add-iam-policy-binding books --role=roles/pubsub.publisher --member=user:a@example.com
gcloud projects add-iam-policy-binding my-project "$@"

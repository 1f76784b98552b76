if [ "$1" = prod ]; then NS=shop; else NS=staging; fi
gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com \
  --role=roles/iam.workloadIdentityUser \
  --member="serviceAccount:my-project.svc.id.goog[$NS/books]" --condition=None

gcloud iam service-accounts add-iam-policy-binding orders-reader@my-project.iam.gserviceaccount.com \
  --role=roles/iam.workloadIdentityUser \
  --member="serviceAccount:my-project.svc.id.goog[shop/orders-reader]" --condition=None

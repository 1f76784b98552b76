gcloud storage buckets add-iam-policy-binding gs://books \
  --role=roles/storage.objectViewer \
  --member="principal://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/my-project.svc.id.goog/subject/ns/shop/sa/books" --condition=None

gcloud secrets add-iam-policy-binding books-db --role=roles/secretmanager.secretAccessor \
  --member="Principal://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/my-project.svc.id.goog/subject/ns/shop/sa/books" --condition=None

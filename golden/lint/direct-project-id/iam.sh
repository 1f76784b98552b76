gcloud secrets add-iam-policy-binding books-db --role=roles/secretmanager.secretAccessor \
  --member="principal://iam.googleapis.com/projects/my-project/locations/global/workloadIdentityPools/my-project.svc.id.goog/subject/ns/shop/sa/books" --condition=None

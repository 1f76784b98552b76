gcloud secrets add-iam-policy-binding books-db --role=roles/secretmanager.secretAccessor \
  --member="my-project.svc.id.goog[shop/books]" --condition=None

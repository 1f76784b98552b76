gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com \
  --role=roles/iam.workloadIdentityUser --condition=None \
  --member="serviceAccount:my-project.svc.id.goog[shop/books]"
gcloud secrets add-iam-policy-binding db-password --role=roles/secretmanager.secretAccessor --condition=None \
  --member="serviceAccount:books@my-project.iam.gserviceaccount.com"
gcloud pubsub topics add-iam-policy-binding orders --role=roles/pubsub.publisher \
  --member="serviceAccount:books@my-project.iam.gserviceaccount.com"
gcloud iam service-accounts add-iam-policy-binding mail@my-project.iam.gserviceaccount.com \
  --role=roles/iam.serviceAccountUser --condition=None \
  --member="serviceAccount:my-project.svc.id.goog[shop/mail]"
gcloud storage buckets add-iam-policy-binding gs://search-index --role=roles/storage.objectViewer --condition=None \
  --member="principal://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/my-project.svc.id.goog/subject/ns/shop/sa/search"

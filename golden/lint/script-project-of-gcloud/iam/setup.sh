gcloud config set project my-project
gcloud container clusters get-credentials main --region=europe-west1
gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com --role=roles/iam.workloadIdentityUser --condition=None --member="serviceAccount:my-projet.svc.id.goog[shop/books]"

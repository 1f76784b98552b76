gcloud iam service-accounts create bookshop --project=my-project
gcloud iam service-accounts add-iam-policy-binding bokshop@my-project.iam.gserviceaccount.com --role=roles/iam.workloadIdentityUser --condition=None --member="serviceAccount:my-project.svc.id.goog[shop/books]"

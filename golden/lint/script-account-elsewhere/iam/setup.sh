kubectl create serviceaccount books --namespace=default
gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com --role=roles/iam.workloadIdentityUser --condition=None --member="serviceAccount:my-project.svc.id.goog[shop/books]"

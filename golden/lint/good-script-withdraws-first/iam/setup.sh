gcloud iam service-accounts remove-iam-policy-binding books@my-project.iam.gserviceaccount.com --role=roles/iam.workloadIdentityUser --condition=None --member="serviceAccount:my-project.svc.id.goog[shop/books]"
gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com --role=roles/iam.workloadIdentityUser --condition=None --member="serviceAccount:my-project.svc.id.goog[shop/books]"
if [ "$1" = down ]; then
  gcloud iam service-accounts remove-iam-policy-binding books@my-project.iam.gserviceaccount.com --role=roles/iam.workloadIdentityUser --condition=None --member="serviceAccount:my-project.svc.id.goog[shop/books]"
fi

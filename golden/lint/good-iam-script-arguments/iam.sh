bind() {
  gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com "$@" --condition=None
}
bind --role=roles/iam.workloadIdentityUser --member="serviceAccount:my-project.svc.id.goog[shop/books]"

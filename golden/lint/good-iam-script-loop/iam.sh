for k in books orders; do
  gcloud iam service-accounts add-iam-policy-binding "$k@my-project.iam.gserviceaccount.com" \
  --role=roles/iam.workloadIdentityUser \
  --member="serviceAccount:my-project.svc.id.goog[shop/$k]" --condition=None
done

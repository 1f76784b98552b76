MEMBER="$(member_of books)"
gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com \
  --role=roles/iam.workloadIdentityUser \
  --member="$MEMBER" --condition=None

gcloud iam service-accounts add-iam-policy-binding es@my-project.iam.gserviceaccount.com \
    --role roles/iam.workloadIdentityUser \
    --member "serviceAccount:my-project.svc.id.goog[default/external-secrets]" --condition=None

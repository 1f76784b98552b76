@echo off
for %%n in (keeper) do (
  gcloud iam service-accounts add-iam-policy-binding %%n@acme-prod.iam.gserviceaccount.com --condition=None ^
    --role=roles/iam.workloadIdentityUser --member="serviceAccount:acme-prod.svc.id.goog[backup/%%n]"
)

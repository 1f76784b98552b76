#!/bin/sh
set -e
export NS=shop
readonly KSA=books && PROJECT_ID=my-project GSA="books@$PROJECT_ID.iam.gserviceaccount.com"
gcloud iam service-accounts add-iam-policy-binding "$GSA" \
  --role=roles/iam.workloadIdentityUser \
  --member="serviceAccount:$PROJECT_ID.svc.id.goog[$NS/$KSA]" --condition=None

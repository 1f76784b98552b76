#!/usr/bin/env bash
set -euo pipefail
NS="${NS:-default}"
PROJECT_ID=${PROJECT_ID:-acme-prod}
gcloud iam service-accounts add-iam-policy-binding "keeper@${PROJECT_ID}.iam.gserviceaccount.com" \
  --role roles/iam.workloadIdentityUser \
  --member "serviceAccount:${PROJECT_ID}.svc.id.goog[${NS}/keeper]" --condition=None

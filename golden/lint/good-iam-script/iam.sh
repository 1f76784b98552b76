#!/bin/sh
PROJECT_ID=my-project
GSA="books@${PROJECT_ID}.iam.gserviceaccount.com"
gcloud projects add-iam-policy-binding $PROJECT_ID \
  --member "serviceAccount:$GSA" \
  --role roles/secretmanager.secretAccessor --condition=None
gcloud iam service-accounts add-iam-policy-binding "$GSA" \
  --role roles/iam.workloadIdentityUser \
  --member "serviceAccount:${PROJECT_ID}.svc.id.goog[shop/books]" --condition=None

#!/bin/bash
project=my-project
bind() {
  local account=$1 pods=$2
  gcloud iam service-accounts add-iam-policy-binding "$account@$project.iam.gserviceaccount.com" \
    --role=roles/iam.workloadIdentityUser --condition=None --member "serviceAccount:$project.svc.id.goog[$pods]"
}
bind books web/books

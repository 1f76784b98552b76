#!/bin/bash
bind() {
  gcloud iam service-accounts add-iam-policy-binding "$1@my-project.iam.gserviceaccount.com" \
    --role=roles/iam.workloadIdentityUser --condition=None --member "serviceAccount:my-project.svc.id.goog[shop/$1]"
}
for name in books mail; do
  bind "$name"
done
bind stock
for name in stock; do
  kubectl annotate serviceaccount "$name" -n shop "iam.gke.io/gcp-service-account=$name@my-project.iam.gserviceaccount.com"
done

#!/bin/bash
set -euo pipefail
export PROJECT=acme-prod DNS_PROJECT=acme-dns GSA=external-dns
gcloud iam service-accounts create "$GSA" --project="$PROJECT"
gcloud projects add-iam-policy-binding "$DNS_PROJECT" --condition=None \
  --member="serviceAccount:$GSA@$PROJECT.iam.gserviceaccount.com" --role=roles/dns.admin
gcloud iam service-accounts add-iam-policy-binding "$GSA@$PROJECT.iam.gserviceaccount.com" --condition=None \
  --role=roles/iam.workloadIdentityUser --member="serviceAccount:$PROJECT.svc.id.goog[dns/external-dns]"

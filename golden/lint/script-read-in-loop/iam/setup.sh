while read -r ns ksa gsa; do
  gcloud iam service-accounts add-iam-policy-binding "$gsa@acme-prod.iam.gserviceaccount.com" \
    --role roles/iam.workloadIdentityUser --condition=None \
    --member "serviceAccount:acme-prod.svc.id.goog[$ns/$ksa]"
done <<EOT
default keeper keeper
EOT

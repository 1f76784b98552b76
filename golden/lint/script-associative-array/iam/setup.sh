declare -A MAP=( [default/keeper]=keeper@acme-prod.iam.gserviceaccount.com )
for k in "${!MAP[@]}"; do
  gcloud iam service-accounts add-iam-policy-binding "${MAP[$k]}" \
    --role roles/iam.workloadIdentityUser --condition=None \
    --member "serviceAccount:acme-prod.svc.id.goog[$k]"
done

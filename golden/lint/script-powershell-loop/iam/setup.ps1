$ns = @("default","dev")
foreach ($n in $ns) {
  gcloud iam service-accounts add-iam-policy-binding keeper@acme-prod.iam.gserviceaccount.com --role roles/iam.workloadIdentityUser --condition=None --member "serviceAccount:acme-prod.svc.id.goog[$n/keeper]"
}

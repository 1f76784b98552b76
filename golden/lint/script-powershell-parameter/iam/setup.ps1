param(
  [string]$Namespace = "default",
  [string]$Project = "acme-prod"
)
$Member = "serviceAccount:${Project}.svc.id.goog[$Namespace/keeper]"
gcloud iam service-accounts add-iam-policy-binding "keeper@$Project.iam.gserviceaccount.com" --role=roles/iam.workloadIdentityUser --member=$Member --condition=None

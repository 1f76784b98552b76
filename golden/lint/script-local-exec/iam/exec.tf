resource "null_resource" "bind" {
  provisioner "local-exec" {
    command = "gcloud iam service-accounts add-iam-policy-binding keeper@acme-prod.iam.gserviceaccount.com --condition=None --role=roles/iam.workloadIdentityUser --member='serviceAccount:acme-prod.svc.id.goog[default/keeper]'"
  }
}

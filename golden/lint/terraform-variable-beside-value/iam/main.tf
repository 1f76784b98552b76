resource "google_service_account_iam_member" "a" {
  service_account_id = "projects/acme-prod/serviceAccounts/other@acme-prod.iam.gserviceaccount.com"
  role   = "roles/iam.workloadIdentityUser"
  member = "serviceAccount:acme-prod.svc.id.goog[backup/other]"
}
resource "google_service_account_iam_member" "wi" {
  service_account_id = "projects/acme-prod/serviceAccounts/keeper@acme-prod.iam.gserviceaccount.com"
  role   = "roles/iam.workloadIdentityUser"
  member = "serviceAccount:acme-prod.svc.id.goog[${var.ns}/keeper]"
}

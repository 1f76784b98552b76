resource "google_service_account_iam_member" "keeper" {
  service_account_id = google_service_account.keeper.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:${var.project}.svc.id.goog[default/keeper]"
}

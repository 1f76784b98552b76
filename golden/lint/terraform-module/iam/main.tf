# The pods are in another namespace.
resource "google_service_account" "account" {
  project    = "my-project"
  account_id = "books"
}

resource "google_secret_manager_secret_iam_member" "secret" {
  project   = "my-project"
  secret_id = "db-password"
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.account.member
}

resource "google_service_account_iam_member" "workload_identity_user" {
  service_account_id = google_service_account.account.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:my-project.svc.id.goog[default/books]"
}

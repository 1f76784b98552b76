variable "project_id" { default = "acme-prod" }
variable "namespace" {
  type    = string
  default = "default"
}
locals {
  ksa = "keeper"
}
resource "google_service_account" "keeper" {
  account_id = "keeper"
  project    = var.project_id
}
resource "google_service_account_iam_member" "wi" {
  service_account_id = google_service_account.keeper.name
  role   = "roles/iam.workloadIdentityUser"
  member = "serviceAccount:${var.project_id}.svc.id.goog[${var.namespace}/${local.ksa}]"
}

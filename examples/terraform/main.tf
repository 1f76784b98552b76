locals {
  identity = yamldecode(file("${path.module}/rendered/identity.yaml")).spec
}

resource "google_service_account" "app" {
  project    = local.identity.project
  account_id = local.identity.account_id
}

resource "google_project_iam_member" "app" {
  for_each = { for grant in local.identity.roles : "${grant.project} ${grant.role}" => grant }
  project  = each.value.project
  role     = each.value.role
  member   = google_service_account.app.member
}

resource "google_service_account_iam_member" "pods" {
  service_account_id = google_service_account.app.name
  role               = "roles/iam.workloadIdentityUser"
  member             = local.identity.workload_member
}

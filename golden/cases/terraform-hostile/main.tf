# Rendered by wigen from app.toml; change that and render again. [1books bd4fd4b3]
# The pods of ServiceAccount "1books" in namespace "default" act as "books-sa@books-api.example.com.iam.gserviceaccount.com".
# Terraform owns what is below: no other tool, such as gcloud.sh, may manage the same account and bindings.
# Call this directory as a module, or use it as a root module with a provider and a backend beside this file.

terraform {
  required_version = ">= 1.5"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 5.12, < 9"
    }
  }
}

# The cluster must use the workload identity pool. It is managed elsewhere.
data "google_container_cluster" "cluster" {
  project  = "example.com:books-api"
  location = "us-central1-a"
  name     = "shop"

  lifecycle {
    postcondition {
      condition     = try(self.workload_identity_config[0].workload_pool, null) == "example.com:books-api.svc.id.goog"
      error_message = "Cluster shop does not use the workload identity pool example.com:books-api.svc.id.goog. Set workload_identity_config.workload_pool of its google_container_cluster."
    }
  }
}

# What the Google Cloud service account may do.
resource "google_storage_bucket_iam_member" "storage_objectViewer__data_example_com__12e361e0" {
  bucket = "data.example.com"
  role   = "roles/storage.objectViewer"
  member = "serviceAccount:books-sa@books-api.example.com.iam.gserviceaccount.com"

  condition {
    title       = "$${title} %%{if} \"x\""
    description = "$$ %% $$${x} \u202e"
    expression  = "resource.name == \"$${a}\" && \"*\u002f\" != \"\\\\d\" /* é ü *\u002f"
  }
}

resource "google_storage_bucket_iam_member" "storage_objectViewer__data_example_com__35a85fad" {
  bucket = "data.example.com"
  role   = "roles/storage.objectViewer"
  member = "serviceAccount:books-sa@books-api.example.com.iam.gserviceaccount.com"

  condition {
    title      = "$${title} %%{if} \"x\""
    expression = "true"
  }
}

resource "google_storage_bucket_iam_member" "storage_objectViewer__data_example_com__8bdf1b28" {
  bucket = "data_example_com"
  role   = "roles/storage.objectViewer"
  member = "serviceAccount:books-sa@books-api.example.com.iam.gserviceaccount.com"

  condition {
    title      = "two  spaces"
    expression = "true"
  }
}

resource "google_bigquery_table_iam_member" "bigquery_dataViewer__books__all_loans__54e770ac" {
  project    = "example.com:books-api"
  dataset_id = "books"
  table_id   = "all loans"
  role       = "roles/bigquery.dataViewer"
  member     = "serviceAccount:books-sa@books-api.example.com.iam.gserviceaccount.com"
}

resource "google_project_iam_member" "custom_a_b_c__4d0b88c0" {
  project = "example.com:books-api"
  role    = "organizations/1/roles/a_b.c"
  member  = "serviceAccount:books-sa@books-api.example.com.iam.gserviceaccount.com"
}

resource "google_project_iam_member" "cloudbuild_builds_viewer" {
  project = "example.com:books-api"
  role    = "roles/cloudbuild.builds.viewer"
  member  = "serviceAccount:books-sa@books-api.example.com.iam.gserviceaccount.com"
}

# The Kubernetes ServiceAccount may impersonate the Google Cloud service account.
resource "google_service_account_iam_member" "workload_identity_user" {
  service_account_id = "projects/example.com:books-api/serviceAccounts/books-sa@books-api.example.com.iam.gserviceaccount.com"
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:example.com:books-api.svc.id.goog[default/1books]"

  depends_on = [data.google_container_cluster.cluster]
}

output "email" {
  description = "Email of the Google Cloud service account; null if roles are granted to the pods."
  value       = "books-sa@books-api.example.com.iam.gserviceaccount.com"
}

output "member" {
  description = "Who is granted the roles: the member of IAM policies."
  value       = "serviceAccount:books-sa@books-api.example.com.iam.gserviceaccount.com"
}

output "principal" {
  description = "The pods, as IAM policies name them."
  value       = "serviceAccount:example.com:books-api.svc.id.goog[default/1books]"
}

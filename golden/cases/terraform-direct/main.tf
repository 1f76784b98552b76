# Rendered by wigen from app.toml; change that and render again. [books aad1d2fe]
# The pods of ServiceAccount "books" in namespace "shop" are granted their roles directly.
# That ServiceAccount is managed elsewhere and must not carry the annotation iam.gke.io/gcp-service-account.
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

# The principal of the pods contains the project number of their pool.
data "google_project" "pool" {
  project_id = "my-clusters"
}

locals {
  principal = "principal://iam.googleapis.com/projects/${data.google_project.pool.number}/locations/global/workloadIdentityPools/my-clusters.svc.id.goog/subject/ns/shop/sa/books"
}

# The cluster must use the workload identity pool. It is managed elsewhere.
data "google_container_cluster" "cluster" {
  project  = "my-clusters"
  location = "us-central1"
  name     = "shop"

  lifecycle {
    postcondition {
      condition     = try(self.workload_identity_config[0].workload_pool, null) == "my-clusters.svc.id.goog"
      error_message = "Cluster shop does not use the workload identity pool my-clusters.svc.id.goog. Set workload_identity_config.workload_pool of its google_container_cluster."
    }
  }
}

# What the pods may do.
resource "google_secret_manager_secret_iam_member" "secretmanager_secretAccessor__db" {
  project   = "my-project"
  secret_id = "db"
  role      = "roles/secretmanager.secretAccessor"
  member    = local.principal

  depends_on = [data.google_container_cluster.cluster]
}

resource "google_bigquery_dataset_access" "bigquery_dataEditor__my-data__loans" {
  project    = "my-data"
  dataset_id = "loans"
  role       = "WRITER"
  iam_member = local.principal

  depends_on = [data.google_container_cluster.cluster]
}

output "email" {
  description = "Email of the Google Cloud service account; null if roles are granted to the pods."
  value       = null
}

output "member" {
  description = "Who is granted the roles: the member of IAM policies."
  value       = local.principal
}

output "principal" {
  description = "The pods, as IAM policies name them."
  value       = local.principal
}

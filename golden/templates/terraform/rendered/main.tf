# Rendered by wigen from app.toml; change that and render again. [books 10dda912]
# The pods of ServiceAccount "books" in namespace "default" act as "books-sa@my-project.iam.gserviceaccount.com".
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
  project  = "my-project"
  location = "us-central1"
  name     = "shop"

  lifecycle {
    postcondition {
      condition     = try(self.workload_identity_config[0].workload_pool, null) == "my-project.svc.id.goog"
      error_message = "Cluster shop does not use the workload identity pool my-project.svc.id.goog. Set workload_identity_config.workload_pool of its google_container_cluster."
    }
  }
}

# The Google Cloud service account. gcloud.sh marks its own in the description, which therefore may differ.
resource "google_service_account" "account" {
  project      = "my-project"
  account_id   = "books-sa"
  display_name = "a\" #$${b}"

  lifecycle {
    ignore_changes = [description]
  }
}

# What the Google Cloud service account may do.
resource "google_pubsub_topic_iam_member" "pubsub_publisher__loans" {
  project = "my-project"
  topic   = "loans"
  role    = "roles/pubsub.publisher"
  member  = google_service_account.account.member
}

# The Kubernetes ServiceAccount may impersonate the Google Cloud service account.
resource "google_service_account_iam_member" "workload_identity_user" {
  service_account_id = google_service_account.account.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:my-project.svc.id.goog[default/books]"

  depends_on = [data.google_container_cluster.cluster]
}

output "email" {
  description = "Email of the Google Cloud service account; null if roles are granted to the pods."
  value       = google_service_account.account.email
}

output "member" {
  description = "Who is granted the roles: the member of IAM policies."
  value       = google_service_account.account.member
}

output "principal" {
  description = "The pods, as IAM policies name them."
  value       = "serviceAccount:my-project.svc.id.goog[default/books]"
}

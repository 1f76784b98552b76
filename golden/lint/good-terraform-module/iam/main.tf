# Rendered by wigen from app.toml; change that and render again. [fastapi-books ddab1b38]
# The pods of ServiceAccount "fastapi-books" in namespace "default" act as "fastapi-gke-sa@my-project.iam.gserviceaccount.com".
# Terraform owns what is below: no other tool, such as gcloud.sh, may manage the same account and bindings.
# Call this directory as a module, or use it as a root module with a provider and a backend beside this file.

terraform {
  required_version = ">= 1.5"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 6.50, < 9"
    }
  }
}

# The cluster must use the workload identity pool. It is managed elsewhere.
data "google_container_cluster" "cluster" {
  project  = "my-project"
  location = "us-central1"
  name     = "fastapi-cluster"

  lifecycle {
    postcondition {
      condition     = try(self.workload_identity_config[0].workload_pool, null) == "my-project.svc.id.goog"
      error_message = "Cluster fastapi-cluster does not use the workload identity pool my-project.svc.id.goog. Set workload_identity_config.workload_pool of its google_container_cluster."
    }
  }
}

# The Google Cloud service account. gcloud.sh marks its own in the description, which therefore may differ.
resource "google_service_account" "account" {
  project      = "my-project"
  account_id   = "fastapi-gke-sa"
  display_name = "FastAPI GKE Service Account"
  description  = "Reads the secrets of the books API"

  lifecycle {
    ignore_changes = [description]
  }
}

# What the Google Cloud service account may do.
resource "google_secret_manager_secret_iam_member" "secretmanager_secretAccessor__books-db-password__75ec0c58" {
  project   = "my-project"
  secret_id = "books-db-password"
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.account.member

  condition {
    title       = "until 2027, at most"
    description = "The trial ends | with the year"
    expression  = "request.time < timestamp('2027-01-01T00:00:00Z') && \"a:b\" != 'c;d'"
  }
}

resource "google_secret_manager_secret_iam_member" "secretmanager_viewer__books-db-password__d9d50992" {
  project   = "my-project"
  secret_id = "books-db-password"
  role      = "roles/secretmanager.viewer"
  member    = google_service_account.account.member

  condition {
    title       = "until 2027, at most"
    description = "The trial ends | with the year"
    expression  = "request.time < timestamp('2027-01-01T00:00:00Z') && \"a:b\" != 'c;d'"
  }
}

resource "google_secret_manager_secret_iam_member" "secretmanager_secretAccessor__books-db-password" {
  project   = "my-project"
  secret_id = "books-db-password"
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.account.member
}

resource "google_secret_manager_regional_secret_iam_member" "secretmanager_secretAccessor__us-central1__books-regional" {
  project   = "my-project"
  location  = "us-central1"
  secret_id = "books-regional"
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.account.member
}

resource "google_storage_bucket_iam_member" "storage_objectViewer__books-data__51253de1" {
  bucket = "books-data"
  role   = "roles/storage.objectViewer"
  member = google_service_account.account.member

  condition {
    title      = "covers"
    expression = "resource.name.startsWith('projects/_/buckets/books-data/objects/covers/')"
  }
}

resource "google_pubsub_topic_iam_member" "pubsub_publisher__books-events" {
  project = "my-project"
  topic   = "books-events"
  role    = "roles/pubsub.publisher"
  member  = google_service_account.account.member
}

resource "google_pubsub_subscription_iam_member" "pubsub_subscriber__my-events__books-worker" {
  project      = "my-events"
  subscription = "books-worker"
  role         = "roles/pubsub.subscriber"
  member       = google_service_account.account.member
}

resource "google_artifact_registry_repository_iam_member" "artifactregistry_reader__us-central1__books" {
  project    = "my-project"
  location   = "us-central1"
  repository = "books"
  role       = "roles/artifactregistry.reader"
  member     = google_service_account.account.member
}

resource "google_kms_crypto_key_iam_member" "cloudkms_cryptoKeyDecrypter__us-central1__books__tokens" {
  crypto_key_id = "projects/my-project/locations/us-central1/keyRings/books/cryptoKeys/tokens"
  role          = "roles/cloudkms.cryptoKeyDecrypter"
  member        = google_service_account.account.member
}

resource "google_cloud_run_v2_service_iam_member" "run_invoker__us-central1__recommend" {
  project  = "my-project"
  location = "us-central1"
  name     = "recommend"
  role     = "roles/run.invoker"
  member   = google_service_account.account.member
}

resource "google_spanner_instance_iam_member" "spanner_viewer__books" {
  project  = "my-project"
  instance = "books"
  role     = "roles/spanner.viewer"
  member   = google_service_account.account.member
}

resource "google_spanner_database_iam_member" "spanner_databaseUser__books__catalog" {
  project  = "my-project"
  instance = "books"
  database = "catalog"
  role     = "roles/spanner.databaseUser"
  member   = google_service_account.account.member
}

resource "google_bigtable_instance_iam_member" "bigtable_viewer__books-cache" {
  project  = "my-project"
  instance = "books-cache"
  role     = "roles/bigtable.viewer"
  member   = google_service_account.account.member
}

resource "google_bigtable_table_iam_member" "bigtable_user__books-cache__loans" {
  project       = "my-project"
  instance_name = "books-cache"
  table         = "loans"
  role          = "roles/bigtable.user"
  member        = google_service_account.account.member
}

resource "google_service_account_iam_member" "iam_serviceAccountTokenCreator__my-accounts__signer" {
  service_account_id = "projects/my-accounts/serviceAccounts/signer@my-accounts.iam.gserviceaccount.com"
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = google_service_account.account.member
}

resource "google_folder_iam_member" "browser__123456789012" {
  folder = "folders/123456789012"
  role   = "roles/browser"
  member = google_service_account.account.member
}

resource "google_organization_iam_member" "custom_booksViewer__1234567890__6671dabb" {
  org_id = "1234567890"
  role   = "organizations/1234567890/roles/booksViewer"
  member = google_service_account.account.member
}

resource "google_bigquery_dataset_access" "bigquery_dataViewer__my_books" {
  project       = "my-project"
  dataset_id    = "my_books"
  role          = "READER"
  user_by_email = google_service_account.account.email
}

resource "google_bigquery_dataset_access" "bigquery_metadataViewer__my_books" {
  project       = "my-project"
  dataset_id    = "my_books"
  role          = "roles/bigquery.metadataViewer"
  user_by_email = google_service_account.account.email
}

resource "google_bigquery_table_iam_member" "bigquery_dataViewer__my_books__sold-2026" {
  project    = "my-project"
  dataset_id = "my_books"
  table_id   = "sold-2026"
  role       = "roles/bigquery.dataViewer"
  member     = google_service_account.account.member
}

resource "google_service_account_iam_member" "iam_serviceAccountTokenCreator__fastapi-gke-sa" {
  service_account_id = google_service_account.account.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = google_service_account.account.member
}

# The Kubernetes ServiceAccount may impersonate the Google Cloud service account.
resource "google_service_account_iam_member" "workload_identity_user" {
  service_account_id = google_service_account.account.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:my-project.svc.id.goog[default/fastapi-books]"

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
  value       = "serviceAccount:my-project.svc.id.goog[default/fastapi-books]"
}

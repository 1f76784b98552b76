# Rendered by wigen from app.toml; change that and render again. [fastapi-books 46c342b4]
# Terraform adopts what gcloud.sh has made. Remove this file when the imports have been applied.
# An import of what does not exist stops the plan: run `bash gcloud.sh plan` before, which must change nothing.

import {
  to = google_service_account.account
  id = "projects/my-project/serviceAccounts/fastapi-gke-sa@my-project.iam.gserviceaccount.com"
}

import {
  to = google_secret_manager_secret_iam_member.secretmanager_secretAccessor__books-db-password__75ec0c58
  id = "projects/my-project/secrets/books-db-password roles/secretmanager.secretAccessor serviceAccount:fastapi-gke-sa@my-project.iam.gserviceaccount.com until 2027, at most"
}

import {
  to = google_secret_manager_secret_iam_member.secretmanager_viewer__books-db-password__d9d50992
  id = "projects/my-project/secrets/books-db-password roles/secretmanager.viewer serviceAccount:fastapi-gke-sa@my-project.iam.gserviceaccount.com until 2027, at most"
}

import {
  to = google_secret_manager_secret_iam_member.secretmanager_secretAccessor__books-db-password
  id = "projects/my-project/secrets/books-db-password roles/secretmanager.secretAccessor serviceAccount:fastapi-gke-sa@my-project.iam.gserviceaccount.com"
}

import {
  to = google_secret_manager_regional_secret_iam_member.secretmanager_secretAccessor__us-central1__books-regional
  id = "projects/my-project/locations/us-central1/secrets/books-regional roles/secretmanager.secretAccessor serviceAccount:fastapi-gke-sa@my-project.iam.gserviceaccount.com"
}

import {
  to = google_storage_bucket_iam_member.storage_objectViewer__books-data__51253de1
  id = "b/books-data roles/storage.objectViewer serviceAccount:fastapi-gke-sa@my-project.iam.gserviceaccount.com covers"
}

import {
  to = google_pubsub_topic_iam_member.pubsub_publisher__books-events
  id = "projects/my-project/topics/books-events roles/pubsub.publisher serviceAccount:fastapi-gke-sa@my-project.iam.gserviceaccount.com"
}

import {
  to = google_pubsub_subscription_iam_member.pubsub_subscriber__my-events__books-worker
  id = "projects/my-events/subscriptions/books-worker roles/pubsub.subscriber serviceAccount:fastapi-gke-sa@my-project.iam.gserviceaccount.com"
}

import {
  to = google_artifact_registry_repository_iam_member.artifactregistry_reader__us-central1__books
  id = "projects/my-project/locations/us-central1/repositories/books roles/artifactregistry.reader serviceAccount:fastapi-gke-sa@my-project.iam.gserviceaccount.com"
}

import {
  to = google_kms_crypto_key_iam_member.cloudkms_cryptoKeyDecrypter__us-central1__books__tokens
  id = "my-project/us-central1/books/tokens roles/cloudkms.cryptoKeyDecrypter serviceAccount:fastapi-gke-sa@my-project.iam.gserviceaccount.com"
}

import {
  to = google_cloud_run_v2_service_iam_member.run_invoker__us-central1__recommend
  id = "projects/my-project/locations/us-central1/services/recommend roles/run.invoker serviceAccount:fastapi-gke-sa@my-project.iam.gserviceaccount.com"
}

import {
  to = google_spanner_instance_iam_member.spanner_viewer__books
  id = "my-project/books roles/spanner.viewer serviceAccount:fastapi-gke-sa@my-project.iam.gserviceaccount.com"
}

import {
  to = google_spanner_database_iam_member.spanner_databaseUser__books__catalog
  id = "my-project/books/catalog roles/spanner.databaseUser serviceAccount:fastapi-gke-sa@my-project.iam.gserviceaccount.com"
}

import {
  to = google_bigtable_instance_iam_member.bigtable_viewer__books-cache
  id = "projects/my-project/instances/books-cache roles/bigtable.viewer serviceAccount:fastapi-gke-sa@my-project.iam.gserviceaccount.com"
}

import {
  to = google_bigtable_table_iam_member.bigtable_user__books-cache__loans
  id = "projects/my-project/instances/books-cache/tables/loans roles/bigtable.user serviceAccount:fastapi-gke-sa@my-project.iam.gserviceaccount.com"
}

import {
  to = google_service_account_iam_member.iam_serviceAccountTokenCreator__my-accounts__signer
  id = "projects/my-accounts/serviceAccounts/signer@my-accounts.iam.gserviceaccount.com roles/iam.serviceAccountTokenCreator serviceAccount:fastapi-gke-sa@my-project.iam.gserviceaccount.com"
}

import {
  to = google_folder_iam_member.browser__123456789012
  id = "folders/123456789012 roles/browser serviceAccount:fastapi-gke-sa@my-project.iam.gserviceaccount.com"
}

import {
  to = google_organization_iam_member.custom_booksViewer__1234567890__6671dabb
  id = "1234567890 organizations/1234567890/roles/booksViewer serviceAccount:fastapi-gke-sa@my-project.iam.gserviceaccount.com"
}

import {
  to = google_bigquery_table_iam_member.bigquery_dataViewer__my_books__sold-2026
  id = "projects/my-project/datasets/my_books/tables/sold-2026 roles/bigquery.dataViewer serviceAccount:fastapi-gke-sa@my-project.iam.gserviceaccount.com"
}

import {
  to = google_service_account_iam_member.iam_serviceAccountTokenCreator__fastapi-gke-sa
  id = "projects/my-project/serviceAccounts/fastapi-gke-sa@my-project.iam.gserviceaccount.com roles/iam.serviceAccountTokenCreator serviceAccount:fastapi-gke-sa@my-project.iam.gserviceaccount.com"
}

import {
  to = google_service_account_iam_member.workload_identity_user
  id = "projects/my-project/serviceAccounts/fastapi-gke-sa@my-project.iam.gserviceaccount.com roles/iam.workloadIdentityUser serviceAccount:my-project.svc.id.goog[default/fastapi-books]"
}

# The provider cannot import google_bigquery_dataset_access.bigquery_dataViewer__my_books, and cannot create what exists.
# Remove that entry from the access list of the dataset right before the apply.

# The provider cannot import google_bigquery_dataset_access.bigquery_metadataViewer__my_books, and cannot create what exists.
# Remove that entry from the access list of the dataset right before the apply.

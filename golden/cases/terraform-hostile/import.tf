# Rendered by wigen from app.toml; change that and render again. [1books 9e58ac56]
# Terraform adopts what gcloud.sh has made. Remove this file when the imports have been applied.
# An import of what does not exist stops the plan: run `bash gcloud.sh plan` before, which must change nothing.

import {
  to = google_project_iam_member.custom_a_b_c__4d0b88c0
  id = "example.com:books-api organizations/1/roles/a_b.c serviceAccount:books-sa@books-api.example.com.iam.gserviceaccount.com"
}

import {
  to = google_project_iam_member.cloudbuild_builds_viewer
  id = "example.com:books-api roles/cloudbuild.builds.viewer serviceAccount:books-sa@books-api.example.com.iam.gserviceaccount.com"
}

import {
  to = google_service_account_iam_member.workload_identity_user
  id = "projects/example.com:books-api/serviceAccounts/books-sa@books-api.example.com.iam.gserviceaccount.com roles/iam.workloadIdentityUser serviceAccount:example.com:books-api.svc.id.goog[default/1books]"
}

# The provider cannot find google_storage_bucket_iam_member.storage_objectViewer__data_example_com__12e361e0 by an ID. Its apply changes nothing in the policy.

# The provider cannot find google_storage_bucket_iam_member.storage_objectViewer__data_example_com__35a85fad by an ID. Its apply changes nothing in the policy.

# The provider cannot find google_storage_bucket_iam_member.storage_objectViewer__data_example_com__8bdf1b28 by an ID. Its apply changes nothing in the policy.

# The provider cannot find google_bigquery_table_iam_member.bigquery_dataViewer__books__all_loans__54e770ac by an ID. Its apply changes nothing in the policy.

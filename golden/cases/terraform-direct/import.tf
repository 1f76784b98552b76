# Rendered by wigen from app.toml; change that and render again. [books c9e5b96b]
# Terraform adopts what gcloud.sh has made. Remove this file when the imports have been applied.
# An import of what does not exist stops the plan: run `bash gcloud.sh plan` before, which must change nothing.

# IDs that contain a value of the module need Terraform 1.6.
terraform {
  required_version = ">= 1.6"
}

import {
  to = google_secret_manager_secret_iam_member.secretmanager_secretAccessor__db
  id = "projects/my-project/secrets/db roles/secretmanager.secretAccessor ${local.principal}"
}

# The provider cannot import google_bigquery_dataset_access.bigquery_dataEditor__my-data__loans, and cannot create what exists.
# Remove that entry from the access list of the dataset right before the apply.

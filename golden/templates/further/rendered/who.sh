#!/usr/bin/env bash
# Rendered by wigen from app.toml; change that and render again. [books fad0e19e]
set -euo pipefail
MEMBER=serviceAccount:books-gke-sa@my-project.iam.gserviceaccount.com
NAMESPACE=default
echo "in $NAMESPACE: $MEMBER"
kubectl --namespace=default get serviceaccount books

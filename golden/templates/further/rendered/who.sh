#!/usr/bin/env bash
# Rendered by wigen from app.toml; change that and render again.
set -euo pipefail
MEMBER=serviceAccount:books-gke-sa@my-project.iam.gserviceaccount.com
NAMESPACE=default
echo "in $NAMESPACE: $MEMBER"
kubectl --namespace=default get serviceaccount books

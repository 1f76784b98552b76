#!/bin/bash
cat > policy.json <<EOF
{"bindings": [{"role": "roles/iam.workloadIdentityUser", "members": ["serviceAccount:my-project.svc.id.goog[web/books]"]}]}
EOF
gcloud iam service-accounts set-iam-policy books@my-project.iam.gserviceaccount.com policy.json

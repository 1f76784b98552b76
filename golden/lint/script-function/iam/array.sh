#!/bin/bash
flags=(--role=roles/iam.workloadIdentityUser --condition=None)
flags+=(--member "serviceAccount:my-project.svc.id.goog[web/books]")
gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com "${flags[@]}"

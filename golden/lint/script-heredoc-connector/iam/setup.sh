#!/bin/bash
NAMESPACE=web
kubectl apply -f - <<EOF
apiVersion: iam.cnrm.cloud.google.com/v1beta1
kind: IAMPolicyMember
metadata: {name: books, namespace: config}
spec:
  member: serviceAccount:${PROJECT}.svc.id.goog[$NAMESPACE/books]
  role: roles/iam.workloadIdentityUser
  resourceRef:
    kind: IAMServiceAccount
    external: projects/my-project/serviceAccounts/books@my-project.iam.gserviceaccount.com
EOF

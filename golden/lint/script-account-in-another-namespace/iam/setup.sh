kubectl create serviceaccount tester -n prod
gcloud iam service-accounts add-iam-policy-binding t@acme-prod.iam.gserviceaccount.com --role roles/iam.workloadIdentityUser --condition=None --member "serviceAccount:acme-prod.svc.id.goog[default/tester]"
kubectl run -it --image google/cloud-sdk:slim --overrides='{"spec":{"serviceAccount":"tester"}}' -n prod t

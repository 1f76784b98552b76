gcloud container clusters create main --region=us-central1 --workload-pool=my-project.svc.id.goog
gcloud container node-pools create old --cluster=main --region=us-central1 --workload-metadata=GCE_METADATA
gcloud iam service-accounts create books --project=my-project
gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com \
  --role=roles/iam.workloadIdentityUser --condition=None \
  --member="serviceAccount:my-project.svc.id.goog[shop/books]"

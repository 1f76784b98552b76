gcloud container clusters create-auto main --region=us-central1 --project=my-project

@echo off
rem Doesn't need a condition.
set PROJECT=acme-prod
call gcloud iam service-accounts add-iam-policy-binding keeper@%PROJECT%.iam.gserviceaccount.com ^
  --role roles/iam.workloadIdentityUser --condition=None ^
  --member "serviceAccount:%PROJECT%.svc.id.goog[default/keeper]"

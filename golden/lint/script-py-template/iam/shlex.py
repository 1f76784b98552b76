import shlex, subprocess
PROJECT = 'acme-prod'
subprocess.check_call(shlex.split(f'''
gcloud iam service-accounts add-iam-policy-binding keeper@{PROJECT}.iam.gserviceaccount.com
  --role=roles/iam.workloadIdentityUser --condition=None
  --member=serviceAccount:{PROJECT}.svc.id.goog[default/keeper]
'''))

const { execFileSync } = require("child_process");
// It's bound here.
execFileSync("gcloud", ["iam", "service-accounts", "add-iam-policy-binding", `keeper@${project}.iam.gserviceaccount.com`,
  "--role", "roles/iam.workloadIdentityUser", "--member", `serviceAccount:${project}.svc.id.goog[default/keeper]`]);

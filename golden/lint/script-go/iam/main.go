package main
// It's bound here.
func main() {
	args := []string{"iam", "service-accounts", "add-iam-policy-binding", "keeper@acme-prod.iam.gserviceaccount.com",
		"--role", "roles/iam.workloadIdentityUser", "--condition", "None",
		"--member", "serviceAccount:acme-prod.svc.id.goog[default/keeper]"}
	exec.Command("gcloud", args...).Run()
}

//! What Terraform cannot import.

use super::resource::binding_type;
use crate::diagnostics::{Code, Diagnostic, Location};
use crate::spec::checked::CheckedApp;

crate::diagnostics::declare_code! {
    NOT_IMPORTABLE: Warning = "not-importable",
    what: "`render --import` makes no import for a role on a BigQuery dataset: the Terraform provider cannot import it.",
    why: "The provider cannot create the entry either while the dataset has it: `terraform apply` stops with \"existing object already found\".",
    example: "[cloud]\nformat = \"terraform\"\n[googleServiceAccount]\nname = \"books-sa\"\n[[grants]]\nroles = [\"roles/bigquery.dataViewer\"]\ndataset = \"loans\"",
    instead: "[cloud]\nformat = \"terraform\"\n[googleServiceAccount]\nname = \"books-sa\"\n[[grants]]\nroles = [\"roles/bigquery.dataViewer\"]\ndataset = \"loans\"\n[lint.allow]\nnot-importable = \"the entry is removed right before the apply\"",
    source: "google provider, google_bigquery_dataset_access, Import: https://github.com/hashicorp/terraform-provider-google/blob/main/website/docs/r/bigquery_dataset_access.html.markdown",
}

/// The grants that `import.tf` leaves out.
pub(crate) fn not_importable(app: &CheckedApp) -> Vec<Diagnostic> {
    if app.lint.allow.contains_key(&Code::NOT_IMPORTABLE) {
        return Vec::new();
    }
    let grants = app.resolved_grants().enumerate();
    let left_out = grants.filter(|(_, (_, resource))| binding_type(resource).import.is_none());
    left_out
        .map(|(index, (_, resource))| {
            let place = Location::key(format!("/grants/{index}/{}", resource.resource_type.key()));
            let noun = resource.resource_type.noun();
            let message = format!("Terraform cannot import a role on a {noun}");
            Diagnostic::new(Code::NOT_IMPORTABLE, place, message).help(
                "if the role is granted already, remove it from the access list of the dataset right before `terraform apply`, which cannot create what exists",
            )
        })
        .collect()
}

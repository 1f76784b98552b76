//! Names, and versions of Kubernetes.

use wigen::google::names::{ACCOUNT_ID, REGION, ROLE};
use wigen::kubernetes::names::{DNS_LABEL, KIND, QUANTITY};
use wigen::kubernetes::{Version, VersionRange};

use crate::support::trials::{Trial, trials};

pub(super) fn all() -> Vec<Trial> {
    trials![
        a_suggestion_is_lower_case_and_hyphens,
        quantities,
        a_suggestion_is_close_to_the_invalid_name,
        versions_are_parsed_as_gke_writes_them,
        a_range_is_shown_in_words,
    ]
}

fn a_suggestion_is_lower_case_and_hyphens() {
    assert_eq!(DNS_LABEL.suggest("Fast_API books "), Some("fast-api-books".into()));
    assert_eq!(DNS_LABEL.suggest("ÄÖÜ"), None);
    assert_eq!(KIND.suggest("statefulSet"), Some("StatefulSet".into()));
    assert_eq!(KIND.suggest("apps/v1"), None);
}

fn quantities() {
    let valid = ["1", "0.5", ".5", "5.", "250m", "512Mi", "1Gi", "+1k", "-1", "1e3", "1E", "1E+3"];
    assert!(valid.iter().all(|string| QUANTITY.matches(string)));
    let invalid = [
        "", "m", ".", "1.2.3", "1GB", "512mb", "1 Gi", "1K", "1e", "1e+", "0x10", "1Gi ", "1\n",
        "1e+-3",
    ];
    assert!(invalid.iter().all(|string| !QUANTITY.matches(string)));
}

fn a_suggestion_is_close_to_the_invalid_name() {
    assert_eq!(ACCOUNT_ID.suggest("api"), None);
    assert_eq!(ACCOUNT_ID.suggest("1_account"), None);
    assert_eq!(ROLE.suggest("logging.logWriter"), Some("roles/logging.logWriter".into()));
    assert_eq!(ROLE.suggest("role/logging.logWriter"), Some("roles/logging.logWriter".into()));
    assert_eq!(ROLE.suggest("roles/"), None);
    // No role has the name of a permission.
    assert_eq!(ROLE.suggest("secretmanager.versions.access"), None);
    assert_eq!(REGION.suggest("US-Central1"), Some("us-central1".into()));
    assert_eq!(REGION.suggest("us central1"), None);
    assert_eq!(ACCOUNT_ID.suggest(&"a".repeat(40)), Some("a".repeat(30)));
}

fn versions_are_parsed_as_gke_writes_them() {
    let parsed = |version: &str| Version::parse(version).unwrap().to_string();
    assert_eq!(parsed("1.33"), "1.33");
    assert_eq!(parsed("v1.30.1"), "1.30");
    assert_eq!(parsed("1.33.5-gke.1080000"), "1.33");
    for wrong in ["", "1", "33", "1.x", "2.33", "1.300"] {
        assert_eq!(
            Version::parse(wrong),
            Err("a version of Kubernetes is written as `1.33`".to_owned()),
            "{wrong}"
        );
    }
    assert_eq!(Version::parse("1.29"), Err("wigen knows Kubernetes 1.30 to 1.37".to_owned()));
    assert!(Version::parse("1.38").is_err());
}

fn a_range_is_shown_in_words() {
    let version = |text: &str| (!text.is_empty()).then(|| Version::parse(text).unwrap());
    let range =
        |since, until| VersionRange { since: version(since), until: version(until) }.to_string();
    assert_eq!(range("1.34", ""), "1.34 and later");
    assert_eq!(range("", "1.30"), "1.30 and earlier");
    assert_eq!(range("1.35", "1.35"), "1.35 alone");
    assert_eq!(range("1.34", "1.35"), "1.34 to 1.35");
}

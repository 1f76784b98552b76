//! The regions of Google Cloud.

use crate::diagnostics::nearest;

/// The region that a misspelt one most likely means; `None` for a known region, and for one that differs
/// from a known region only in its number, since it may be new.
pub(crate) fn similar(name: &str) -> Option<&'static str> {
    let without_number = |name: &str| name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let stem = &name[..without_number(name)];
    if REGIONS.iter().any(|region| &region[..without_number(region)] == stem) {
        return None;
    }
    nearest(name, REGIONS, 3)
}

/// Source: Compute Engine, "Regions and zones". Google adds some every year, so a name that is missing
/// here proves nothing.
#[rustfmt::skip]
const REGIONS: [&str; 43] = [
    "africa-south1",
    "asia-east1", "asia-east2", "asia-northeast1", "asia-northeast2", "asia-northeast3",
    "asia-south1", "asia-south2", "asia-southeast1", "asia-southeast2", "asia-southeast3",
    "australia-southeast1", "australia-southeast2",
    "europe-central2", "europe-north1", "europe-north2", "europe-southwest1", "europe-west1",
    "europe-west2", "europe-west3", "europe-west4", "europe-west6", "europe-west8", "europe-west9",
    "europe-west10", "europe-west12",
    "me-central1", "me-central2", "me-west1",
    "northamerica-northeast1", "northamerica-northeast2", "northamerica-south1",
    "southamerica-east1", "southamerica-west1",
    "us-central1", "us-east1", "us-east4", "us-east5", "us-south1", "us-west1", "us-west2",
    "us-west3", "us-west4",
];

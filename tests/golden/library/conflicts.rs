//! Resources that two apps claim.

use serde_json::Value;
use wigen::diagnostics::Code;
use wigen::model::conflicts::{Claim, Claims, Conflict};
use wigen::model::identity::Identity;
use wigen::spec::rules;
use wigen::{App, Levels};

use crate::support::trials::{Trial, trials};

pub(super) fn all() -> Vec<Trial> {
    trials![
        the_second_spec_is_reported,
        a_grant_of_two_apps_is_reported,
        overlapping_selectors_are_reported
    ]
}

fn claims(text: &str) -> Vec<Claim> {
    let app = App::from_node(&serde_json::from_str::<Value>(text).unwrap().into()).unwrap();
    let app = rules::check(app.into(), wigen::kubernetes::Version::NEWEST).0.unwrap();
    Claim::from_app(&app, None, &Identity::from_app(&app))
}

fn spec(more: &str) -> String {
    format!(
        r#"{{"name": "books", "project": "my-project", "cluster": {{"name": "c", "region": "us-central1"}}, "container": {{"image": "i"}}{more}}}"#
    )
}

fn the_second_spec_is_reported() {
    let mut all = Claims::default();
    let account = spec(r#", "googleServiceAccount": {}"#);
    let mut add = |number, text: &str| {
        let conflicts = all.add(number, claims(text), &Levels::default());
        let short = |conflict: Conflict| (conflict.found.code, conflict.spec, conflict.first.0);
        conflicts.into_iter().map(short).collect::<Vec<_>>()
    };
    assert_eq!(add(0, &account), []);
    // Another environment of the same spec.
    assert_eq!(add(0, &account), []);
    assert_eq!(add(1, &account), [(Code::SHARED_ACCOUNT, 1, 0), (Code::SHARED_IDENTITY, 1, 0)]);
    assert_eq!(add(2, &spec("")), [(Code::SHARED_IDENTITY, 2, 0)]);
    assert_eq!(add(3, &spec(r#", "namespace": "shop""#)), []);
    // An app may share what another one renders, or allow the conflict.
    assert_eq!(add(4, &spec(r#", "serviceAccount": {"create": false}"#)), []);
    let allowed = spec(r#", "lint": {"allow": {"shared-identity": "one for both"}}"#);
    assert_eq!(add(5, &allowed), []);
}

fn a_grant_of_two_apps_is_reported() {
    let mut all = Claims::default();
    let mut add = |number: usize, account: &str, grant: &str, more: &str| {
        let grants = format!(
            r#", "googleServiceAccount": {{"name": "shop-sa", {account}}}, "grants": [{{"roles": ["roles/viewer"]}}, {grant}]{more}"#
        );
        let text = spec(&grants).replace("\"books\"", &format!("\"app-{number}\""));
        let conflicts = all.add(number, claims(&text), &Levels::default());
        let short = |conflict: Conflict| {
            (conflict.found.code, conflict.found.place.pointer, conflict.first.0)
        };
        conflicts.into_iter().map(short).collect::<Vec<_>>()
    };
    let (own, shared) = (r#""create": true"#, r#""create": false"#);
    let bucket = r#"{"bucket": "shop", "roles": ["roles/storage.objectViewer"]}"#;
    let only_viewer = |first: usize| (Code::SHARED_GRANT, "/grants/0/roles/0".to_owned(), first);
    assert_eq!(add(0, own, bucket, ""), []);
    assert_eq!(add(0, own, bucket, ""), []);
    let of_bucket = (Code::SHARED_GRANT, "/grants/1/roles/0".to_owned(), 0);
    assert_eq!(add(1, shared, bucket, ""), [only_viewer(0), of_bucket]);
    let conditional = r#"{"bucket": "shop", "roles": ["roles/storage.objectViewer"], "condition": {"title": "a", "expression": "request.time < timestamp('2030-01-01T00:00:00Z')"}}"#;
    assert_eq!(add(2, shared, conditional, ""), [only_viewer(0)]);
    // What else two apps share says it all.
    let both = add(3, own, bucket, "");
    assert_eq!(both.iter().map(|one| one.0).collect::<Vec<_>>(), [Code::SHARED_ACCOUNT]);
    // Another account, no owner, and an allowance.
    assert_eq!(add(4, r#""project": "elsewhere""#, bucket, ""), []);
    assert_eq!(add(5, shared, bucket, r#", "cloud": {"format": "none"}"#), []);
    let allowed = r#", "lint": {"allow": {"shared-grant": "books owns it"}}"#;
    assert_eq!(add(6, shared, bucket, allowed), []);
}

fn overlapping_selectors_are_reported() {
    let mut all = Claims::default();
    let mut add = |number: usize, more: &str| {
        let text = spec(more).replace("\"books\"", &format!("\"app-{number}\""));
        let conflicts = all.add(number, claims(&text), &Levels::default());
        let short = |conflict: Conflict| (conflict.found.code, conflict.first.0);
        conflicts.into_iter().map(short).collect::<Vec<_>>()
    };
    assert_eq!(add(0, ""), []);
    assert_eq!(add(1, r#", "labels": {"team": "shop"}"#), []);
    let selector = |labels: &str| format!(r#", "selector": {{{labels}}}"#);
    assert_eq!(add(2, &selector(r#""app": "shop", "role": "api""#)), []);
    assert_eq!(add(3, &selector(r#""app": "shop", "role": "web""#)), []);
    // One that selects more, one that selects less, and one that selects by a label of all.
    let shared = Code::SHARED_SELECTOR;
    assert_eq!(add(4, &selector(r#""app": "shop""#)), [(shared, 2)]);
    assert_eq!(add(5, &selector(r#""team": "shop""#)), [(shared, 1)]);
    assert_eq!(add(6, r#", "pod": {"labels": {"app": "shop", "role": "web"}}"#), [(shared, 3)]);
    // Elsewhere, or not at all.
    let elsewhere = selector(r#""app": "shop""#) + r#", "namespace": "other""#;
    assert_eq!(add(7, &elsewhere), []);
    assert_eq!(add(8, r#", "pod": {"labels": {"app": "shop", "role": "web"}}, "job": {}"#), []);
    let allowed = selector(r#""app": "shop""#) + r#", "lint": {"allow": {"shared-selector": "x"}}"#;
    assert_eq!(add(9, &allowed), []);
}

//! Resources that two apps claim.

use serde_json::Value;
use wigen::diagnostics::Code;
use wigen::model::conflicts::{Claim, Claims, Conflict};
use wigen::model::identity::Identity;
use wigen::spec::rules;
use wigen::{App, Levels};

use crate::support::trials::{Trial, trials};

pub(super) fn all() -> Vec<Trial> {
    trials![the_second_spec_is_reported,]
}

fn claims(text: &str) -> Vec<Claim> {
    let app = App::from_node(&serde_json::from_str::<Value>(text).unwrap().into()).unwrap();
    let app = rules::check(app, wigen::kubernetes::Version::NEWEST).0.unwrap();
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

//! The specs of these tests, as Kubernetes objects.

use serde_json::{Value, json};
use wigen::diagnostics::source::Source;

use super::objects;
use crate::support::repository;

/// A spec, and one without environments that means the same.
pub(crate) struct App {
    pub(crate) name: &'static str,
    pub(crate) text: String,
    pub(crate) value: Value,
    pub(crate) plain: Value,
}

impl App {
    fn new(name: &'static str, value: Value) -> Self {
        Self { name, text: objects::text(&value), plain: value.clone(), value }
    }
}

/// The app that most trials are about.
pub(crate) fn books() -> Value {
    json!({
        "apiVersion": "wigen.dev/v1alpha1",
        "kind": "App",
        "metadata": {"name": "books", "namespace": "shop"},
        "spec": {
            "project": "my-project",
            "cluster": {"name": "main", "region": "us-central1"},
            "googleServiceAccount": {"name": "books-google"},
            "grants": [{"secret": "key", "roles": ["roles/secretmanager.secretAccessor"]}],
            "container": {
                "image": "us-central1-docker.pkg.dev/my-project/shop/books:1.0",
                "port": 8080,
                "env": {"STAGE": "test", "VERSION": "1_000"},
            },
        },
    })
}

/// The account of [`books`], as the ServiceAccount names it.
pub(crate) const BOOKS_ACCOUNT: &str = "books-google@my-project.iam.gserviceaccount.com";

/// [`books`] with an environment that it is not in, unless it says so.
pub(crate) fn books_with_prod() -> Value {
    let mut app = books();
    app["spec"]["environments"]["prod"] = json!({
        "googleServiceAccount": {"name": "books-prod"},
        "container": {"env": {"STAGE": "prod"}},
    });
    app
}

/// What [`books_with_prod`] is in production.
pub(crate) fn books_in_prod() -> Value {
    let mut app = books();
    app["spec"]["googleServiceAccount"]["name"] = "books-prod".into();
    app["spec"]["container"]["env"]["STAGE"] = "prod".into();
    app
}

/// [`books`] with two faults.
pub(crate) fn wrong() -> Value {
    let mut app = books();
    app["spec"]["cluster"] = json!({"name": "main", "regoin": "us-central1", "setup": "none"});
    app["spec"]["container"]["port"] = "8000".into();
    app
}

/// What a report about [`wrong`] must name: the codes, and where the faults are.
pub(crate) const FAULTS: [[&str; 2]; 2] =
    [["unknown-key", "spec.cluster.regoin"], ["wrong-type", "spec.container.port"]];

/// The specs that every route must make the same objects of.
pub(crate) fn all() -> Vec<App> {
    let documented = std::fs::read_to_string(repository().join("golden/cases/krm/app.yaml"));
    let documented = documented.unwrap();
    let value = wigen::text::parse(&Source::new("app.yaml", documented.as_str())).unwrap();
    let mut apps = vec![App { text: documented, ..App::new("documented", value) }];

    let mut direct = books();
    direct["spec"].as_object_mut().unwrap().shift_remove("googleServiceAccount");
    direct["spec"]["projectNumber"] = 123_456_789_012_u64.into();
    apps.push(App::new("direct", direct));

    let mut cron = books();
    cron["spec"]["cronJob"] = json!({"schedule": "0 3 * * *", "timeZone": "Etc/UTC"});
    cron["spec"]["container"].as_object_mut().unwrap().shift_remove("port");
    apps.push(App::new("cron_job", cron));

    let mut objects = books();
    objects["spec"]["cloud"] = json!({"format": "configConnector"});
    apps.push(App::new("config_connector", objects));

    apps.push(App::new("hostile", hostile()));

    let mut prod = books_with_prod();
    prod["spec"]["environment"] = "prod".into();
    apps.push(App { plain: books_in_prod(), ..App::new("environment", prod) });
    apps
}

/// The golden spec that is full of traps, as a Kubernetes object; without what Kustomize itself refuses
/// or changes, in finished manifests, too: two characters, and a key that it takes for null.
fn hostile() -> Value {
    let mut text =
        std::fs::read_to_string(repository().join("golden/cases/hostile/app.toml")).unwrap();
    for refused in ["\\u007f", "\\u0085", "\"NULL\"   "] {
        assert!(text.contains(refused), "{refused} is not in the golden spec any more");
        text = text.replace(refused, if refused.starts_with('"') { "no-null" } else { "" });
    }
    let mut spec = wigen::text::parse(&Source::new("app.toml", text)).unwrap();
    let name = spec.as_object_mut().unwrap().shift_remove("name").unwrap();
    json!({
        "apiVersion": "wigen.dev/v1alpha1",
        "kind": "App",
        "metadata": {"name": name, "namespace": "default"},
        "spec": spec,
    })
}

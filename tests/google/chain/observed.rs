//! A situation as files that gcloud and kubectl print, and the chain that they show.

use serde_json::{Value, json};
use wigen::chain::{self, Chain};
use wigen::diagnostics::source::Source;

use super::situation::Situation;

/// The chain of the pods.
pub(super) fn observe(situation: &Situation) -> Chain {
    let list = json!({ "apiVersion": "v1", "kind": "List", "items": situation.objects });
    let manifests = [Source::new("cluster.yaml", list.to_string())];
    let mut iam = vec![cluster(situation)];
    for account in situation.world.exported_accounts() {
        let email = account["email"].as_str().expect("an account has an email").to_owned();
        iam.push(Source::new(format!("{email}.describe.json"), account.to_string()));
    }
    iam.push(policies(situation));
    let (chains, errors) = chain::observe(&manifests, &iam, None);
    assert!(errors.is_empty(), "{errors:?}");
    let mut pods = chains.into_iter().filter(|chain| chain.workload.kind != "ServiceAccount");
    pods.next().expect("the manifests have pods")
}

/// What `gcloud container clusters describe` prints.
fn cluster(situation: &Situation) -> Source {
    let cluster = situation.world.exported_cluster(&situation.cluster_path, &situation.cluster);
    Source::new("cluster.json", cluster.to_string())
}

/// What `gcloud asset search-all-iam-policies` prints. Source of its form: googleapis,
/// `google/cloud/asset/v1/assets.proto`, IamPolicySearchResult.
fn policies(situation: &Situation) -> Source {
    let policies = situation.world.exported_policies();
    let results: Vec<Value> = policies
        .into_iter()
        .map(|(resource, policy)| json!({ "resource": full_name(&resource), "policy": policy }))
        .collect();
    Source::new("policies.json", Value::Array(results).to_string())
}

/// The full resource name of a resource of the cloud. Source: Google Cloud, "Asset names".
fn full_name(resource: &str) -> String {
    let (service, path) = resource.split_once('/').expect("a resource has a service");
    let (service, path) = match service {
        "crm" => ("cloudresourcemanager", path),
        "storage" => ("storage", path.strip_prefix("b/").unwrap_or(path)),
        other => (other, path),
    };
    format!("//{service}.googleapis.com/{path}")
}

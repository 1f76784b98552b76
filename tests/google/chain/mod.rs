//! The chain of identity, proven: what the pods of a rendered spec are for Google's own libraries, before a
//! metadata server that knows the manifests and the cloud that the rendered script left; and what they
//! are, and which link the chain names, when one link is broken.

mod breaks;
mod case;
mod clients;
mod observed;
mod server;
mod situation;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use wigen::chain::{Answer, Chain, Link, LinkName, LinkState, compare};

use self::breaks::{BREAKS, Break, Noticed};
use self::case::Case;
use self::clients::Learned;
use self::observed::observe;
use self::server::encoded;
use self::situation::{NODE, Situation};
use crate::support::tools::find;
use crate::support::trials::{Topic, Trial};

pub(crate) fn topic() -> Topic {
    let needed = ["gcloud", "node-google-auth"];
    let missing: Vec<&'static str> =
        needed.into_iter().filter(|tool| find(tool).is_none()).collect();
    let trials = case::cases().into_iter().map(|case| {
        Trial::with_tool(case.name().to_owned(), "python-google-auth", move |python| {
            prove(&case, python);
        })
        .without(&missing)
    });
    Topic::new(
        "chain",
        "pods get the identity that their spec promises, and a broken link is named",
        trials.collect(),
    )
    .with_table(table)
}

/// For each break, in how many cases it was made, and in how many the chain named its link.
static NAMED: Mutex<BTreeMap<&str, (usize, usize)>> = Mutex::new(BTreeMap::new());

fn table() -> String {
    let named = NAMED.lock().unwrap();
    let mut table = String::new();
    for one in BREAKS {
        let (broken, named) = named.get(one.name).copied().unwrap_or_default();
        writeln!(
            table,
            "{:>26} {:<48} {:<16} broken {broken:>3}, named {named:>3}",
            "", one.name, one.link
        )
        .unwrap();
    }
    table
}

/// Cases whose specs get warnings because their own variables take the identity from the pods.
const WITHOUT_IDENTITY: [&str; 3] = ["credentials", "shared", "warnings"];

/// Cases in which gcloud is a program in the pods, too; it takes longer.
const WITH_GCLOUD: [&str; 2] = ["direct", "documented-create"];

/// What a program in the pods is given: its variables, and the resources that it calls.
fn pod(situation: &Arc<Situation>, grants: &[(String, String)]) -> Value {
    let address = server::start(situation);
    // Nothing answers where a network policy forbids it.
    let seen = if situation.reaches_metadata_server() { &address } else { "127.0.0.1:1" };
    let url = |(resource, role): &(String, String)| {
        format!("http://{address}/resources/{}?{}", encoded(resource), encoded(role))
    };
    json!({
        "variables": situation.variables(seen),
        "urls": grants.iter().map(url).collect::<Vec<_>>(),
    })
}

fn prove(case: &Case, python: &Path) {
    let name = case.name();
    let promised = case.promise();
    let situation = Arc::new(case.apply());
    let found = observe(&situation);
    if WITHOUT_IDENTITY.contains(&name) {
        let broken = found.first_broken().expect("the spec gets a warning");
        assert_eq!(json!(broken.name), "credentials", "{name}");
        let learned = clients::python(python, &[pod(&situation, &[])]);
        assert!(learned[0].error.is_some(), "{name}: {learned:?}");
        return;
    }
    assert_eq!(compare(&promised, &found), [], "{name}");
    let (email, member) = promised_member(&promised, &situation);
    let grants = situation.world.grants_to(&member);
    assert_eq!(grants.len(), promised.grants.len(), "{name}: {grants:?} {:?}", promised.grants);

    let broken: Vec<(&Break, Arc<Situation>)> = BREAKS
        .iter()
        .filter_map(|one| {
            let mut situation = Situation::clone(&situation);
            (one.apply)(&mut situation).then(|| (one, Arc::new(situation)))
        })
        .collect();
    let created: Vec<&(&Break, Arc<Situation>)> =
        broken.iter().filter(|(_, situation)| situation.is_created()).collect();
    let mut pods = vec![pod(&situation, &grants)];
    pods.extend(created.iter().map(|(_, situation)| pod(situation, &grants)));

    let in_python = clients::python(python, &pods);
    let node = find("node-google-auth").expect("the trial needs it");
    let in_node = clients::node(&node, &pods[..1]);
    for whole in [&in_python[0], &in_node[0]] {
        assert_eq!((whole.email.as_deref(), &whole.error), (Some(email.as_str()), &None), "{name}");
        assert_eq!(whole.statuses, vec![200; grants.len()], "{name}: {grants:?}");
    }
    if WITH_GCLOUD.contains(&name) {
        assert_eq!(clients::gcloud_token(&pods[0]), member, "{name}");
    }
    for ((one, _), learned) in created.iter().zip(&in_python[1..]) {
        assert!(is_noticed(one.noticed, learned, &email), "{name}: {}: {learned:?}", one.name);
    }
    let mut missed = Vec::new();
    for (one, situation) in &broken {
        let is_refused = matches!(one.noticed, Noticed::NotCreated);
        assert_eq!(!situation.is_created(), is_refused, "{name}: {}", one.name);
        let first = first_wrong(&promised, &observe(situation)).map(|name| json!(name));
        let is_named = first == Some(json!(one.link));
        let mut all = NAMED.lock().unwrap();
        let (broken, named) = all.entry(one.name).or_default();
        *broken += 1;
        *named += usize::from(is_named);
        if !is_named {
            missed.push(format!("{}: {first:?}", one.name));
        }
    }
    assert!(missed.is_empty(), "{name}: {missed:#?}");
}

/// The first link that is not as promised, or of which the files do not say it any more: a ServiceAccount
/// that is in no file may be in the cluster.
fn first_wrong(promised: &Chain, observed: &Chain) -> Option<LinkName> {
    let unknown = |link: &&Link| matches!(link.state, LinkState::Unknown { .. });
    let unknown = observed.links.iter().find(unknown).map(|link| link.name);
    let different = compare(promised, observed).first().map(|one| one.link);
    unknown.into_iter().chain(different).min()
}

/// Who the pods are to be: the email that the metadata server gives, and the member of IAM.
fn promised_member(promised: &Chain, situation: &Situation) -> (String, String) {
    match &promised.identity {
        Answer::Account { email } => (email.clone(), format!("serviceAccount:{email}")),
        Answer::Principal { member } => {
            let number = situation.world.project_number(&situation.project).to_string();
            let pool = situation.cluster.pool.clone().expect("the cluster has a pool");
            (pool, member.replace("PROJECT_NUMBER", &number))
        }
        other => panic!("a spec promises {other:?}"),
    }
}

fn is_noticed(noticed: Noticed, learned: &Learned, promised: &str) -> bool {
    let error = learned.error.as_deref();
    match noticed {
        Noticed::NotCreated => false,
        Noticed::Error(part) => error.is_some_and(|error| error.contains(part)),
        Noticed::Node => learned.email.as_deref() == Some(NODE),
        Noticed::SomebodyElse => error.is_none() && learned.email.as_deref() != Some(promised),
        Noticed::Refused => error.is_none() && learned.statuses.contains(&403),
    }
}

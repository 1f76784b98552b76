//! The chains that manifests, policies and scripts show.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::binding::{BindingLinks, binding_links, misnamed};
use super::cloud::{cluster_links, google_account_links, on_selected_nodes, selects_server};
use super::credentials::{KEY, METADATA_HOST, credentials_link};
use super::evidence::{Evidence, Subject};
use super::link::{
    Access, Answer, Chain, Fact, Link, LinkName, LinkState, ServiceAccount, Workload,
};
use super::network::network_links;
use super::node::{network_link, selector_link};
use super::service_account::{account_links, old_field};
use crate::diagnostics::source::Source;
use crate::diagnostics::{Diagnostic, Location};
use crate::google::members::{Member, pool};
use crate::observed::{
    AccountUse, Binding, BindingTarget, Object, Partial, PodSubject, UseKind, World,
    parse_manifests,
};
use crate::text;

/// The chains of manifests and files of IAM, as [`crate::lint::lint`] reads them: one for each object
/// that makes pods, and one for each ServiceAccount that no pods name. Also returns the syntax errors,
/// each with its source.
pub fn observe(
    manifests: &[Source],
    iam: &[Source],
    namespace: Option<&str>,
) -> (Vec<Chain>, Vec<Diagnostic>) {
    let mut errors = Vec::new();
    let documents = parse_manifests(manifests, &mut errors);
    let world = World::new(&documents, iam, namespace, &mut errors);
    let mut chains = Vec::new();
    observe_world(&world, &mut |chain| chains.push(chain));
    text::place_all(None, chains.iter_mut().flat_map(Chain::places_mut));
    (chains, errors)
}

/// Gives each chain of a world to `add`.
pub(crate) fn observe_world(world: &World<'_>, add: &mut dyn FnMut(Chain)) {
    let evidence = Evidence::new(world);
    let misnamed = misnamed(&evidence);
    let links = |index| binding_links(&evidence, &misnamed, index);
    let links: Vec<BindingLinks> = (0..evidence.subjects.len()).map(links).collect();
    let pods = &world.objects.pods;
    let subjects: Vec<usize> = pods.iter().map(|pods| evidence.subject_of(pods)).collect();
    let identity = |index: usize| identity_place(&evidence, &evidence.subjects[index]);
    let network = network_links(world, |pods| identity(subjects[pods]).is_some());
    let cluster = cluster_links(world);
    let mut fields_by_owner: HashMap<usize, Vec<&AccountUse<'_>>> = HashMap::new();
    for one in &world.objects.uses {
        fields_by_owner.entry(one.owner).or_default().push(one);
    }
    for ((pods, &index), network) in pods.iter().zip(&subjects).zip(network) {
        let identity = identity(index);
        let (cluster, selector) =
            on_selected_nodes(world, pods, cluster.clone(), selector_link(pods));
        let node = [selector, network_link(pods, identity.as_ref()), network];
        let credentials = credentials_link(world, pods, identity.as_ref());
        let place = Location::value(&pods.spec_pointer).in_source(pods.source);
        let owner = (world.owner(pods), place);
        let mut fields = fields_by_owner.get(&pods.owner).into_iter().flatten().copied();
        let field = fields.find(|one| one.is_of(pods));
        let mut one =
            chain(&evidence, index, owner, (cluster, field, node, credentials), &links[index]);
        if let Some(link) = one.links.iter_mut().find(|link| link.name == LinkName::ServiceAccount)
        {
            link.findings.extend(old_field(pods));
        }
        add(one);
    }
    let mut with_chain: HashSet<usize> = subjects.into_iter().collect();
    for one in world.objects.uses.iter().filter(|one| one.kind == UseKind::Reference) {
        let Some(index) = evidence.find(one.namespace, one.name) else { continue };
        with_chain.insert(index);
        let owner = (&world.objects.all[one.owner], one.place());
        add(chain(&evidence, index, owner, without_pods(&cluster, Some(one)), &links[index]));
    }
    for (index, subject) in evidence.subjects.iter().enumerate() {
        let Some(account) = subject.object.filter(|_| !with_chain.contains(&index)) else {
            continue;
        };
        let owner = (account, account.place(""));
        add(chain(&evidence, index, owner, without_pods(&cluster, None), &links[index]));
    }
}

/// The links of the cluster, the field that names the ServiceAccount, and the links of pods.
type OfPods<'w, 'a> = ([Link; 2], Option<&'w AccountUse<'a>>, [Link; 3], Link);

fn without_pods<'w, 'a>(cluster: &[Link; 2], user: Option<&'w AccountUse<'a>>) -> OfPods<'w, 'a> {
    let node = [LinkName::NodeSelector, LinkName::HostNetwork, LinkName::NetworkPolicy];
    let credentials = Link::not_applicable(LinkName::Credentials);
    (cluster.clone(), user, node.map(Link::not_applicable), credentials)
}

/// Where an identity is given to the pods of a ServiceAccount: the annotation, or a role that is granted
/// directly to them.
fn identity_place(evidence: &Evidence<'_, '_>, subject: &Subject<'_, '_>) -> Option<Location> {
    subject
        .annotation_place()
        .or_else(|| evidence.direct_grant(subject).map(|binding| binding.place.clone()))
}

/// The chain of an object, whose ServiceAccount is `index`, from the links of its pods and of the account.
fn chain(
    evidence: &Evidence<'_, '_>,
    index: usize,
    (owner, place): (&Object<'_>, Location),
    (cluster, user, node, credentials): OfPods<'_, '_>,
    binding: &BindingLinks,
) -> Chain {
    let subject = &evidence.subjects[index];
    let [annotation, mut member, role, condition] = binding.clone();
    let mut links = Vec::from(cluster);
    if selects_server(&node[0]) {
        links[1] = Link::ok(LinkName::NodePool, "GKE_METADATA");
    }
    links.extend(node);
    links.extend(account_links(evidence, user, subject));
    let account = google_account_links(evidence, &annotation);
    links.push(annotation);
    links.extend(account);
    in_pool_of_cluster(&mut member, &links[0], subject);
    links.extend([member, role, condition, credentials]);
    let pods_pool = pool_of(&links).or(evidence.pool());
    let member = pods_pool.zip(subject.namespace);
    let member = member.map(|(pool, _)| subject.member(pool).to_string());
    let principal = member.as_ref().and(pods_pool).map(|pool| principal(pool, subject));
    let identity = identity(&links, subject, pods_pool);
    let grants: Vec<Access> = grants(evidence, subject, &identity).map(access).collect();
    links.push(match grants.as_slice() {
        [] => Link::unknown(LinkName::Grants, "the IAM policies of the resources"),
        some => {
            let shown: Vec<String> = some.iter().map(Access::to_string).collect();
            let place = some[0].place.clone();
            Link::ok(LinkName::Grants, Fact { value: shown.join(", "), place })
        }
    });
    Chain {
        workload: Workload {
            group: owner.id.group.to_owned(),
            kind: owner.id.kind.to_owned(),
            namespace: owner.id.namespace.map(str::to_owned),
            name: owner.id.name.to_owned(),
            place: Some(place),
        },
        service_account: ServiceAccount {
            namespace: subject.namespace.map(str::to_owned),
            name: subject.name.to_owned(),
        },
        member,
        principal,
        identity,
        grants,
        links,
        differences: Vec::new(),
        policies: Arc::clone(&evidence.policies),
    }
}

/// A member of another pool than that of the only cluster names other pods.
fn in_pool_of_cluster(member: &mut Link, cluster: &Link, subject: &Subject<'_, '_>) {
    if let (LinkState::Ok { found }, LinkState::Ok { found: expected }) =
        (&member.state, &cluster.state)
        && pool(&found.value).is_some_and(|pool| pool != expected.value)
    {
        let value = subject.member(&expected.value).to_string();
        let expected = Fact { value, place: expected.place.clone() };
        member.state = LinkState::Broken { found: found.clone(), expected };
    }
}

/// The pool of the member that was found.
fn pool_of(links: &[Link]) -> Option<&str> {
    links.iter().find(|link| link.name == LinkName::Member).and_then(|link| match &link.state {
        LinkState::Ok { found } => pool(&found.value),
        _ => None,
    })
}

/// Who the pods are.
fn identity(links: &[Link], subject: &Subject<'_, '_>, pool: Option<&str>) -> Answer {
    let state = |name| links.iter().find(|link| link.name == name).map(|link| &link.state);
    let is_broken = |name| matches!(state(name), Some(LinkState::Broken { .. }));
    let found = |name| match state(name) {
        Some(LinkState::Ok { found } | LinkState::Broken { found, .. }) => found.value.as_str(),
        _ => "",
    };
    match found(LinkName::Credentials) {
        KEY => return Answer::Key,
        METADATA_HOST => return Answer::Unknown { needs: METADATA_HOST.to_owned() },
        _ => {}
    }
    let is_on_node = !["", "false"].contains(&found(LinkName::HostNetwork));
    if is_on_node || [LinkName::ClusterPool, LinkName::NodePool].into_iter().any(is_broken) {
        return Answer::Node;
    }
    match state(LinkName::Annotation) {
        Some(LinkState::Ok { found }) => Answer::Account { email: found.value.clone() },
        Some(LinkState::Unknown { needs }) => Answer::Unknown { needs: needs.clone() },
        Some(LinkState::Broken { .. }) if subject.annotation_place().is_some() => {
            Answer::Unknown { needs: "a valid annotation".to_owned() }
        }
        _ => Answer::Principal { member: principal(pool.unwrap_or("POOL"), subject) },
    }
}

/// The principal of the pods of a ServiceAccount.
fn principal(pool: &str, subject: &Subject<'_, '_>) -> String {
    let pods = subject.workload_identity(pool);
    Member::Principal { project: String::new(), number: None, pods }.to_string()
}

/// The bindings of an identity.
fn grants<'w>(
    evidence: &Evidence<'w, '_>,
    subject: &Subject<'_, '_>,
    identity: &Answer,
) -> impl Iterator<Item = &'w Binding> {
    let of_account: Vec<&Binding> = match identity {
        Answer::Account { email } => {
            let member = Member::ServiceAccount(email.clone()).to_string();
            evidence.bindings_of(&member).collect()
        }
        _ => Vec::new(),
    };
    let of_pods = match identity {
        Answer::Principal { .. } => evidence.bindings(subject),
        _ => Vec::new(),
    };
    let is_direct = |one: &&Binding| {
        one.member.as_str().starts_with("principal") && one.subject != PodSubject::Any
    };
    of_account.into_iter().chain(of_pods.into_iter().filter(is_direct))
}

fn access(binding: &Binding) -> Access {
    Access {
        role: binding.role.shown(),
        resource: match (binding.resource.as_str(), &binding.target) {
            ("", BindingTarget::Project) => "project ?".to_owned(),
            ("", _) => "?".to_owned(),
            (resource, _) => resource.to_owned(),
        },
        condition: binding.condition.as_ref().map(Partial::shown),
        place: Some(binding.place.clone()),
    }
}

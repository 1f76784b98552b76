//! What a test puts into the cloud, and the trouble that it makes there.

use super::container::{self, Effect};
use super::iam::domain;
use super::policy::Policy;
use super::trouble::{Mishap, Trouble};
use super::world::{Account, Project};
use super::{Cluster, Condition, Google, kinds};

/// The APIs that a rendered script needs.
const SERVICES: [&str; 4] = [
    "cloudresourcemanager.googleapis.com",
    "container.googleapis.com",
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
];

impl Google {
    /// A project, with the APIs that a rendered script needs.
    pub(crate) fn project(&self, id: &str, number: u64) -> &Self {
        let services = SERVICES.map(str::to_owned).into();
        self.cloud().world.projects.insert(id.to_owned(), Project { number, services });
        self.resource(&format!("crm/projects/{id}"))
    }

    /// A cluster. If Workload Identity is on, its pool has been made.
    pub(crate) fn cluster(
        &self,
        project: &str,
        location: &str,
        name: &str,
        cluster: Cluster,
    ) -> &Self {
        let world = &mut self.cloud().world;
        assert!(world.projects.contains_key(project), "there is no project {project}");
        if let Some(pool) = &cluster.pool {
            world.pools.insert(pool.clone(), project.to_owned());
        }
        world
            .clusters
            .insert(format!("projects/{project}/locations/{location}/clusters/{name}"), cluster);
        self
    }

    /// A service account, in the project that its address names.
    pub(crate) fn account(&self, email: &str) -> &Self {
        let world = &mut self.cloud().world;
        let number = email.split_once("-compute@developer.").map(|(number, _)| number);
        let project = world.projects.iter().find(|(id, project)| {
            email.ends_with(&format!("@{}.iam.gserviceaccount.com", domain(id)))
                || number.is_some_and(|number| number == project.number.to_string())
        });
        let project = project.unwrap_or_else(|| panic!("no project has {email}")).0.clone();
        world.add_account(email, Account { project, ..Account::default() });
        self
    }

    /// A resource that has a policy, by its service and its path without version, as in
    /// `secretmanager/projects/my-project/secrets/my-secret` or `storage/b/my-bucket`.
    pub(crate) fn resource(&self, resource: &str) -> &Self {
        assert!(kinds::known(resource), "there is no such kind of resource: {resource}");
        self.cloud().world.policies.entry(resource.to_owned()).or_default();
        self
    }

    /// A binding of a resource that is there, whether or not IAM would take its member.
    pub(crate) fn binding(
        &self,
        resource: &str,
        role: &str,
        member: &str,
        condition: Option<Condition>,
    ) -> &Self {
        let world = &mut self.cloud().world;
        let policy: &mut Policy = world
            .policies
            .get_mut(resource)
            .unwrap_or_else(|| panic!("there is no resource {resource}"));
        policy.change(|bindings| {
            bindings.entry((role.into(), condition)).or_default().insert(member.into());
        });
        self
    }

    /// Hides an account, which may be made later, from this many readers: those who ask for it,
    /// list it, read or set its policy, or set another policy that names it.
    pub(crate) fn hide_account(&self, email: &str, readers: usize) -> &Self {
        self.cloud().world.hidden.insert(email.to_owned(), readers);
        self
    }

    /// Has IAM say 403 of accounts that are not there, as it may, and not 404.
    pub(crate) fn forbid_absent_accounts(&self) -> &Self {
        self.cloud().world.forbidden = true;
        self
    }

    /// Lets another writer be faster than the next writers of a policy, and add a binding (role
    /// and member) if one is given.
    pub(crate) fn conflict(
        &self,
        resource: &str,
        times: usize,
        theirs: Option<(&str, &str)>,
    ) -> &Self {
        let path = resource.split_once('/').map_or("", |(_, path)| path);
        let (method, path) = match resource.strip_prefix("storage") {
            Some(path) => ("PUT", format!("{path}/iam")),
            None if path.contains("/datasets/") && !path.contains("/tables/") => {
                ("PATCH", format!("/{path}"))
            }
            None => ("POST", format!("/{path}:setIamPolicy")),
        };
        let theirs = theirs.map(|(role, member)| (role.to_owned(), member.to_owned()));
        let mishap = Mishap::Conflict { resource: resource.to_owned(), theirs };
        self.trouble(method, &path, times, mishap)
    }

    /// Answers requests of this method, with this in their path, with a status of trouble.
    pub(crate) fn refuse(&self, method: &str, path: &str, status: u16, times: usize) -> &Self {
        self.trouble(method, path, times, Mishap::Refused(status))
    }

    /// Does what is asked by requests of this method, with this in their path, and breaks the
    /// connection.
    pub(crate) fn lose_answers(&self, method: &str, path: &str, times: usize) -> &Self {
        self.trouble(method, path, times, Mishap::Lost)
    }

    fn trouble(&self, method: &str, path: &str, times: usize, mishap: Mishap) -> &Self {
        let (method, path) = (method.to_owned(), path.to_owned());
        self.cloud().troubles.push(Trouble { method, path, times, mishap });
        self
    }

    /// How often an operation on a cluster is seen running before it is done: once, if no test
    /// says otherwise. Who reads the cluster or the operation sees it, and who is refused because
    /// of it.
    pub(crate) fn slow_operations(&self, polls: usize) -> &Self {
        self.cloud().world.polls = polls;
        self
    }

    /// Starts an operation of another user on a cluster.
    pub(crate) fn busy(&self, project: &str, location: &str, name: &str, polls: usize) -> &Self {
        let path = format!("projects/{project}/locations/{location}/clusters/{name}");
        container::start(&mut self.cloud().world, &path, Effect::Other, polls);
        self
    }

    /// Kills the script that runs, or runs next, once the cloud has carried out so many more
    /// requests. A script that makes fewer lives, and so does the one after it.
    pub(crate) fn stop_after(&self, requests: usize) -> &Self {
        assert!(requests > 0, "a script that makes no request is not stopped");
        self.cloud().stop = Some(requests);
        self
    }
}

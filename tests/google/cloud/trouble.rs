//! Failures: concurrent writers, services that refuse, answers that are lost.

use super::ALWAYS;
use super::answer::Answer;
use super::request::Request;
use super::world::World;

/// What happens to some requests.
#[derive(Clone, Debug)]
pub(super) enum Mishap {
    /// This status instead of an answer, and nothing is done.
    Refused(u16),
    /// Somebody else was faster: this binding, or none, is in the policy now.
    Conflict { resource: String, theirs: Option<(String, String)> },
    /// It is done, and the connection breaks before the answer.
    Lost,
}

/// A mishap, the requests that it happens to, and how often it still does.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) method: String,
    /// A part of the path.
    pub(super) path: String,
    pub(super) times: usize,
    pub(super) mishap: Mishap,
}

/// The first trouble that a request gets into; it happens once less from now on.
pub(super) fn meet(troubles: &mut [Trouble], request: &Request) -> Option<Mishap> {
    let trouble = troubles.iter_mut().find(|trouble| {
        trouble.times > 0
            && trouble.method == request.method
            && request.path.contains(&trouble.path)
    })?;
    if trouble.times != ALWAYS {
        trouble.times -= 1;
    }
    Some(trouble.mishap.clone())
}

/// What happens before the request is carried out, and perhaps instead.
pub(super) fn before(world: &mut World, mishap: &Mishap) -> Option<Answer> {
    match mishap {
        Mishap::Refused(status) => Some(Answer::trouble(*status)),
        Mishap::Conflict { resource, theirs } => {
            let policy = world.policies.get_mut(resource)?;
            policy.change(|bindings| {
                if let Some((role, member)) = theirs {
                    bindings.entry((role.clone(), None)).or_default().insert(member.clone());
                }
            });
            None
        }
        Mishap::Lost => None,
    }
}

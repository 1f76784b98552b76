//! What wigen renders, and wigen itself, with the real tools: Kustomize, kubectl, kpt, pre-commit, git,
//! shells and validators. `.ci/tools` installs those that can be installed.

mod apply;
mod gitops;
mod pre_commit;
mod real_tools;
mod routes;
#[path = "../support/mod.rs"]
mod support;

fn main() {
    support::trials::run(
        "tools",
        vec![pre_commit::topic(), routes::topic(), gitops::topic(), real_tools::topic()],
    )
}

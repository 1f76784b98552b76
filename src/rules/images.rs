//! Rules for the images of containers.

use crate::app::{App, WaitForMetadata};
use crate::diagnostic::{Code, Diagnostic, Place, quoted};
use crate::grammar;

/// The parts of an image reference.
struct Image<'a> {
    repository: &'a str,
    tag: Option<&'a str>,
    digest: Option<&'a str>,
}

fn parts(image: &str) -> Image<'_> {
    let (rest, digest) =
        image.split_once('@').map_or((image, None), |(rest, digest)| (rest, Some(digest)));
    let (repository, tag) = match rest.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
        _ => (rest, None),
    };
    Image { repository, tag, digest }
}

/// The limits on the parts, which a pattern would have to count.
pub(super) fn lengths(app: &App, found: &mut Vec<Diagnostic>) {
    let waiting = match &app.wait_for_metadata {
        Some(WaitForMetadata::Image(image)) => Some(("/waitForMetadata", image)),
        _ => None,
    };
    for (place, image) in [("/container/image", &app.container.image)].into_iter().chain(waiting) {
        let Image { repository, tag, digest } = parts(image);
        let hex = digest.and_then(|digest| digest.rsplit_once(':')).map(|(_, hex)| hex.len());
        let wrong = if repository.len() > 255 {
            format!("its repository has {} characters; it may have 255", repository.len())
        } else if let Some(tag) = tag.filter(|tag| tag.len() > 128) {
            format!("its tag has {} characters; it may have 128", tag.len())
        } else if let Some(hex) = hex.filter(|hex| *hex < 32) {
            format!("its digest has {hex} digits; it has at least 32")
        } else {
            continue;
        };
        let message = format!("{} is not {}: {wrong}", quoted(image), grammar::IMAGE.noun);
        found.push(Diagnostic::new(Code::Image, Place::value(place), message));
    }
}

/// Projects of Google whose images anybody may pull.
const PUBLIC: [&str; 6] = [
    "cloud-sql-connectors",
    "cloudrun",
    "distroless",
    "gke-release",
    "google-containers",
    "google-samples",
];

/// Images are pulled by the account of the nodes, whatever the identity of the pods.
pub(super) fn project(app: &App, found: &mut Vec<Diagnostic>) {
    let image = &app.container.image;
    let Some((registry, path)) = image.split_once('/') else { return };
    if !registry.ends_with("-docker.pkg.dev")
        && registry != "gcr.io"
        && !registry.ends_with(".gcr.io")
    {
        return;
    }
    // The ID of a project in a domain stands in two parts of the path.
    let mut steps = path.split('/');
    let project = match (steps.next(), steps.next()) {
        (Some(domain), Some(id)) if domain.contains('.') => format!("{domain}:{id}"),
        (Some(id), _) => id.to_owned(),
        _ => return,
    };
    let cluster = app.cluster.project.as_ref().unwrap_or(&app.project);
    let is_public = PUBLIC.contains(&project.as_str()) || project.starts_with("google.com:");
    if project == *cluster || is_public {
        return;
    }
    let other = if app.cluster.project.is_some() { "/cluster/project" } else { "/project" };
    found.push(
        Diagnostic::new(
            Code::ImageProject,
            Place::value("/container/image"),
            format!(
                "the image is in project {}, and the nodes are in {}",
                quoted(&project),
                quoted(cluster)
            ),
        )
        .related(Place::value(other), "of the nodes")
        .help("grant `roles/artifactregistry.reader` there to the service account of the nodes: they pull it, not the pods"),
    );
}

/// A tag that moves, kept by nodes that have it already.
pub(super) fn stale(app: &App, found: &mut Vec<Diagnostic>) {
    let Image { tag, digest, .. } = parts(&app.container.image);
    let policy = app.container.native.get("imagePullPolicy").and_then(|policy| policy.as_str());
    if digest.is_none()
        && matches!(tag, None | Some("latest"))
        && let Some(policy @ ("IfNotPresent" | "Never")) = policy
    {
        found.push(
            Diagnostic::new(
                Code::StaleImage,
                Place::value("/container/image"),
                format!(
                    "with the pull policy {} a node keeps the image that was latest once",
                    quoted(policy)
                ),
            )
            .related(Place::value("/container/imagePullPolicy"), "the policy")
            .help("name a version, or take `imagePullPolicy` out"),
        );
    }
}

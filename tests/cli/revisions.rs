//! `wigen diff` over revisions: the real git, in repositories that the tests make.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::trials::{Topic, trials};
use crate::support::{outcome, outcome_of, succeed, wigen};

pub(crate) fn topic() -> Topic {
    Topic::new(
        "revisions",
        "specs are read from git revisions, and compared with them",
        trials![
            one_spec_is_compared_with_what_it_was,
            all_specs_below_a_directory_are_compared,
            paths_may_be_anything,
            what_cannot_be_compared_is_an_error,
            colours_and_environments_are_as_everywhere,
            a_member_that_changes_is_compared_with_its_defaults,
            defaults_that_change_are_changes_of_all_members,
            each_environment_is_compared_and_named,
            a_workspace_that_is_new_is_none_at_the_revision,
            what_members_granted_at_a_revision_is_revoked,
            a_large_file_at_a_revision_is_refused,
            a_base_does_not_revoke_what_an_environment_grants,
            an_invalid_workspace_is_reported_once_at_its_revision,
        ],
    )
}

const SPEC: &str = r#"name = "NAME"
project = "my-project"
cluster = { name = "apps", region = "us-central1" }
container = { image = "us-docker.pkg.dev/my-project/books/api:1" }
"#;

fn spec(name: &str) -> String {
    SPEC.replace("NAME", name)
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Runs git without the settings of the user who runs the test, but with some that could disturb.
fn git(folder: &Path, arguments: &[&str]) {
    let mut git = Command::new("git");
    let settings = ["user.name=a", "user.email=a@example.com", "commit.gpgsign=false"];
    git.current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null");
    git.args(settings.iter().flat_map(|setting| ["-c", setting])).args(arguments);
    succeed(&mut git);
}

fn commit(folder: &Path) {
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-qm", "a commit"]);
}

fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "-q", "-b", "main"]);
    for (setting, value) in [
        ("color.ui", "always"),
        ("core.pager", "false"),
        ("diff.external", "false"),
        ("diff.renames", "copies"),
        ("core.quotePath", "true"),
    ] {
        git(folder.path(), &["config", setting, value]);
    }
    for (name, text) in files {
        write(folder.path(), name, text);
    }
    commit(folder.path());
    folder
}

fn diff(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    outcome(wigen(folder).arg("diff").args(arguments))
}

/// What is printed; there may be no message.
fn says(folder: &Path, arguments: &[&str]) -> String {
    let (code, stdout, stderr) = diff(folder, arguments);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{arguments:?}");
    stdout
}

fn rolls(name: &str, file: &str) -> String {
    format!(
        "{name} ({file})\n  ~ Deployment default/{name}: its pods roll: spec.containers[{name}].image\n"
    )
}

fn newer(name: &str) -> String {
    spec(name).replace(":1\"", ":2\"")
}

fn one_spec_is_compared_with_what_it_was() {
    let folder = repository(&[("app.toml", &spec("books"))]);
    let path = folder.path();
    assert_eq!(says(path, &["HEAD", "app.toml"]), "");
    write(path, "app.toml", &newer("books"));
    let expected = rolls("books", "app.toml");
    for arguments in [
        &["HEAD", "app.toml"][..],
        &["HEAD:app.toml", "app.toml"],
        &["HEAD:./app.toml"],
        &["main:app.toml"],
        &["HEAD"],
        &[":app.toml"],
        &["HEAD:"],
    ] {
        assert_eq!(says(path, arguments), expected, "{arguments:?}");
    }
    let absolute = path.join("app.toml").display().to_string();
    assert_eq!(says(path, &["HEAD", &absolute]), rolls("books", &absolute));
    let (code, stdout, stderr) =
        outcome_of(wigen(path).args(["diff", "HEAD:app.toml", "-"]), &newer("books"));
    assert_eq!(
        (code, stdout.as_str(), stderr.as_str()),
        (Some(0), &*rolls("books", "<stdin>"), "")
    );
    commit(path);
    assert_eq!(says(path, &["HEAD"]), "");
    assert_eq!(says(path, &["HEAD~1", "HEAD"]), rolls("books", "HEAD:./app.toml"));
    assert_eq!(says(path, &["HEAD~1:app.toml", "HEAD"]), rolls("books", "HEAD:app.toml"));
    assert_eq!(diff(path, &["--exit-code", "HEAD~1"]).0, Some(1));
    assert_eq!(diff(path, &["--exit-code", "HEAD"]).0, Some(0));
    assert_eq!(diff(path, &["-v", "HEAD"]), (Some(0), String::new(), "nothing changes\n".into()));
    // A file that is called like a revision is the file.
    write(path, "HEAD~1", &spec("books"));
    assert_eq!(says(path, &["HEAD~1", "app.toml"]), expected);
}

fn all_specs_below_a_directory_are_compared() {
    let folder = repository(&[
        ("apps/books/app.toml", &spec("books")),
        ("apps/films/app.yaml", "not: a spec"),
        ("apps/old/app.toml", &spec("old")),
        ("apps/moved/app.toml", &spec("moved")),
        (".hidden/app.toml", "no spec"),
        ("apps/notes.toml", "no spec"),
    ]);
    let path = folder.path();
    git(path, &["rm", "-q", "apps/films/app.yaml"]);
    commit(path);
    git(path, &["tag", "-a", "v1", "-m", "a tag"]);
    write(path, "apps/books/app.toml", &newer("books"));
    fs::remove_file(path.join("apps/old/app.toml")).unwrap();
    fs::create_dir(path.join("elsewhere")).unwrap();
    fs::rename(path.join("apps/moved"), path.join("elsewhere/moved")).unwrap();
    write(path, "untracked/app.toml", &spec("new"));
    let heads = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with("  ") && !line.is_empty());
        lines.map(str::to_owned).collect()
    };
    let text = says(path, &["v1"]);
    assert_eq!(
        heads(&text),
        ["books (apps/books/app.toml)", "new (untracked/app.toml)", "old (v1:./apps/old/app.toml)"]
    );
    for line in ["  + app new: is new\n", "  - app old: is gone;"] {
        assert!(text.contains(line), "{line} in {text}");
    }
    // From below, and of what is below.
    let below = path.join("apps");
    assert_eq!(heads(&says(&below, &["v1"]))[0], "books (books/app.toml)");
    assert_eq!(heads(&says(&below, &["HEAD:apps/books"]))[0], "books (../apps/books/app.toml)");
    assert_eq!(heads(&says(path, &["v1", "apps/books"])), ["books (apps/books/app.toml)"]);
    assert_eq!(heads(&says(path, &["v1", "untracked"])), ["new (untracked/app.toml)"]);
    assert_eq!(heads(&says(path, &["v1", "untracked/app.toml"])), ["new (untracked/app.toml)"]);
    commit(path);
    assert_eq!(heads(&says(path, &["v1", "main"])).len(), 3);
    for place in [path, &below] {
        assert_eq!(heads(&says(place, &["v1:apps", "main:apps"])).len(), 3);
    }
    // An invalid spec at a revision is reported under the name that git has for it.
    let (code, stdout, stderr) = diff(path, &["HEAD~2"]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains(" --> HEAD~2:./apps/films/app.yaml:1:1\n"), "{stderr}");
    assert!(stderr.contains("; nothing was compared\n"), "{stderr}");
}

fn paths_may_be_anything() {
    let odd = "a b/ü\"$(x)\n*[z]/app.toml";
    let folder = repository(&[
        ("app.toml", &spec("books")),
        (odd, &spec("odd")),
        ("a b/-n/app.toml", &spec("dash")),
    ]);
    let path = folder.path();
    std::os::unix::fs::symlink("../app.toml", path.join("a b/app.toml")).unwrap();
    commit(path);
    write(path, odd, &newer("odd"));
    let shown = odd.replace('\n', "\u{fffd}");
    assert_eq!(says(path, &["HEAD"]), rolls("odd", &shown));
    assert_eq!(says(path, &["HEAD", odd]), rolls("odd", &shown));
    // Git has the link, and what it leads to is compared; for a link to nothing there is no spec.
    assert_eq!(says(path, &["HEAD", "a b/app.toml"]), "");
    fs::remove_file(path.join("a b/app.toml")).unwrap();
    std::os::unix::fs::symlink("nowhere", path.join("a b/app.toml")).unwrap();
    commit(path);
    let (code, stdout, stderr) = diff(path, &["HEAD", "HEAD"]);
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    assert_eq!(stderr, "wigen: cannot read a b/app.toml: it is a link that leads to no file\n");
}

fn what_cannot_be_compared_is_an_error() {
    let folder = repository(&[("app.toml", &spec("books")), ("empty/x", "")]);
    let path = folder.path();
    let outside = tempfile::tempdir().unwrap();
    write(outside.path(), "app.toml", &spec("books"));
    for (place, arguments, says) in [
        (path, &["nope"][..], "there is no file nope, and git says: Not a valid object name nope"),
        (
            path,
            &["HEAD:nope.toml"],
            "there is no file HEAD:nope.toml, and git says: path 'nope.toml' does not exist in 'HEAD'",
        ),
        (
            outside.path(),
            &["HEAD"],
            "there is no file HEAD, and git says: not a git repository (or any of the parent directories): .git",
        ),
        (
            path,
            &["--", "--output=x"],
            "there is no file --output=x, and --output=x is not a revision",
        ),
        (
            path,
            &["app.toml"],
            "app.toml is not a revision; name what to compare it with: `wigen diff HEAD app.toml`",
        ),
        (path, &["-", "-"], "standard input is to be compared with a file, here or at a revision"),
        (
            path,
            &["HEAD", "-"],
            "standard input is to be compared with a file, here or at a revision",
        ),
        (
            path,
            &["app.toml", "empty"],
            "one of OLD and NEW is a spec and the other a directory; name two of a kind",
        ),
        (
            path,
            &["HEAD", "empty"],
            "there is no app.toml, app.yaml, app.yml, app.json below HEAD or empty",
        ),
    ] {
        let (code, stdout, stderr) = diff(place, arguments);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments:?}: {stderr}");
        assert_eq!(stderr, format!("wigen: {says}\n"), "{arguments:?}");
    }
    assert!(!path.join("x").exists());
    let (code, _, stderr) = outcome(wigen(path).args(["diff", "HEAD"]).env("PATH", "/nowhere"));
    assert_eq!(code, Some(2));
    assert!(stderr.contains("there is no file HEAD, and git cannot be run: "), "{stderr}");
    // Without git, files are compared all the same.
    succeed(wigen(path).args(["diff", "app.toml", "app.toml"]).env("PATH", "/nowhere"));
}

fn colours_and_environments_are_as_everywhere() {
    let text = format!("{}\n[environments.prod]\nproject = \"prod-project\"\n", spec("books"));
    let folder = repository(&[("app.toml", &text)]);
    let path = folder.path();
    write(path, "app.toml", &text.replace("prod-project", "live-project"));
    let text = says(path, &["HEAD"]);
    assert!(text.contains("live-project.svc.id.goog[default/"));
    assert!(text.lines().skip(1).all(|line| line[4..].starts_with("prod: ")), "{text}");
    for environments in [&["--env", "prod"][..], &["--all-envs"], &["-p", "books"]] {
        assert_eq!(says(path, &[&["HEAD"], environments].concat()), text);
    }
    assert_eq!(diff(path, &["HEAD", "--exit-code"]).0, Some(1));
    let (code, _, stderr) = diff(path, &["HEAD", "--env", "prd"]);
    assert_eq!((code, stderr.matches("there is no environment `prd`").count()), (Some(1), 2));
    let (code, _, stderr) = diff(path, &["HEAD", "-p", "book"]);
    let unknown = "wigen: there is no app `book`; did you mean `books`? (apps: books)\n";
    assert_eq!((code, stderr.as_str()), (Some(2), unknown));
    write(path, "app.toml", &newer("books"));
    assert!(says(path, &["HEAD", "--color", "always"]).starts_with("\u{1b}[1mbooks (app.toml)"));
    let json = says(path, &["HEAD", "--format", "json", "--color", "always"]);
    assert!(
        json.starts_with(r#"{"version":1,"app":"books","old":"HEAD:./app.toml","new":"app.toml","#),
        "{json}"
    );
}

const WORKSPACE: &str = r#"members = ["apps/*"]
exclude = ["apps/alone"]

[defaults]
project = "my-project"
cluster = { name = "apps", region = "us-central1" }

[defaults.environments.prod]
project = "prod-project"
"#;

/// The same in the environment of the workspace, too.
fn rolls_everywhere(name: &str, file: &str) -> String {
    let text = rolls(name, file);
    let line = text.lines().nth(1).unwrap().replace("~ ", "~ prod: ");
    format!("{text}{line}\n")
}

fn member(name: &str, tag: u8) -> String {
    let image = format!("us-docker.pkg.dev/my-project/books/api:{tag}");
    format!("name = \"{name}\"\ncontainer = {{ image = \"{image}\" }}\n")
}

fn workspace() -> tempfile::TempDir {
    repository(&[
        ("team/wigen.toml", WORKSPACE),
        ("team/apps/books/app.toml", &member("books", 1)),
        ("team/apps/films/app.toml", &member("films", 1)),
        ("team/apps/alone/app.toml", &format!("{}environments.prod = {{}}\n", spec("alone"))),
    ])
}

fn a_member_that_changes_is_compared_with_its_defaults() {
    let folder = workspace();
    let path = folder.path();
    assert_eq!(says(path, &["HEAD"]), "");
    write(path, "team/apps/books/app.toml", &member("books", 2));
    assert_eq!(says(path, &["HEAD"]), rolls_everywhere("books", "team/apps/books/app.toml"));
    let team = path.join("team");
    let below = team.join("apps/books");
    for (place, arguments, file) in [
        (&team, &["HEAD"][..], "apps/books/app.toml"),
        (&below, &["HEAD"], "app.toml"),
        (&below, &["HEAD", "app.toml"], "app.toml"),
        (&below, &["HEAD:./app.toml"], "app.toml"),
        (&below, &["HEAD:./"], "app.toml"),
        (&below, &["HEAD:../books"], "../books/app.toml"),
        (&below, &["HEAD:team/apps"], "../../../team/apps/books/app.toml"),
        (&below, &[":team/apps/books/app.toml"], "../../../team/apps/books/app.toml"),
        (&below, &[":0:./app.toml"], "app.toml"),
        (&team, &["HEAD", "apps/books"], "apps/books/app.toml"),
        (&team, &["HEAD:", "../"], "../team/apps/books/app.toml"),
        (&team, &["HEAD^{tree}", "../"], "../team/apps/books/app.toml"),
        (&team, &["HEAD^{/a commit}"], "apps/books/app.toml"),
    ] {
        assert_eq!(says(place, arguments), rolls_everywhere("books", file), "{arguments:?}");
    }
    let (code, stdout, stderr) = outcome(wigen(path).args(["-C", "team/apps", "diff", "HEAD"]));
    assert_eq!(
        (code, &*stdout, &*stderr),
        (Some(0), &*rolls_everywhere("books", "books/app.toml"), "")
    );
    // Standard input is in no workspace.
    let arguments = ["diff", "HEAD:team/apps/books/app.toml", "-"];
    let (code, _, stderr) = outcome_of(wigen(path).args(arguments), &member("books", 2));
    assert_eq!(code, Some(1));
    assert!(stderr.contains(" --> <stdin>:"), "{stderr}");
    commit(path);
    assert_eq!(
        says(path, &["HEAD~1", "HEAD"]),
        rolls_everywhere("books", "HEAD:./team/apps/books/app.toml")
    );
}

fn defaults_that_change_are_changes_of_all_members() {
    let folder = workspace();
    let path = folder.path();
    write(path, "team/wigen.toml", &WORKSPACE.replace("\"my-project\"", "\"new-project\""));
    let heads = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with("  ") && !line.is_empty());
        lines.map(str::to_owned).collect()
    };
    let text = says(path, &["HEAD"]);
    assert_eq!(
        heads(&text),
        ["books (team/apps/books/app.toml)", "films (team/apps/films/app.toml)"]
    );
    assert!(text.contains("new-project"), "{text}");
    // An environment that only the defaults have.
    assert_eq!(says(path, &["HEAD", "--env", "prod"]), "");
    write(path, "team/wigen.toml", &WORKSPACE.replace("prod-project", "live-project"));
    let text = says(path, &["HEAD", "team/apps", "--env", "prod"]);
    assert!(text.contains("live-project.svc.id.goog[default/books]"), "{text}");
    assert_eq!(says(path, &["HEAD", "team/apps"]), text);
    assert_eq!(heads(&says(path, &["HEAD", "-p", "films"])), ["films (team/apps/films/app.toml)"]);
    // What git has is compared with what git has, whatever the working tree says.
    commit(path);
    write(path, "team/wigen.toml", "nonsense");
    let text = says(path, &["HEAD~1:team/apps", "HEAD:team/apps", "--env", "prod"]);
    assert_eq!(heads(&text).len(), 2, "{text}");
}

fn each_environment_is_compared_and_named() {
    let with = |environments: &str| format!("{}{environments}", spec("books"));
    let folder = repository(&[("app.toml", &spec("books"))]);
    let path = folder.path();
    let apps = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|line| line.contains("app books"))
            .map(|line| line[2..].to_owned())
            .collect()
    };
    let is_gone = "app books: is gone; `bash gcloud.sh destroy`, rendered from its spec, undoes what was done for it in Google Cloud";
    // An environment that is new.
    write(path, "app.toml", &with("environments.prod = {}\n"));
    assert_eq!(apps(&says(path, &["HEAD"])), ["+ prod: app books: is new"]);
    assert_eq!(apps(&says(path, &["HEAD", "--env", "prod"])), ["+ prod: app books: is new"]);
    commit(path);
    // The spec chooses it: without a name, the same as before is rendered.
    write(
        path,
        "app.toml",
        &format!("environment = \"prod\"\n{}", with("environments.prod = {}\n")),
    );
    assert_eq!(apps(&says(path, &["HEAD"])), [format!("- {is_gone}")]);
    git(path, &["checkout", "-q", "HEAD~1", "--", "app.toml"]);
    write(
        path,
        "app.toml",
        &format!("environment = \"prod\"\n{}", with("environments.prod = {}\n")),
    );
    assert_eq!(says(path, &["HEAD~1"]), "");
    // One is renamed.
    write(path, "app.toml", &with("environments.live = {}\n"));
    let renamed = ["+ live: app books: is new".to_owned(), format!("- prod: {is_gone}")];
    assert_eq!(apps(&says(path, &["HEAD"])), renamed);
    assert_eq!(apps(&says(path, &["HEAD", "--env", "prod"])), renamed[1..]);
    let json = says(path, &["HEAD", "--format", "json"]);
    assert!(json.lines().all(|line| line.contains("\"environment\":")), "{json}");
}

fn a_workspace_that_is_new_is_none_at_the_revision() {
    let odd = "team/apps/a\nb/app.toml";
    let folder = repository(&[("team/apps/books/app.toml", &spec("books")), (odd, &spec("odd"))]);
    let path = folder.path();
    write(path, "team/wigen.toml", WORKSPACE);
    write(path, "team/apps/books/app.toml", &member("books", 1));
    write(path, odd, &member("odd", 1));
    let text = says(path, &["HEAD"]);
    assert!(text.lines().all(|line| !line.starts_with("  ") || line[4..].starts_with("prod: ")));
    write(path, "team/wigen.toml", &WORKSPACE.replace("\"my-project\"", "\"new-project\""));
    let text = says(&path.join("team/apps"), &["HEAD", "books/app.toml"]);
    assert!(text.contains("new-project.svc.id.goog[default/books]"), "{text}");
    // The nearest one counts; a directory of that name is none. Nobody can repair a link of an old revision.
    write(path, "wigen.toml", "members = [\"team\"]\n");
    write(path, "team/apps/wigen.toml/x", "");
    let link = path.join("team/apps/books/wigen.toml");
    std::os::unix::fs::symlink("nowhere", &link).unwrap();
    commit(path);
    assert_eq!(says(path, &["HEAD", "HEAD"]), "");
    let (code, _, stderr) = outcome(wigen(path).args(["diff", "HEAD"]));
    assert_eq!(code, Some(2));
    assert!(stderr.contains("books/wigen.toml: it is a link that leads to no file"), "{stderr}");
    fs::remove_file(link).unwrap();
    assert_eq!(says(path, &["HEAD"]), "");
}

/// The scripts that `render` prints, each by its name, with the roles that it revokes.
fn revoked(path: &Path, arguments: &[&str]) -> Vec<String> {
    let mut wigen = wigen(path);
    let (code, stdout, stderr) = outcome(
        wigen
            .args(["render", "-o", "-", "--only", "gcloud", "--allow", "image-project"])
            .args(arguments),
    );
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{arguments:?}");
    let scripts = stdout.split("\n# ").map(|text| text.trim_start_matches("# "));
    let scripts = scripts.filter_map(|text| Some((text.split_once("gcloud.sh\n")?.0, text)));
    let mut all = Vec::new();
    for (name, _) in scripts {
        let script = stdout.split(&format!("# {name}gcloud.sh\n")).nth(1).unwrap();
        let script = script.split("\n---\n").next().unwrap();
        let earlier = script.split("\nearlier() {").nth(1).and_then(|it| it.split("\n}").next());
        let roles = earlier.unwrap_or("none").split("--role=roles/").skip(1);
        let roles = roles.filter_map(|it| it.split_whitespace().next()).collect::<Vec<_>>();
        all.push(format!("{name}: {}", earlier.map_or("new".to_owned(), |_| roles.join(" "))));
    }
    all
}

fn what_members_granted_at_a_revision_is_revoked() {
    let grant = |role: &str| format!("[[grants]]\nroles = [\"roles/{role}\"]\n");
    let defaults = "members = [\"apps/*\"]\nenvironments = [\"test\", \"prod\"]\n[defaults]\nproject = \"my-project\"\ncluster = { name = \"apps\", region = \"us-central1\" }\n[defaults.environments.test]\nproject = \"test-project\"\n[defaults.environments.prod]\nproject = \"prod-project\"\n";
    let granting = format!(
        "{defaults}[[defaults.environments.prod.grants]]\nroles = [\"roles/logging.logWriter\"]\n"
    );
    let folder = repository(&[
        ("team/wigen.toml", &granting),
        (
            "team/apps/books/app.toml",
            &format!("{}{}", member("books", 1), grant("cloudtrace.agent")),
        ),
        ("team/apps/films/app.toml", &member("films", 1)),
    ]);
    let path = folder.path().join("team");
    let all = ["books/test/", "books/prod/", "films/test/", "films/prod/"];
    let expect = |arguments: &[&str], roles: &[(&str, &str)]| {
        let found = revoked(&path, arguments);
        let expected: Vec<String> =
            roles.iter().map(|(name, roles)| format!("{name}: {roles}")).collect();
        assert_eq!(found, expected, "{arguments:?}");
    };
    expect(&["--previous-rev", "HEAD"], &all.map(|name| (name, "")));
    // In each environment what it had there, from the spec and from the defaults.
    write(&path, "wigen.toml", defaults);
    write(&path, "apps/books/app.toml", &member("books", 2));
    let roles = ["cloudtrace.agent", "logging.logWriter", "", "logging.logWriter"];
    let changed: Vec<(&str, &str)> = all.into_iter().zip(roles).collect();
    expect(&["--previous-rev", "HEAD"], &changed);
    expect(&["--previous-rev", "HEAD", "--all-envs"], &changed);
    expect(&["--previous-rev", "main", "apps"], &changed);
    let diff = says(&path, &["HEAD"]);
    assert_eq!(diff.matches("until `bash gcloud.sh prune`").count(), 3, "{diff}");
    // A spec that moved, one that is new, and an environment that is new.
    write(
        &path,
        "wigen.toml",
        &defaults.replace("\"prod\"]", "\"prod\", \"qa\"]").replace(
            "[defaults.environments.test]",
            "[defaults.environments.qa]\n[defaults.environments.test]",
        ),
    );
    fs::rename(path.join("apps/films"), path.join("apps/cinema")).unwrap();
    write(&path, "apps/zines/app.toml", &member("zines", 1));
    expect(
        &["--previous-rev", "HEAD"],
        &[
            ("books/qa/", "new"),
            ("books/test/", "cloudtrace.agent"),
            ("books/prod/", "logging.logWriter"),
            ("films/qa/", "new"),
            ("films/test/", ""),
            ("films/prod/", "logging.logWriter"),
            ("zines/qa/", "new"),
            ("zines/test/", "new"),
            ("zines/prod/", "new"),
        ],
    );
    let wrong = |arguments: &[&str]| outcome(wigen(&path).arg("render").args(arguments));
    for (revision, says) in [
        ("nope", "wigen: --previous-rev: git says: Not a valid object name nope\n"),
        ("HEAD:team", "wigen: --previous-rev: HEAD:team is not a revision\n"),
    ] {
        assert_eq!(wrong(&["--previous-rev", revision]), (Some(2), String::new(), says.to_owned()));
    }
    write(&path, "wigen.toml", &granting.replace("prod-project", "Prod"));
    commit(&path);
    write(&path, "wigen.toml", defaults);
    let (code, stdout, stderr) = wrong(&["--previous-rev", "HEAD"]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert_eq!(stderr.matches(" --> HEAD:team/wigen.toml:").count(), 1, "{stderr}");
}

/// As one on disk is.
fn a_large_file_at_a_revision_is_refused() {
    let folder = repository(&[("app.toml", &spec("books")), ("w/apps/a/app.toml", &spec("films"))]);
    let path = folder.path();
    for name in ["app.toml", "w/wigen.toml"] {
        fs::File::create(path.join(name)).unwrap().set_len(257 << 20).unwrap();
    }
    git(path, &["config", "core.bigFileThreshold", "1m"]);
    git(path, &["config", "core.compression", "0"]);
    commit(path);
    write(path, "app.toml", &spec("books"));
    write(path, "w/wigen.toml", "members = [\"apps/*\"]\n");
    for (directory, arguments, name) in [
        (
            "",
            &["render", "app.toml", "--previous-rev", "HEAD"][..],
            "--previous-rev: cannot read app.toml",
        ),
        ("", &["diff", "HEAD:app.toml", "app.toml"], "cannot read HEAD:app.toml"),
        ("", &["diff", "HEAD"], "cannot read app.toml"),
        ("w", &["render", "--previous-rev", "HEAD"], "--previous-rev: cannot read w/wigen.toml"),
        ("w", &["diff", "HEAD"], "cannot read w/wigen.toml"),
    ] {
        let (code, stdout, stderr) = outcome(wigen(&path.join(directory)).args(arguments));
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments:?}: {stderr}");
        assert!(stderr.contains(&format!("{name}: it is larger than 256 MiB\n")), "{stderr}");
    }
}

fn a_base_does_not_revoke_what_an_environment_grants() {
    let environments = "[environments.prod]\nproject = \"prod-project\"\n[[environments.prod.grants]]\nroles = [\"roles/logging.logWriter\"]\n";
    let text = format!("{}{environments}", spec("books"));
    let folder = repository(&[("app.toml", &format!("environment = \"prod\"\n{text}"))]);
    let path = folder.path();
    write(path, "old.toml", &format!("environment = \"prod\"\n{text}"));
    write(path, "app.toml", &text);
    for previous in [["--previous-rev", "HEAD"], ["--previous", "old.toml"]] {
        let printed =
            succeed(wigen(path).args(["render", "app.toml", "--only", "gcloud"]).args(previous));
        assert!(!printed.contains("logging.logWriter"), "{printed}");
    }
}

fn an_invalid_workspace_is_reported_once_at_its_revision() {
    let folder = workspace();
    let path = folder.path();
    let wrong = WORKSPACE.replace("exclude", "exclud");
    write(path, "team/wigen.toml", &wrong);
    commit(path);
    write(path, "team/wigen.toml", WORKSPACE);
    for (place, arguments, name) in [
        (path, &["HEAD"][..], "HEAD:team/wigen.toml"),
        (&path.join("team/apps"), &["HEAD", "books/app.toml"], "HEAD:team/wigen.toml"),
        (path, &["main:team/apps", "team/apps"], "main:team/wigen.toml"),
        (path, &["HEAD", "HEAD"], "HEAD:team/wigen.toml"),
        (path, &[":team/apps/books/app.toml"], ":team/wigen.toml"),
    ] {
        let (code, stdout, stderr) = diff(place, arguments);
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{arguments:?}: {stderr}");
        assert!(stderr.contains(&format!(" --> {name}:2:1\n")), "{arguments:?}: {stderr}");
        assert_eq!(stderr.matches("-->").count(), 1, "{arguments:?}: {stderr}");
        assert!(stderr.contains("wigen: 1 error; nothing was compared\n"), "{stderr}");
    }
    // What its members find in the defaults is reported once, too, and those of the working tree as well.
    write(path, "team/wigen.toml", &WORKSPACE.replace("my-project", "My Project"));
    commit(path);
    write(path, "team/wigen.toml", &wrong);
    let (code, _, stderr) = diff(path, &["HEAD"]);
    assert_eq!(code, Some(1));
    for place in [" --> HEAD:team/wigen.toml:5:", " --> team/wigen.toml:2:1\n"] {
        assert_eq!(stderr.matches(place).count(), 1, "{place} in {stderr}");
    }
}

//! Corrections of specs.

use wigen::spec::fix::apply;
use wigen::{Levels, LoadOptions, Source, Spec};

use crate::support::trials::{Trial, trials};

pub(super) fn all() -> Vec<Trial> {
    trials![
        what_is_certain_is_corrected_and_the_rest_is_left,
        what_may_be_meant_otherwise_is_left,
        an_existing_key_is_not_written_twice,
    ]
}

fn fixed(name: &str, text: &str) -> Option<String> {
    let source = Source::new(name, text);
    let spec = Spec::load(&source, &LoadOptions::default());
    let found = match spec.and_then(|spec| spec.check(None, &Levels::default())) {
        Ok(checked) => checked.warnings().to_vec(),
        Err(found) => found.into_vec(),
    };
    apply(&source, &found).map(|source| source.text().to_owned())
}

fn what_is_certain_is_corrected_and_the_rest_is_left() {
    let text = "nmae = 'a' # é\r\n[cluster]\r\nSetup = \"Create\"  # x\r\n\"regoin\" = \"US\"\n[container]\nport = \"80\"\nenv = { A = 007, B = 1.10 }\n";
    // TOML has no 007: nothing can be read, and nothing is corrected.
    assert_eq!(fixed("a.toml", text), None);
    assert_eq!(
        fixed("a.toml", "name = my-app\nport = 007\n").unwrap(),
        "name = \"my-app\"\nport = 007\n"
    );
    assert_eq!(
        fixed("a.toml", &text.replace("007", "7")).unwrap(),
        "name = 'a' # é\r\n[cluster]\r\nsetup = \"Create\"  # x\r\n\"region\" = \"US\"\n[container]\nport = 80\nenv = { A = \"7\", B = \"1.10\" }\n"
    );
    assert_eq!(
        fixed("a.yaml", "cluster: {setup: Create}\n").unwrap(),
        "cluster: {setup: \"create\"}\n"
    );
}

fn what_may_be_meant_otherwise_is_left() {
    let base = "name = 'a'\n";
    for uncertain in [
        // Renamed in one place, the table would be two.
        "[[Grants]]\nroles = ['roles/a.b']\n[[Grants]]\nroles = ['roles/a.c']\n",
        "[Cluster]\nname = 'c'\n[Cluster.x]\n",
        "[container.env]\nP = 1_000\nQ = 0x1F\nR = 1e3\n",
        "[container.env]\nP = a#b\n",
        "[container.env]\nP = say \"hi\"\n",
        "[container.env]\nP = https://x.y/z?a=b\n",
        "[container.env]\nP = a\\tb\n",
        "[container]\nend = 'x'\n",
        "[pod]\nhostIP = true\n",
        "[[grants]]\ntopics = ['abc']\nroles = ['roles/a.b']\n",
    ] {
        assert_eq!(fixed("a.toml", &format!("{base}{uncertain}")), None, "{uncertain}");
    }
    // The fix of an alias corrects the value at its anchor.
    assert_eq!(
        fixed("a.yaml", "container: {env: {A: &x 5, B: *x, C: !!int '5'}}\n").unwrap(),
        "container: {env: {A: &x \"5\", B: *x, C: !!int '5'}}\n"
    );
    assert_eq!(
        fixed("a.toml", "[serviceAccount]\ncreate = True # x\n").unwrap(),
        "[serviceAccount]\ncreate = true # x\n"
    );
}

fn an_existing_key_is_not_written_twice() {
    assert_eq!(fixed("a.toml", "name = 'a'\nnmae = 'b'\n"), None);
    assert_eq!(fixed("a.toml", "nmae = 'a'\nnaem = 'b'\n"), None);
}

//! Keys of Google Cloud service accounts: the environment variables that name their files, and how to
//! recognize a key by its name or its content.

use serde_json::{Map, Value};

/// The environment variables that name a key file. Sources: "How Application Default Credentials
/// works"; Google Cloud CLI, properties (`auth/credential_file_override`); Cloud SQL Auth Proxy, README; the Google
/// provider of Terraform.
pub(crate) const VARIABLES: [&str; 6] = [
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_CREDENTIALS",
    "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE",
    "CSQL_PROXY_CREDENTIALS_FILE",
    "CSQL_PROXY_JSON_CREDENTIALS",
    "GCLOUD_KEYFILE_JSON",
];

/// Whether an entry in `env` of a container gives its variable a value. An empty one switches it off.
pub(crate) fn sets_variable(entry: &Value) -> bool {
    entry["valueFrom"].is_object() || entry["value"].as_str().is_some_and(|value| !value.is_empty())
}

/// The Secrets in a volume of pods, each with its JSON pointer into the volume and the field that names
/// it.
pub(crate) fn secrets_of_volume(
    volume: &Map<String, Value>,
) -> impl Iterator<Item = (String, &Value, &'static str)> {
    let secret = volume.get("secret").map(|secret| ("/secret".to_owned(), secret, "secretName"));
    let projected = volume.get("projected").and_then(|projected| projected["sources"].as_array());
    let projected = projected.into_iter().flatten().enumerate();
    secret.into_iter().chain(projected.filter_map(|(index, source)| {
        Some((format!("/projected/sources/{index}/secret"), source.get("secret")?, "name"))
    }))
}

/// The names in a Secret of a volume that are those of a key, each with its JSON pointer: its own name,
/// or else those of its files.
pub(crate) fn key_names<'a>(
    secret: &'a Value,
    field: &'static str,
) -> impl Iterator<Item = (String, &'a str)> {
    let own = secret[field].as_str().filter(|name| is_called_a_key(name));
    let own = own.map(|name| (format!("/{field}"), name));
    let files = secret["items"].as_array().filter(|_| own.is_none()).into_iter().flatten();
    let files = files.enumerate().filter_map(|(index, item)| {
        let key = item["key"].as_str().filter(|key| is_called_a_key(key))?;
        Some((format!("/items/{index}/key"), key))
    });
    own.into_iter().chain(files)
}

/// The position of the first argument of a container that names a key file: `--credentials-file` of the
/// Cloud SQL proxy, `--key-file` of gcloud. A string that a shell runs can have it too.
pub(crate) fn key_argument(arguments: &Value) -> Option<usize> {
    let arguments = elements(arguments).map(Value::as_str);
    let words = arguments.enumerate().flat_map(|(index, argument)| {
        argument.unwrap_or_default().split_whitespace().map(move |word| (index, word))
    });
    let mut words = words.peekable();
    while let Some((index, word)) = words.next() {
        let value = word.split_once('=').map(|(_, value)| value);
        let value = value.or_else(|| words.peek().map(|(_, next)| *next)).unwrap_or_default();
        let flag = word.split('=').next().unwrap_or_default();
        if flag.starts_with('-') && takes_key_file(flag, value.trim_matches(['"', '\''])) {
            return Some(index);
        }
    }
    None
}

/// Whether a flag with this value names the key of a service account. Other keys end in `.pem` and the like.
fn takes_key_file(flag: &str, value: &str) -> bool {
    const OTHER: [&str; 11] = [
        "aws", "azure", "client", "db", "docker", "git", "registry", "s3", "signing", "ssh", "tls",
    ];
    let flag = flag.to_ascii_lowercase();
    let words: Vec<&str> = flag.split(['-', '_']).filter(|word| !word.is_empty()).collect();
    let has = |known: &[&str]| words.iter().any(|word| known.contains(word));
    let is_file = has(&["file", "path", "json"]) || words.last() == Some(&"credentials");
    let is_credential = has(&["cred", "credential", "credentials", "creds"]) && is_file;
    let is_key = has(&["key", "keyfile"]) && (is_file || has(&["keyfile"]));
    let is_path = !value.is_empty() && !value.starts_with('-');
    is_path
        && !has(&OTHER)
        && !value.contains("aws")
        && (is_credential || (is_key && value.to_ascii_lowercase().contains(".json")))
}

/// Whether a file that a container mounts is not a key, as far as its volume shows: a key is in a Secret, and
/// the configuration of an external account is in a ConfigMap, with a token beside it.
pub(crate) fn is_mounted_configuration(
    file: &str,
    container: &Value,
    volumes: Option<&Value>,
) -> bool {
    let is_mount = |mount: &&Value| {
        let path = mount["mountPath"].as_str().map(|path| path.trim_end_matches('/'));
        let rest = path.and_then(|path| file.strip_prefix(path));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let is_configuration = |volume: &Value| {
        let is_object = |key: &str, value: &Value| value[key].is_object();
        is_object("configMap", volume)
            || elements(&volume["projected"]["sources"])
                .any(|one| is_object("configMap", one) || is_object("serviceAccountToken", one))
    };
    elements(&container["volumeMounts"]).filter(is_mount).any(|mount| {
        let volumes = elements(volumes.unwrap_or(&Value::Null));
        volumes.filter(|volume| volume["name"] == mount["name"]).any(is_configuration)
    })
}

fn elements(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// Whether a string is a key: the JSON that IAM creates, or a private key in PEM.
pub(crate) fn is_key(text: &str) -> bool {
    text.contains("PRIVATE KEY-----")
        || (text.contains("\"private_key\"") && text.contains("\"service_account\""))
}

/// Whether a Secret, or a file in one, is named like a key of a service account: its name has a word
/// for a key and a word for its owner, and no word for a key of another kind.
pub(crate) fn is_called_a_key(name: &str) -> bool {
    const KEY: [&str; 6] = ["key", "keys", "keyfile", "credential", "credentials", "creds"];
    const OWNER: [&str; 7] = ["gcp", "gcloud", "gke", "google", "gsa", "sa", "serviceaccount"];
    const OTHER: [&str; 8] = ["api", "client", "kms", "oauth", "oauth2", "public", "ssh", "tls"];
    let name = name.to_ascii_lowercase();
    let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let has = |known: &[&str]| words.iter().any(|word| known.contains(word));
    let is_owned = has(&OWNER) || words.windows(2).any(|pair| pair == ["service", "account"]);
    ["key.json", "credentials.json"].contains(&name.as_str())
        || (has(&KEY) && is_owned && !has(&OTHER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_recognized_by_name() {
        for key in [
            "google-cloud-key",
            "gcp-sa-key",
            "gcp-sa-key.json",
            "gsa_credentials",
            "my-service-account-key",
            "key.json",
            "sa-key.json",
        ] {
            assert!(is_called_a_key(key), "{key}");
        }
        for other in [
            "books",
            "tls-key",
            "tls.key",
            "google-maps",
            "google-api-key",
            "google-oauth-client-key",
            "gcp-config",
            "keycloak-google",
        ] {
            assert!(!is_called_a_key(other), "{other}");
        }
    }

    #[test]
    fn keys_are_recognized_by_flag() {
        let is_key = |arguments: &[&str]| key_argument(&serde_json::json!(arguments)).is_some();
        for arguments in [
            &["--credentials-file=/secrets/sql/sa.json"][..],
            &["-credential_file", "/secrets/sql"],
            &["gcloud auth activate-service-account --key-file=\"/secrets/key.json\""],
            &["--service-account-key-file", "/a.json"],
            &["--google-application-credentials=/a.json"],
        ] {
            assert!(is_key(arguments), "{arguments:?}");
        }
        for arguments in [
            &["--credentials-file"][..],
            &["--tls-private-key-file=/a.json"],
            &["--service-account-key-file=/etc/kubernetes/pki/sa.pub"],
            &["--key-file=/etc/etcd/server.key"],
            &["--aws-credentials-file=/a"],
            &["--credentials-file=/aws/credentials"],
            &["--client-key-file=/a.key.json"],
            &["--secret-name=a.json"],
        ] {
            assert!(!is_key(arguments), "{arguments:?}");
        }
    }

    #[test]
    fn keys_are_recognized_by_content() {
        assert!(is_key("{\"type\": \"service_account\", \"private_key\": \"x\"}"));
        assert!(is_key("-----BEGIN PRIVATE KEY-----\nMIIE"));
        assert!(!is_key("service_account") && !is_key("{\"private_key\": \"x\"}"));
    }
}

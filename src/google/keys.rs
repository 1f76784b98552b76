//! Keys of Google Cloud service accounts: the variables that name their files, what they are called,
//! and what they hold.

/// The variables that name a key file. Sources: "How Application Default Credentials works"; Google
/// Cloud CLI, properties (`auth/credential_file_override`).
pub const VARIABLES: [&str; 2] =
    ["GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE"];

/// Whether a text is a key: the JSON that IAM makes, or a private key in PEM.
pub fn is_key(text: &str) -> bool {
    text.contains("PRIVATE KEY-----")
        || (text.contains("\"private_key\"") && text.contains("\"service_account\""))
}

/// Whether a Secret, or a file of one, is called as keys are: it has a word for a key, one for whose it
/// is, and none for a key of another kind.
pub fn is_called_a_key(name: &str) -> bool {
    const KEY: [&str; 6] = ["key", "keys", "keyfile", "credential", "credentials", "creds"];
    const WHOSE: [&str; 7] = ["gcp", "gcloud", "gke", "google", "gsa", "sa", "serviceaccount"];
    const OTHER: [&str; 8] = ["api", "client", "kms", "oauth", "oauth2", "public", "ssh", "tls"];
    let name = name.to_ascii_lowercase();
    let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let has = |known: &[&str]| words.iter().any(|word| known.contains(word));
    let is_whose = has(&WHOSE) || words.windows(2).any(|pair| pair == ["service", "account"]);
    ["key.json", "credentials.json"].contains(&name.as_str())
        || (has(&KEY) && is_whose && !has(&OTHER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_by_their_names() {
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
    fn keys_are_known_by_what_they_hold() {
        assert!(is_key("{\"type\": \"service_account\", \"private_key\": \"x\"}"));
        assert!(is_key("-----BEGIN PRIVATE KEY-----\nMIIE"));
        assert!(!is_key("service_account") && !is_key("{\"private_key\": \"x\"}"));
    }
}

//! What the services answer, with the words of the real ones where a caller may look at them.

use serde_json::{Value, json};

/// Status and body.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Answer {
    pub(super) fn ok(body: Value) -> Self {
        Self { status: 200, body }
    }

    /// An error; its gRPC name follows from the status where there is only one.
    pub(super) fn error(status: u16, message: impl Into<String>) -> Self {
        let name = match status {
            400 => "INVALID_ARGUMENT",
            401 => "UNAUTHENTICATED",
            403 => "PERMISSION_DENIED",
            404 => "NOT_FOUND",
            409 => "ABORTED",
            429 => "RESOURCE_EXHAUSTED",
            500 => "INTERNAL",
            503 => "UNAVAILABLE",
            504 => "DEADLINE_EXCEEDED",
            _ => "UNKNOWN",
        };
        Self::named(status, name, message)
    }

    pub(super) fn named(status: u16, name: &str, message: impl Into<String>) -> Self {
        let message: String = message.into();
        Self {
            status,
            body: json!({ "error": { "code": status, "message": message, "status": name } }),
        }
    }

    /// What is said when the trouble is the server's, the quota's or the permission's.
    pub(super) fn trouble(status: u16) -> Self {
        Self::error(
            status,
            match status {
                403 => "The caller does not have permission",
                429 => "Quota exceeded for quota metric 'Write requests' per minute.",
                500 => "Internal error encountered.",
                503 => "The service is currently unavailable.",
                _ => "Something went wrong.",
            },
        )
    }
}

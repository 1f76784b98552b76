//! How long one run takes.
fn main() {}

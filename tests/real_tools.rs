//! Rendered artifacts before the tools they are for.
fn main() {}

//! What is wrong with a spec: a code, a place, one sentence, and how to put it right.

mod code;
mod diagnostic;
pub mod levels;
mod list;
pub mod pointer;
mod quote;
pub(crate) mod references;
pub mod source;
pub(crate) mod suggest;

pub(crate) use code::declare_code;
pub use code::{Code, Explanation, Severity};
pub use diagnostic::{Dedup, Diagnostic, Edit, Fix, Location, Part, sort};
pub use list::Diagnostics;
pub use quote::{one_of, quoted, shortened, shown};
pub use suggest::{
    did_you_mean, is_unmistakable, nearest, nearest_key, same_but_for_case, similar,
};

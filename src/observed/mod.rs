//! Facts about identities from files that wigen did not write: manifests, objects of Config
//! Connector, policies of IAM and gcloud scripts. Each fact has its place, and none is judged here.
//!
//! The first step of a pointer is the number of the document in its file.

mod bindings;
mod commands;
mod config_connector;
mod gcloud;
mod iam_file;
mod members;
mod objects;
mod partial;
mod policies;
mod queries;
mod world;

pub(crate) use bindings::{Binding, BindingTarget, Origin};
pub(crate) use objects::{Object, Pods, can_be_same};
pub(crate) use world::{World, parse_manifests};

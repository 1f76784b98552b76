//! Facts about identities from files that wigen did not write: manifests, objects of Config
//! Connector, policies of IAM and gcloud scripts. Each fact has its place, and none is judged here.
//!
//! The first step of a pointer is the number of the document in its file.

mod bindings;
mod commands;
mod config_connector;
mod custom_resources;
mod described;
mod documents;
mod embedded;
mod facts;
mod functions;
mod gcloud;
mod gke;
mod hcl;
mod iam_file;
mod kubectl;
mod kustomizations;
mod members;
mod mentions;
mod object;
mod objects;
mod partial;
mod passed_annotations;
mod pods;
mod policies;
mod queries;
mod scripts;
mod string_lists;
mod terraform;
mod translation;
mod variables;
mod world;

pub(crate) use bindings::{Binding, BindingTarget, Origin};
pub(crate) use embedded::is_embedded;
pub(crate) use facts::{
    AccountState, Cluster, GoogleAccount, NodePool, ScriptAccount, ScriptAnnotation, Setting,
};
pub(crate) use iam_file::IamFile;
pub(crate) use members::PodSubject;
pub(crate) use object::{Object, can_be_same};
pub(crate) use partial::Partial;
pub(crate) use pods::{AccountUse, Pods, UseKind};
pub(crate) use world::{World, parse_manifests};

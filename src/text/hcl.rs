//! Reads HCL, the language of Terraform. The only file that uses hcl-edit.

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::parser::parse_body;
use hcl_edit::structure::{Attribute, Block, BlockLabel, Body};
use hcl_edit::visit::{self, Visit};

use crate::diagnostics::source::{Source, Span};
use crate::diagnostics::{Code, Diagnostic, Location};

/// Where the nodes of a file are. Between them are comments and white space.
#[derive(Debug, Default)]
pub(crate) struct HclNodes {
    /// Names, labels, expressions and keys.
    words: Vec<Span>,
    /// Attributes as a whole.
    attributes: Vec<Span>,
}

impl HclNodes {
    /// Whether a range is exactly one node.
    pub(crate) fn is_node(&self, range: &Span) -> bool {
        self.words.contains(range)
    }

    /// Whether a range is in a comment, as it is in no node.
    pub(crate) fn is_in_comment(&self, range: &Span) -> bool {
        let mut nodes = self.words.iter().chain(&self.attributes);
        !nodes.any(|node| node.start < range.end && range.start < node.end)
    }

    fn add(&mut self, span: Option<Span>) {
        self.words.extend(span);
    }
}

impl Visit for HclNodes {
    fn visit_attr(&mut self, node: &Attribute) {
        self.add(node.key.span());
        self.attributes.extend(node.span());
        visit::visit_attr(self, node);
    }

    fn visit_block(&mut self, node: &Block) {
        self.add(node.ident.span());
        visit::visit_block(self, node);
    }

    fn visit_block_label(&mut self, node: &BlockLabel) {
        self.add(node.span());
        visit::visit_block_label(self, node);
    }

    fn visit_expr(&mut self, node: &Expression) {
        self.add(node.span());
        visit::visit_expr(self, node);
    }

    fn visit_object_key(&mut self, node: &ObjectKey) {
        self.add(node.span());
        visit::visit_object_key(self, node);
    }
}

/// Parses a file. The error is at the byte where the parser stops.
pub(crate) fn parse_hcl(source: &Source) -> Result<HclNodes, Box<Diagnostic>> {
    let body: Body = parse_body(source.text()).map_err(|error| {
        let at = source.byte_at(error.location().line(), error.location().column());
        let message = format!("invalid HCL: {}", error.message());
        Box::new(Diagnostic::new(Code::SYNTAX, Location::text(source.clamp(at..at)), message))
    })?;
    let mut nodes = HclNodes::default();
    nodes.visit_body(&body);
    Ok(nodes)
}

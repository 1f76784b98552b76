//! Reads HCL, the language of Terraform. The only file that uses hcl-edit.

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ObjectKey, TraversalOperator};
use hcl_edit::parser::parse_body;
use hcl_edit::structure::{Attribute, Block, BlockLabel, Body};
use hcl_edit::template::Element;
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

/// A block: its type and labels, its attributes and the blocks in it.
#[derive(Debug)]
pub(crate) struct HclBlock {
    /// The type, then the labels: `resource`, `google_service_account`, `books`.
    pub(crate) words: Vec<String>,
    pub(crate) attributes: Vec<HclAttribute>,
    pub(crate) blocks: Vec<HclBlock>,
}

/// An attribute whose value is a string or a reference.
#[derive(Debug)]
pub(crate) struct HclAttribute {
    pub(crate) key: String,
    /// Where the value stands.
    pub(crate) span: Span,
    /// The parts of the value, in order.
    pub(crate) parts: Vec<HclPart>,
}

/// A part of a value.
#[derive(Debug)]
pub(crate) enum HclPart {
    Literal(String),
    /// `google_service_account.books.email`, as its names.
    Reference(Vec<String>),
    /// Whatever another expression gives.
    Unknown,
}

/// The blocks of a file; `None` if it is no HCL.
pub(crate) fn parse_hcl_blocks(source: &Source) -> Option<Vec<HclBlock>> {
    parse_body(source.text()).ok().map(|body| blocks(&body))
}

fn blocks(body: &Body) -> Vec<HclBlock> {
    let block = |block: &Block| HclBlock {
        words: std::iter::once(block.ident.as_str().to_owned())
            .chain(block.labels.iter().map(|label| label.as_str().to_owned()))
            .collect(),
        attributes: block.body.attributes().filter_map(attribute).collect(),
        blocks: blocks(&block.body),
    };
    body.blocks().map(block).collect()
}

fn attribute(attribute: &Attribute) -> Option<HclAttribute> {
    let parts = match &attribute.value {
        Expression::StringTemplate(template) => template.iter().map(template_part).collect(),
        value => vec![part(value)],
    };
    let key = attribute.key.as_str().to_owned();
    Some(HclAttribute { key, span: attribute.value.span()?, parts })
}

fn template_part(element: &Element) -> HclPart {
    match element {
        Element::Literal(text) => HclPart::Literal(text.as_str().to_owned()),
        Element::Interpolation(interpolation) => part(&interpolation.expr),
        Element::Directive(_) => HclPart::Unknown,
    }
}

fn part(value: &Expression) -> HclPart {
    match value {
        Expression::String(text) => HclPart::Literal(text.as_str().to_owned()),
        Expression::Traversal(traversal) => {
            let Expression::Variable(first) = &traversal.expr else { return HclPart::Unknown };
            let names = traversal.operators.iter().map(|operator| match operator.value() {
                TraversalOperator::GetAttr(name) => Some(name.as_str().to_owned()),
                _ => None,
            });
            let names = std::iter::once(Some(first.as_str().to_owned())).chain(names);
            names.collect::<Option<_>>().map_or(HclPart::Unknown, HclPart::Reference)
        }
        _ => HclPart::Unknown,
    }
}

//! Rendered output that knows which template each byte of it comes from.

use std::ops::Range;

use minijinja::{OutputSpan, OutputSpanKind};

/// The output of one template, with the template range that each range of it comes from.
#[derive(Debug, Clone)]
pub(super) struct TaggedOutput {
    pub(super) text: String,
    pub(super) spans: Vec<OutputSpan>,
}

/// The output of a template and of the parts that it printed.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) whole: TaggedOutput,
    pub(super) parts: Vec<Part>,
}

/// A part, and the block that stands for it in the output of another template.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) block: String,
    pub(super) indent: usize,
    pub(super) output: TaggedOutput,
}

/// Where a byte of the output comes from.
#[derive(Debug)]
pub(super) struct Origin {
    /// The name of the template.
    pub(super) template: String,
    /// The range in it: the same byte, or the whole expression that printed it.
    pub(super) range: Range<usize>,
    /// Whether an expression printed it.
    pub(super) is_expression: bool,
}

impl Output {
    /// Output of unknown origin.
    pub(super) fn untagged(text: String) -> Self {
        Self { whole: TaggedOutput { text, spans: Vec::new() }, parts: Vec::new() }
    }

    /// Finds the origin of a byte.
    pub(super) fn origin(&self, at: usize) -> Option<Origin> {
        self.origin_in(&self.whole, at)
    }

    fn origin_in(&self, output: &TaggedOutput, at: usize) -> Option<Origin> {
        let span = output.spans.iter().find(|span| span.output_range().contains(&at))?;
        let range = span.output_range();
        let block = &output.text[range.clone()];
        if let Some(part) = self.parts.iter().find(|part| part.block == block) {
            return self.origin_in(&part.output, part.unindented(at - range.start));
        }
        let is_expression = span.kind() == OutputSpanKind::Expression;
        let source = span.source_range();
        let start = source.start + at - range.start;
        Some(Origin {
            template: span.name().to_owned(),
            range: if is_expression { source } else { start..start + 1 },
            is_expression,
        })
    }
}

impl Part {
    /// Converts a byte offset in the indented block into one in the part's own output.
    fn unindented(&self, at: usize) -> usize {
        let before = &self.block[..at];
        let line = before.matches('\n').count().saturating_sub(1);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = (at - start).saturating_sub(self.indent);
        let lines_above = self.output.text.split_inclusive('\n').take(line).map(str::len);
        lines_above.sum::<usize>() + column
    }
}

//! The part of a source that a diagnostic shows: the lines of its spans, and of a long line only what is
//! near them. The renderer scans all of its input for each diagnostic and prints some lines in full, so
//! it gets no more than this.

use crate::diagnostics::source::{Source, Span, is_hidden};

/// Longer lines are shown in part. In bytes.
const LONG: usize = 1000;

/// Bytes of a long line to keep before and after each end of a span.
const NEAR: usize = 160;

/// Lines of a source, long ones shortened.
#[derive(Debug)]
pub(super) struct Excerpt {
    /// The lines, long ones shortened.
    pub(super) text: String,
    /// Number of the first line in the source.
    pub(super) first_line: usize,
    /// Whether a line was shortened, so that columns differ from the source.
    pub(super) cut: bool,
    /// Each kept part: its span in the source, and its start in `text`.
    parts: Vec<(Span, usize)>,
}

impl Excerpt {
    /// The lines from the first to the last of these spans.
    pub(super) fn new(source: &Source, places: &[&Span]) -> Self {
        let start = places.iter().map(|place| place.start).min().unwrap_or_default();
        let end = places.iter().map(|place| place.end).max().unwrap_or_default();
        let mut first_line = source.line_at(start);
        // After the last newline there is no line to show.
        if first_line > 1 && source.line(first_line).is_empty() {
            first_line -= 1;
        }
        let mut excerpt = Self { text: String::new(), first_line, cut: false, parts: Vec::new() };
        for number in first_line..=source.line_at(end) {
            let line = source.line(number);
            if line.len() <= LONG {
                excerpt.keep(source, line);
            } else {
                excerpt.cut(source, &line, places);
            }
        }
        excerpt
    }

    fn keep(&mut self, source: &Source, part: Span) {
        let mut done = part.start;
        for (at, control) in source.text()[part.clone()].match_indices(is_hidden_to_renderer) {
            self.copy(source, done..part.start + at);
            self.text.push(char::REPLACEMENT_CHARACTER);
            done = part.start + at + control.len();
        }
        self.copy(source, done..part.end);
    }

    fn copy(&mut self, source: &Source, part: Span) {
        let begin = self.text.len();
        self.text.push_str(&source.text()[part.clone()]);
        match self.parts.last_mut() {
            Some((last, start)) if last.end == part.start && *start + last.len() == begin => {
                last.end = part.end;
            }
            _ => self.parts.push((part, begin)),
        }
    }

    fn cut(&mut self, source: &Source, line: &Span, places: &[&Span]) {
        self.cut = true;
        let ends = places.iter().flat_map(|place| [place.start, place.end]);
        let mut ends: Vec<usize> = ends.filter(|end| line.contains(end)).collect();
        ends.sort_unstable();
        // A line without a span: its start identifies it.
        if ends.is_empty() {
            ends.push(line.start);
        }
        let mut near: Vec<Span> = Vec::new();
        for end in ends {
            let part = source.clamp(end.saturating_sub(NEAR)..end + NEAR);
            let part = part.start.max(line.start)..part.end.min(line.end);
            match near.last_mut() {
                Some(last) if part.start <= last.end => last.end = part.end,
                _ => near.push(part),
            }
        }
        let mut done = line.start;
        for part in near {
            if part.start > done {
                self.text.push('…');
            }
            done = part.end;
            self.keep(source, part);
        }
        if done < line.end {
            self.text.push('…');
            if source.text()[line.clone()].ends_with('\n') {
                self.text.push('\n');
            }
        }
    }

    /// Converts a span of the source into a span of the excerpt.
    pub(super) fn span(&self, place: &Span) -> Span {
        self.byte(place.start)..self.byte(place.end)
    }

    fn byte(&self, at: usize) -> usize {
        let end = self.parts.partition_point(|(part, _)| part.start <= at);
        self.parts[..end]
            .last()
            .map_or(0, |(part, begin)| begin + (at - part.start).min(part.len()))
    }
}

/// Characters that the renderer passes through, and that a terminal obeys or does not show. It replaces ASCII
/// ones itself.
fn is_hidden_to_renderer(c: char) -> bool {
    !c.is_ascii() && is_hidden(c)
}

/// Shortens a long string in the middle and replaces control characters.
pub(super) fn without_middle(text: &str) -> String {
    let text = text.replace(is_hidden_to_renderer, "\u{fffd}");
    if text.len() <= LONG {
        return text;
    }
    let (head, tail) = (text.floor_char_boundary(NEAR), text.ceil_char_boundary(text.len() - NEAR));
    format!("{}…{}", &text[..head], &text[tail..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_the_places_are_kept() {
        let source = Source::new("a.toml", "a\nb\nccc\nd\ne\n");
        let excerpt = Excerpt::new(&source, &[&(5..6), &(2..3)]);
        assert_eq!((excerpt.text.as_str(), excerpt.first_line), ("b\nccc\n", 2));
        assert_eq!(excerpt.span(&(5..6)), 3..4);
        let end = Excerpt::new(&source, &[&(12..12)]);
        assert_eq!((end.text.as_str(), end.first_line, end.span(&(12..12))), ("e\n", 5, 2..2));
        let empty = Excerpt::new(&Source::new("a.toml", ""), &[&(0..0)]);
        assert_eq!((empty.text.as_str(), empty.first_line, empty.span(&(0..0))), ("", 1, 0..0));
    }

    #[test]
    fn no_control_reaches_a_terminal() {
        let source = Source::new("a.toml", "a\u{9b}31m\u{85}b\n");
        let excerpt = Excerpt::new(&source, &[&(3..6)]);
        assert_eq!(excerpt.text, "a\u{fffd}31m\u{fffd}b\n");
        assert_eq!(&excerpt.text[excerpt.span(&(3..6))], "31m");
        assert_eq!(&excerpt.text[excerpt.span(&(1..3))], "\u{fffd}");
        assert_eq!(&excerpt.text[excerpt.span(&(8..9))], "b");
        assert_eq!(without_middle("\u{9b}"), "\u{fffd}");
    }

    #[test]
    fn a_long_line_is_shortened_around_its_spans() {
        let long = "ä".repeat(5000);
        let source = Source::new("a.toml", format!("x\n{long}HERE{long}THERE{long}\ny\n"));
        let at = |word: &str| {
            let start = source.text().find(word).unwrap();
            start..start + word.len()
        };
        let (here, there) = (at("HERE"), at("THERE"));
        let excerpt = Excerpt::new(&source, &[&here, &there]);
        assert!(excerpt.cut && excerpt.text.len() < 1500);
        assert_eq!(excerpt.text.lines().count(), 1);
        assert_eq!(&excerpt.text[excerpt.span(&here)], "HERE");
        assert_eq!(&excerpt.text[excerpt.span(&there)], "THERE");
        // A place that is long itself keeps its ends.
        let whole = Excerpt::new(&source, &[&(here.start..there.end)]);
        let shown = &whole.text[whole.span(&(here.start..there.end))];
        assert!(shown.starts_with("HERE") && shown.ends_with("THERE") && shown.contains('…'));
        assert_eq!(without_middle(&long).matches('…').count(), 1);
    }
}

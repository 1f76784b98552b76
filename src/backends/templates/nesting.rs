//! How deep expressions and branches of users' templates may nest: the engine parses both with functions that
//! call themselves.

use minijinja::machinery::{Token, tokenize};

use super::sources::syntax;
use crate::diagnostics::source::Span;

/// The most tokens that an expression may nest, and branches of a template.
const MAX_NESTING: usize = 500;

/// Finds the first place where a template nests too deep to be parsed.
pub(super) fn nests_too_deep(text: &str) -> Option<(Span, &'static str)> {
    let (mut nesting, mut outer, mut branches) = (0_usize, Vec::new(), 0_usize);
    // The engine reports what is not a token.
    for (token, span) in tokenize(text, false, syntax()).map_while(Result::ok) {
        match token {
            Token::VariableStart | Token::BlockStart => (nesting, outer) = (0, Vec::new()),
            Token::Comma => nesting = outer.last().copied().unwrap_or_default(),
            Token::ParenClose | Token::BracketClose | Token::BraceClose => {
                nesting = outer.pop().unwrap_or_default();
            }
            _ => {
                let opens =
                    matches!(token, Token::ParenOpen | Token::BracketOpen | Token::BraceOpen);
                branches += usize::from(matches!(token, Token::Ident("elif")));
                nesting += 1;
                if opens {
                    outer.push(nesting);
                }
            }
        }
        let message = match () {
            () if nesting > MAX_NESTING => "the expression nests too deep, or is too long",
            () if branches > MAX_NESTING => "the template has too many `elif`",
            () => continue,
        };
        return Some((span.start_offset as usize..span.end_offset as usize, message));
    }
    None
}

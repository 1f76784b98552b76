//! The text of a template to what it does. Of the language only that is read which the templates inside
//! the program use; `None` for everything else.

/// What a template does, in order.
#[derive(Debug)]
pub(super) enum Node {
    /// Text as it is.
    Text(&'static str),
    /// `{{ value }}`
    Print(Expression),
    /// `{{ value|block(indent) }}`
    Block(Expression, usize),
    /// `{{ part("name", indent) }}`
    Part(&'static str, usize),
    /// `{% if %}`, `{% elif %}`, …, and `{% else %}`
    If(Vec<(Expression, Vec<Node>)>, Vec<Node>),
    /// `{% for %}` and `{% else %}`
    For(Box<Loop>),
    /// `{% set name = value %}`, at the top alone.
    Set(&'static str, Expression),
    /// `{% with name = value, … %}`
    With(Vec<(&'static str, Expression)>, Vec<Node>),
    /// `{% include "name" %}`
    Include(&'static str),
}

/// `{% for name in over|items|reverse if condition %}`
#[derive(Debug)]
pub(super) struct Loop {
    /// The name of the element, or of the key and the value of `items`.
    pub(super) names: (&'static str, Option<&'static str>),
    pub(super) over: Expression,
    pub(super) reverse: bool,
    pub(super) condition: Option<Expression>,
    pub(super) body: Vec<Node>,
    pub(super) otherwise: Vec<Node>,
}

/// What has a value.
#[derive(Debug)]
pub(super) enum Expression {
    /// `name.step.step`
    Path(&'static str, Vec<Step>),
    /// `"text"`
    Text(&'static str),
    /// `loop.first`
    First,
    /// `loop.last`
    Last,
    Same(Box<[Expression; 2]>),
    And(Box<[Expression; 2]>),
    Or(Box<[Expression; 2]>),
    Not(Box<Expression>),
    IsNone(Box<Expression>),
    /// Condition, then, otherwise.
    If(Box<[Expression; 3]>),
}

/// A step of a path.
#[derive(Debug)]
pub(super) enum Step {
    Key(&'static str),
    Index(usize),
}

/// Reads a template.
pub(super) fn parse(text: &'static str) -> Option<Vec<Node>> {
    let mut reader = Reader { rest: text, starts_line: true, depth: 0 };
    let (nodes, end) = reader.nodes()?;
    end.is_none().then_some(nodes)
}

struct Reader {
    rest: &'static str,
    /// Whether that is the beginning of a line.
    starts_line: bool,
    /// How many blocks are open.
    depth: usize,
}

/// The tag that ends what is read: its name, and what stands behind that.
type End = Option<(&'static str, Words)>;

impl Reader {
    /// Everything up to a tag that begins nothing, or up to the end.
    fn nodes(&mut self) -> Option<(Vec<Node>, End)> {
        let mut nodes = Vec::new();
        loop {
            let Some(at) = self.next_tag() else {
                if !self.rest.is_empty() {
                    nodes.push(Node::Text(self.rest));
                }
                return Some((nodes, None));
            };
            let text = &self.rest[..at];
            let (is_block, tag) = match self.rest.as_bytes()[at + 1] {
                b'{' => (false, self.tag(at, *b"}}")?),
                b'%' => (true, self.tag(at, *b"%}")?),
                _ => return None,
            };
            let (keeps, tag) = match tag.strip_prefix('+') {
                Some(tag) if is_block => (true, tag),
                _ => (!is_block, tag),
            };
            // A tag that stands first on its line takes the line's indent with it.
            let text = match text.trim_end_matches(' ') {
                "" if !keeps && self.starts_line => "",
                trimmed if !keeps && trimmed.ends_with('\n') => trimmed,
                _ => text,
            };
            self.starts_line = false;
            if !text.is_empty() {
                nodes.push(Node::Text(text));
            }
            let mut words = Words { rest: tag };
            if !is_block {
                nodes.push(words.printed()?);
                continue;
            }
            // And it takes the break of the line that it ends.
            if let Some(next) = self.rest.strip_prefix('\n') {
                (self.rest, self.starts_line) = (next, true);
            }
            match words.name()? {
                "if" => nodes.push(self.condition(words)?),
                "for" => nodes.push(self.repeated(words)?),
                "with" => nodes.push(self.with(words)?),
                "set" if self.depth == 0 => {
                    let (name, value) = words.assignment()?;
                    words.end()?;
                    nodes.push(Node::Set(name, value));
                }
                "include" => {
                    nodes.push(Node::Include(words.text()?));
                    words.end()?;
                }
                other => return Some((nodes, Some((other, words)))),
            }
        }
    }

    /// Where the next tag or comment begins.
    fn next_tag(&self) -> Option<usize> {
        let mut from = 0;
        loop {
            let at = from + self.rest[from..].find('{')?;
            if matches!(self.rest.as_bytes().get(at + 1), Some(b'{' | b'%' | b'#')) {
                return Some(at);
            }
            from = at + 1;
        }
    }

    /// What stands in a tag; goes behind it.
    fn tag(&mut self, at: usize, end: [u8; 2]) -> Option<&'static str> {
        let inside = &self.rest[at + 2..];
        let length = inside.as_bytes().windows(2).position(|two| two == end)?;
        let tag = &inside[..length];
        self.rest = &inside[length + 2..];
        (!tag.starts_with('-') && !tag.ends_with(['-', '+'])).then_some(tag)
    }

    fn below(&mut self) -> Option<(Vec<Node>, &'static str, Words)> {
        self.depth += 1;
        let (nodes, end) = self.nodes()?;
        self.depth -= 1;
        let (name, words) = end?;
        Some((nodes, name, words))
    }

    fn condition(&mut self, mut words: Words) -> Option<Node> {
        let mut branches = Vec::new();
        loop {
            let condition = words.expression()?;
            words.end()?;
            let (nodes, end, next) = self.below()?;
            branches.push((condition, nodes));
            match end {
                "elif" => words = next,
                "endif" => return next.end().map(|()| Node::If(branches, Vec::new())),
                "else" => {
                    next.end()?;
                    let otherwise = self.last("endif")?;
                    return Some(Node::If(branches, otherwise));
                }
                _ => return None,
            }
        }
    }

    /// What stands before this tag.
    fn last(&mut self, wanted: &str) -> Option<Vec<Node>> {
        let (nodes, end, words) = self.below()?;
        words.end()?;
        (end == wanted).then_some(nodes)
    }

    fn repeated(&mut self, mut words: Words) -> Option<Node> {
        let first = words.name()?;
        let second = if words.take(",") { Some(words.name()?) } else { None };
        words.word("in")?;
        let over = words.path()?;
        let (mut items, mut reverse) = (false, false);
        while words.take("|") {
            match words.name()? {
                "items" => items = true,
                "reverse" => reverse = true,
                _ => return None,
            }
        }
        let condition = if words.word("if").is_some() { Some(words.expression()?) } else { None };
        words.end()?;
        let (body, end, next) = self.below()?;
        next.end()?;
        let otherwise = match end {
            "endfor" => Vec::new(),
            "else" => self.last("endfor")?,
            _ => return None,
        };
        let names = (first, second);
        (items == second.is_some())
            .then(|| Node::For(Box::new(Loop { names, over, reverse, condition, body, otherwise })))
    }

    fn with(&mut self, mut words: Words) -> Option<Node> {
        let mut set = vec![words.assignment()?];
        while words.take(",") {
            set.push(words.assignment()?);
        }
        words.end()?;
        Some(Node::With(set, self.last("endwith")?))
    }
}

/// What is left of a tag.
#[derive(Debug, Clone, Copy)]
struct Words {
    rest: &'static str,
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

impl Words {
    fn skip(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn end(self) -> Option<()> {
        self.rest.trim_ascii().is_empty().then_some(())
    }

    /// Takes punctuation, if it is next.
    fn take(&mut self, wanted: &str) -> bool {
        self.skip();
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn name(&mut self) -> Option<&'static str> {
        self.skip();
        let length = self.rest.bytes().take_while(|byte| is_of_name(*byte)).count();
        let (name, rest) = self.rest.split_at(length);
        self.rest = rest;
        (!name.is_empty()).then_some(name)
    }

    /// Takes this word, if it is next.
    fn word(&mut self, wanted: &str) -> Option<()> {
        let rest = self.rest.trim_ascii_start().strip_prefix(wanted)?;
        let is_whole = !rest.bytes().next().is_some_and(is_of_name);
        is_whole.then(|| self.rest = rest)
    }

    fn number(&mut self) -> Option<usize> {
        self.name()?.parse().ok()
    }

    /// A text in double quotes without escapes.
    fn text(&mut self) -> Option<&'static str> {
        self.skip();
        let (text, rest) = self.rest.strip_prefix('"')?.split_once('"')?;
        self.rest = rest;
        (!text.contains('\\')).then_some(text)
    }

    fn assignment(&mut self) -> Option<(&'static str, Expression)> {
        let name = self.name()?;
        if !self.take("=") {
            return None;
        }
        Some((name, self.expression()?))
    }

    /// What stands between `{{` and `}}`.
    fn printed(&mut self) -> Option<Node> {
        let mut ahead = *self;
        let node = if ahead.word("part").is_some() && ahead.take("(") {
            *self = ahead;
            let name = self.text()?;
            if !self.take(",") {
                return None;
            }
            let node = Node::Part(name, self.number()?);
            if !self.take(")") {
                return None;
            }
            node
        } else {
            let value = self.expression()?;
            if self.take("|") {
                self.word("block")?;
                if !self.take("(") {
                    return None;
                }
                let indent = self.number()?;
                if !self.take(")") {
                    return None;
                }
                Node::Block(value, indent)
            } else {
                Node::Print(value)
            }
        };
        self.end().map(|()| node)
    }

    fn expression(&mut self) -> Option<Expression> {
        let value = self.or()?;
        let mut ahead = *self;
        // In a loop, `if` filters; there no expression of this kind is read.
        if ahead.word("if").is_none() {
            return Some(value);
        }
        let condition = ahead.or()?;
        ahead.word("else")?;
        let otherwise = ahead.expression()?;
        *self = ahead;
        Some(Expression::If(Box::new([condition, value, otherwise])))
    }

    fn or(&mut self) -> Option<Expression> {
        let mut left = self.and()?;
        while self.word("or").is_some() {
            left = Expression::Or(Box::new([left, self.and()?]));
        }
        Some(left)
    }

    fn and(&mut self) -> Option<Expression> {
        let mut left = self.not()?;
        while self.word("and").is_some() {
            left = Expression::And(Box::new([left, self.not()?]));
        }
        Some(left)
    }

    fn not(&mut self) -> Option<Expression> {
        if self.word("not").is_some() {
            return Some(Expression::Not(Box::new(self.not()?)));
        }
        let left = self.value()?;
        if self.take("==") {
            return Some(Expression::Same(Box::new([left, self.value()?])));
        }
        if self.take("!=") {
            let same = Expression::Same(Box::new([left, self.value()?]));
            return Some(Expression::Not(Box::new(same)));
        }
        if self.word("is").is_some() {
            let negated = self.word("not").is_some();
            self.word("none")?;
            let is_none = Expression::IsNone(Box::new(left));
            return Some(if negated { Expression::Not(Box::new(is_none)) } else { is_none });
        }
        Some(left)
    }

    fn value(&mut self) -> Option<Expression> {
        self.skip();
        if self.rest.starts_with('"') { self.text().map(Expression::Text) } else { self.path() }
    }

    fn path(&mut self) -> Option<Expression> {
        let first = self.name()?;
        let mut steps = Vec::new();
        loop {
            if let Some(rest) = self.rest.strip_prefix('.') {
                self.rest = rest;
                steps.push(Step::Key(self.name()?));
            } else if let Some(rest) = self.rest.strip_prefix('[') {
                self.rest = rest;
                steps.push(Step::Index(self.number()?));
                if !self.take("]") {
                    return None;
                }
            } else {
                break;
            }
        }
        match (first, steps.as_slice()) {
            ("loop", [Step::Key("first")]) => Some(Expression::First),
            ("loop", [Step::Key("last")]) => Some(Expression::Last),
            // A word of the language, or a number.
            ("loop" | "not" | "true" | "false" | "none" | "if" | "else", _) => None,
            _ if first.starts_with(|c: char| c.is_ascii_digit()) => None,
            _ => Some(Expression::Path(first, steps)),
        }
    }
}

//! Makes templates of users pay for what they do with lists. The engine counts a step where it compares, joins
//! or hashes a list, however long that takes: a list may hold another one twice, which holds another one twice.
//!
//! So each list that a template makes, and each operand that the engine reads to its end, passes the filter
//! [`FILTER`], which counts its elements as steps. It is written into the template before it is parsed.

use std::ops::Range;

use minijinja::machinery::ast::{BinOpKind, Call, CallArg, Expr, Stmt};
use minijinja::machinery::parse;
use minijinja::value::{Value, ValueKind};
use minijinja::{Error, State};

use super::limits::{MAX_DEPTH, too_deep};
use super::sources::syntax;

/// The name of the filter. Nothing in a template can hide a filter.
pub(super) const FILTER: &str = "__metered";

/// What goes before and after an expression.
const BEFORE: &str = "((";
const AFTER: &str = ")|__metered)";

/// Steps of an element. They pay for the longest that anything does with it.
const STEPS_OF_ELEMENT: u64 = 8;

/// The bytes of a string in a list that a step pays for. (The engine counts other strings.)
const BYTES_OF_STEP: usize = 16;

/// The filter: counts the elements of a list, and returns it. Of an operation that is yet to be done, such as
/// `list * 2`, it returns the result.
pub(super) fn metered(state: &State<'_, '_>, value: Value) -> Result<Value, Error> {
    count(state, &value, 0)?;
    match value.kind() {
        ValueKind::Iterable => Ok(value.try_iter()?.collect()),
        _ => Ok(value),
    }
}

fn count(state: &State<'_, '_>, value: &Value, depth: usize) -> Result<(), Error> {
    let is_map = value.kind() == ValueKind::Map;
    if !is_map && ![ValueKind::Seq, ValueKind::Iterable].contains(&value.kind()) {
        return Ok(());
    }
    if depth == MAX_DEPTH {
        return Err(too_deep());
    }
    let count_one = |value: &Value| {
        let bytes = value.as_str().map_or(0, str::len);
        state.consume_fuel(STEPS_OF_ELEMENT + (bytes / BYTES_OF_STEP) as u64)?;
        count(state, value, depth + 1)
    };
    for element in value.try_iter()? {
        count_one(&element)?;
        if is_map {
            count_one(&value.get_item(&element)?)?;
        }
    }
    Ok(())
}

/// A template with the filter in it.
pub(super) fn with_filter(text: &str) -> String {
    let mut metered = String::with_capacity(2 * text.len());
    let mut rest = 0;
    for insertion in insertions(text) {
        metered.push_str(&text[rest..insertion.at]);
        metered.push_str(insertion.text());
        rest = insertion.at;
    }
    metered.push_str(&text[rest..]);
    metered
}

/// The range of a template that a range of [`with_filter`] comes from. That of the filter is its operand's.
pub(super) fn original_range(text: &str, range: Range<usize>) -> Range<usize> {
    let mut inserted = 0;
    let (mut start, mut end) = (None, None);
    for insertion in insertions(text) {
        let from = insertion.at + inserted;
        inserted += insertion.text().len();
        let to = insertion.at + inserted;
        if let Some(operand) = insertion.after
            && (from..to).contains(&range.start)
            && range.end < to
        {
            return operand;
        }
        if start.is_none() && range.start < to {
            start = Some(range.start.min(from) - (from - insertion.at));
        }
        if end.is_none() && range.end <= to {
            end = Some(range.end.min(from) - (from - insertion.at));
        }
    }
    let after_all = |at: usize| at - inserted;
    start.unwrap_or_else(|| after_all(range.start))..end.unwrap_or_else(|| after_all(range.end))
}

/// What is written into a template.
#[derive(Debug)]
struct Insertion {
    /// The byte before which it is written.
    at: usize,
    /// The operand, if it is written after one.
    after: Option<Range<usize>>,
}

impl Insertion {
    fn text(&self) -> &'static str {
        if self.after.is_some() { AFTER } else { BEFORE }
    }
}

/// What is written into a template, in order. Nothing if the engine cannot parse it, which it reports.
fn insertions(text: &str) -> Vec<Insertion> {
    let mut operands = Operands(Vec::new());
    if let Ok(template) = parse(text, "", syntax()) {
        operands.statement(&template);
    }
    let ends = operands.0.iter().map(|operand| (operand.end, Some(operand.clone())));
    let starts = operands.0.iter().map(|operand| (operand.start, None));
    let all = ends.chain(starts).map(|(at, after)| Insertion { at, after });
    let mut all: Vec<Insertion> = all.collect();
    // Inner operands were found before outer ones, and stay before them where both end.
    all.sort_by_key(|insertion| insertion.at);
    all
}

/// The expressions that are counted.
struct Operands(Vec<Range<usize>>);

impl Operands {
    fn statements(&mut self, statements: &[Stmt<'_>]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt<'_>) {
        match statement {
            Stmt::Template(template) => self.statements(&template.children),
            Stmt::EmitExpr(emit) => self.expression(&emit.expr),
            Stmt::EmitRaw(_) => {}
            Stmt::ForLoop(each) => {
                self.expression(&each.iter);
                each.filter_expr.iter().for_each(|condition| self.expression(condition));
                self.statements(&each.body);
                self.statements(&each.else_body);
            }
            Stmt::IfCond(branch) => {
                self.expression(&branch.expr);
                self.statements(&branch.true_body);
                self.statements(&branch.false_body);
            }
            Stmt::WithBlock(with) => {
                with.assignments.iter().for_each(|(_, value)| self.expression(value));
                self.statements(&with.body);
            }
            Stmt::Set(set) => self.expression(&set.expr),
            Stmt::SetBlock(set) => {
                set.filter.iter().for_each(|filter| self.expression(filter));
                self.statements(&set.body);
            }
            Stmt::AutoEscape(escape) => {
                self.operand(&escape.enabled);
                self.statements(&escape.body);
            }
            Stmt::FilterBlock(block) => {
                self.expression(&block.filter);
                self.statements(&block.body);
            }
            Stmt::Block(block) => self.statements(&block.body),
            Stmt::Import(import) => self.operand(&import.expr),
            Stmt::FromImport(import) => self.operand(&import.expr),
            Stmt::Extends(extends) => self.operand(&extends.name),
            Stmt::Include(include) => self.operand(&include.name),
            Stmt::Macro(macro_) => {
                macro_.defaults.iter().for_each(|value| self.expression(value));
                self.statements(&macro_.body);
            }
            Stmt::CallBlock(block) => {
                self.call(&block.call);
                block.macro_decl.defaults.iter().for_each(|value| self.expression(value));
                self.statements(&block.macro_decl.body);
            }
            Stmt::Do(statement) => self.call(&statement.call),
        }
    }

    /// An expression that the engine does not read to its end. If it makes a list, that is counted.
    fn expression(&mut self, expression: &Expr<'_>) {
        match expression {
            Expr::Var(_) | Expr::Const(_) => {}
            Expr::Slice(slice) => {
                self.expression(&slice.expr);
                let bounds = [&slice.start, &slice.stop, &slice.step];
                bounds.into_iter().flatten().for_each(|bound| self.expression(bound));
                self.add(expression);
            }
            Expr::UnaryOp(unary) => self.expression(&unary.expr),
            Expr::BinOp(binary) => match binary.op {
                BinOpKind::ScAnd | BinOpKind::ScOr => {
                    self.expression(&binary.left);
                    self.expression(&binary.right);
                }
                BinOpKind::Add | BinOpKind::Mul => {
                    self.terms(expression);
                    self.add(expression);
                }
                _ => {
                    self.operand(&binary.left);
                    self.operand(&binary.right);
                }
            },
            Expr::Compare(compare) => {
                self.operand(&compare.expr);
                compare.ops.iter().for_each(|next| self.operand(&next.expr));
            }
            Expr::IfExpr(condition) => {
                self.expression(&condition.test_expr);
                self.expression(&condition.true_expr);
                condition.false_expr.iter().for_each(|value| self.expression(value));
            }
            Expr::Filter(filter) => {
                filter.expr.iter().for_each(|value| self.expression(value));
                self.arguments(&filter.args);
            }
            Expr::Test(test) => {
                self.expression(&test.expr);
                self.arguments(&test.args);
            }
            Expr::GetAttr(attribute) => self.expression(&attribute.expr),
            Expr::GetItem(item) => {
                self.expression(&item.expr);
                self.operand(&item.subscript_expr);
            }
            Expr::Call(call) => self.call(call),
            Expr::List(list) => {
                list.items.iter().for_each(|item| self.expression(item));
                self.add(expression);
            }
            Expr::Tuple(tuple) => {
                tuple.items.iter().for_each(|item| self.expression(item));
                self.add(expression);
            }
            Expr::Map(map) => {
                map.keys.iter().for_each(|key| self.operand(key));
                map.values.iter().for_each(|value| self.expression(value));
                self.add(expression);
            }
        }
    }

    /// An expression that the engine may read to its end.
    fn operand(&mut self, expression: &Expr<'_>) {
        match expression {
            Expr::IfExpr(condition) => {
                self.expression(&condition.test_expr);
                self.operand(&condition.true_expr);
                condition.false_expr.iter().for_each(|value| self.operand(value));
            }
            Expr::BinOp(binary) if matches!(binary.op, BinOpKind::ScAnd | BinOpKind::ScOr) => {
                self.operand(&binary.left);
                self.operand(&binary.right);
            }
            Expr::Var(_)
            | Expr::GetAttr(_)
            | Expr::GetItem(_)
            | Expr::Call(_)
            | Expr::Filter(_) => {
                self.expression(expression);
                self.add(expression);
            }
            _ => self.expression(expression),
        }
    }

    /// The terms of a sum or the factors of a product: only the whole is counted besides them.
    fn terms(&mut self, expression: &Expr<'_>) {
        match expression {
            Expr::BinOp(binary) if matches!(binary.op, BinOpKind::Add | BinOpKind::Mul) => {
                self.terms(&binary.left);
                self.terms(&binary.right);
            }
            term => self.operand(term),
        }
    }

    fn call(&mut self, call: &Call<'_>) {
        self.expression(&call.expr);
        self.arguments(&call.args);
    }

    fn arguments(&mut self, arguments: &[CallArg<'_>]) {
        for argument in arguments {
            match argument {
                CallArg::Pos(value)
                | CallArg::Kwarg(_, value)
                | CallArg::PosSplat(value)
                | CallArg::KwargSplat(value) => self.operand(value),
            }
        }
    }

    fn add(&mut self, expression: &Expr<'_>) {
        self.0.push(start(expression)..expression.span().end_offset as usize);
    }
}

/// The start of an expression. The engine has that of the last name, for some.
fn start(expression: &Expr<'_>) -> usize {
    let of_first = match expression {
        Expr::Slice(slice) => Some(&slice.expr),
        Expr::Filter(filter) => filter.expr.as_ref(),
        Expr::Test(test) => Some(&test.expr),
        Expr::GetAttr(attribute) => Some(&attribute.expr),
        Expr::GetItem(item) => Some(&item.expr),
        Expr::Call(call) => Some(&call.expr),
        Expr::Tuple(tuple) => tuple.items.first(),
        _ => None,
    };
    let own = expression.span().start_offset as usize;
    of_first.map_or(own, |first| start(first).min(own))
}

#[cfg(test)]
mod tests {
    use super::super::environment::environment;
    use super::super::sources::Template;
    use super::*;
    use crate::diagnostics::source::Source;

    const EXPRESSIONS: [&str; 30] = [
        "'a' ~ n ~ list[0]",
        "(list)[0] ~ ('b')",
        "(list if yes else none)[n - n] ~ 'x'",
        "((list[1:])[0] ~ 'y')",
        "list[1:][0:][0] ~ ((list|reverse)[0])",
        "list[:1][0]",
        "list[-1] ~ list[n - 1] ~ list[(1)]",
        "(list + list + [n, [n]])[2] ~ 'z'",
        "(list * 2)[3]",
        "n * 2 + n // 2 - -n ** 2 % 5",
        "n + 1 if n == 2 else 'no'",
        "((n == 2 and yes) or [list]) ~ ''",
        "not yes or not n in [1, 2]",
        "n not in [n, 3]",
        "1 < n <= 2 != 5",
        "list == ['p', 'q']",
        "list == list[0:]",
        "[list, [n]] == [['p', 'q'], [2]]",
        "{'k': n, n ~ 'x': [n]}['2x'][0]",
        "table.k",
        "table['k' ~ ''] ~ table.deep.k",
        "(table).deep.k",
        "(table|items) ~ (yes is none)",
        "(n, 'b')[1] ~ (n,)[0]",
        "f(n, b=list) is none",
        "(f(*list) is none) ~ (f(**{'a': n, 'b': [n][0]}) is none)",
        "(f(n, 1)) == 'x'",
        "list is none or (list ~ '' ~ [n, 'a'])",
        "(list[0] if yes) ~ 'a'\n  ~ \"b\" 'c'",
        "'é' ~ list[0]",
    ];

    fn template(expression: &str) -> String {
        format!(
            "{{% macro f(a, b) %}}a{{% endmacro %}}\n{{% set c = n, list %}}\n\
             {{% set d = [c, c[1]] ~ '' %}}\nk: {{{{ {expression} }}}}\n\
             {{% for i in list if i in list %}}\n- {{{{ loop.index ~ i ~ d }}}}\n{{% endfor %}}\n"
        )
    }

    fn render(text: &str, with_limits: bool) -> Result<String, Error> {
        let own = Template { name: "a.yaml.j2".into(), source: Source::new("a", text) };
        let environment = environment(if with_limits { vec![own] } else { Vec::new() });
        let context = minijinja::context! {
            n => 2, yes => true, list => ["p", "q"],
            table => minijinja::context! { k => "v", deep => minijinja::context! { k => 1 } },
        };
        if with_limits {
            environment.get_template("a.yaml.j2")?.render(context)
        } else {
            environment.render_named_str("a.yaml.j2", text, context)
        }
    }

    #[test]
    fn expressions_mean_the_same() {
        for expression in EXPRESSIONS {
            let template = template(expression);
            let plain = render(&template, false).unwrap();
            assert_eq!(render(&template, true).unwrap(), plain, "{}", with_filter(&template));
        }
    }

    #[test]
    fn places_are_those_of_the_template() {
        for expression in EXPRESSIONS {
            let template = template(expression);
            let metered = with_filter(&template);
            let mut next = 0;
            for (at, c) in template.char_indices() {
                // A character that is never written into a template.
                if !"()_|metrd".contains(c) {
                    let now = next + metered[next..].find(c).unwrap();
                    next = now + c.len_utf8();
                    let place = original_range(&template, now..next);
                    assert_eq!(place, at..at + c.len_utf8(), "{metered}");
                }
            }
        }
    }
}

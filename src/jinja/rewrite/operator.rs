//! Operators, from the weakest to the strongest: what Python has otherwise than minijinja becomes a call.

use super::expression::{Read, Reader, Shape};
use super::scan::{Kind, Syntax, Token};

impl Reader<'_, '_> {
    pub(super) fn or(&mut self) -> Read {
        let mut shape = self.and()?;
        while self.lexer.take("or")?.is_some() {
            self.and()?;
            shape = Shape::Other;
        }
        Ok(shape)
    }

    fn and(&mut self) -> Read {
        let mut shape = self.not()?;
        while self.lexer.take("and")?.is_some() {
            self.not()?;
            shape = Shape::Other;
        }
        Ok(shape)
    }

    fn not(&mut self) -> Read {
        let mut shape = None;
        while self.lexer.take("not")?.is_some() {
            shape = Some(Shape::Other);
        }
        let inner = self.compare()?;
        Ok(shape.unwrap_or(inner))
    }

    /// Python compares decimals with other numbers, which minijinja does not. Nothing else is compared with a text.
    fn compare(&mut self) -> Read {
        let mark = self.notes.mark();
        let start = self.lexer.peek()?.range.start;
        let mut shape = self.sum()?;
        let (mut is_first, mut is_call) = (true, false);
        loop {
            let not = self.lexer.take("not")?;
            let operator = match &not {
                Some(_) => self.lexer.expect("in")?,
                None => match self.comparison()? {
                    Some(operator) => operator,
                    None => break,
                },
            };
            let word = self.lexer.text_of(&operator);
            if is_first && word != "in" && !self.is_no_number()? {
                self.notes.insert_at(mark, start, "__cmp(");
                is_call = true;
            }
            if is_call {
                let word = if not.is_some() { "not in" } else { word };
                if let Some(not) = not {
                    self.notes.replace(not.range, "");
                }
                self.notes.replace(operator.range, format!(",\"{word}\","));
            }
            is_first = false;
            self.sum()?;
            shape = Shape::Other;
        }
        if is_call {
            let end = self.lexer.last_end();
            self.notes.insert(end, ")");
        }
        Ok(shape)
    }

    /// Whether what comes is a literal that no number equals.
    fn is_no_number(&mut self) -> Result<bool, Syntax> {
        let token = self.lexer.peek()?;
        let word = self.lexer.text_of(&token);
        Ok(token.kind == Kind::Text || matches!(word, "none" | "None" | "true" | "True" | "false" | "False"))
    }

    fn comparison(&mut self) -> Result<Option<Token>, Syntax> {
        for operator in ["==", "!=", "<", "<=", ">", ">=", "in"] {
            if let Some(token) = self.lexer.take(operator)? {
                return Ok(Some(token));
            }
        }
        Ok(None)
    }

    /// Python adds and subtracts more than minijinja does, such as times.
    fn sum(&mut self) -> Read {
        let mark = self.notes.mark();
        let start = self.lexer.peek()?.range.start;
        let mut shape = self.concat()?;
        loop {
            let (function, operator) = match self.lexer.take("+")? {
                Some(plus) => ("__add(", plus),
                None => match self.lexer.take("-")? {
                    Some(minus) => ("__sub(", minus),
                    None => return Ok(shape),
                },
            };
            self.as_call(mark, start, function, operator, Self::concat)?;
            shape = Shape::Other;
        }
    }

    /// Writes `left operator right` as a call, the left side being read already.
    fn as_call(
        &mut self,
        mark: usize,
        start: usize,
        function: &str,
        operator: Token,
        right: fn(&mut Self) -> Read,
    ) -> Result<(), Syntax> {
        self.notes.insert_at(mark, start, function);
        self.notes.replace(operator.range, ",");
        right(self)?;
        let end = self.lexer.last_end();
        self.notes.insert(end, ")");
        Ok(())
    }

    fn concat(&mut self) -> Read {
        let mut shape = self.product()?;
        while self.lexer.take("~")?.is_some() {
            self.product()?;
            shape = Shape::Other;
        }
        Ok(shape)
    }

    /// `%` formats a text in Python, and all of these are exact for decimals.
    fn product(&mut self) -> Read {
        let mark = self.notes.mark();
        let start = self.lexer.peek()?.range.start;
        let mut shape = self.power()?;
        loop {
            let mut found = None;
            for (operator, function) in
                [("%", "__mod("), ("*", "__mul("), ("/", "__div("), ("//", "__floordiv(")]
            {
                if let Some(token) = self.lexer.take(operator)? {
                    found = Some((function, token));
                    break;
                }
            }
            let Some((function, operator)) = found else { return Ok(shape) };
            self.as_call(mark, start, function, operator, Self::power)?;
            shape = Shape::Other;
        }
    }

    fn power(&mut self) -> Read {
        let mark = self.notes.mark();
        let start = self.lexer.peek()?.range.start;
        let mut shape = self.unary(true)?;
        while let Some(operator) = self.lexer.take("**")? {
            self.as_call(mark, start, "__pow(", operator, |this| this.unary(true))?;
            shape = Shape::Other;
        }
        Ok(shape)
    }

    fn unary(&mut self, filters: bool) -> Read {
        let mut shape = None;
        let mut minuses = Vec::new();
        loop {
            if let Some(minus) = self.lexer.take("-")? {
                shape = Some(Shape::Other);
                minuses.push((self.notes.mark(), minus.range));
            } else if let Some(plus) = self.lexer.take("+")? {
                self.notes.replace(plus.range, "");
                shape = Some(Shape::Other);
            } else {
                break;
            }
        }
        let is_literal = self.lexer.peek()?.kind == Kind::Number;
        let mut inner = self.primary()?;
        if !minuses.is_empty() && (!is_literal || self.lexer.is("|")?) {
            // A sign belongs to the value, and filters come after it.
            let end = self.lexer.last_end();
            self.notes.insert(end, ")".repeat(minuses.len()));
            for (at, (mark, minus)) in minuses.into_iter().enumerate() {
                self.notes.replace_at(mark + at, minus, "__neg(");
            }
        }
        if filters {
            inner = self.filters(inner)?;
        }
        Ok(shape.unwrap_or(inner))
    }
}

//! SQL as text, without regard to the nodes it came from.

/// Where the first `with` of a statement ends, `recursive` included: the byte at which further
/// common table expressions may be put in. Nothing when the statement does not begin with `with`.
pub fn with_clause(sql: &str) -> Option<usize> {
    let start = skip_blank(sql, 0);
    let with = keyword(sql, start, "with")?;
    Some(keyword(sql, skip_blank(sql, with), "recursive").unwrap_or(with))
}

/// The first byte of a statement that is neither blank nor comment.
pub fn skip_blank(sql: &str, from: usize) -> usize {
    let mut at = from;
    loop {
        let rest = &sql[at..];
        let skipped = if let Some(comment) = rest.strip_prefix("--") {
            2 + comment.find('\n').map_or(comment.len(), |end| end + 1)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            2 + comment.find("*/").map_or(comment.len(), |end| end + 2)
        } else {
            rest.len() - rest.trim_start().len()
        };
        if skipped == 0 {
            return at;
        }
        at += skipped;
    }
}

/// The byte after a keyword, if the text has it there as a whole word.
fn keyword(sql: &str, at: usize, word: &str) -> Option<usize> {
    let end = at + word.len();
    let here = sql.get(at..end)?;
    let goes_on = sql[end..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
    (here.eq_ignore_ascii_case(word) && !goes_on).then_some(end)
}

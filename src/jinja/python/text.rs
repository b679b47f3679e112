//! Methods of Python's texts.

use minijinja::value::{Tuple, Value};
use minijinja::{Error, ErrorKind, State};

use super::{Decimal, PyList, argument, bounded, check_format, decimal, print, refused};

/// Calls a method of a text; [`ErrorKind::UnknownMethod`] where there is none of this name.
pub(in crate::jinja) fn method(
    state: &mut State<'_, '_>,
    value: &Value,
    name: &str,
    args: &[Value],
) -> Result<Value, Error> {
    let Some(text) = value.as_str() else {
        if let ("index" | "count", true, Some(wanted)) = (name, value.is_tuple(), args.first()) {
            let mut items = value.try_iter()?;
            return match name {
                "count" => Ok(Value::from(items.filter(|item| item == wanted).count())),
                _ => items
                    .position(|item| item == *wanted)
                    .map(Value::from)
                    .ok_or_else(|| refused("tuple.index(x): x not in tuple")),
            };
        }
        return minijinja_contrib::pycompat::unknown_method_callback(state, value, name, args);
    };
    let given = |at: usize| -> Result<String, Error> {
        let value = args.get(at).ok_or_else(|| refused(format!("str.{name}() needs an argument")))?;
        let text = value.as_str().map(str::to_owned);
        text.ok_or_else(|| refused(format!("str.{name}() needs a text, not {}", value.kind())))
    };
    if name == "format" {
        check_format(text, '{')?;
        if args.iter().any(|arg| Decimal::of(arg).is_some()) {
            let args = decimal::formattable(text, args);
            return minijinja_contrib::pycompat::unknown_method_callback(state, value, name, &args);
        }
    }
    Ok(match name {
        "split" | "rsplit" => {
            let separator = argument(args, 0, "sep").filter(|sep| !sep.is_none());
            let limit = argument(args, 1, "maxsplit").and_then(|n| n.as_i64()).unwrap_or(-1);
            let limit = usize::try_from(limit).unwrap_or(usize::MAX - 1);
            let separator = separator.as_ref().and_then(Value::as_str);
            if separator == Some("") {
                return Err(refused("empty separator"));
            }
            let parts: Vec<&str> = match (name, separator) {
                ("split", Some(sep)) => text.splitn(limit + 1, sep).collect(),
                ("split", None) => words(text, limit),
                (_, Some(sep)) => reversed(text.rsplitn(limit + 1, sep)),
                (_, None) => words_from_end(text, limit),
            };
            PyList::value(parts.into_iter().map(Value::from))
        }
        "splitlines" => {
            let keep = argument(args, 0, "keepends").is_some_and(|keep| keep.is_true());
            PyList::value(lines(text, keep).into_iter().map(Value::from))
        }
        "partition" | "rpartition" => {
            let sep = given(0)?;
            let found = if name == "partition" { text.split_once(&sep) } else { text.rsplit_once(&sep) };
            let parts = match (found, name) {
                (Some((before, after)), _) => [before, &sep, after],
                (None, "partition") => [text, "", ""],
                (None, _) => ["", "", text],
            };
            Value::from(Tuple::from(parts.map(Value::from)))
        }
        "join" => {
            let items = args.first().ok_or_else(|| refused("str.join() needs a list"))?.try_iter()?;
            let parts: Vec<String> = items.map(|item| print(&item)).collect();
            Value::from(parts.join(text))
        }
        "zfill" => {
            let width = bounded(args.first().and_then(Value::as_usize).unwrap_or(0))?;
            let (sign, digits) = match text.strip_prefix(['-', '+']) {
                Some(digits) => (&text[..1], digits),
                None => ("", text),
            };
            let zeros = width.saturating_sub(text.chars().count());
            Value::from(format!("{sign}{}{digits}", "0".repeat(zeros)))
        }
        "ljust" | "rjust" | "center" => {
            let width = bounded(args.first().and_then(Value::as_usize).unwrap_or(0))?;
            let fill = args.get(1).and_then(Value::as_str).unwrap_or(" ");
            let total = width.saturating_sub(text.chars().count());
            let left = match name {
                "ljust" => 0,
                "rjust" => total,
                // Python puts the odd one to the left where the width is odd.
                _ => total / 2 + (total & width & 1),
            };
            Value::from(format!("{}{text}{}", fill.repeat(left), fill.repeat(total - left)))
        }
        "find" | "rfind" | "index" | "rindex" => {
            let needle = given(0)?;
            let from = byte_of(text, args.get(1).and_then(Value::as_usize).unwrap_or(0));
            let found =
                if name.starts_with('r') { text[from..].rfind(&needle) } else { text[from..].find(&needle) };
            match found {
                Some(at) => Value::from(text[..from + at].chars().count()),
                None if name.ends_with("find") => Value::from(-1),
                None => return Err(refused("substring not found")),
            }
        }
        "count" => Value::from(text.matches(given(0)?.as_str()).count()),
        "removeprefix" => Value::from(text.strip_prefix(given(0)?.as_str()).unwrap_or(text)),
        "removesuffix" => Value::from(text.strip_suffix(given(0)?.as_str()).unwrap_or(text)),
        "replace" => {
            let (old, new) = (given(0)?, given(1)?);
            match argument(args, 2, "count").and_then(|n| n.as_usize()) {
                Some(count) => Value::from(text.replacen(&old, &new, count)),
                None => Value::from(text.replace(&old, &new)),
            }
        }
        "title" => Value::from(title(text)),
        "swapcase" => Value::from(text.chars().flat_map(swap).collect::<String>()),
        "casefold" => Value::from(text.to_lowercase()),
        "isidentifier" => {
            let mut chars = text.chars();
            let first = chars.next().is_some_and(|c| c == '_' || c.is_alphabetic());
            Value::from(first && chars.all(|c| c == '_' || c.is_alphanumeric()))
        }
        "isdecimal" => Value::from(!text.is_empty() && text.chars().all(|c| c.is_ascii_digit())),
        "encode" => Value::from_bytes(text.as_bytes().to_vec()),
        _ => {
            return match minijinja_contrib::pycompat::unknown_method_callback(state, value, name, args) {
                Err(error) if error.kind() == ErrorKind::UnknownMethod => Err(Error::new(
                    ErrorKind::UnknownMethod,
                    format!("'str object' has no attribute '{name}'"),
                )),
                other => other,
            };
        }
    })
}

/// The byte where a character stands.
fn byte_of(text: &str, index: usize) -> usize {
    text.char_indices().nth(index).map_or(text.len(), |(at, _)| at)
}

fn reversed<'a>(parts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut parts: Vec<_> = parts.collect();
    parts.reverse();
    parts
}

/// Words between runs of white space, the rest left whole after `limit` cuts.
fn words(text: &str, limit: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if parts.len() == limit {
            parts.push(rest);
            break;
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        parts.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    parts
}

fn words_from_end(text: &str, limit: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim_end();
    while !rest.is_empty() {
        if parts.len() == limit {
            parts.push(rest);
            break;
        }
        let start = rest
            .rfind(char::is_whitespace)
            .map_or(0, |at| at + rest[at..].chars().next().map_or(0, char::len_utf8));
        parts.push(&rest[start..]);
        rest = rest[..start].trim_end();
    }
    parts.reverse();
    parts
}

fn lines(text: &str, keep: bool) -> Vec<&str> {
    text.split_inclusive('\n')
        .map(|line| if keep { line } else { line.trim_end_matches('\n').trim_end_matches('\r') })
        .collect()
}

fn title(text: &str) -> String {
    let mut inside = false;
    text.chars()
        .flat_map(|c| {
            let cased: Vec<char> =
                if inside { c.to_lowercase().collect() } else { c.to_uppercase().collect() };
            inside = c.is_alphabetic();
            cased
        })
        .collect()
}

fn swap(c: char) -> Vec<char> {
    if c.is_uppercase() { c.to_lowercase().collect() } else { c.to_uppercase().collect() }
}

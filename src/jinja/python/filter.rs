//! Filters and tests of Jinja that minijinja lacks or has otherwise.

use std::fmt::{self, Write};
use std::sync::Arc;

use minijinja::value::{Enumerator, Kwargs, Object, ObjectRepr, Rest, Value, ValueKind};
use minijinja::{Environment, Error};

use super::{Decimal, PyDict, PyList, argument, arithmetic, bounded, own, pairs, print, refused, repr};
use crate::jinja::runtime::Anything;

/// Adds the filters and tests to an environment.
pub(in crate::jinja) fn install(env: &mut Environment<'static>) {
    env.add_filter("int", |value: Value, rest: Rest<Value>, named: Kwargs| int(&value, &all(rest, named)));
    env.add_filter("float", |value: Value, rest: Rest<Value>, named: Kwargs| {
        float(&value, &all(rest, named))
    });
    env.add_filter("abs", |value: Value| match Decimal::of(&value) {
        Some(number) => number.abs(),
        None => minijinja::filters::abs(value),
    });
    env.add_filter("round", |value: Value, rest: Rest<Value>, named: Kwargs| round(value, &all(rest, named)));
    env.add_filter("sum", |values: Value, rest: Rest<Value>, named: Kwargs| sum(&values, &all(rest, named)));
    env.add_filter("list", list);
    env.add_filter("string", |value: Value| print(&value));
    env.add_filter("tojson", super::json::tojson);
    env.add_filter("default", default);
    env.add_filter("d", default);
    env.add_filter("format", |text: &str, rest: Rest<Value>, named: Kwargs| printf(text, &all(rest, named)));
    env.add_filter("groupby", groupby);
    // dbt's own.
    env.add_filter("is_list", |value: Value| {
        let list = own(value);
        list.downcast_object_ref::<PyList>().is_some()
    });
    env.add_filter("truncate", truncate);
    env.add_filter("wordcount", |text: &str| {
        text.split(|c: char| !is_word(c)).filter(|w| !w.is_empty()).count()
    });
    env.add_filter("wordwrap", wordwrap);
    env.add_filter("center", |text: &str, width: Option<usize>| -> Result<String, Error> {
        let width = bounded(width.unwrap_or(80))?;
        let total = width.saturating_sub(text.chars().count());
        let left = total / 2 + (total & width & 1);
        Ok(format!("{}{text}{}", " ".repeat(left), " ".repeat(total - left)))
    });
    env.add_filter("filesizeformat", |size: f64, binary: Option<bool>| file_size(size, binary == Some(true)));
    env.add_filter("striptags", striptags);
    env.add_filter("xmlattr", xmlattr);
    env.add_filter("random", |value: Value| -> Result<Value, Error> {
        // A template that is rendered twice must not differ, so the first one is as good as any.
        Ok(value.try_iter()?.next().unwrap_or_default())
    });
    env.add_filter("urlencode", |value: Value| urlencode(&value));

    env.add_test("defined", |value: &Value| !is_undefined(value));
    env.add_test("undefined", is_undefined);
    env.add_test("callable", is_callable);
    env.add_test("sequence", |value: &Value| {
        matches!(value.kind(), ValueKind::Seq | ValueKind::String | ValueKind::Map | ValueKind::Bytes)
            || (value.kind() == ValueKind::Iterable && value.len().is_some())
    });
    env.add_test("number", |value: &Value| {
        matches!(value.kind(), ValueKind::Number | ValueKind::Bool) || Decimal::of(value).is_some()
    });
}

/// Positional and named arguments in one list, as a call has them.
fn all(rest: Rest<Value>, named: Kwargs) -> Vec<Value> {
    let mut args = rest.0;
    if named.args().next().is_some() {
        args.push(named.into());
    }
    args
}

pub(super) fn is_undefined(value: &Value) -> bool {
    value.is_undefined() || value.downcast_object_ref::<Anything>().is_some()
}

fn is_callable(value: &Value) -> bool {
    let Some(object) = value.as_object() else { return false };
    let name = object.type_name();
    let data = ["PyList", "PyDict", "Tuple", "Namespace"].iter().any(|data| name.ends_with(data));
    !data && matches!(value.kind(), ValueKind::Plain | ValueKind::Map)
}

fn int(value: &Value, rest: &[Value]) -> Result<Value, Error> {
    let default = argument(rest, 0, "default").unwrap_or_else(|| Value::from(0));
    let base = argument(rest, 1, "base").and_then(|b| u32::try_from(b).ok()).unwrap_or(10);
    if value.is_integer() {
        return Ok(value.clone());
    }
    if let Some(number) = Decimal::of(value) {
        return Ok(number.whole());
    }
    let truncated = |number: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "as Python's int() does, and the bounds saturate"
        )]
        let whole = number.trunc() as i128;
        number.is_finite().then(|| Value::from(whole))
    };
    let number = match value.kind() {
        ValueKind::Bool => Some(Value::from(i64::from(value.is_true()))),
        ValueKind::Number => truncated(f64::try_from(value.clone())?),
        ValueKind::String => {
            let text = value.as_str().unwrap_or_default().trim().replace('_', "");
            let digits = match base {
                16 => text.trim_start_matches("0x").trim_start_matches("0X"),
                8 => text.trim_start_matches("0o"),
                2 => text.trim_start_matches("0b"),
                _ => &text,
            };
            let whole = i128::from_str_radix(digits, base.clamp(2, 36)).ok().map(Value::from);
            whole.or_else(|| text.parse::<f64>().ok().and_then(truncated))
        }
        _ => None,
    };
    Ok(number.unwrap_or(default))
}

fn float(value: &Value, rest: &[Value]) -> Value {
    let default = argument(rest, 0, "default").unwrap_or_else(|| Value::from(0.0));
    let number = match value.kind() {
        ValueKind::Bool => Some(f64::from(u8::from(value.is_true()))),
        ValueKind::Number => f64::try_from(value.clone()).ok(),
        ValueKind::String => value.as_str().unwrap_or_default().trim().replace('_', "").parse().ok(),
        _ => Decimal::of(value).map(Decimal::to_f64),
    };
    number.map_or(default, Value::from)
}

fn round(value: Value, rest: &[Value]) -> Result<Value, Error> {
    let precision = argument(rest, 0, "precision").map(i32::try_from).transpose()?;
    let method = argument(rest, 1, "method");
    let method = method.as_ref().and_then(Value::as_str);
    match Decimal::of(&value) {
        Some(number) => {
            number.round(i64::from(precision.unwrap_or(0)).clamp(-999, 999), method.unwrap_or("common"))
        }
        None => {
            minijinja::filters::round(value, precision, method, Kwargs::from_iter([] as [(&str, Value); 0]))
        }
    }
}

/// The sum of values, or of an attribute of each; what is undefined counts as nothing.
fn sum(values: &Value, rest: &[Value]) -> Result<Value, Error> {
    let attribute = argument(rest, 0, "attribute").filter(|attribute| !attribute.is_none());
    let mut sum = argument(rest, 1, "start").unwrap_or_else(|| Value::from(0));
    for item in values.try_iter()? {
        let item = match &attribute {
            Some(attribute) if attribute.as_str().is_some() => {
                let path = attribute.as_str().unwrap_or_default();
                path.split('.').try_fold(item, |item, part| match part.parse::<usize>() {
                    Ok(at) => item.get_item(&Value::from(at)),
                    Err(_) => item.get_attr(part),
                })?
            }
            Some(attribute) => item.get_item(attribute)?,
            None => item,
        };
        if !item.is_undefined() {
            sum = arithmetic::add(&sum, &item)?;
        }
    }
    Ok(sum)
}

fn list(value: Value) -> Result<Value, Error> {
    if let Some(text) = value.as_str() {
        return Ok(PyList::value(text.chars().map(|c| Value::from(c.to_string()))));
    }
    if value.is_none() {
        return Err(refused("'NoneType' object is not iterable"));
    }
    if is_undefined(&value) {
        return Ok(PyList::value([]));
    }
    let items: Vec<Value> = value.try_iter()?.collect();
    match items.iter().find(|item| item.kind() == ValueKind::Invalid) {
        Some(error) => {
            let text = error.to_string();
            let text = text.trim_start_matches("<invalid value: invalid operation: ").trim_end_matches('>');
            Err(refused(text))
        }
        None => Ok(PyList::value(items)),
    }
}

/// A default for what is undefined, or, with `boolean`, for all that is false.
fn default(value: Value, rest: Rest<Value>, named: Kwargs) -> Value {
    let rest = all(rest, named);
    let other = argument(&rest, 0, "default_value").unwrap_or_else(|| Value::from(""));
    let boolean = argument(&rest, 1, "boolean").is_some_and(|b| b.is_true());
    if is_undefined(&value) || (boolean && !value.is_true()) { other } else { value }
}

fn printf(text: &str, rest: &[Value]) -> Result<String, Error> {
    let (args, kwargs) = super::split_kwargs(rest);
    let values = match kwargs {
        Some(kwargs) if args.is_empty() => PyDict::value(super::dict::named(&kwargs)),
        _ => Value::from(minijinja::value::Tuple::from(args.to_vec())),
    };
    arithmetic::printf(text, &values)
}

/// A group of `groupby`: a pair with names.
#[derive(Debug)]
struct Group {
    grouper: Value,
    list: Value,
}

impl Object for Group {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match (key.as_str(), key.as_usize()) {
            (Some("grouper"), _) | (None, Some(0)) => Some(self.grouper.clone()),
            (Some("list"), _) | (None, Some(1)) => Some(self.list.clone()),
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(2)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}, {})", repr(&self.grouper), repr(&self.list))
    }
}

fn groupby(items: Value, attribute: Value, default: Option<Value>, named: Kwargs) -> Result<Value, Error> {
    let default = default.or(named.get::<Option<Value>>("default")?).unwrap_or_default();
    let cased = named.get::<Option<bool>>("case_sensitive")?.unwrap_or(false);
    let key_of = |item: &Value| {
        let path = attribute.as_str().map(|path| path.split('.').map(Value::from).collect());
        let path: Vec<Value> = path.unwrap_or_else(|| vec![attribute.clone()]);
        let found = path.iter().try_fold(item.clone(), |item, key| item.get_item(key));
        found.ok().filter(|value| !value.is_undefined()).unwrap_or_else(|| default.clone())
    };
    let fold = |key: &Value| match key.as_str() {
        Some(text) if !cased => Value::from(text.to_lowercase()),
        _ => key.clone(),
    };
    let mut keyed: Vec<(Value, Value)> = items.try_iter()?.map(|item| (key_of(&item), item)).collect();
    keyed.sort_by_key(|(key, _)| fold(key));
    let groups = keyed.chunk_by(|a, b| fold(&a.0) == fold(&b.0)).map(|group| {
        let list = PyList::value(group.iter().map(|(_, item)| item.clone()));
        Value::from_object(Group { grouper: group[0].0.clone(), list })
    });
    Ok(PyList::value(groups))
}

fn truncate(text: &str, rest: Rest<Value>, named: Kwargs) -> Result<String, Error> {
    let rest = all(rest, named);
    let number = |at, name, default: usize| {
        argument(&rest, at, name).and_then(|value| value.as_usize()).unwrap_or(default)
    };
    let (length, leeway) = (number(0, "length", 255), number(3, "leeway", 5));
    let kill = argument(&rest, 1, "killwords").is_some_and(|kill| kill.is_true());
    let end = argument(&rest, 2, "end").map_or_else(|| "...".to_owned(), |end| print(&end));
    let characters = text.chars().count();
    if characters <= length + leeway {
        return Ok(text.to_owned());
    }
    let keep = length.checked_sub(end.chars().count());
    let keep = keep.ok_or_else(|| refused(format!("expected length >= {}", end.chars().count())))?;
    let cut: String = text.chars().take(keep).collect();
    let cut = if kill { cut.as_str() } else { cut.rsplit_once(' ').map_or(cut.as_str(), |(head, _)| head) };
    Ok(format!("{cut}{end}"))
}

fn wordwrap(text: &str, rest: Rest<Value>, named: Kwargs) -> String {
    let rest = all(rest, named);
    let width = argument(&rest, 0, "width").and_then(|w| w.as_usize()).unwrap_or(79).max(1);
    let long = argument(&rest, 1, "break_long_words").is_none_or(|b| b.is_true());
    let between = argument(&rest, 2, "wrapstring").map_or_else(|| "\n".to_owned(), |s| print(&s));
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let mut current = String::new();
        for word in line.split(' ') {
            let mut word = word.to_owned();
            let fits =
                |current: &str, word: &str| current.chars().count() + 1 + word.chars().count() <= width;
            if !current.is_empty() && fits(&current, &word) {
                current.push(' ');
                current.push_str(&word);
                continue;
            }
            if !current.is_empty() {
                lines.push(std::mem::take(&mut current));
            }
            while long && word.chars().count() > width {
                let tail: String = word.chars().skip(width).collect();
                word.truncate(word.len() - tail.len());
                lines.push(std::mem::replace(&mut word, tail));
            }
            current = word;
        }
        lines.push(current);
    }
    lines.join(&between)
}

fn file_size(bytes: f64, binary: bool) -> String {
    let base: f64 = if binary { 1024.0 } else { 1000.0 };
    let prefixes = if binary {
        ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]
    } else {
        ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"]
    };
    if (bytes - 1.0).abs() < f64::EPSILON {
        return "1 Byte".to_owned();
    }
    if bytes < base {
        return format!("{bytes:.0} Bytes");
    }
    let mut unit = base;
    for prefix in prefixes {
        if bytes < unit * base || prefix.starts_with('Y') {
            return format!("{:.1} {prefix}", bytes / unit);
        }
        unit *= base;
    }
    format!("{bytes:.0} Bytes")
}

fn striptags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => inside = false,
            c if !inside => plain.push(c),
            _ => {}
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn xmlattr(map: Value, autospace: Option<bool>) -> String {
    let mut out = String::new();
    for (key, value) in pairs(&map).filter(|(_, value)| !value.is_none() && !is_undefined(value)) {
        let text = print(&value);
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let escaped = escaped.replace('\'', "&#39;").replace('"', "&#34;");
        if !out.is_empty() || autospace != Some(false) {
            out.push(' ');
        }
        let _ = write!(out, "{}=\"{escaped}\"", print(&key));
    }
    out
}

fn urlencode(value: &Value) -> String {
    let encode = |text: &str, safe: &str| {
        let mut out = String::with_capacity(text.len());
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() || b"_.-~".contains(&byte) || safe.as_bytes().contains(&byte) {
                out.push(char::from(byte));
            } else {
                let _ = write!(out, "%{byte:02X}");
            }
        }
        out
    };
    if value.kind() != ValueKind::Map {
        return encode(&print(value), "/");
    }
    let fields = pairs(value).map(|(k, v)| format!("{}={}", encode(&print(&k), ""), encode(&print(&v), "")));
    fields.collect::<Vec<_>>().join("&")
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

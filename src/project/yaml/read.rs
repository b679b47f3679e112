//! From the reader's events to the tree: spans are cut to the words themselves, scalars resolved,
//! duplicate keys found, merge keys spread out.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde_yaml::Spanned;

use super::{Entry, Kind, Mapping, Yaml, scalar, syntax};
use crate::diagnostic::{Code, Diagnostic, Result, SourceId, Span};

/// The tree as the YAML crate hands it over.
enum Raw {
    /// Neither text nor a collection: what it is, the source text says.
    Scalar,
    Text(String),
    List(Vec<Spanned<Raw>>),
    Mapping(Vec<(Spanned<Raw>, Spanned<Raw>)>),
    Tagged(String),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Scalar)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Scalar)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Raw, E> {
        Ok(Raw::Scalar)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Scalar)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Scalar)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Raw, E> {
        Ok(Raw::Scalar)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Raw, E> {
        Ok(Raw::Scalar)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Scalar)
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut mapping = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            mapping.push(entry);
        }
        Ok(Raw::Mapping(mapping))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Raw, A::Error> {
        let (tag, contents) = data.variant()?;
        contents.newtype_variant::<Raw>()?;
        Ok(Raw::Tagged(tag))
    }
}

pub(super) fn read(text: &str, source: SourceId) -> Result<(Yaml, Vec<Diagnostic>)> {
    // The crate counts bytes from the text it is given, so a byte order mark is its to skip.
    let raw: Spanned<Raw> =
        serde_yaml::from_str(text).map_err(|error| Box::new(syntax::error(&error, text, source)))?;
    let mut reader = Reader { text, source, warnings: Vec::new() };
    let yaml = reader.value(raw, None)?;
    Ok((yaml, reader.warnings))
}

struct Reader<'a> {
    text: &'a str,
    source: SourceId,
    warnings: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn value(&mut self, raw: Spanned<Raw>, after: Option<usize>) -> Result<Yaml> {
        let end = raw.span().end.index;
        let start = self.past_properties(after.unwrap_or(raw.span().start.index));
        // The words of an alias stand where its anchor is.
        let written = if self.is_alias(start) { self.anchored(start) } else { start };
        let (value, end) = match raw.into_inner() {
            Raw::Scalar => {
                let word = self.word(written);
                (scalar::resolve(word), start + word.len())
            }
            Raw::Text(text) => {
                let quoted = matches!(self.text.as_bytes().get(written), Some(b'"' | b'\'' | b'|' | b'>'));
                let tagged = self.before(written).trim_end().ends_with("!!str");
                let end = self.text_end(start, end, &text);
                (if quoted || tagged { Kind::Text(text) } else { scalar::resolve(&text) }, end)
            }
            Raw::List(items) => {
                let mut list = Vec::with_capacity(items.len());
                let mut after = None;
                for item in items {
                    let alias = self.alias_end(&item, after);
                    list.push(self.value(item, after)?);
                    after = alias;
                }
                (Kind::List(list), self.trimmed(start, end))
            }
            Raw::Mapping(entries) => (Kind::Mapping(self.mapping(entries)?), self.trimmed(start, end)),
            Raw::Tagged(tag) => return Err(Box::new(self.unknown_tag(&tag, start))),
        };
        let end = if self.is_alias(start) { start + 1 + self.word(start + 1).len() } else { end };
        Ok(Yaml { value, span: Span::new(self.source, start..end) })
    }

    fn mapping(&mut self, raw: Vec<(Spanned<Raw>, Spanned<Raw>)>) -> Result<Mapping> {
        let mut own = Vec::with_capacity(raw.len());
        let mut merged = Vec::new();
        let mut after = None;
        for (key, value) in raw {
            let value_after = self.alias_end(&key, after);
            let key = self.value(key, after)?;
            after = self.alias_end(&value, value_after);
            let is_merge = key.as_str() == Some("<<")
                && self.text.as_bytes().get(key.span.start as usize) == Some(&b'<');
            let mut value = self.value(value, value_after)?;
            if is_merge {
                merged.push((key.span, value));
                continue;
            }
            if value.is_null() && value.span.start == value.span.end {
                // A value that is not there: the reader's place for it is the next thing.
                value.span = Span { start: key.span.end, ..key.span };
            }
            let text = match key.value {
                Kind::Text(text) => text,
                Kind::Null => "null".to_owned(),
                _ => key
                    .scalar_text()
                    .ok_or_else(|| Box::new(syntax::key_is_no_scalar(key.span, self.text)))?,
            };
            own.push(Entry { key: text, key_span: key.span, value });
        }
        let mut mapping = Unique { entries: Vec::with_capacity(own.len()), ..Unique::default() };
        for (span, value) in merged {
            for entry in merge_entries(span, value)? {
                mapping.set(entry);
            }
        }
        let inherited = mapping.entries.len();
        let mut fresh = vec![false; inherited];
        for entry in own {
            let span = entry.key_span;
            match mapping.set(entry) {
                // Overriding what a merge brought in is what merging is for.
                Some((at, _)) if at < inherited && !fresh[at] => fresh[at] = true,
                Some((at, first)) => self.warnings.push(duplicate(&mapping.entries[at].key, span, first)),
                None => {}
            }
        }
        Ok(Mapping(mapping.entries))
    }

    /// Skips an anchor and a tag in front of a value.
    fn past_properties(&self, start: usize) -> usize {
        let mut at = start.min(self.text.len());
        while let Some(rest) = self.text.get(at..).filter(|rest| rest.starts_with(['&', '!'])) {
            let word = rest.find(|c: char| c.is_whitespace()).unwrap_or(rest.len());
            let space = rest[word..].find(|c: char| !c.is_whitespace()).unwrap_or(rest.len() - word);
            at += word + space;
        }
        at
    }

    /// Where the sibling after an alias starts. The reader went to the anchor and its place for
    /// what comes next is still there.
    fn alias_end(&self, raw: &Spanned<Raw>, after: Option<usize>) -> Option<usize> {
        let start = after.unwrap_or(raw.span().start.index);
        if !self.is_alias(start) {
            return None;
        }
        let mut at = start + 1 + self.word(start + 1).len();
        loop {
            let rest = self.text.get(at..).unwrap_or_default();
            at += rest
                .find(|c: char| !(c.is_whitespace() || matches!(c, '-' | ',' | '?' | ':')))
                .unwrap_or(rest.len());
            match self.text.get(at..).unwrap_or_default().strip_prefix('#') {
                Some(comment) => at += 1 + comment.find('\n').unwrap_or(comment.len()),
                None => return Some(at),
            }
        }
    }

    /// The text up to a place.
    fn before(&self, start: usize) -> &str {
        self.text.get(..start).unwrap_or_default()
    }

    fn is_alias(&self, start: usize) -> bool {
        self.text.as_bytes().get(start) == Some(&b'*')
    }

    /// Where the value starts that an alias stands for.
    fn anchored(&self, start: usize) -> usize {
        let anchor = format!("&{}", self.word(start + 1));
        let before = self.before(start);
        let whole = |at: usize| before[at + anchor.len()..].starts_with(char::is_whitespace);
        let anchors = before.match_indices(&anchor).map(|(at, _)| at).filter(|at| whole(*at));
        anchors.last().map_or(start, |at| self.past_properties(at))
    }

    /// The longest run of characters that numbers, truth values and null are made of.
    fn word(&self, start: usize) -> &str {
        let rest = self.text.get(start..).unwrap_or_default();
        let end =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '+' | '-' | '~')));
        &rest[..end.unwrap_or(rest.len())]
    }

    /// Where the text that starts here ends; `next` is where the next thing starts.
    fn text_end(&self, start: usize, next: usize, value: &str) -> usize {
        let rest = self.text.get(start..).unwrap_or_default();
        let length = match rest.as_bytes().first() {
            Some(b'\'') => closing_single(rest),
            Some(b'"') => closing_double(rest),
            _ if rest.starts_with(value) => Some(value.len()),
            _ => None,
        };
        length.map_or_else(|| self.trimmed(start, next), |length| start + length)
    }

    /// The end of the words between two places, without the space, the comment lines and the dash
    /// of the next item after them.
    fn trimmed(&self, start: usize, next: usize) -> usize {
        let range = self.text.get(start..next.max(start)).unwrap_or_default();
        let mut end = range.trim_end();
        while let Some((before, last)) = end.rsplit_once('\n') {
            if !last.trim_start().starts_with('#') && !last.chars().all(|c| matches!(c, ' ' | '-')) {
                break;
            }
            end = before.trim_end();
        }
        start + end.trim_end_matches(',').len()
    }

    fn unknown_tag(&self, tag: &str, start: usize) -> Diagnostic {
        let before = self.before(start).trim_end();
        let at = before.rfind('!').unwrap_or(before.len());
        let message = format!("could not determine a constructor for the tag `{tag}`");
        Diagnostic::error(Code::YamlSyntax, message)
            .label(Span::new(self.source, at..before.len()), "YAML tags have no meaning here")
            .help("remove the tag, or quote the text if it begins with `!`")
    }
}

/// The length of a text in single quotes, in which a quote is written twice.
fn closing_single(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 1;
    while let Some(quote) = text.get(at..)?.find('\'') {
        at += quote + 1;
        if bytes.get(at) != Some(&b'\'') {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// The length of a text in double quotes, in which a backslash protects a quote.
fn closing_double(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().enumerate().skip(1).find_map(|(at, byte)| {
        if escaped {
            escaped = false;
            return None;
        }
        escaped = byte == b'\\';
        (byte == b'"').then_some(at + 1)
    })
}

/// What a merge key brings in; of several mappings the first wins.
fn merge_entries(span: Span, value: Yaml) -> Result<Vec<Entry>> {
    let refuse = |value: &Yaml| {
        let message = format!("a merge key needs a mapping or a list of mappings, not {}", value.kind());
        Box::new(Diagnostic::error(Code::YamlSyntax, message).label(span, ""))
    };
    match value.value {
        Kind::Mapping(mapping) => Ok(mapping.0),
        Kind::List(items) => {
            let mut entries = Vec::new();
            for item in items.into_iter().rev() {
                match item.value {
                    Kind::Mapping(mapping) => entries.extend(mapping.0),
                    _ => return Err(refuse(&item)),
                }
            }
            Ok(entries)
        }
        _ => Err(refuse(&value)),
    }
}

fn duplicate(key: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::warning(Code::DuplicateProperties, format!("the key `{key}` is given twice"))
        .label(span, "this one counts")
        .label(first, "this one has no effect")
}

/// Entries in the order their keys first appear, with the value given last.
#[derive(Default)]
struct Unique {
    entries: Vec<Entry>,
    /// Filled when there are too many to look through one by one.
    places: HashMap<String, usize>,
}

impl Unique {
    const FEW: usize = 16;

    /// Sets a key; returns its place and where the value it replaces had its key.
    fn set(&mut self, entry: Entry) -> Option<(usize, Span)> {
        let place = if self.entries.len() <= Self::FEW {
            self.entries.iter().position(|other| other.key == entry.key)
        } else {
            if self.places.len() < self.entries.len() {
                self.places = self.entries.iter().enumerate().map(|(at, e)| (e.key.clone(), at)).collect();
            }
            self.places.get(&entry.key).copied()
        };
        let Some(at) = place else {
            if self.entries.len() > Self::FEW {
                self.places.insert(entry.key.clone(), self.entries.len());
            }
            self.entries.push(entry);
            return None;
        };
        let before = self.entries[at].key_span;
        self.entries[at] = entry;
        Some((at, before))
    }
}

//! What ends the way of a class of data: a value behind it no longer tells what it was made of.

/// Functions and macros that break what a value tells of its origin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Breakers {
    /// Functions of the warehouse by their names in lower case, and `is null` for the comparisons of that name.
    pub functions: Vec<String>,
    /// Macros by name, without their package.
    pub macros: Vec<String>,
    /// Of how many values a sum or a mean no longer tells any; never where it is not said.
    pub least: Option<u64>,
    /// Where classified data is inside of documents, as paths of fields; where none is said, it may be anywhere.
    pub fields: Vec<Vec<String>>,
}

/// Digests, counts, and whether there is a value at all. What is no digest made to hide its input, such as
/// `hash` or `xxhash64`, is none of them, nor is any aggregate that gives back values that went into it.
const FUNCTIONS: &[&str] = &[
    "approx_count_distinct",
    "approx_distinct",
    "count",
    "count_distinct",
    "count_if",
    "countif",
    "hmac",
    "is null",
    "md5",
    "md5_hex",
    "md5_number",
    "regr_count",
    "sha",
    "sha1",
    "sha1_hex",
    "sha2",
    "sha2_hex",
    "sha224",
    "sha256",
    "sha384",
    "sha512",
];

/// Aggregates to which every value adds a little and that give none of them back.
const BLURS: &[&str] = &[
    "avg",
    "favg",
    "fsum",
    "kahan_sum",
    "mean",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "sum",
    "sumkahan",
    "var_pop",
    "var_samp",
    "variance",
];

impl Breakers {
    /// Those that need not be declared.
    pub fn usual() -> Self {
        Self { functions: FUNCTIONS.iter().map(|name| (*name).to_owned()).collect(), ..Self::default() }
    }

    /// Says that classified data is at a path of a document, such as `$.traits.email`.
    pub fn add_field(&mut self, path: &str) {
        self.fields.push(segments(path));
    }

    /// Whether an aggregate of at least so many values tells none of them.
    pub(super) fn is_blur(&self, function: &str, values: u64) -> bool {
        self.least.is_some_and(|least| values >= least) && BLURS.contains(&function)
    }

    /// Whether a field that is picked out of a document, or out of some part of one, holds none of the fields
    /// with classified data, and is in none of them.
    pub(super) fn is_apart(&self, field: &str) -> bool {
        let picked = segments(field);
        let meets = |from: &[String]| from.iter().zip(&picked).all(|(a, b)| a == b);
        let holds = |path: &Vec<String>| (0..path.len()).any(|at| meets(&path[at..]));
        !self.fields.is_empty() && !picked.is_empty() && !self.fields.iter().any(holds)
    }

    /// The macro among them that an expression of a template is one call of, and nothing else.
    pub(super) fn called(&self, expression: &str) -> Option<&str> {
        let inner = expression.trim().trim_start_matches("{{").trim_end_matches("}}");
        let inner = inner.trim_matches(|c: char| c.is_whitespace() || c == '-' || c == '+');
        let (path, arguments) = inner.split_once('(')?;
        let path = path.trim();
        if !path.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.')) || !is_one_call(arguments) {
            return None;
        }
        let name = path.rsplit('.').next()?;
        self.macros.iter().find(|known| *known == name).map(String::as_str)
    }
}

/// The names on a path, in lower case, without places in lists.
fn segments(path: &str) -> Vec<String> {
    let names = path.split(['.', '/', '[', ']', '"', '\'']).map(str::trim);
    let is_name =
        |name: &&str| !name.is_empty() && !matches!(*name, "$" | "*") && name.parse::<i64>().is_err();
    names.filter(is_name).map(str::to_lowercase).collect()
}

/// Whether the bracket that is open before this text closes at its very end.
fn is_one_call(arguments: &str) -> bool {
    let mut depth = 1_usize;
    let mut quote = None;
    let mut is_escaped = false;
    for (at, character) in arguments.char_indices() {
        match (quote, character) {
            _ if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            (Some(open), _) if open == character => quote = None,
            (None, '\'' | '"') => quote = Some(character),
            (None, '(') => depth += 1,
            (None, ')') => {
                depth -= 1;
                if depth == 0 {
                    return at + 1 == arguments.len();
                }
            }
            _ => {}
        }
    }
    false
}

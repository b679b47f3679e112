//! Wildcards, with the meaning they have for Python: `*`, `?`, `[abc]`, `[!abc]`, and `**` in paths;
//! and which names and paths they mean.

/// Whether a whole name matches a pattern; `*` matches anything, dots and slashes included.
pub(super) fn matches(name: &str, pattern: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    let pattern: Vec<char> = pattern.chars().collect();
    // Where the last `*` stands and how much it has taken so far: the only choice worth taking back.
    let mut star: Option<(usize, usize)> = None;
    let (mut n, mut p) = (0, 0);
    while n < name.len() {
        match one(&pattern[p..], name[n]) {
            One::Matches(length) => {
                n += 1;
                p += length;
            }
            One::Star => {
                star = Some((p, n));
                p += 1;
            }
            One::Differs => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    n = taken + 1;
                    p = at + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// Whether there are wildcards in a text.
pub(super) fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?', '[', ']'])
}

/// Whether a path matches a pattern of folders and names, as `Path.glob` finds it: `**` is any
/// number of folders, and the other wildcards stay within a name.
pub(super) fn matches_path(path: &str, pattern: &str) -> bool {
    fn parts(text: &str) -> Vec<&str> {
        text.split('/').filter(|part| !part.is_empty() && *part != ".").collect()
    }
    fn from(path: &[&str], pattern: &[&str]) -> bool {
        match pattern.split_first() {
            None => path.is_empty(),
            Some((&"**", rest)) => (0..=path.len()).any(|skipped| from(&path[skipped..], rest)),
            Some((part, rest)) => {
                path.split_first().is_some_and(|(name, below)| matches(name, part) && from(below, rest))
            }
        }
    }
    from(&parts(path), &parts(pattern))
}

/// Whether a path or one of its folders matches.
pub(super) fn within(path: &str, pattern: &str) -> bool {
    let folders = path.match_indices('/').map(|(at, _)| &path[..at]);
    matches_path(path, pattern) || folders.into_iter().any(|folder| matches_path(folder, pattern))
}

/// Whether a name means the node with this path of folders, with or without its package.
pub(super) fn named(fqn: &[String], name: &str, is_versioned: bool) -> bool {
    named_from(fqn, name, is_versioned) || named_from(fqn.get(1..).unwrap_or_default(), name, is_versioned)
}

fn named_from(fqn: &[String], name: &str, is_versioned: bool) -> bool {
    let words: Vec<&str> = name.split('.').collect();
    let leaf = match (is_versioned, fqn) {
        (true, [.., leaf, version]) => {
            // `orders.v2` and `orders_v2` both mean a version.
            let last = words.len().saturating_sub(2);
            if leaf == name || format!("{leaf}_{version}") == words[last..].join("_") {
                return true;
            }
            leaf
        }
        (_, [.., leaf]) => leaf,
        _ => return false,
    };
    if !is_versioned && leaf == name {
        return true;
    }
    // Dots in names separate as well.
    let path: Vec<&str> = fqn.iter().flat_map(|part| part.split('.')).collect();
    if path.len() < words.len() {
        return false;
    }
    match words.iter().position(|word| has_wildcard(word)) {
        None => path.starts_with(&words),
        Some(at) => {
            path[..at] == words[..at]
                && (matches(&path[at..].join("."), &words[at..].join("."))
                    || (words.len() == 1 && matches(leaf, name)))
        }
    }
}

enum One {
    Matches(usize),
    Star,
    Differs,
}

/// Compares one character with the head of a pattern.
fn one(pattern: &[char], c: char) -> One {
    let is = |matches, length| if matches { One::Matches(length) } else { One::Differs };
    match pattern.first() {
        None => One::Differs,
        Some('*') => One::Star,
        Some('?') => One::Matches(1),
        Some('[') => match class(&pattern[1..], c) {
            Some((matches, length)) => is(matches, length + 1),
            // A bracket that nothing closes is a bracket.
            None => is(c == '[', 1),
        },
        Some(other) => is(c == *other, 1),
    }
}

/// Whether a character is in a class whose bracket is open, and the length of its text.
fn class(text: &[char], c: char) -> Option<(bool, usize)> {
    let negated = text.first() == Some(&'!');
    let start = usize::from(negated);
    // A bracket right at the start belongs to the class.
    let end = start + 1 + text.get(start + 1..)?.iter().position(|c| *c == ']')?;
    let body = &text[start..end];
    let mut at = 0;
    let mut found = false;
    while at < body.len() {
        if at + 2 < body.len() && body[at + 1] == '-' {
            found |= (body[at]..=body[at + 2]).contains(&c);
            at += 3;
        } else {
            found |= body[at] == c;
            at += 1;
        }
    }
    Some((found != negated, end + 1))
}

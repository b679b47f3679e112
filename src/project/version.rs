//! Ranges of versions as dbt writes and compares them: of itself in `require-dbt-version`, of packages in
//! `packages.yml`.

use std::fmt;

use semver::Version;

/// One bound, such as `>=1.3.0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    matcher: &'static str,
    version: Version,
}

/// Why a project cannot run on this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// No version is within all bounds.
    Impossible,
    /// Others are, this one is not.
    Unsupported,
}

impl Bound {
    /// Reads one bound; a bare version means exactly that one.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let matchers = [">=", "<=", ">", "<", "="];
        let (matcher, version) =
            matchers.iter().find_map(|m| Some((*m, text.strip_prefix(m)?))).unwrap_or(("=", text));
        let version = version.trim();
        // `1.9.0rc1` is written without the hyphen as well.
        let letter =
            version.find(|c: char| c.is_ascii_alphabetic()).filter(|_| !version.contains(['-', '+']));
        let version = match letter {
            Some(at) => Version::parse(&format!("{}-{}", &version[..at], &version[at..])),
            None => Version::parse(version),
        };
        Some(Self { matcher, version: version.ok()? })
    }

    /// Whether it names a pre-release, which then may be taken.
    pub fn is_prerelease(&self) -> bool {
        !self.version.pre.is_empty()
    }

    /// Whether a version is within it.
    pub fn admits(&self, version: &Version) -> bool {
        let order = version.cmp_precedence(&self.version);
        match self.matcher {
            ">=" => order.is_ge(),
            "<=" => order.is_le(),
            ">" => order.is_gt(),
            // A pre-release of the version that is excluded is excluded as well.
            "<" => order.is_lt() && (version.pre.is_empty() || !self.is_release_of(version)),
            _ => order.is_eq(),
        }
    }

    fn is_release_of(&self, version: &Version) -> bool {
        let numbers = |v: &Version| (v.major, v.minor, v.patch);
        self.version.pre.is_empty() && numbers(version) == numbers(&self.version)
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.matcher, self.version)
    }
}

/// Checks a version against all bounds.
///
/// # Errors
/// It is not within one of them.
pub fn check(version: &Version, bounds: &[Bound]) -> Result<(), Mismatch> {
    if bounds.iter().all(|bound| bound.admits(version)) {
        return Ok(());
    }
    Err(if exclude_each_other(bounds) { Mismatch::Impossible } else { Mismatch::Unsupported })
}

/// Whether no version can be within all bounds.
pub fn exclude_each_other(bounds: &[Bound]) -> bool {
    let below = |bound: &Bound| matches!(bound.matcher, ">=" | ">" | "=");
    let above = |bound: &Bound| matches!(bound.matcher, "<=" | "<" | "=");
    let crossed = |lower: &Bound, upper: &Bound| {
        let order = lower.version.cmp_precedence(&upper.version);
        order.is_gt() || (order.is_eq() && (lower.matcher == ">" || upper.matcher == "<"))
    };
    bounds
        .iter()
        .filter(|bound| below(bound))
        .any(|lower| bounds.iter().filter(|bound| above(bound)).any(|upper| crossed(lower, upper)))
}

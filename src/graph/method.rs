//! What a criterion looks at: one method a kind of property.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use serde_json::Value;

use super::pattern::{matches, matches_path, named, within};
use super::selector::Criterion;
use super::state::{Change, Comparison, Earlier};
use crate::artifact::SourceFreshness;
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::manifest::{Exposure, Manifest, Mapping, Node, NodeKind, ResourceType, SemanticNode, Source};

macro_rules! methods {
    ($($name:ident = $word:literal,)+) => {
        /// A way to select, by dbt's word for it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Method { $($name,)+ }

        impl Method {
            /// The method with this name.
            pub(super) fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$name),)+ _ => None }
            }

            /// Every name.
            pub(super) fn names() -> impl Iterator<Item = &'static str> {
                [$($word,)+].into_iter()
            }
        }
    };
}

methods! {
    Fqn = "fqn",
    Tag = "tag",
    Group = "group",
    Access = "access",
    Source = "source",
    Path = "path",
    File = "file",
    Package = "package",
    Config = "config",
    TestName = "test_name",
    TestType = "test_type",
    ResourceType = "resource_type",
    State = "state",
    Exposure = "exposure",
    Metric = "metric",
    Result = "result",
    SourceStatus = "source_status",
    Version = "version",
    SemanticModel = "semantic_model",
    SavedQuery = "saved_query",
    Function = "function",
    UnitTest = "unit_test",
    Selector = "selector",
}

/// A member of the graph.
#[derive(Debug, Clone, Copy)]
pub(super) enum Item<'a> {
    Node(&'a Node),
    Source(&'a Source),
    Exposure(&'a Exposure),
    Semantic(&'a SemanticNode),
}

impl<'a> Item<'a> {
    /// The member with this id.
    pub(super) fn find(manifest: &'a Manifest, id: &str) -> Option<Self> {
        let node = manifest.node(id).map(|node| Self::Node(node));
        node.or_else(|| manifest.sources.get(id).map(|source| Self::Source(source)))
            .or_else(|| manifest.exposures.get(id).map(|exposure| Self::Exposure(exposure)))
            .or_else(|| manifest.semantic.get(id).map(|node| Self::Semantic(node)))
    }

    pub(super) fn resource_type(self) -> ResourceType {
        match self {
            Self::Node(node) => node.resource_type(),
            Self::Source(_) => ResourceType::Source,
            Self::Exposure(_) => ResourceType::Exposure,
            Self::Semantic(node) => node.resource_type,
        }
    }

    pub(super) fn name(self) -> &'a str {
        match self {
            Self::Node(node) => &node.name,
            Self::Source(source) => &source.name,
            Self::Exposure(exposure) => &exposure.name,
            Self::Semantic(node) => &node.name,
        }
    }

    pub(super) fn id(self) -> &'a str {
        match self {
            Self::Node(node) => &node.unique_id,
            Self::Source(source) => &source.unique_id,
            Self::Exposure(exposure) => &exposure.unique_id,
            Self::Semantic(node) => &node.unique_id,
        }
    }

    pub(super) fn package(self) -> &'a str {
        match self {
            Self::Node(node) => &node.package_name,
            Self::Source(source) => &source.package_name,
            Self::Exposure(exposure) => &exposure.package_name,
            Self::Semantic(node) => &node.package_name,
        }
    }

    /// Its configuration, all levels merged.
    pub(super) fn config(self) -> &'a Mapping {
        match self {
            Self::Node(node) => &node.config.0,
            Self::Source(source) => &source.config.0,
            Self::Exposure(exposure) => &exposure.config.0,
            Self::Semantic(node) => &node.config.0,
        }
    }

    /// The generic test that it is, or the name of a unit test.
    pub(super) fn test_name(self) -> Option<&'a str> {
        match self {
            Self::Node(Node { kind: NodeKind::GenericTest { metadata, .. }, .. }) => Some(&metadata.name),
            Self::Node(node @ Node { kind: NodeKind::UnitTest(_), .. }) => Some(&node.name),
            _ => None,
        }
    }

    pub(super) fn tags(self) -> &'a [String] {
        match self {
            Self::Node(node) => &node.tags,
            Self::Source(source) => &source.tags,
            Self::Exposure(exposure) => &exposure.tags,
            Self::Semantic(node) => &node.tags,
        }
    }

    pub(super) fn file(self) -> &'a str {
        match self {
            Self::Node(node) => &node.original_file_path,
            Self::Source(source) => &source.original_file_path,
            Self::Exposure(exposure) => &exposure.original_file_path,
            Self::Semantic(node) => &node.original_file_path,
        }
    }

    /// The property file about it.
    fn property_file(self) -> Option<&'a str> {
        match self {
            Self::Node(node) => node.patch_path.as_deref()?.split_once("://").map(|(_, path)| path),
            Self::Source(_) | Self::Exposure(_) | Self::Semantic(_) => None,
        }
    }
}

/// A criterion made ready to be asked about many members.
pub(super) enum Check<'a> {
    Fqn(&'a str),
    Tag(&'a str),
    Group(&'a str),
    Access(&'a str),
    /// Package, source and table.
    Source([&'a str; 3]),
    /// What has a kind, a package and a name.
    Named(ResourceType, [&'a str; 2]),
    Path(&'a str),
    File(&'a str),
    Package(&'a str),
    Config(&'a [String], &'a str),
    ResourceType(&'a str),
    TestName(&'a str),
    /// Kinds of test.
    TestType(&'static [TestKind]),
    /// Package and name.
    UnitTest([&'a str; 2]),
    Version(Version),
    /// What changed since an earlier manifest.
    State(Change, Rc<Comparison<'a>>),
    /// Ids found in an earlier run.
    Earlier(HashSet<&'a str>),
    /// Nothing at all.
    Nothing,
}

/// What tests there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TestKind {
    Generic,
    Singular,
    Unit,
}

/// Which versions of models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    Latest,
    Prerelease,
    Old,
    Unversioned,
}

impl<'a> Check<'a> {
    /// Reads the value of a criterion as its method wants it; `root` is the root project's name, and
    /// `comparison` is there for those that compare manifests.
    pub(super) fn new(
        criterion: &'a Criterion,
        root: &'a str,
        earlier: Option<Earlier<'a>>,
        comparison: Option<Rc<Comparison<'a>>>,
    ) -> Result<Self> {
        let value = criterion.value.as_str();
        let earlier = || {
            earlier.ok_or_else(|| {
                let message =
                    format!("Got a selector method `{}`, but no --state to compare with", criterion.raw);
                Box::new(Diagnostic::error(Code::StateMissing, message).help("name a folder with `--state`"))
            })
        };
        let words: Vec<&str> = value.split('.').collect();
        Ok(match criterion.method {
            Method::Fqn => Self::Fqn(value),
            Method::Tag => Self::Tag(value),
            Method::Group => Self::Group(value),
            Method::Access => Self::Access(value),
            Method::Path => Self::Path(value),
            Method::File => Self::File(value),
            Method::Package => Self::Package(if value == "this" { root } else { value }),
            Method::Config => Self::Config(&criterion.arguments, value),
            Method::TestName => Self::TestName(value),
            Method::Source => match words[..] {
                [source] => Self::Source(["*", source, "*"]),
                [source, table] => Self::Source(["*", source, table]),
                [package, source, table] => Self::Source([package, source, table]),
                _ => {
                    return refuse(
                        format!("Invalid source selector value \"{value}\""),
                        "write `source:name`, `source:name.table` or `source:package.name.table`",
                    );
                }
            },
            Method::Exposure => named_by(ResourceType::Exposure, value, &words)?,
            Method::Metric => named_by(ResourceType::Metric, value, &words)?,
            Method::SemanticModel => named_by(ResourceType::SemanticModel, value, &words)?,
            Method::SavedQuery => named_by(ResourceType::SavedQuery, value, &words)?,
            Method::Function => named_by(ResourceType::Function, value, &words)?,
            Method::ResourceType => {
                if !ResourceType::ALL.iter().any(|kind| kind.as_str() == value) {
                    let message = format!("Invalid resource_type selector \"{value}\"");
                    let names = ResourceType::ALL.iter().map(|kind| kind.as_str());
                    return Err(Box::new(
                        Diagnostic::error(Code::SelectorInvalid, message).suggest(value, names),
                    ));
                }
                Self::ResourceType(value)
            }
            Method::TestType => match value {
                "generic" | "schema" => Self::TestType(&[TestKind::Generic]),
                "data" => Self::TestType(&[TestKind::Generic, TestKind::Singular]),
                "singular" => Self::TestType(&[TestKind::Singular]),
                "unit" => Self::TestType(&[TestKind::Unit]),
                _ => {
                    let message = format!("Invalid test type selector {value}");
                    return refuse(message, "test types are `generic`, `singular`, `unit` and `data`");
                }
            },
            Method::Version => Self::Version(match value {
                "latest" => Version::Latest,
                "prerelease" => Version::Prerelease,
                "old" => Version::Old,
                "none" => Version::Unversioned,
                _ => {
                    let message = format!("Invalid version type selector {value}");
                    return refuse(message, "versions are `latest`, `prerelease`, `old` and `none`");
                }
            }),
            Method::UnitTest => match words[..] {
                [name] => Self::UnitTest(["*", name]),
                [package, name] => Self::UnitTest([package, name]),
                _ => {
                    return refuse(
                        format!("Invalid unit test selector value \"{value}\""),
                        "write `unit_test:name` or `unit_test:package.name`",
                    );
                }
            },
            Method::State => match comparison {
                Some(comparison) => Self::State(change(value)?, comparison),
                None => Self::Nothing,
            },
            Method::Result => Self::Earlier(with_status(earlier()?, value)?),
            Method::SourceStatus => Self::Earlier(fresher(earlier()?, value)?),
            // The selection itself follows it.
            Method::Selector => Self::Nothing,
        })
    }

    /// Whether it holds for a member.
    pub(super) fn holds(&self, item: Item<'_>) -> bool {
        match (self, item) {
            (Self::Fqn(value), Item::Node(node)) => named(&node.fqn, value, node.version().is_some()),
            (Self::Fqn(value), Item::Exposure(exposure)) => named(&exposure.fqn, value, false),
            (Self::Fqn(value), Item::Semantic(node)) => named(&node.fqn, value, false),
            (Self::Tag(value), item) => item.tags().iter().any(|tag| matches(tag, value)),
            (Self::Group(value), Item::Node(node)) => {
                node.config.group().or(node.group.as_deref()).is_some_and(|group| matches(group, value))
            }
            (Self::Access(value), Item::Node(node)) => {
                matches!(&node.kind, NodeKind::Model { access, .. } if access == value)
            }
            (Self::Source([package, source, table]), Item::Source(item)) => {
                matches(&item.package_name, package)
                    && matches(&item.source_name, source)
                    && matches(&item.name, table)
            }
            (Self::Named(kind, [package, name]), item) => {
                item.resource_type() == *kind
                    && matches(item.package(), package)
                    && matches(item.name(), name)
            }
            (Self::Group(value), Item::Semantic(node)) => {
                node.config.group().is_some_and(|group| matches(group, value))
            }
            (Self::Path(value), item) => {
                within(item.file(), value)
                    || item.property_file().is_some_and(|path| matches_path(path, value))
            }
            (Self::File(value), item) => {
                let name = item.file().rsplit('/').next().unwrap_or_default();
                let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
                matches(name, value) || matches(stem, value)
            }
            (Self::Package(value), item) => matches(item.package(), value),
            (Self::Config(keys, value), Item::Node(node)) => configured(&node.config.0, keys, value),
            (Self::Config(keys, value), Item::Source(source)) => configured(&source.config.0, keys, value),
            (Self::ResourceType(value), item) => item.resource_type().as_str() == *value,
            (Self::TestName(value), item) => item.test_name().is_some_and(|name| matches(name, value)),
            (Self::TestType(kinds), Item::Node(node)) => match node.kind {
                NodeKind::GenericTest { .. } => kinds.contains(&TestKind::Generic),
                NodeKind::SingularTest => kinds.contains(&TestKind::Singular),
                NodeKind::UnitTest(_) => kinds.contains(&TestKind::Unit),
                _ => false,
            },
            (Self::UnitTest([package, name]), Item::Node(node)) => {
                matches!(node.kind, NodeKind::UnitTest(_))
                    && matches(&node.package_name, package)
                    && matches(&node.name, name)
            }
            (Self::Version(wanted), Item::Node(node)) => versioned(node, *wanted),
            (Self::State(change, comparison), item) => comparison.holds(*change, item),
            (Self::Earlier(ids), item) => ids.contains(item.id()),
            _ => false,
        }
    }
}

/// A name, with its package before it or not.
fn named_by<'a>(kind: ResourceType, value: &str, words: &[&'a str]) -> Result<Check<'a>> {
    match *words {
        [name] => Ok(Check::Named(kind, ["*", name])),
        [package, name] => Ok(Check::Named(kind, [package, name])),
        _ => {
            let (method, word) = (kind.as_str(), kind.as_str().replace('_', " "));
            refuse(
                format!("Invalid {word} selector value \"{value}\""),
                &format!("write `{method}:name` or `{method}:package.name`"),
            )
        }
    }
}

fn refuse<T>(message: String, help: &str) -> Result<T> {
    Err(Box::new(Diagnostic::error(Code::SelectorInvalid, message).help(help)))
}

/// The change that a `state:` criterion asks for.
fn change(value: &str) -> Result<Change> {
    Change::parse(value).ok_or_else(|| {
        let names: Vec<_> = Change::NAMES.iter().map(|name| format!("'{name}'")).collect();
        let message =
            format!("Got an invalid selector \"{value}\", expected one of \"[{}]\"", names.join(", "));
        Box::new(
            Diagnostic::error(Code::SelectorInvalid, message).suggest(value, Change::NAMES.iter().copied()),
        )
    })
}

/// What ended so in the run of a state folder.
fn with_status<'a>(earlier: Earlier<'a>, status: &str) -> Result<HashSet<&'a str>> {
    let Some(results) = &earlier.state.results else {
        return lacking(earlier, "run_results.json");
    };
    let found = results.results.iter().filter(|result| result.status == status);
    Ok(found.map(|result| result.unique_id.as_str()).collect())
}

/// Sources that were loaded since the state folder's freshness was taken.
fn fresher<'a>(earlier: Earlier<'a>, status: &str) -> Result<HashSet<&'a str>> {
    let state = earlier.state;
    let Some(then) = &state.freshness else { return lacking(earlier, "sources.json") };
    let Some(now) = &state.freshness_now else {
        let message = "No current freshness results in sources.json of the target folder";
        let help = "run `teal source freshness` first";
        return Err(Box::new(Diagnostic::error(Code::StateMissing, message).help(help)));
    };
    if status != "fresher" {
        return Ok(HashSet::new());
    }
    let before: HashMap<&str, _> =
        then.results.iter().map(|result| (result.unique_id.as_str(), result.max_loaded_at())).collect();
    let is_fresher = |result: &&SourceFreshness| match before.get(result.unique_id.as_str()) {
        None => result.max_loaded_at().is_some(),
        Some(before) => before.is_some_and(|before| result.max_loaded_at() > Some(before)),
    };
    Ok(now.results.iter().filter(is_fresher).map(|result| result.unique_id.as_str()).collect())
}

fn lacking<T>(earlier: Earlier<'_>, file: &str) -> Result<T> {
    let message = format!("Could not find {file} in --state path: \"{}\"", earlier.state.folder);
    Err(Box::new(Diagnostic::error(Code::StateMissing, message)))
}

/// The values of a configuration at a path of keys, as they are asked for.
pub(super) fn configured_values(config: &Mapping, keys: &[String]) -> Vec<String> {
    let Some((first, rest)) = keys.split_first() else { return Vec::new() };
    let found = rest.iter().try_fold(config.get(first), |value, key| Some(value?.get(key))).flatten();
    let texts = |value: &Value| value.as_str().map(str::to_owned);
    match found {
        Some(Value::Array(items)) => items.iter().filter_map(texts).collect(),
        Some(value) => texts(value).into_iter().collect(),
        None => Vec::new(),
    }
}

/// Whether a configuration has a value, or a list with the value, at a path of keys.
fn configured(config: &serde_json::Map<String, Value>, keys: &[String], wanted: &str) -> bool {
    let Some((first, rest)) = keys.split_first() else { return false };
    let found = rest.iter().try_fold(config.get(first), |value, key| Some(value?.get(key))).flatten();
    let any_case = keys == ["severity"];
    let is = |value: &Value| match value {
        Value::String(text) if any_case => text.eq_ignore_ascii_case(wanted),
        Value::String(text) => text == wanted,
        Value::Bool(flag) => wanted.eq_ignore_ascii_case(if *flag { "true" } else { "false" }),
        Value::Number(number) => number.to_string() == wanted,
        _ => false,
    };
    match found {
        Some(Value::Array(items)) => items.iter().any(is),
        Some(value) => is(value),
        None => false,
    }
}

fn versioned(node: &Node, wanted: Version) -> bool {
    let NodeKind::Model { version, latest_version, .. } = &node.kind else { return false };
    let (Some(version), Some(latest)) = (version, latest_version) else {
        return wanted == Version::Unversioned && version.is_none();
    };
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let (version, latest) = (text(version), text(latest));
    let order = match (version.parse::<f64>(), latest.parse::<f64>()) {
        (Ok(version), Ok(latest)) => version.total_cmp(&latest),
        _ => version.cmp(&latest),
    };
    match wanted {
        Version::Latest => order.is_eq(),
        Version::Prerelease => order.is_gt(),
        Version::Old => order.is_lt(),
        Version::Unversioned => false,
    }
}

//! The macros of all packages, and dbt's rules for finding one.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::diagnostic::{Code, Diagnostic, Label, Result};
use crate::manifest::Macro;

/// All macros, by package.
#[derive(Debug, Default)]
pub struct MacroRegistry {
    packages: IndexMap<String, HashMap<String, Arc<Macro>>>,
    root: String,
    internal: Vec<String>,
    dispatch: IndexMap<String, Vec<String>>,
}

/// The namespace that stands for all built-in packages.
const GLOBAL: &str = "dbt";

/// Whether an installed package may replace a built-in materialization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackageOverrides {
    /// Only by a macro of the root project that calls it.
    Explicit,
    /// By having one of the same name.
    Silent,
}

impl MacroRegistry {
    /// Files macros by package; reports those that have the name of another of their package.
    ///
    /// `internal` are the built-in packages, the one that wins first; `dispatch` is the search
    /// order of the project file.
    pub fn new(
        macros: impl IntoIterator<Item = Arc<Macro>>,
        root: &str,
        internal: &[String],
        dispatch: IndexMap<String, Vec<String>>,
    ) -> (Self, Vec<Diagnostic>) {
        let mut packages: IndexMap<String, HashMap<String, Arc<Macro>>> = IndexMap::new();
        let mut duplicates = Vec::new();
        for mac in macros {
            let package = packages.entry(mac.package_name.clone()).or_default();
            if let Some(first) = package.get(&mac.name) {
                duplicates.push(duplicate(&mac, first));
            } else {
                package.insert(mac.name.clone(), mac);
            }
        }
        (Self { packages, root: root.to_owned(), internal: internal.to_vec(), dispatch }, duplicates)
    }

    /// The macro that an unqualified name means in a package: its own, the root's, a built-in one.
    pub fn find(&self, name: &str, package: &str) -> Option<&Arc<Macro>> {
        self.in_package(name, package)
            .or_else(|| self.in_package(name, &self.root))
            .or_else(|| self.built_in(name))
    }

    /// The macro that `namespace.name` means.
    pub fn find_in(&self, name: &str, namespace: &str) -> Option<&Arc<Macro>> {
        if namespace == GLOBAL { self.built_in(name) } else { self.in_package(name, namespace) }
    }

    /// Whether a name is a package with macros, or stands for the built-in ones.
    pub fn is_namespace(&self, name: &str) -> bool {
        name == GLOBAL || self.packages.contains_key(name)
    }

    /// Names that an unqualified call in a package may mean.
    pub fn names<'a>(&'a self, package: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        let packages = [package, self.root.as_str()].into_iter();
        let packages = packages.chain(self.internal.iter().map(String::as_str));
        packages.filter_map(|p| self.packages.get(p)).flat_map(|p| p.keys()).map(String::as_str)
    }

    /// Names of the macros in a namespace.
    pub fn names_in<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        let internal = self.internal.iter().map(String::as_str).filter(move |_| namespace == GLOBAL);
        let packages = internal.chain(std::iter::once(namespace).filter(|n| *n != GLOBAL));
        packages.filter_map(|p| self.packages.get(p)).flat_map(|p| p.keys()).map(String::as_str)
    }

    /// The macro that `adapter.dispatch(name, namespace)` means: the packages of the namespace's
    /// search order, in each the adapter prefixes in order.
    ///
    /// # Errors
    /// None has it; the message says where it was searched.
    pub fn dispatch(
        &self,
        name: &str,
        namespace: Option<&str>,
        adapter_prefixes: &[&str],
        package: &str,
    ) -> Result<&Arc<Macro>, Diagnostic> {
        let order: Vec<Option<&str>> = match namespace {
            None => vec![None],
            Some(namespace) => match self.dispatch.get(namespace) {
                Some(order) => order.iter().map(|p| Some(p.as_str())).collect(),
                None if self.is_namespace(namespace) => vec![Some(self.root.as_str()), Some(namespace)],
                None => vec![None],
            },
        };
        let mut searched = Vec::new();
        for place in order {
            for prefix in adapter_prefixes {
                let full = format!("{prefix}__{name}");
                let found = match place {
                    None => self.find(&full, package),
                    Some(place) => self.find_in(&full, place),
                };
                if let Some(found) = found {
                    return Ok(found);
                }
                searched.push(place.map_or_else(|| format!("'{full}'"), |p| format!("'{p}.{full}'")));
            }
        }
        let within = namespace.unwrap_or("None");
        Err(Diagnostic::error(
            Code::MacroNotFound,
            format!("In dispatch: No macro named '{name}' found within namespace: '{within}'"),
        )
        .help(format!("Searched for: {}", searched.join(", "))))
    }

    /// The materialization of a name for an adapter, or the one for any.
    ///
    /// The adapter's own wins; among equals the root's, then an installed package's, then the
    /// built-in one.
    pub fn materialization(
        &self,
        name: &str,
        adapter: &str,
        overrides: PackageOverrides,
    ) -> Option<&Arc<Macro>> {
        let names = [adapter, "default"].map(|kind| format!("materialization_{name}_{kind}"));
        let is_built_in = names.iter().any(|full| self.built_in(full).is_some());
        let from_packages = !is_built_in || overrides == PackageOverrides::Silent;
        names.iter().find_map(|full| {
            let installed =
                self.packages.iter().filter(|(p, _)| from_packages && !self.internal.contains(*p));
            self.in_package(full, &self.root)
                .or_else(|| installed.rev().find_map(|(_, macros)| macros.get(full)))
                .or_else(|| self.built_in(full))
        })
    }

    /// The macro of a generic test, asked for by a property file of a package.
    pub fn generic_test(&self, name: &str, package: &str) -> Option<&Arc<Macro>> {
        let full = format!("test_{name}");
        self.find(&full, package)
    }

    /// Every macro.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Macro>> {
        self.packages.values().flat_map(|macros| {
            let mut all: Vec<_> = macros.values().collect();
            all.sort_by(|a, b| a.unique_id.cmp(&b.unique_id));
            all
        })
    }

    fn in_package(&self, name: &str, package: &str) -> Option<&Arc<Macro>> {
        self.packages.get(package)?.get(name)
    }

    fn built_in(&self, name: &str) -> Option<&Arc<Macro>> {
        self.internal.iter().find_map(|package| self.in_package(name, package))
    }
}

fn duplicate(second: &Macro, first: &Macro) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(
        Code::DuplicateMacro,
        format!("package `{}` has two macros named `{}`", second.package_name, second.name),
    )
    .label(second.span, "defined again here");
    diagnostic.labels.push(Label { span: first.span, text: "first defined here".to_owned() });
    diagnostic.help("rename or remove one of them")
}

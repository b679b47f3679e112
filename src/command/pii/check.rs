//! `--check`: where classified data is that must not be there, and the whole way it came.

use std::collections::BTreeMap;

use super::Register;
use super::policy::{self, Policy};
use crate::compile::lineage::{ColumnRef, Hop, Reach};
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::manifest::UniqueId;

/// What violates a policy: a column, and the exposure that reads it where that is what must not.
type Place = (ColumnRef, Option<UniqueId>);

/// Every place where a policy is violated, with the node that has the column. A column that is only made of others that violate the same policy is
/// none: it is mended with them.
pub(in crate::command) fn violations(
    register: &Register<'_>,
    policy: &Policy,
) -> Vec<(UniqueId, Diagnostic)> {
    let mut places: BTreeMap<Place, (Vec<&str>, Vec<Hop>)> = BTreeMap::new();
    for class in register.classes.said.keys().filter(|class| policy.is_about(class)) {
        let is_forbidden = |id: &UniqueId| policy.forbidden.contains(id);
        let reach = register.classes.reach(class, register.lineage, &register.paths, &is_forbidden);
        for (column, exposure) in found(register, policy, &reach) {
            let way = || reach.way(&column).into_iter().cloned().collect();
            let place = (column.clone(), exposure);
            places.entry(place).or_insert_with(|| (Vec::new(), way())).0.push(class);
        }
    }
    let told = |(place, (classes, way)): (&Place, &(Vec<&str>, Vec<Hop>))| {
        (UniqueId::clone(&place.0.node), violation(register, policy, place, classes, way))
    };
    places.iter().map(told).collect()
}

fn found(register: &Register<'_>, policy: &Policy, reach: &Reach) -> Vec<Place> {
    let mut places = Vec::new();
    for column in reach.columns.keys() {
        if policy.forbidden.contains(&column.node) {
            places.push((column.clone(), None));
            continue;
        }
        let readers = register.loaded.manifest.exposures.values();
        let readers = readers.filter(|exposure| policy.forbidden.contains(&exposure.unique_id));
        for exposure in readers.filter(|exposure| exposure.depends_on.nodes.contains(&column.node)) {
            places.push((column.clone(), Some(UniqueId::clone(&exposure.unique_id))));
        }
    }
    places
}

fn violation(
    register: &Register<'_>,
    policy: &Policy,
    (column, exposure): &Place,
    classes: &[&str],
    way: &[Hop],
) -> Diagnostic {
    let manifest = &register.loaded.manifest;
    let reaches = if classes.len() == 1 { "reaches" } else { "reach" };
    let classes = classes.iter().map(|class| format!("`{class}`")).collect::<Vec<_>>().join(", ");
    let first = way.first().map_or(column, |hop| &hop.from);
    let mut steps = register.name(first);
    for hop in way {
        let doubt = if hop.is_certain { "" } else { "?" };
        steps.push_str(&format!(" -> {} ({}{doubt})", register.name(&hop.to), hop.kind.as_str()));
    }
    let reader = exposure.as_ref().and_then(|id| manifest.exposures.get(id));
    if let Some(reader) = reader {
        steps.push_str(&format!(" -> exposure {}", reader.name));
    }
    let to = match reader {
        Some(reader) => format!("the exposure `{}` by `{}`", reader.name, register.name(column)),
        None => format!("`{}`", register.name(column)),
    };
    let message = format!("{classes} {reaches} {to}, which the policy `{}` forbids", policy.name);
    let said = register.said_at(first);
    let error = Diagnostic::error(Code::PolicyViolated, message)
        .label_opt(register.place(column).or_else(|| reader.and_then(|reader| reader.span)), steps);
    let error = if way.is_empty() { error } else { error.label_opt(said, "classified here") };
    error.help(match way {
        [] => "leave the column out, or allow the place with `except`".to_owned(),
        _ => "hash the value or leave it out on the way, or allow the place with `except`".to_owned(),
    })
}

/// Classes that a policy names and that no column is said to hold.
pub(super) fn unheard_of(register: &Register<'_>, policy: &Policy) -> Vec<Diagnostic> {
    let known = || register.classes.said.keys().map(String::as_str);
    let unknown = policy.classes.iter().filter(|word| !known().any(|class| policy::names(word, class)));
    let warning = |(text, span): (&str, Span)| {
        let message =
            format!("the policy `{}` is about `{text}`, which no column is said to hold", policy.name);
        let warning = Diagnostic::warning(Code::PolicyInvalid, message).label(span, "");
        match nearest(text, known()) {
            Some(near) => warning.help(format!("did you mean `{near}`?")),
            None => warning,
        }
    };
    unknown.map(|word| warning((word.text.as_str(), word.span))).collect()
}

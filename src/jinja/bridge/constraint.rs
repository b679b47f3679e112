//! Constraints of columns and models, as data definition text.

use minijinja::{Error, Value};

use crate::diagnostic::Code;
use crate::jinja::functions::{Context, raise};
use crate::jinja::python::to_json;
use crate::manifest::RefArgs;

type Json = serde_json::Value;

/// `name type constraint …` for each column of a contract.
pub(super) fn columns(cx: &Context, columns: &Value) -> Result<Vec<String>, Error> {
    let Json::Object(columns) = to_json(columns) else { return Ok(Vec::new()) };
    columns.values().map(|one| column(cx, one)).collect()
}

fn column(cx: &Context, column: &Json) -> Result<String, Error> {
    let text = |key: &str| column.get(key).and_then(Json::as_str).unwrap_or_default();
    let quoted = column.get("quote").and_then(Json::as_bool) == Some(true);
    let name = text("name");
    let name = if quoted { format!("\"{name}\"") } else { name.to_owned() };
    let mut parts = vec![name, text("data_type").to_owned()];
    let constraints = column.get("constraints").and_then(Json::as_array);
    for constraint in constraints.into_iter().flatten() {
        parts.extend(Constraint::read(cx, constraint)?.on_column());
    }
    Ok(parts.join(" "))
}

/// The constraints of a whole model.
pub(super) fn model(cx: &Context, constraints: &Value) -> Result<Vec<String>, Error> {
    let Json::Array(constraints) = to_json(constraints) else { return Ok(Vec::new()) };
    let rendered = constraints.iter().map(|constraint| Ok(Constraint::read(cx, constraint)?.on_model()));
    rendered.filter_map(Result::transpose).collect()
}

/// A constraint as a property file has it.
struct Constraint<'a> {
    kind: &'a str,
    name: Option<&'a str>,
    expression: Option<&'a str>,
    columns: Vec<&'a str>,
    target: Option<(String, Vec<&'a str>)>,
}

impl<'a> Constraint<'a> {
    fn read(cx: &Context, raw: &'a Json) -> Result<Self, Error> {
        let text = |key: &str| raw.get(key).and_then(Json::as_str).filter(|text| !text.is_empty());
        let texts = |key: &str| -> Vec<&'a str> {
            raw.get(key).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect()
        };
        let kind = text("type")
            .filter(|kind| KINDS.contains(kind))
            .ok_or_else(|| raise(Code::InvalidConfig, format!("Could not parse constraint: {raw}")))?;
        let to_columns = texts("to_columns");
        let target = text("to").filter(|_| !to_columns.is_empty());
        Ok(Self {
            kind,
            name: text("name"),
            expression: text("expression"),
            columns: texts("columns"),
            target: target
                .map(|to| Ok::<_, Error>((without_database(&target_of(cx, to)?), to_columns)))
                .transpose()?,
        })
    }

    fn on_column(&self) -> Option<String> {
        let expression = self.expression.unwrap_or_default();
        let text = match (self.kind, self.expression) {
            ("check", Some(condition)) => format!("check ({condition})"),
            ("not_null", _) => format!("not null {expression}"),
            ("unique", _) => format!("unique {expression}"),
            ("primary_key", _) => format!("primary key {expression}"),
            ("foreign_key", _) => format!("references {}", self.references()?),
            ("custom", Some(custom)) => custom.to_owned(),
            _ => return None,
        };
        Some(text.trim().to_owned())
    }

    fn on_model(&self) -> Option<String> {
        let prefix = self.name.map_or(String::new(), |name| format!("constraint {name} "));
        let columns = self.columns.join(", ");
        let expression = self.expression.map_or(String::new(), |expression| format!(" {expression}"));
        Some(match (self.kind, self.expression) {
            ("check", Some(condition)) => format!("{prefix}check ({condition})"),
            ("unique", _) => format!("{prefix}unique{expression} ({columns})"),
            ("primary_key", _) => format!("{prefix}primary key{expression} ({columns})"),
            ("foreign_key", _) => {
                format!("{prefix}foreign key ({columns}) references {}", self.references()?)
            }
            ("custom", Some(custom)) => format!("{prefix}{custom}"),
            _ => return None,
        })
    }

    fn references(&self) -> Option<String> {
        match &self.target {
            Some((to, columns)) => Some(format!("{to} ({})", columns.join(", "))),
            None => self.expression.map(str::to_owned),
        }
    }
}

const KINDS: &[&str] = &["check", "not_null", "unique", "primary_key", "foreign_key", "custom"];

/// What a foreign key points at: a table's name as it stands, or what a `ref` or `source` in the text means.
fn target_of(cx: &Context, text: &str) -> Result<String, Error> {
    let call = text.trim().strip_suffix(')').and_then(|call| call.split_once('('));
    let Some((function @ ("ref" | "source"), arguments)) = call.map(|(name, rest)| (name.trim(), rest))
    else {
        return Ok(text.to_owned());
    };
    let manifest = cx.scope.manifest.clone().unwrap_or_default();
    let (package, root) = (&cx.scope.package, &cx.jinja.globals().project_name);
    let words: Vec<_> =
        arguments.split(',').map(|word| word.trim().trim_matches(['\'', '"']).to_owned()).collect();
    let asked = |package: Option<&String>, name: &String| RefArgs {
        package: package.cloned(),
        name: name.clone(),
        version: None,
        span: None,
    };
    let found = match (function, &words[..]) {
        ("ref", [name]) => manifest.resolve_ref(&asked(None, name), package, root).ok(),
        ("ref", [owner, name]) => manifest.resolve_ref(&asked(Some(owner), name), package, root).ok(),
        _ => None,
    };
    let relation = match (&words[..], found) {
        // A table that this run does not build is the one of the state folder, where there is one.
        (_, Some(node)) => {
            let globals = cx.jinja.globals();
            let is_deferred = globals.flag("DEFER") && !globals.is_selected(&node.unique_id);
            let elsewhere = manifest.deferred.get(&node.unique_id).filter(|_| is_deferred);
            elsewhere.or(node.relation.as_ref()).cloned()
        }
        ([source, table], None) if function == "source" => {
            manifest.resolve_source(source, table, package, root).ok().map(|source| source.relation.clone())
        }
        _ => None,
    };
    let relation = relation.ok_or_else(|| {
        raise(Code::RefNotFound, format!("a foreign key points at `{}`, which does not exist", text.trim()))
    })?;
    Ok(relation.name())
}

/// A foreign key stays within its database, and a target that says so again is refused.
fn without_database(target: &str) -> String {
    let parts: Vec<&str> = target.split('.').collect();
    if parts.len() > 2 { parts[1..].join(".") } else { target.to_owned() }
}

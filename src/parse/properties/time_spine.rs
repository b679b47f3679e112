//! `time_spine` of a model: the columns that have all days, hours or other units of time.

use super::node::NodeProperties;
use super::read::Reader;
use super::shape::{Field, Form, GRANULARITIES, Shape, Spans, Unsaid};
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::Value;
use crate::project::yaml::Mapping as YamlMapping;

const CUSTOM_GRANULARITY: Shape = Shape {
    what: "a custom granularity",
    fields: &[Field::required("name", Form::Text), Field::new("column_name", Form::Text)],
};

const TIME_SPINE: Shape = Shape {
    what: "a `time_spine`",
    fields: &[
        Field::required("standard_granularity_column", Form::Text),
        Field::new("custom_granularities", Form::List(&CUSTOM_GRANULARITY)).or(Unsaid::Empty),
    ],
};

/// Reads the time spine of a model.
pub(super) fn read(reader: &mut Reader, map: &YamlMapping) -> Option<Value> {
    let inner = reader.map_at(map, "time_spine")?;
    let at = map.key_span("time_spine")?;
    reader.shaped(inner, at, &TIME_SPINE, &[], "", &mut Spans::new()).map(Value::Object)
}

/// Reads the `granularity` of a column.
pub(super) fn granularity(reader: &mut Reader, map: &YamlMapping) -> Option<String> {
    let yaml = map.get("granularity").filter(|yaml| !yaml.is_null())?;
    reader.word(yaml, "granularity", GRANULARITIES)?.as_str().map(str::to_owned)
}

/// The columns that a time spine names must be described, the standard one with its granularity.
pub(super) fn check(reader: &mut Reader, map: &YamlMapping, spine: &Value, said: &NodeProperties) {
    let names: Vec<_> = said.columns.iter().map(|column| column.column.name.as_str()).collect();
    let span = map.key_span("time_spine").unwrap_or(said.span);
    let model = &said.name;
    let standard = spine["standard_granularity_column"].as_str().unwrap_or_default();
    let shown = names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    match said.columns.iter().find(|column| column.column.name == standard) {
        None => {
            let message = format!(
                "Time spine standard granularity column must be defined on the model. Got invalid column name \
                 '{standard}' for model '{model}'. Valid names: [{shown}]."
            );
            let error = Diagnostic::error(Code::TimeSpineInvalid, message).label(span, "");
            reader.report(error.suggest(standard, names.iter().copied()));
        }
        Some(column) if column.column.granularity.is_none() => {
            let message = format!(
                "Time spine standard granularity column must have a granularity defined. Please add one for \
                 column '{standard}' in model '{model}'."
            );
            let span = column.column.span.unwrap_or(span);
            let error = Diagnostic::error(Code::TimeSpineInvalid, message).label(span, "");
            reader.report(error.help("such as `granularity: day`"));
        }
        Some(_) => {}
    }
    let custom = spine["custom_granularities"].as_array().into_iter().flatten();
    for granularity in custom {
        let column = granularity["column_name"].as_str().or(granularity["name"].as_str()).unwrap_or_default();
        if !names.contains(&column) {
            let message = format!(
                "Time spine custom granularity columns do not exist in the model. Columns not found: \
                 ['{column}']; Available columns: [{shown}]"
            );
            let error = Diagnostic::error(Code::TimeSpineInvalid, message).label(span, "");
            reader.report(error.suggest(column, names.iter().copied()));
        }
    }
}

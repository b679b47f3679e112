//! The forms of what semantic models, metrics and saved queries are made of, as tables.

use super::super::shape::{Field, Form, GRANULARITIES, Shape, Unsaid};

pub(super) const AGGREGATIONS: &[&str] =
    &["sum", "min", "max", "count_distinct", "sum_boolean", "average", "percentile", "median", "count"];

pub(super) const METRIC_TYPES: &[&str] = &["simple", "ratio", "cumulative", "derived", "conversion"];

pub(super) const DIMENSION_TYPES: &[&str] = &["categorical", "time"];

pub(super) const ENTITY_TYPES: &[&str] = &["foreign", "natural", "primary", "unique"];

pub(super) const PERIODS: &[&str] = &["first", "last", "average"];

pub(super) const CALCULATIONS: &[&str] = &["conversions", "conversion_rate"];

pub(super) const ENTITY: Shape = Shape {
    what: "an entity",
    fields: &[
        Field::required("name", Form::Text),
        Field::required("type", Form::OneOf(ENTITY_TYPES)),
        Field::new("description", Form::Later),
        Field::new("label", Form::Text),
        Field::new("role", Form::Text),
        Field::new("expr", Form::Expression),
        Field::new("config", Form::Meta),
    ],
};

pub(super) const VALIDITY: Shape = Shape {
    what: "`validity_params`",
    fields: &[
        Field::new("is_start", Form::Flag).or(Unsaid::False),
        Field::new("is_end", Form::Flag).or(Unsaid::False),
    ],
};

pub(super) const DIMENSION_PARAMS: Shape = Shape {
    what: "`type_params` of a dimension",
    fields: &[
        Field::required("time_granularity", Form::OneOf(GRANULARITIES)),
        Field::new("validity_params", Form::Map(&VALIDITY)),
    ],
};

pub(super) const DIMENSION: Shape = Shape {
    what: "a dimension",
    fields: &[
        Field::required("name", Form::Text),
        Field::required("type", Form::OneOf(DIMENSION_TYPES)),
        Field::new("description", Form::Later),
        Field::new("label", Form::Text),
        Field::new("is_partition", Form::Flag).or(Unsaid::False),
        Field::new("type_params", Form::Map(&DIMENSION_PARAMS)),
        Field::new("expr", Form::Expression),
        Field::new("metadata", Form::Unread),
        Field::new("config", Form::Meta),
        Field::new("datatype", Form::Unread),
    ],
};

pub(super) const AGGREGATION_PARAMS: Shape = Shape {
    what: "`agg_params`",
    fields: &[
        Field::new("percentile", Form::Number),
        Field::new("use_discrete_percentile", Form::Flag).or(Unsaid::False),
        Field::new("use_approximate_percentile", Form::Flag).or(Unsaid::False),
    ],
};

pub(super) const NON_ADDITIVE: Shape = Shape {
    what: "a `non_additive_dimension`",
    fields: &[
        Field::required("name", Form::Text),
        Field::required("window_choice", Form::OneOf(AGGREGATIONS)),
        Field::new("window_groupings", Form::Texts).or(Unsaid::Empty),
    ],
};

pub(super) const MEASURE: Shape = Shape {
    what: "a measure",
    fields: &[
        Field::required("name", Form::Text),
        Field::required("agg", Form::OneOf(AGGREGATIONS)),
        Field::new("description", Form::Later),
        Field::new("label", Form::Text),
        Field::new("create_metric", Form::Flag).or(Unsaid::False),
        Field::new("expr", Form::Expression),
        Field::new("agg_params", Form::Map(&AGGREGATION_PARAMS)),
        Field::new("non_additive_dimension", Form::Map(&NON_ADDITIVE)),
        Field::new("agg_time_dimension", Form::Text),
        Field::new("config", Form::Meta),
    ],
};

pub(super) const DEFAULTS: Shape =
    Shape { what: "`defaults`", fields: &[Field::new("agg_time_dimension", Form::Text)] };

pub(super) const SEMANTIC_MODEL: Shape = Shape {
    what: "a semantic model",
    fields: &[
        Field::required("model", Form::Text),
        Field::new("node_relation", Form::Unread),
        Field::new("defaults", Form::Map(&DEFAULTS)),
        Field::new("entities", Form::List(&ENTITY)).or(Unsaid::Empty),
        Field::new("measures", Form::List(&MEASURE)).or(Unsaid::Empty),
        Field::new("dimensions", Form::List(&DIMENSION)).or(Unsaid::Empty),
        Field::new("primary_entity", Form::Text),
    ],
};

pub(super) const MEASURE_INPUT: Shape = Shape {
    what: "a measure of a metric",
    fields: &[
        Field::required("name", Form::Text),
        Field::new("filter", Form::Filter),
        Field::new("alias", Form::Text),
        Field::new("join_to_timespine", Form::Flag).or(Unsaid::False),
        Field::new("fill_nulls_with", Form::Number),
    ],
};

pub(super) const METRIC_INPUT: Shape = Shape {
    what: "a metric of a metric",
    fields: &[
        Field::required("name", Form::Text),
        Field::new("filter", Form::Filter),
        Field::new("alias", Form::Text),
        Field::new("offset_window", Form::Window),
        Field::new("offset_to_grain", Form::Text),
    ],
};

pub(super) const CONSTANT_PROPERTY: Shape = Shape {
    what: "a constant property",
    fields: &[
        Field::required("base_property", Form::Text),
        Field::required("conversion_property", Form::Text),
    ],
};

pub(super) const CONVERSION: Shape = Shape {
    what: "`conversion_type_params`",
    fields: &[
        Field::required("entity", Form::Text),
        Field::required("base_measure", Form::Named(&MEASURE_INPUT)),
        Field::required("conversion_measure", Form::Named(&MEASURE_INPUT)),
        Field::new("base_metric", Form::Unread),
        Field::new("conversion_metric", Form::Unread),
        Field::new("calculation", Form::OneOf(CALCULATIONS)).or(Unsaid::Word("conversion_rate")),
        Field::new("window", Form::Window),
        Field::new("constant_properties", Form::List(&CONSTANT_PROPERTY)),
    ],
};

pub(super) const CUMULATIVE: Shape = Shape {
    what: "`cumulative_type_params`",
    fields: &[
        Field::new("window", Form::Window),
        Field::new("grain_to_date", Form::Text),
        Field::new("period_agg", Form::OneOf(PERIODS)).or(Unsaid::Word("first")),
        Field::new("metric", Form::Unread),
    ],
};

/// What every metric has beside its `type_params`.
pub(super) const METRIC: Shape = Shape {
    what: "a metric",
    fields: &[
        Field::new("type", Form::OneOf(METRIC_TYPES)).or(Unsaid::Word("simple")),
        Field::new("type_params", Form::Unread),
        Field::new("filter", Form::Filter),
        Field::new("time_granularity", Form::Text),
    ],
};

pub(super) const METRIC_PARAMS: Shape = Shape {
    what: "`type_params`",
    fields: &[
        Field::new("measure", Form::Named(&MEASURE_INPUT)),
        Field::new("input_measures", Form::Unread).or(Unsaid::Empty),
        Field::new("numerator", Form::Named(&METRIC_INPUT)),
        Field::new("denominator", Form::Named(&METRIC_INPUT)),
        Field::new("expr", Form::Expression),
        Field::new("window", Form::Window),
        Field::new("grain_to_date", Form::OneOf(GRANULARITIES)),
        Field::new("metrics", Form::NamedList(&METRIC_INPUT)).or(Unsaid::Empty),
        Field::new("conversion_type_params", Form::Map(&CONVERSION)),
        Field::new("cumulative_type_params", Form::Map(&CUMULATIVE)),
        Field::new("metric_aggregation_params", Form::Unread),
        Field::new("fill_nulls_with", Form::Unread),
        Field::new("join_to_timespine", Form::Unread).or(Unsaid::False),
        Field::new("is_private", Form::Unread),
    ],
};

pub(super) const FLAT_NON_ADDITIVE: Shape = Shape {
    what: "a `non_additive_dimension`",
    fields: &[
        Field::required("name", Form::Text),
        Field::required("window_agg", Form::OneOf(AGGREGATIONS)).named("window_choice"),
        Field::new("group_by", Form::Texts).or(Unsaid::Empty).named("window_groupings"),
    ],
};

/// What a metric without `type_params` says instead of them.
pub(super) const FLAT_METRIC: Shape = Shape {
    what: "a metric",
    fields: &[
        Field::new("hidden", Form::Flag).or(Unsaid::False),
        Field::new("agg", Form::OneOf(AGGREGATIONS)),
        Field::new("percentile", Form::Number),
        Field::new("percentile_type", Form::OneOf(&["discrete", "continuous"])),
        Field::new("join_to_timespine", Form::Flag).or(Unsaid::False),
        Field::new("fill_nulls_with", Form::Number),
        Field::new("expr", Form::Expression),
        Field::new("non_additive_dimension", Form::Map(&FLAT_NON_ADDITIVE)),
        Field::new("agg_time_dimension", Form::Text),
        Field::new("window", Form::Window),
        Field::new("grain_to_date", Form::Text),
        Field::new("period_agg", Form::OneOf(PERIODS)).or(Unsaid::Word("first")),
        Field::new("input_metric", Form::Named(&METRIC_INPUT)),
        Field::new("numerator", Form::Named(&METRIC_INPUT)),
        Field::new("denominator", Form::Named(&METRIC_INPUT)),
        Field::new("input_metrics", Form::NamedList(&METRIC_INPUT)).or(Unsaid::Empty),
        Field::new("entity", Form::Text),
        Field::new("calculation", Form::OneOf(CALCULATIONS)).or(Unsaid::Word("conversion_rate")),
        Field::new("base_metric", Form::Named(&METRIC_INPUT)),
        Field::new("conversion_metric", Form::Named(&METRIC_INPUT)),
        Field::new("constant_properties", Form::List(&CONSTANT_PROPERTY)),
    ],
};

pub(super) const QUERY: Shape = Shape {
    what: "`query_params`",
    fields: &[
        Field::new("metrics", Form::Texts).or(Unsaid::Empty),
        Field::new("group_by", Form::Texts).or(Unsaid::Empty),
        Field::new("where", Form::Filter),
        Field::new("order_by", Form::Texts).or(Unsaid::Empty),
        Field::new("limit", Form::Number),
    ],
};

pub(super) const EXPORT: Shape = Shape {
    what: "an export",
    fields: &[Field::required("name", Form::Text), Field::new("config", Form::Any)],
};

pub(super) const SAVED_QUERY: Shape = Shape {
    what: "a saved query",
    fields: &[
        Field::required("query_params", Form::Map(&QUERY)),
        Field::new("exports", Form::List(&EXPORT)).or(Unsaid::Empty),
    ],
};

pub(super) const DERIVED_ENTITY: Shape = Shape {
    what: "a derived entity",
    fields: &[
        Field::required("name", Form::Text),
        Field::required("type", Form::OneOf(ENTITY_TYPES)),
        Field::new("description", Form::Later),
        Field::new("label", Form::Text),
        Field::new("role", Form::Unread),
        Field::required("expr", Form::Expression),
        Field::new("config", Form::Meta),
    ],
};

pub(super) const DERIVED_DIMENSION: Shape = Shape {
    what: "a derived dimension",
    fields: &[
        Field::required("name", Form::Text),
        Field::required("type", Form::OneOf(DIMENSION_TYPES)),
        Field::new("description", Form::Later),
        Field::new("label", Form::Text),
        Field::new("is_partition", Form::Flag).or(Unsaid::False),
        Field::required("expr", Form::Expression),
        Field::new("granularity", Form::OneOf(GRANULARITIES)),
        Field::new("validity_params", Form::Map(&VALIDITY)),
        Field::new("config", Form::Meta),
    ],
};

pub(super) const DERIVED: Shape = Shape {
    what: "`derived_semantics`",
    fields: &[
        Field::new("entities", Form::List(&DERIVED_ENTITY)).or(Unsaid::Empty),
        Field::new("dimensions", Form::List(&DERIVED_DIMENSION)).or(Unsaid::Empty),
    ],
};

pub(super) const COLUMN_DIMENSION: Shape = Shape {
    what: "a `dimension`",
    fields: &[
        Field::new("name", Form::Text),
        Field::required("type", Form::OneOf(DIMENSION_TYPES)),
        Field::new("description", Form::Later),
        Field::new("label", Form::Text),
        Field::new("is_partition", Form::Flag).or(Unsaid::False),
        Field::new("config", Form::Any),
        Field::new("validity_params", Form::Map(&VALIDITY)),
    ],
};

pub(super) const COLUMN_ENTITY: Shape = Shape {
    what: "an `entity`",
    fields: &[
        Field::new("name", Form::Text),
        Field::required("type", Form::OneOf(ENTITY_TYPES)),
        Field::new("description", Form::Later),
        Field::new("label", Form::Text),
        Field::new("config", Form::Any),
    ],
};

//! Columns as templates see them, and `api.Column`.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{DynObject, Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use crate::diagnostic::Code;
use crate::jinja::functions::{bind, dict, list, present, raise, text};

const STRINGS: &[&str] = &["text", "character varying", "character", "varchar"];
const FLOATS: &[&str] = &["real", "float", "float4", "float8", "double", "double precision"];
const NUMERICS: &[&str] = &["numeric", "decimal"];
const INTEGERS: &[&str] = &[
    "tinyint",
    "smallint",
    "integer",
    "bigint",
    "hugeint",
    "utinyint",
    "usmallint",
    "uinteger",
    "ubigint",
    "uhugeint",
    "int",
    "int1",
    "int2",
    "int4",
    "int8",
    "short",
    "long",
    "signed",
    "smallserial",
    "serial",
    "bigserial",
    "serial2",
    "serial4",
    "serial8",
];

/// The length of a text column whose type does not say it.
const STRING_SIZE: i64 = 256;

/// A column with the warehouse's word for its type.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) dtype: String,
    pub(super) char_size: Option<i64>,
    pub(super) numeric_precision: Option<i64>,
    pub(super) numeric_scale: Option<i64>,
}

/// How a column shows itself, alone and in a list.
impl fmt::Debug for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Column {} ({})>", self.name, self.dtype)
    }
}

impl Column {
    /// A column of a type.
    pub(super) fn new(name: impl Into<String>, dtype: impl Into<String>) -> Self {
        Self { name: name.into(), dtype: dtype.into(), ..Self::default() }
    }

    /// The column as a template sees it.
    pub(super) fn value(self) -> Value {
        Value::from_object(self)
    }

    fn is(&self, kinds: &[&str]) -> bool {
        kinds.contains(&self.dtype.to_lowercase().as_str())
    }

    pub(super) fn is_string(&self) -> bool {
        self.is(STRINGS)
    }

    pub(super) fn string_size(&self) -> i64 {
        if self.dtype == "text" { STRING_SIZE } else { self.char_size.unwrap_or(STRING_SIZE) }
    }

    /// Whether the column can be widened to hold the other's texts.
    pub(super) fn can_expand_to(&self, other: &Self) -> bool {
        self.is_string() && other.is_string() && other.string_size() > self.string_size()
    }

    fn data_type(&self) -> String {
        if self.is_string() {
            string_type(self.string_size())
        } else if self.is(NUMERICS) {
            numeric_type(&self.dtype, self.numeric_precision, self.numeric_scale)
        } else {
            self.dtype.clone()
        }
    }

    /// The columns a struct stands for, each under its dotted name; a plain column is itself.
    pub(super) fn flatten(self) -> Vec<Self> {
        let fields = self.fields();
        if fields.is_empty() {
            return vec![self];
        }
        let dotted = |field: Self| Self { name: format!("{}.{}", self.name, field.name), ..field };
        fields.into_iter().flat_map(Self::flatten).map(dotted).collect()
    }

    /// The fields of a struct type, `STRUCT(a VARCHAR, b DECIMAL(10, 2))`.
    fn fields(&self) -> Vec<Self> {
        let lower = self.dtype.to_lowercase();
        let Some(inside) = lower.strip_prefix("struct(").and_then(|rest| rest.strip_suffix(')')) else {
            return Vec::new();
        };
        let start = "struct(".len();
        let inside = &self.dtype[start..start + inside.len()];
        let (mut depth, mut quoted, mut from) = (0_usize, false, 0);
        let mut fields = Vec::new();
        for (at, letter) in inside.char_indices() {
            match letter {
                '"' => quoted = !quoted,
                '(' if !quoted => depth += 1,
                ')' if !quoted => depth = depth.saturating_sub(1),
                ',' if !quoted && depth == 0 => {
                    fields.push(&inside[from..at]);
                    from = at + 1;
                }
                _ => {}
            }
        }
        fields.push(&inside[from..]);
        let field = |field: &str| {
            let field = field.trim();
            let end = match field.strip_prefix('"') {
                Some(rest) => rest.find('"').map_or(field.len(), |at| at + 2),
                None => field.find(' ').unwrap_or(field.len()),
            };
            Self::new(&field[..end], field[end..].trim_start())
        };
        fields.into_iter().map(field).collect()
    }
}

/// The column in a template's value, if it is one.
pub(super) fn column_from(value: &Value) -> Option<Column> {
    value.downcast_object_ref::<Column>().cloned()
}

fn string_type(size: i64) -> String {
    format!("character varying({size})")
}

fn numeric_type(dtype: &str, precision: Option<i64>, scale: Option<i64>) -> String {
    match (precision, scale) {
        (Some(precision), Some(scale)) => format!("{dtype}({precision},{scale})"),
        _ => dtype.to_owned(),
    }
}

impl Object for Column {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let number = |number: Option<i64>| Some(number.map_or(Value::from(()), Value::from));
        match key.as_str()? {
            "name" | "column" => Some(Value::from(self.name.as_str())),
            "dtype" => Some(Value::from(self.dtype.as_str())),
            "data_type" | "expanded_data_type" => Some(Value::from(self.data_type())),
            "quoted" => Some(Value::from(format!("\"{}\"", self.name))),
            "char_size" => number(self.char_size),
            "numeric_precision" => number(self.numeric_precision),
            "numeric_scale" => number(self.numeric_scale),
            "fields" => Some(list(self.fields().into_iter().map(Self::value).collect())),
            "TYPE_LABELS" => Some(type_labels()),
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        Ok(match method {
            "is_string" => Value::from(self.is_string()),
            "is_float" => Value::from(self.is(FLOATS)),
            "is_integer" => Value::from(self.is(INTEGERS)),
            "is_numeric" => Value::from(self.is(NUMERICS)),
            "is_number" => Value::from([FLOATS, INTEGERS, NUMERICS].iter().any(|kinds| self.is(kinds))),
            "is_struct" => Value::from(!self.fields().is_empty()),
            "flatten" => list((**self).clone().flatten().into_iter().map(Self::value).collect()),
            "string_size" if self.is_string() => Value::from(self.string_size()),
            "string_size" => {
                return Err(raise(Code::JinjaRender, "Called string_size() on non-string field!"));
            }
            "can_expand_to" => {
                let [other] = bind(method, args, ["other_column"], 1)?;
                Value::from(column_from(&other).is_some_and(|other| self.can_expand_to(&other)))
            }
            "literal" => {
                let [value] = bind(method, args, ["value"], 1)?;
                Value::from(format!("{value}::{}", self.data_type()))
            }
            _ => return class_method(method, args),
        })
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some((**self).cmp(other.downcast_ref::<Self>()?))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// Methods of the class, which every column has as well.
fn class_method(method: &str, args: &[Value]) -> Result<Value, Error> {
    match method {
        "translate_type" => {
            let [dtype] = bind(method, args, ["dtype"], 1)?;
            Ok(Value::from(translate_type(&dtype.to_string())))
        }
        "create" => {
            let [name, dtype] = bind(method, args, ["name", "label_or_dtype"], 2)?;
            Ok(Column::new(name.to_string(), translate_type(&dtype.to_string())).value())
        }
        "string_type" => {
            let [size] = bind(method, args, ["size"], 1)?;
            Ok(Value::from(format!("character varying({size})")))
        }
        "numeric_type" => {
            let [dtype, precision, scale] = bind(method, args, ["dtype", "precision", "scale"], 1)?;
            let given = |value: &Value| present(value).and_then(Value::as_i64);
            Ok(Value::from(numeric_type(&dtype.to_string(), given(&precision), given(&scale))))
        }
        "from_description" => {
            let [name, description] = bind(method, args, ["name", "raw_data_type"], 2)?;
            from_description(name.to_string(), &description.to_string())
        }
        _ => Err(Error::from(ErrorKind::UnknownMethod)),
    }
}

/// `TYPE_LABELS`: the neutral words that the warehouse calls otherwise.
fn type_labels() -> Value {
    dict([(Value::from("STRING"), Value::from(translate_type("string")))])
}

/// dbt's neutral words for types, in the warehouse's.
fn translate_type(dtype: &str) -> String {
    if dtype.eq_ignore_ascii_case("string") { "TEXT".to_owned() } else { dtype.to_owned() }
}

/// A column from `varchar(20)` or `numeric(10,2)`.
fn from_description(name: String, description: &str) -> Result<Value, Error> {
    let (dtype, sizes) = match description.split_once('(') {
        Some((dtype, sizes)) => (dtype, sizes.split(')').next()),
        None => (description, None),
    };
    let number = |text: &str| {
        text.trim().parse::<i64>().map_err(|_| {
            let what = "Could not interpret data_type";
            raise(
                Code::JinjaRender,
                format!("{what} \"{description}\": could not convert \"{text}\" to an integer"),
            )
        })
    };
    let mut column = Column::new(name, dtype);
    match sizes.map(|sizes| sizes.split(',').collect::<Vec<_>>()).as_deref() {
        Some([size]) => column.char_size = Some(number(size)?),
        Some([precision, scale]) => {
            column.numeric_precision = Some(number(precision)?);
            column.numeric_scale = Some(number(scale)?);
        }
        _ => {}
    }
    Ok(column.value())
}

#[derive(Debug)]
struct ColumnClass;

/// `api.Column`.
pub(crate) fn column_class() -> Value {
    Value::from_object(ColumnClass)
}

impl Object for ColumnClass {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str()? == "TYPE_LABELS").then(type_labels)
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let parameters = ["column", "dtype", "char_size", "numeric_precision", "numeric_scale"];
        let [name, dtype, size, precision, scale] = bind("Column", args, parameters, 2)?;
        let number = |value: &Value| text(value).and_then(|text| text.parse().ok());
        Ok(Column {
            name: name.to_string(),
            dtype: dtype.to_string(),
            char_size: number(&size),
            numeric_precision: number(&precision),
            numeric_scale: number(&scale),
        }
        .value())
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        class_method(method, args)
    }
}

//! DuckDB's values and types as ours.

use chrono::{DateTime, Days, FixedOffset, NaiveDate, NaiveTime, Offset, TimeDelta, TimeZone, Utc};
use duckdb::arrow::datatypes::DataType;
use duckdb::core::{LogicalTypeHandle, LogicalTypeId};
use duckdb::types::{TimeUnit, Value};

use super::super::Cell;

/// A type in DuckDB's own words, such as `DECIMAL(18,3)`.
pub(super) fn type_name(kind: &LogicalTypeHandle) -> String {
    if let Some(alias) = kind.get_alias() {
        return alias;
    }
    let fields = || {
        let fields: Vec<_> = (0..kind.num_children())
            .map(|at| {
                format!("\"{}\" {}", kind.child_name(at).replace('"', "\"\""), type_name(&kind.child(at)))
            })
            .collect();
        fields.join(", ")
    };
    match kind.id() {
        LogicalTypeId::Decimal => format!("DECIMAL({},{})", kind.decimal_width(), kind.decimal_scale()),
        LogicalTypeId::List | LogicalTypeId::Array => format!("{}[]", type_name(&kind.child(0))),
        LogicalTypeId::Map => format!("MAP({}, {})", type_name(&kind.child(0)), type_name(&kind.child(1))),
        LogicalTypeId::Struct => format!("STRUCT({})", fields()),
        LogicalTypeId::Union => format!("UNION({})", fields()),
        LogicalTypeId::TimestampTZ => "TIMESTAMP WITH TIME ZONE".to_owned(),
        LogicalTypeId::TimeTZ => "TIME WITH TIME ZONE".to_owned(),
        LogicalTypeId::TimestampS => "TIMESTAMP_S".to_owned(),
        LogicalTypeId::TimestampMs => "TIMESTAMP_MS".to_owned(),
        LogicalTypeId::TimestampNs => "TIMESTAMP_NS".to_owned(),
        other => format!("{other:?}").to_ascii_uppercase(),
    }
}

/// Whether the driver's way of handing over values loses some of this type, or refuses it.
pub(super) fn is_awkward(kind: &LogicalTypeHandle) -> bool {
    match kind.id() {
        LogicalTypeId::TimeTZ
        | LogicalTypeId::TimeNs
        | LogicalTypeId::Bit
        | LogicalTypeId::Bignum
        | LogicalTypeId::Unsupported => true,
        _ => (0..kind.num_children()).any(|at| is_awkward(&kind.child(at))),
    }
}

/// One value; `carrier` is the Arrow type it came in, which alone knows the zone of a timestamp.
pub(super) fn cell(value: Value, carrier: &DataType) -> Cell {
    match value {
        Value::Null => Cell::Null,
        Value::Boolean(value) => Cell::Bool(value),
        Value::TinyInt(value) => Cell::Int(value.into()),
        Value::SmallInt(value) => Cell::Int(value.into()),
        Value::Int(value) => Cell::Int(value.into()),
        Value::BigInt(value) => Cell::Int(value.into()),
        Value::HugeInt(value) => Cell::Int(value),
        Value::UHugeInt(value) => {
            i128::try_from(value).map_or_else(|_| Cell::Decimal(value.to_string()), Cell::Int)
        }
        Value::UTinyInt(value) => Cell::Int(value.into()),
        Value::USmallInt(value) => Cell::Int(value.into()),
        Value::UInt(value) => Cell::Int(value.into()),
        Value::UBigInt(value) => Cell::Int(value.into()),
        Value::Float(value) => Cell::Float(value.into()),
        Value::Double(value) => Cell::Float(value),
        Value::Decimal(value) => Cell::Decimal(value.to_string()),
        Value::Timestamp(unit, count) => timestamp(unit, count, carrier),
        Value::Text(text) | Value::Enum(text) => Cell::Text(text),
        Value::Blob(bytes) | Value::Geometry(bytes) => Cell::Bytes(bytes),
        Value::Date32(days) => date(days),
        Value::Time64(unit, count) => time(unit.to_micros(count)),
        Value::Interval { months, days, nanos } => Cell::Text(interval(months, days, nanos / 1000)),
        Value::List(items) | Value::Array(items) => {
            let inner = element(carrier);
            Cell::List(items.into_iter().map(|item| cell(item, inner)).collect())
        }
        Value::Struct(fields) => {
            let fields = fields.iter().enumerate().map(|(at, (name, value))| {
                let inner = match carrier {
                    DataType::Struct(fields) => fields.get(at).map_or(carrier, |field| field.data_type()),
                    _ => carrier,
                };
                (name.clone(), cell(value.clone(), inner))
            });
            Cell::Struct(fields.collect())
        }
        Value::Map(entries) => {
            let (keys, values) = entry(carrier);
            let entries = entries
                .iter()
                .map(|(key, value)| (text(&cell(key.clone(), keys)), cell(value.clone(), values)));
            Cell::Struct(entries.collect())
        }
        Value::Union(value) => cell(*value, carrier),
        other => Cell::Text(format!("{other:?}")),
    }
}

fn element(carrier: &DataType) -> &DataType {
    match carrier {
        DataType::List(field) | DataType::LargeList(field) | DataType::FixedSizeList(field, _) => {
            field.data_type()
        }
        other => other,
    }
}

fn entry(carrier: &DataType) -> (&DataType, &DataType) {
    match carrier {
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) if fields.len() == 2 => (fields[0].data_type(), fields[1].data_type()),
            other => (other, other),
        },
        other => (other, other),
    }
}

fn timestamp(unit: TimeUnit, count: i64, carrier: &DataType) -> Cell {
    let time = match unit {
        TimeUnit::Second => DateTime::from_timestamp(count, 0),
        TimeUnit::Millisecond => DateTime::from_timestamp_millis(count),
        TimeUnit::Microsecond => DateTime::from_timestamp_micros(count),
        TimeUnit::Nanosecond => Some(DateTime::from_timestamp_nanos(count)),
    };
    match (time, carrier) {
        _ if count == i64::MAX => Cell::Text("infinity".to_owned()),
        _ if count == -i64::MAX => Cell::Text("-infinity".to_owned()),
        (None, _) => Cell::Text(count.to_string()),
        (Some(time), DataType::Timestamp(_, Some(zone))) => Cell::TimestampTz(in_zone(time, zone)),
        (Some(time), _) => Cell::Timestamp(time.naive_utc()),
    }
}

/// A point in time with the offset that a zone, or an offset such as `+02:00`, has then.
fn in_zone(time: DateTime<Utc>, zone: &str) -> DateTime<FixedOffset> {
    let offset = match zone.parse::<chrono_tz::Tz>() {
        Ok(zone) => zone.offset_from_utc_datetime(&time.naive_utc()).fix(),
        Err(_) => zone.parse::<FixedOffset>().unwrap_or_else(|_| Utc.fix()),
    };
    time.with_timezone(&offset)
}

fn date(days: i32) -> Cell {
    let epoch = NaiveDate::default();
    let count = Days::new(u64::from(days.unsigned_abs()));
    let day = if days < 0 { epoch.checked_sub_days(count) } else { epoch.checked_add_days(count) };
    match day {
        _ if days == i32::MAX => Cell::Text("infinity".to_owned()),
        _ if days == -i32::MAX => Cell::Text("-infinity".to_owned()),
        Some(day) => Cell::Date(day),
        None => Cell::Text(days.to_string()),
    }
}

/// A time of day; DuckDB has 24:00:00, which is no clock's time.
fn time(micros: i64) -> Cell {
    if micros == 86_400_000_000 {
        return Cell::Text("24:00:00".to_owned());
    }
    Cell::Time(NaiveTime::MIN.overflowing_add_signed(TimeDelta::microseconds(micros)).0)
}

/// An interval as DuckDB prints it: `1 year 2 months 3 days 04:05:06.7`.
fn interval(months: i32, days: i32, micros: i64) -> String {
    let mut parts = Vec::new();
    for (count, word) in [(months / 12, "year"), (months % 12, "month"), (days, "day")] {
        if count != 0 {
            parts.push(format!("{count} {word}{}", if count.abs() == 1 { "" } else { "s" }));
        }
    }
    if micros != 0 || parts.is_empty() {
        let sign = if micros < 0 { "-" } else { "" };
        let seconds = micros.unsigned_abs() / 1_000_000;
        let fraction = match micros.unsigned_abs() % 1_000_000 {
            0 => String::new(),
            fraction => format!(".{fraction:06}").trim_end_matches('0').to_owned(),
        };
        parts.push(format!(
            "{sign}{:02}:{:02}:{:02}{fraction}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        ));
    }
    parts.join(" ")
}

/// A cell as text that DuckDB reads back.
pub(super) fn text(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Bool(value) => value.to_string(),
        Cell::Int(value) => value.to_string(),
        Cell::Float(value) => value.to_string(),
        Cell::Decimal(text) | Cell::Text(text) => text.clone(),
        Cell::Date(day) => day.to_string(),
        Cell::Time(time) => time.to_string(),
        Cell::Timestamp(time) => time.to_string(),
        Cell::TimestampTz(time) => time.to_rfc3339(),
        Cell::Bytes(bytes) => bytes.iter().fold(String::new(), |text, byte| format!("{text}\\x{byte:02X}")),
        Cell::List(items) => format!("[{}]", items.iter().map(item).collect::<Vec<_>>().join(", ")),
        Cell::Struct(fields) => {
            let fields: Vec<_> =
                fields.iter().map(|(name, value)| format!("'{name}': {}", text(value))).collect();
            format!("{{{}}}", fields.join(", "))
        }
    }
}

/// A cell in a list: a text in quotes, since it may hold what separates items.
fn item(cell: &Cell) -> String {
    match cell {
        Cell::Null => "NULL".to_owned(),
        Cell::Text(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        other => text(other),
    }
}

/// A cell as the appender takes it; what it has no way to take goes as text, which DuckDB casts.
pub(super) fn parameter(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Bool(value) => Value::Boolean(*value),
        Cell::Int(value) => i64::try_from(*value).map_or(Value::HugeInt(*value), Value::BigInt),
        Cell::Float(value) => Value::Double(*value),
        Cell::Text(text) | Cell::Decimal(text) => Value::Text(text.clone()),
        Cell::Bytes(bytes) => Value::Blob(bytes.clone()),
        other => Value::Text(text(other)),
    }
}

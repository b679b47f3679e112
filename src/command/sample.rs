//! `--sample`: a window of event time, counted back from now or given by its ends.

use chrono::{DateTime, Months, SecondsFormat, SubsecRound, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::jinja::iso_datetime;

/// The window that a text means, as `start` and `end`: `3 days`, or a YAML mapping of both.
///
/// # Errors
/// The text means none, in dbt's words.
pub(super) fn window(text: &str, now: DateTime<Utc>) -> Result<Value, String> {
    let (start, end) = if text.trim_start().starts_with('{') { given(text)? } else { counted(text, now)? };
    Ok(json!({"start": stamp(start), "end": stamp(end)}))
}

/// As Python writes a point in time: parts of a second only where there are some.
fn stamp(at: DateTime<Utc>) -> String {
    let at = at.trunc_subsecs(6);
    let parts = if at.timestamp_subsec_micros() == 0 { SecondsFormat::Secs } else { SecondsFormat::Micros };
    at.to_rfc3339_opts(parts, false)
}

fn given(text: &str) -> Result<(DateTime<Utc>, DateTime<Utc>), String> {
    let written: Value = serde_yaml::from_str(text)
        .map_err(|_| format!("The YAML provided in the --sample argument is not valid: {text}"))?;
    let end = |key: &str| {
        let (at, _) = written.get(key).and_then(Value::as_str).and_then(iso_datetime).ok_or_else(|| {
            format!("Cannot load SAMPLE_WINDOW from '{text}'. `{key}` must be a date or a datetime.")
        })?;
        Ok::<_, String>(at.and_utc())
    };
    Ok((end("start")?, end("end")?))
}

fn counted(text: &str, now: DateTime<Utc>) -> Result<(DateTime<Utc>, DateTime<Utc>), String> {
    let Some((count, grain)) = text.split_once(' ').filter(|(_, grain)| !grain.contains(' ')) else {
        return Err(format!(
            "Cannot load SAMPLE_WINDOW from '{text}'. Must be of form 'DAYS_INT GRAIN_SIZE'."
        ));
    };
    let count: u32 = count.parse().map_err(|_| format!("Unable to convert '{count}' to an integer."))?;
    let start = match grain.to_ascii_lowercase().trim_end_matches('s') {
        "hour" => now.checked_sub_signed(TimeDelta::hours(count.into())),
        "day" => now.checked_sub_signed(TimeDelta::days(count.into())),
        "month" => now.checked_sub_months(Months::new(count)),
        "year" => now.checked_sub_months(Months::new(count.saturating_mul(12))),
        _ => {
            return Err(format!(
                "Invalid grain size '{grain}'. Must be one of ['hour', 'day', 'month', 'year', 'hours', 'days', \
                 'months', 'years']."
            ));
        }
    };
    Ok((start.unwrap_or(DateTime::<Utc>::MIN_UTC), now))
}

//! What a relation tells of the function it is of: its configuration, and the macro that creates it.

use minijinja::{Error, Value};

use crate::diagnostic::Code;
use crate::jinja::functions::{bind, dict, present, raise};

/// The keys of a function's configuration that say how it is created.
const KEYS: [&str; 4] = ["type", "runtime_version", "entry_point", "volatility"];

/// `get_function_config(model)`.
///
/// # Errors
/// A function in Python that does not say where it begins, or for which Python it is.
pub(super) fn config(args: &[Value]) -> Result<Value, Error> {
    let [model] = bind("get_function_config", args, ["model"], 1)?;
    let config = model.get_attr("config")?;
    let language = model.get_attr("language")?;
    let mut parts = vec![(Value::from("language"), language.clone())];
    for key in KEYS {
        let value = config.get_attr(key)?;
        let required =
            language.as_str() == Some("python") && matches!(key, "runtime_version" | "entry_point");
        if required && present(&value).is_none() {
            let article = if key == "entry_point" { "An" } else { "A" };
            let message = format!("{article} `{key}` is required for python functions");
            return Err(raise(Code::FunctionInvalid, message));
        }
        parts.push((Value::from(key), value));
    }
    Ok(dict(parts))
}

/// `get_function_macro_name(config)`.
pub(super) fn macro_name(args: &[Value]) -> Result<Value, Error> {
    let [config] = bind("get_function_macro_name", args, ["config"], 1)?;
    let (kind, language) = (config.get_attr("type")?, config.get_attr("language")?);
    Ok(Value::from(format!("{kind}_function_{language}")))
}

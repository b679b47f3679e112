//! `log` and `print`: what templates have to say.

use minijinja::{Error, State, Value};

use super::Context;
use super::argument::bind;
use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::context::Notice;
use crate::jinja::python::print as printed;
use crate::secret::scrubbed;

/// `log(msg, info=False)`.
pub(super) fn log(cx: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [message, info] = bind("log", args, ["msg", "info"], 1)?;
    let message = scrubbed(printed(&message));
    tell(cx, if info.is_true() { Notice::Info(message) } else { Notice::Debug(message) });
    Ok(Value::from(""))
}

/// `print(msg)`.
pub(super) fn print(cx: &Context, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [message] = bind("print", args, ["msg"], 1)?;
    say(cx, printed(&message));
    Ok(Value::from(""))
}

/// Prints a text, unless `--no-print` was given.
fn say(cx: &Context, text: String) {
    if cx.jinja.globals().flags.get("PRINT").and_then(serde_json::Value::as_bool) != Some(false) {
        tell(cx, Notice::Print(scrubbed(text)));
    }
}

/// A warning of the template's own.
pub(super) fn warn(cx: &Context, message: String) {
    let warning = Diagnostic::warning(Code::WarnedByTemplate, scrubbed(message));
    tell(cx, Notice::Warning(Box::new(warning)));
}

/// A warning that is said once in an invocation, and that `--warn-error` leaves one.
pub(crate) fn warn_once(cx: &Context, message: String) {
    if cx.jinja.is_news(&message) {
        let warning = Diagnostic::warning(Code::WarnedByTemplate, scrubbed(message));
        tell(cx, Notice::Aside(Box::new(warning)));
    }
}

fn tell(cx: &Context, notice: Notice) {
    (cx.jinja.globals().sink)(notice);
}

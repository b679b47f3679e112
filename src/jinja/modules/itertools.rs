//! `itertools`: the functions of Python's module that dbt lends to templates.

use std::sync::Arc;

use minijinja::value::{Enumerator, Object};
use minijinja::{Error, ErrorKind, State, Value};

use super::{bound, refused, whole};
use crate::jinja::functions::{bind, list, present, split, tuple};

const FUNCTIONS: &[&str] = &[
    "accumulate",
    "chain",
    "combinations",
    "combinations_with_replacement",
    "compress",
    "count",
    "cycle",
    "islice",
    "permutations",
    "product",
    "repeat",
    "starmap",
    "tee",
    "zip_longest",
];

/// What a function may give at most: templates build lists, which must end.
const MOST: usize = 1_000_000;

/// What goes on for ever, for a loop to leave: going on for too long is an error.
fn endless<I: Iterator<Item = Value> + Send + Sync + 'static>(
    make: impl Fn() -> I + Send + Sync + 'static,
) -> Value {
    let end = || std::iter::once_with(|| Value::from(refused(format!("more than {MOST} values"))));
    Value::make_iterable(move || make().take(MOST).chain(end()))
}

/// `modules.itertools`.
pub(super) fn module() -> Value {
    Value::from_object(Module)
}

#[derive(Debug)]
struct Module;

impl Object for Module {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        bound(self, key, FUNCTIONS)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(FUNCTIONS)
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let items = |value: &Value| -> Result<Vec<Value>, Error> { Ok(value.try_iter()?.collect()) };
        match method {
            "chain" => {
                let all = args.iter().map(items).collect::<Result<Vec<_>, _>>()?;
                Ok(list(all.into_iter().flatten().collect()))
            }
            "accumulate" => {
                let [values, function, initial] = bind(method, args, ["iterable", "func", "initial"], 1)?;
                accumulate(state, items(&values)?, &function, &initial)
            }
            "combinations" | "combinations_with_replacement" => {
                let [values, size] = bind(method, args, ["iterable", "r"], 2)?;
                let again = method != "combinations";
                chosen(
                    &items(&values)?,
                    length(&size)?,
                    |last, next| if again { next >= last } else { next > last },
                )
            }
            "permutations" => {
                let [values, size] = bind(method, args, ["iterable", "r"], 1)?;
                let values = items(&values)?;
                let size = if present(&size).is_some() { length(&size)? } else { values.len() };
                permutations(&values, size)
            }
            "product" => {
                let (positional, keywords) = split(args)?;
                let times = whole(&keywords.peek::<Value>("repeat").unwrap_or_default(), 1)?;
                let lists = positional.iter().map(items).collect::<Result<Vec<_>, _>>()?;
                let count = lists.len() * usize::try_from(times).unwrap_or(0);
                product(&lists.iter().cycle().take(count).collect::<Vec<_>>())
            }
            "compress" => {
                let [data, selectors] = bind(method, args, ["data", "selectors"], 2)?;
                let chosen = items(&data)?.into_iter().zip(items(&selectors)?);
                Ok(list(chosen.filter(|(_, keep)| keep.is_true()).map(|(value, _)| value).collect()))
            }
            "islice" => slice(args),
            "repeat" => {
                let [value, times] = bind(method, args, ["object", "times"], 1)?;
                if times.is_undefined() {
                    return Ok(endless(move || std::iter::repeat(value.clone())));
                }
                Ok(list(vec![value; bounded(length(&times)?)?]))
            }
            "count" => {
                let [start, step] = bind(method, args, ["start", "step"], 0)?;
                let (start, step) = (whole(&start, 0)?, whole(&step, 1)?);
                Ok(endless(move || (0_i64..).map(move |at| Value::from(start + at * step))))
            }
            "cycle" => {
                let [values] = bind(method, args, ["iterable"], 1)?;
                let values = items(&values)?;
                Ok(endless(move || values.clone().into_iter().cycle()))
            }
            "starmap" => {
                let [function, values] = bind(method, args, ["function", "iterable"], 2)?;
                let called = items(&values)?.into_iter().map(|args| function.call(state, &items(&args)?));
                Ok(list(called.collect::<Result<_, Error>>()?))
            }
            "tee" => {
                let [values, times] = bind(method, args, ["iterable", "n"], 1)?;
                let values = items(&values)?;
                let times = bounded(usize::try_from(whole(&times, 2)?).unwrap_or(0))?;
                Ok(tuple((0..times).map(|_| list(values.clone())).collect()))
            }
            "zip_longest" => {
                let (positional, keywords) = split(args)?;
                let fill = keywords.peek::<Value>("fillvalue").unwrap_or_else(|_| Value::from(()));
                let lists = positional.iter().map(items).collect::<Result<Vec<_>, _>>()?;
                let rows = lists.iter().map(Vec::len).max().unwrap_or(0);
                let cell = |list: &Vec<Value>, at: usize| list.get(at).unwrap_or(&fill).clone();
                let row = |at| tuple(lists.iter().map(|list| cell(list, at)).collect());
                Ok(list((0..rows).map(row).collect()))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

fn length(value: &Value) -> Result<usize, Error> {
    value.as_usize().ok_or_else(|| refused(format!("expected a length, got {value:?}")))
}

fn bounded(count: usize) -> Result<usize, Error> {
    if count > MOST { Err(refused(format!("more than {MOST} values"))) } else { Ok(count) }
}

fn accumulate(
    state: &mut State<'_, '_>,
    values: Vec<Value>,
    function: &Value,
    initial: &Value,
) -> Result<Value, Error> {
    let mut total = present(initial).cloned();
    let mut out: Vec<Value> = total.iter().cloned().collect();
    for value in values {
        let next = match (total, present(function)) {
            (None, _) => value,
            (Some(total), Some(function)) => function.call(state, &[total, value])?,
            (Some(total), None) => sum(&total, &value)?,
        };
        out.push(next.clone());
        total = Some(next);
    }
    Ok(list(out))
}

fn sum(one: &Value, two: &Value) -> Result<Value, Error> {
    match (one.as_i64(), two.as_i64(), one.as_str(), two.as_str()) {
        (Some(one), Some(two), ..) => Ok(Value::from(one + two)),
        (_, _, Some(one), Some(two)) => Ok(Value::from(format!("{one}{two}"))),
        _ => match (f64::try_from(one.clone()), f64::try_from(two.clone())) {
            (Ok(one), Ok(two)) => Ok(Value::from(one + two)),
            _ => Err(refused(format!("cannot add {one:?} and {two:?}"))),
        },
    }
}

/// Every choice of `size` values in order, where `follows` says which place may follow which.
fn chosen(values: &[Value], size: usize, follows: impl Fn(usize, usize) -> bool) -> Result<Value, Error> {
    let mut picks: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..size {
        let mut longer = Vec::new();
        for pick in &picks {
            for next in 0..values.len() {
                if pick.last().is_none_or(|last| follows(*last, next)) {
                    longer.push(pick.iter().copied().chain([next]).collect());
                    bounded(longer.len())?;
                }
            }
        }
        picks = longer;
    }
    Ok(picked(values, picks))
}

fn permutations(values: &[Value], size: usize) -> Result<Value, Error> {
    let mut picks: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..size {
        let mut longer = Vec::new();
        for pick in &picks {
            for next in (0..values.len()).filter(|next| !pick.contains(next)) {
                longer.push(pick.iter().copied().chain([next]).collect());
                bounded(longer.len())?;
            }
        }
        picks = longer;
    }
    Ok(picked(values, picks))
}

fn picked(values: &[Value], picks: Vec<Vec<usize>>) -> Value {
    let row = |pick: Vec<usize>| tuple(pick.into_iter().map(|at| values[at].clone()).collect());
    list(picks.into_iter().map(row).collect())
}

fn product(lists: &[&Vec<Value>]) -> Result<Value, Error> {
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for values in lists {
        bounded(rows.len().saturating_mul(values.len()))?;
        rows = rows
            .iter()
            .flat_map(|row| values.iter().map(|value| row.iter().chain([value]).cloned().collect()))
            .collect();
    }
    Ok(list(rows.into_iter().map(tuple).collect()))
}

fn slice(args: &[Value]) -> Result<Value, Error> {
    let [values, first, second, step] = bind("islice", args, ["iterable", "start", "stop", "step"], 2)?;
    let (start, limit) = if second.is_undefined() { (Value::from(0), first) } else { (first, second) };
    let skipped = if start.is_none() { 0 } else { length(&start)? };
    let end = if limit.is_none() { MOST } else { length(&limit)? };
    let stride = usize::try_from(whole(&step, 1)?).unwrap_or(0).max(1);
    let taken = values.try_iter()?.skip(skipped).take(end.saturating_sub(skipped)).step_by(stride);
    Ok(list(taken.collect()))
}

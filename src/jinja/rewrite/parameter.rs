//! The parameters of a macro, whose defaults may be made of the parameters before them.

use super::expression::Reader;
use super::scan::Syntax;
use super::{Edit, Parameter, apply};

/// A default that is not there: no template finds this name.
const UNSET: &str = "__unset";

/// Takes out the defaults that look at earlier parameters, which minijinja would evaluate too
/// early, and returns them as assignments to put at the start of the body.
pub(super) fn late(text: &str, edits: &mut Vec<Edit>, parameters: &[Parameter]) -> Vec<String> {
    let mut assignments = Vec::new();
    for (at, Parameter { name, default }) in parameters.iter().enumerate() {
        let Some(range) = default.clone().filter(|range| mentions(&text[range.clone()], &parameters[..at]))
        else {
            continue;
        };
        let (inside, outside): (Vec<_>, Vec<_>) =
            edits.drain(..).partition(|edit| range.start <= edit.at && edit.at <= range.end);
        let shifted: Vec<Edit> =
            inside.into_iter().map(|edit| Edit { at: edit.at - range.start, ..edit }).collect();
        let value = apply(&text[range.clone()], "", &shifted).text;
        assignments.push(format!("{name} = __own({value}) if {name} is undefined else {name}"));
        *edits = outside;
        let place = edits.partition_point(|edit| edit.at <= range.start);
        let taken = Edit { at: range.start, removed: range.len(), inserted: UNSET.to_owned() };
        edits.insert(place, taken);
    }
    assignments
}

/// Whether a default has the name of one of these parameters in it.
fn mentions(default: &str, earlier: &[Parameter]) -> bool {
    let words = default.split(|c: char| c != '_' && !c.is_alphanumeric());
    words.into_iter().any(|word| earlier.iter().any(|parameter| parameter.name == word))
}

/// `(a, b: type, c=default)`; types are dropped.
pub(super) fn parameters(reader: &mut Reader<'_, '_>) -> Result<Vec<Parameter>, Syntax> {
    let mut parameters = Vec::new();
    reader.lexer.expect("(")?;
    while !reader.lexer.is(")")? {
        let token = reader.lexer.name("the name of a parameter")?;
        let name = reader.lexer.text_of(&token).to_owned();
        if let Some(colon) = reader.lexer.take(":")? {
            type_name(reader)?;
            reader.notes.replace(colon.range.start..reader.lexer.last_end(), "");
        }
        let mut default = None;
        if reader.lexer.take("=")?.is_some() {
            let start = reader.lexer.peek()?.range.start;
            reader.expression()?;
            default = Some(start..reader.lexer.last_end());
        } else if parameters.last().is_some_and(|last: &Parameter| last.default.is_some()) {
            return Err(Syntax::new(
                format!("parameter `{name}` without a default after one with a default"),
                token.range,
            ));
        }
        parameters.push(Parameter { name, default });
        if reader.lexer.take(",")?.is_none() {
            break;
        }
    }
    reader.lexer.expect(")")?;
    Ok(parameters)
}

fn type_name(reader: &mut Reader<'_, '_>) -> Result<(), Syntax> {
    reader.lexer.name("the name of a type")?;
    if reader.lexer.take("[")?.is_some() {
        while !reader.lexer.is("]")? {
            type_name(reader)?;
            if reader.lexer.take(",")?.is_none() {
                break;
            }
        }
        reader.lexer.expect("]")?;
    }
    Ok(())
}

//! The analyser's own state: tables and columns by number, what was referred to, and how much work is left.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use sqlparser::ast::{Ident, Statement};

use super::flow::{Flow, Influences, Origin, Place, UNKNOWN};
use super::scope::{Item, Open, Shape};
use super::{
    Columns, Dialect, Edge, Extent, Found, Influence, Lines, Note, Output, Reference, Schema, Table,
};

/// How many entries may be copied and names compared before a statement counts as hostile. Real ones of
/// thousands of columns need less than a tenth of it.
const BUDGET: usize = 2_000_000;

/// Why there is no column lineage of a statement.
#[derive(Debug)]
pub(super) struct Halt(pub(super) String);

/// What was analysed, unless it could not be.
pub(super) type Halted<T> = Result<T, Halt>;

/// A common table expression by its name.
#[derive(Debug)]
pub(super) struct CteInSight {
    pub(super) name: String,
    pub(super) shape: Rc<Shape>,
    /// Whether it was read since it came in sight.
    pub(super) is_read: bool,
}

/// Walks one statement.
pub(super) struct Analyser<'a> {
    pub(super) dialect: Dialect,
    pub(super) lines: &'a Lines,
    pub(super) schema: &'a dyn Schema,
    /// Common table expressions in sight, the nearest last.
    pub(super) ctes: Vec<CteInSight>,
    /// What `COLUMNS(…)` stands for while an expression over it is repeated for each column.
    pub(super) repeated: Option<Rc<Flow>>,
    /// What each group of the `select` at hand has at least so many values of, as its `having` says.
    pub(super) counted: Vec<(String, u64)>,
    tables: Vec<Table>,
    /// For each table, the spelling of each column by number, and the number by name in lower case.
    columns: Vec<(Vec<String>, HashMap<String, u32>)>,
    references: BTreeMap<(u32, u32), Reference>,
    notes: BTreeSet<(Place, String)>,
    /// Names of breakers by number.
    breakers: Vec<String>,
    left: usize,
}

impl<'a> Analyser<'a> {
    pub(super) fn new(dialect: Dialect, lines: &'a Lines, schema: &'a dyn Schema) -> Self {
        Self {
            dialect,
            lines,
            schema,
            ctes: Vec::new(),
            repeated: None,
            counted: Vec::new(),
            tables: Vec::new(),
            columns: Vec::new(),
            references: BTreeMap::new(),
            notes: BTreeSet::new(),
            breakers: Vec::new(),
            left: BUDGET,
        }
    }

    /// Takes work off what may be done.
    pub(super) fn spend(&mut self, amount: usize) -> Halted<()> {
        self.left = self.left.checked_sub(amount + 1).ok_or_else(|| {
            Halt("the statement multiplies its columns too often to be followed".to_owned())
        })?;
        Ok(())
    }

    /// The number of a function among the breakers, if it is one.
    pub(super) fn breaking(&mut self, function: &str) -> Option<u32> {
        self.schema.is_breaker(function).then(|| self.breaker(function.to_owned()))
    }

    /// The number of an aggregate of so many values among the breakers, if it is one.
    pub(super) fn blurring(&mut self, function: &str, values: u64) -> Option<u32> {
        let is_blur = self.schema.is_blur(function, values);
        is_blur.then(|| self.breaker(format!("{function} of {values} values or more")))
    }

    /// The number of the macro among the breakers that wrote the text at a place, if one did.
    pub(super) fn breaking_at(&mut self, place: Place) -> Option<u32> {
        let name = self.schema.breaker_at(place?.0 as usize)?;
        Some(self.breaker(name))
    }

    /// The number among the breakers of being another field, if a path into a document leads to one.
    pub(super) fn breaking_field(&mut self, path: &str) -> Option<u32> {
        self.schema.is_apart(path).then(|| self.breaker(super::APART.to_owned()))
    }

    fn breaker(&mut self, name: String) -> u32 {
        let at = self.breakers.iter().position(|known| *known == name).unwrap_or_else(|| {
            self.breakers.push(name);
            self.breakers.len() - 1
        });
        u32::try_from(at).unwrap_or(UNKNOWN)
    }

    /// Remembers something that could not be known.
    pub(super) fn note(&mut self, message: impl Into<String>, place: Place) {
        self.notes.insert((place, message.into()));
    }

    /// Remembers a name of the text and what it was taken for.
    pub(super) fn refer(&mut self, parts: &[Ident], place: Place, found: Found) {
        let Some((start, end)) = place else { return };
        self.references.entry((start, end)).or_insert_with(|| Reference {
            text: parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join("."),
            span: start as usize..end as usize,
            found,
        });
    }

    /// The number of a table, the same for each mention.
    pub(super) fn table(&mut self, name: Vec<String>, text: String, place: Place) -> u32 {
        let is_it = |table: &Table| {
            if name.is_empty() {
                table.name.is_empty() && table.text == text
            } else {
                table.name.len() == name.len()
                    && table.name.iter().zip(&name).all(|(a, b)| a.eq_ignore_ascii_case(b))
            }
        };
        let at = self.tables.iter().position(is_it).unwrap_or_else(|| {
            self.tables.push(Table { name, text, span: place.map(range) });
            self.columns.push(Default::default());
            self.tables.len() - 1
        });
        u32::try_from(at).unwrap_or(UNKNOWN)
    }

    /// The header of a table, as far as it is known.
    pub(super) fn header(&mut self, table: u32, place: Place) -> Halted<Vec<Item>> {
        use super::scope::OpenSource;
        use super::{EdgeKind, Known};
        let open = || Item::open(OpenSource::Table(table, EdgeKind::Copy), place);
        let known = self.tables.get(table as usize).and_then(|known| self.schema.columns(known));
        let Some(Known { columns, is_complete }) = known else { return Ok(vec![open()]) };
        self.spend(columns.len())?;
        let mut items = Vec::with_capacity(columns.len() + 1);
        for name in &columns {
            let flow = Flow::one(self.origin(table, name), EdgeKind::Copy, true, place);
            items.push(Item::column(name.as_str(), Rc::new(flow), place));
        }
        if !is_complete {
            let mut rest = open();
            if let Item::Open(rest) = &mut rest {
                rest.except = columns.iter().map(|name| name.to_lowercase()).collect();
            }
            items.push(rest);
        }
        Ok(items)
    }

    /// A column of a table.
    pub(super) fn origin(&mut self, table: u32, name: &str) -> Origin {
        let Some((spellings, numbers)) = self.columns.get_mut(table as usize) else {
            return Self::unknown(table);
        };
        let column = *numbers.entry(name.to_lowercase()).or_insert_with(|| {
            spellings.push(name.to_owned());
            u32::try_from(spellings.len() - 1).unwrap_or(UNKNOWN)
        });
        Origin { table, column }
    }

    /// A column of a table that is not known.
    pub(super) fn unknown(table: u32) -> Origin {
        Origin { table, column: UNKNOWN }
    }

    /// Whether a value is made of columns of this name.
    pub(super) fn reads(&self, flow: &Flow, name: &str) -> bool {
        flow.edges
            .keys()
            .filter_map(|origin| self.spelling(*origin))
            .any(|column| super::scope::same(column, name))
    }

    fn spelling(&self, origin: Origin) -> Option<&str> {
        let (spellings, _) = self.columns.get(origin.table as usize)?;
        spellings.get(origin.column as usize).map(String::as_str)
    }

    /// Where names stand together.
    pub(super) fn place_of(&self, parts: &[Ident]) -> Place {
        let (first, last) = (parts.first()?, parts.last()?);
        Some((self.lines.place(&first.span)?.0, self.lines.place(&last.span)?.1))
    }

    /// Analyses a statement that holds a query.
    pub(super) fn statement(&mut self, statement: &Statement) -> Halted<Shape> {
        let shape = match statement {
            Statement::Query(query) => self.query(query, None)?,
            Statement::CreateTable(create) => match &create.query {
                Some(query) => {
                    let names = create.columns.iter().map(|column| &column.name);
                    renamed(&self.query(query, None)?, names)
                }
                None => return Err(Halt("the statement creates a table without a query".to_owned())),
            },
            Statement::CreateView(create) => {
                let names = create.columns.iter().map(|column| &column.name);
                renamed(&self.query(&create.query, None)?, names)
            }
            Statement::Insert(insert) => match &insert.source {
                Some(query) => {
                    let last = |name: &sqlparser::ast::ObjectName| {
                        name.0.last().and_then(|part| part.as_ident().cloned())
                    };
                    let names: Vec<_> = insert.columns.iter().filter_map(last).collect();
                    let shape = self.query(query, None)?;
                    if insert.by_name { shape } else { renamed(&shape, names.iter()) }
                }
                None => return Err(Halt("the statement inserts without a query".to_owned())),
            },
            _ => return Err(Halt("the statement is not a query".to_owned())),
        };
        Ok(Rc::unwrap_or_clone(shape))
    }

    /// Turns numbers back into names.
    pub(super) fn finish(mut self, shape: &Shape) -> Columns {
        let mut outputs = Vec::with_capacity(shape.items.len());
        for item in &shape.items {
            outputs.push(match item {
                Item::Column(column) => Output {
                    name: column.name.to_string(),
                    is_open: false,
                    except: Vec::new(),
                    edges: self.edges(&column.flow, Some(&column.name)),
                    influences: self.influences(&column.flow.influences),
                    span: column.place.map(range),
                },
                Item::Open(open) => self.open_output(open),
            });
        }
        Columns {
            influences: self.influences(&shape.influences),
            outputs,
            references: std::mem::take(&mut self.references).into_values().collect(),
            ..self.tables_only()
        }
    }

    /// What is left when columns could not be followed: the tables met so far, and why.
    pub(super) fn tables_only(self) -> Columns {
        let note = |(place, message): (Place, String)| Note { message, span: place.map(range) };
        Columns {
            tables: self.tables,
            notes: self.notes.into_iter().map(note).collect(),
            extent: Extent::Columns,
            ..Columns::default()
        }
    }

    fn open_output(&mut self, open: &Open) -> Output {
        let flow = self.whole(open, open.place).unwrap_or_default();
        Output {
            name: "*".to_owned(),
            is_open: true,
            except: open.except.iter().cloned().collect(),
            edges: self.edges(&flow, None),
            influences: self.influences(&flow.influences),
            span: open.place.map(range),
        }
    }

    fn edges(&self, flow: &Flow, name: Option<&str>) -> Vec<Edge> {
        let edge = |(origin, mark): (&Origin, &super::flow::Mark)| {
            let column = self.spelling(*origin);
            let kind = match (name, column) {
                (Some(to), Some(from)) => mark.kind.named(from, to),
                _ => mark.kind,
            };
            Edge {
                table: origin.table as usize,
                column: column.map(str::to_owned),
                kind,
                is_certain: mark.is_certain,
                span: mark.place.map(range),
                breaker: mark.breaker.and_then(|at| self.breakers.get(at as usize).cloned()),
            }
        };
        flow.edges.iter().map(edge).collect()
    }

    fn influences(&self, influences: &Influences) -> Vec<Influence> {
        let one = |((origin, kind), place): (&(Origin, super::InfluenceKind), &Place)| Influence {
            table: origin.table as usize,
            column: self.spelling(*origin).map(str::to_owned),
            kind: *kind,
            span: place.map(range),
        };
        influences.iter().map(one).collect()
    }
}

/// A header under other names, by position.
pub(super) fn renamed<'n>(shape: &Rc<Shape>, names: impl Iterator<Item = &'n Ident>) -> Rc<Shape> {
    let names: Vec<_> = names.collect();
    if names.is_empty() {
        return Rc::clone(shape);
    }
    let items = rename(shape.items.clone(), &names);
    Rc::new(Shape { items, influences: shape.influences.clone() })
}

/// A header's items under other names, by position; the names from an open part on may each be any of its columns.
pub(super) fn rename(items: Vec<Item>, names: &[&Ident]) -> Vec<Item> {
    let open_at = items.iter().position(Item::is_open);
    let mut out = Vec::with_capacity(items.len().max(names.len()));
    let fixed = open_at.unwrap_or(items.len());
    for (at, item) in items.iter().enumerate() {
        match (item, names.get(at)) {
            (Item::Column(column), Some(name)) if at < fixed => {
                out.push(Item::column(name.value.as_str(), Rc::clone(&column.flow), column.place));
            }
            (item, _) if at < fixed => out.push(item.clone()),
            _ => break,
        }
    }
    if let Some(at) = open_at {
        let rest = rest_as_one(&items[at..]);
        out.extend(
            names.iter().skip(at).map(|name| Item::column(name.value.as_str(), Rc::clone(&rest), None)),
        );
        out.extend(items[at..].iter().cloned());
    }
    out
}

/// Columns of which some are not known as one value: each of its tables, by a column that is not known.
fn rest_as_one(items: &[Item]) -> Rc<Flow> {
    use super::EdgeKind;
    use super::scope::OpenSource;
    let mut flow = Flow::default();
    for item in items {
        match item {
            Item::Column(column) => flow.absorb(&column.flow.doubted(), EdgeKind::Copy),
            Item::Open(open) => {
                for source in &open.sources {
                    match source {
                        OpenSource::Table(table, kind) => {
                            let one = Flow::one(Analyser::unknown(*table), *kind, false, open.place);
                            flow.absorb(&one, EdgeKind::Copy);
                        }
                        OpenSource::Flow(value) => flow.absorb(&value.doubted(), EdgeKind::Copy),
                    }
                }
            }
        }
    }
    Rc::new(flow)
}

/// A place as a range of bytes.
pub(super) fn range((start, end): (u32, u32)) -> std::ops::Range<usize> {
    start as usize..end as usize
}

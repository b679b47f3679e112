//! `columns.json`: the columns of what `teal check` saw in the warehouse, for when it is out of reach. It is Teal's own.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::adapter::ColumnInfo;
use crate::diagnostic::Result;

/// What the file is written as; files of another version are not read.
const VERSION: u32 = 1;

/// Warehouses by what tells them apart, and in each the columns of relations by name.
#[derive(Serialize, Deserialize)]
struct ColumnsWire {
    version: u32,
    warehouses: BTreeMap<String, BTreeMap<String, Vec<(String, String)>>>,
}

fn wire(path: &Path) -> ColumnsWire {
    let text = std::fs::read(path).unwrap_or_default();
    let read = serde_json::from_slice::<ColumnsWire>(&text).ok().filter(|wire| wire.version == VERSION);
    read.unwrap_or(ColumnsWire { version: VERSION, warehouses: BTreeMap::new() })
}

/// Reads the columns of a warehouse's relations by name; nothing where there is no file, or none that can be read.
pub fn read_columns(path: &Path, warehouse: &str) -> BTreeMap<String, Vec<ColumnInfo>> {
    let relations = wire(path).warehouses.remove(warehouse).unwrap_or_default().into_iter();
    let columns = |columns: Vec<(String, String)>| {
        columns.into_iter().map(|(name, data_type)| ColumnInfo { name, data_type }).collect()
    };
    relations.map(|(name, of)| (name, columns(of))).collect()
}

/// Writes what was seen over what the file had, replacing it in one step; a file that says so already stays.
///
/// # Errors
/// The file cannot be written.
pub fn write_columns(path: &Path, warehouse: &str, seen: BTreeMap<String, Vec<ColumnInfo>>) -> Result<()> {
    let mut wire = wire(path);
    let relations = wire.warehouses.entry(warehouse.to_owned()).or_default();
    let mut is_new = false;
    for (name, columns) in seen {
        let columns: Vec<_> = columns.into_iter().map(|column| (column.name, column.data_type)).collect();
        is_new |= relations.insert(name.clone(), columns.clone()).as_ref() != Some(&columns);
    }
    if is_new { super::write(path, &wire) } else { Ok(()) }
}

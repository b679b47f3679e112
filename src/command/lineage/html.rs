//! Lineage as one page that needs nothing else: boxes in layers, drawn as SVG; pointing at a column shows its
//! whole way.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use super::picture::Picture;
use crate::compile::lineage::ColumnRef;
use crate::manifest::UniqueId;
use crate::sql::EdgeKind;

/// Sizes in pixels.
const ROW: usize = 22;
const HEAD: usize = 30;
const GAP: usize = 24;
const BETWEEN: usize = 110;
const LETTER: usize = 8;

const STYLE: &str = "
body { margin: 0; font: 13px system-ui, sans-serif; color: #1d2430; background: #fafbfc; }
h1 { font-size: 17px; margin: 16px 20px 4px; }
p { margin: 0 20px 8px; color: #5b6675; }
svg { display: block; }
.box { fill: #fff; stroke: #c9d1db; }
.head { fill: #eef2f6; stroke: #c9d1db; }
.node { font-weight: 600; }
.kind { fill: #7b8794; font-size: 11px; }
.edge { fill: none; stroke-width: 1.5; }
.row { cursor: default; }
.row rect { fill: transparent; }
.asked rect { fill: #fff3c4; }
.copy { stroke: #2f855a; } .rename { stroke: #38a169; } .cast { stroke: #d69e2e; }
.transform { stroke: #3182ce; } .aggregate { stroke: #805ad5; }
.doubt { stroke-dasharray: 4 3; }
.dim .edge { opacity: .12; } .dim .row { opacity: .35; }
.dim .edge.on, .dim .row.on { opacity: 1; }
@media (prefers-color-scheme: dark) {
  body { background: #14181f; color: #dfe5ec; } .box { fill: #1c222c; stroke: #3a4452; }
  .head { fill: #252d39; stroke: #3a4452; } text { fill: #dfe5ec; } .asked rect { fill: #5c4a12; }
}
";

/// Lights up everything upstream and downstream of the column pointed at.
const SCRIPT: &str = "
const edges = [...document.querySelectorAll('.edge')], svg = document.querySelector('svg');
const walk = (start, from, to) => {
  const met = new Set([start]), left = [start];
  while (left.length) { const at = left.pop();
    for (const e of edges) if (e.dataset[from] === at) { e.classList.add('on');
      if (!met.has(e.dataset[to])) { met.add(e.dataset[to]); left.push(e.dataset[to]); } } }
  return met; };
for (const row of document.querySelectorAll('.row')) {
  row.addEventListener('mouseenter', () => { svg.classList.add('dim');
    for (const id of [...walk(row.id, 'from', 'to'), ...walk(row.id, 'to', 'from')])
      document.getElementById(id)?.classList.add('on'); });
  row.addEventListener('mouseleave', () => { svg.classList.remove('dim');
    document.querySelectorAll('.on').forEach(e => e.classList.remove('on')); });
}
";

/// A node with its place on the page.
struct Shape {
    title: String,
    kind: String,
    rows: Vec<(ColumnRef, String)>,
    left: usize,
    top: usize,
    width: usize,
}

impl Shape {
    fn height(&self) -> usize {
        HEAD + ROW * self.rows.len()
    }
}

/// The page.
pub(super) fn page(picture: &Picture<'_>) -> String {
    let (shapes, width, height) = lay_out(picture);
    let subject = match &picture.subject.column {
        Some(column) => picture.name(column),
        None => picture.label(&picture.subject.node),
    };
    let title = escaped(&subject);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Lineage of {title}</title>\
         <style>{STYLE}</style></head>\n<body><h1>Lineage of {title}</h1>\n<p>"
    );
    for kind in EdgeKind::ALL {
        let _ = write!(
            out,
            "<svg width=\"40\" height=\"10\" style=\"display:inline\"><path class=\"edge {0}\" d=\"M4 5h32\"/></svg>{0} ",
            kind.as_str()
        );
    }
    let _ =
        write!(out, "</p>\n<svg class=\"picture\" width=\"{width}\" height=\"{height}\" font-size=\"13\">\n");
    let mut ends: HashMap<&ColumnRef, (usize, usize, usize)> = HashMap::new();
    let mut numbers: HashMap<&ColumnRef, usize> = HashMap::new();
    for shape in &shapes {
        for (at, (column, _)) in shape.rows.iter().enumerate() {
            ends.insert(
                column,
                (shape.left, shape.left + shape.width, shape.top + HEAD + ROW * at + ROW / 2),
            );
            let number = numbers.len();
            numbers.insert(column, number);
        }
    }
    for hop in picture.hops() {
        let (Some((_, x1, y1)), Some((x2, _, y2))) = (ends.get(&hop.from), ends.get(&hop.to)) else {
            continue;
        };
        let (Some(from), Some(to)) = (numbers.get(&hop.from), numbers.get(&hop.to)) else { continue };
        let doubt = if hop.is_certain { "" } else { " doubt" };
        let bend = BETWEEN / 2;
        let _ = writeln!(
            out,
            "<path class=\"edge {0}{doubt}\" data-from=\"c{from}\" data-to=\"c{to}\" d=\"M{x1} {y1}C{2} {y1} {3} {y2} {x2} {y2}\">\
             <title>{1}</title></path>",
            hop.kind.as_str(),
            escaped(&format!(
                "{} -> {} ({})",
                picture.name(&hop.from),
                picture.name(&hop.to),
                hop.kind.as_str()
            )),
            x1 + bend,
            x2.saturating_sub(bend),
        );
    }
    for shape in &shapes {
        draw(&mut out, picture, shape, &numbers);
    }
    let _ = write!(
        out,
        "</svg>\n<script>{}</script></body></html>\n",
        SCRIPT.replace("'svg')", "'svg.picture')")
    );
    out
}

fn draw(out: &mut String, picture: &Picture<'_>, shape: &Shape, numbers: &HashMap<&ColumnRef, usize>) {
    let (left, top, width) = (shape.left, shape.top, shape.width);
    let _ = writeln!(
        out,
        "<rect class=\"box\" x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{}\" rx=\"4\"/>",
        shape.height()
    );
    let _ = writeln!(
        out,
        "<rect class=\"head\" x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{HEAD}\" rx=\"4\"/>\
         <text class=\"node\" x=\"{0}\" y=\"{1}\">{2} <tspan class=\"kind\">{3}</tspan></text>",
        left + 10,
        top + 20,
        escaped(&shape.title),
        escaped(&shape.kind),
    );
    for (at, (column, place)) in shape.rows.iter().enumerate() {
        let y = top + HEAD + ROW * at;
        let asked = if picture.subject.column.as_ref() == Some(column) { " asked" } else { "" };
        let id = numbers.get(column).copied().unwrap_or_default();
        let _ = writeln!(
            out,
            "<g class=\"row{asked}\" id=\"c{id}\"><title>{place}</title><rect x=\"{0}\" y=\"{y}\" width=\"{1}\" height=\"{ROW}\"/>\
             <text x=\"{2}\" y=\"{3}\">{4}</text></g>",
            left + 1,
            width - 2,
            left + 10,
            y + 16,
            escaped(&column.column),
            place = escaped(place),
        );
    }
}

/// Nodes in layers from left to right, each below the one before it, and the size of it all.
fn lay_out(picture: &Picture<'_>) -> (Vec<Shape>, usize, usize) {
    let nodes = picture.nodes();
    let mut layer: BTreeMap<&UniqueId, usize> = nodes.iter().map(|(id, _)| (id, 0)).collect();
    let hops = picture.hops();
    // Nodes come parents first, so that one time through them settles every layer.
    for (id, _) in &nodes {
        let parents = hops.iter().filter(|hop| hop.to.node == *id && hop.from.node != *id);
        let deepest = parents.filter_map(|hop| layer.get(&hop.from.node)).max();
        if let Some(deepest) = deepest.map(|deepest| deepest + 1) {
            layer.insert(id, deepest);
        }
    }
    let mut readers: BTreeMap<String, (String, usize)> = BTreeMap::new();
    for (id, _) in &nodes {
        for exposure in picture.exposures(id) {
            let after = layer.get(id).copied().unwrap_or_default() + 1;
            let entry =
                readers.entry(exposure.name.clone()).or_insert((exposure.exposure_type.clone(), after));
            entry.1 = entry.1.max(after);
        }
    }
    let mut shapes: Vec<(usize, Shape)> = Vec::new();
    for (id, names) in &nodes {
        let rows = names.iter().map(|name| {
            let column = ColumnRef { node: UniqueId::clone(id), column: name.clone() };
            let place = picture.place(&column);
            (column, place)
        });
        let (title, kind) = (picture.label(id), picture.kind(id).to_owned());
        let at = layer.get(id).copied().unwrap_or_default();
        shapes.push((at, Shape { title, kind, rows: rows.collect(), left: 0, top: 0, width: 0 }));
    }
    for (name, (kind, at)) in readers {
        shapes.push((at, Shape { title: name, kind, rows: Vec::new(), left: 0, top: 0, width: 0 }));
    }
    let layers = shapes.iter().map(|(at, _)| at + 1).max().unwrap_or_default();
    let (mut left, mut height) = (20, 0);
    for at in 0..layers {
        let mut top = 20;
        let mut widest = 0;
        for (_, shape) in shapes.iter_mut().filter(|(layer, _)| *layer == at) {
            let longest =
                shape.rows.iter().map(|(column, _)| column.column.chars().count()).max().unwrap_or_default();
            let head = shape.title.chars().count() + shape.kind.chars().count() + 2;
            shape.width = LETTER * longest.max(head) + 24;
            (shape.left, shape.top) = (left, top);
            top += shape.height() + GAP;
            widest = widest.max(shape.width);
        }
        left += widest + BETWEEN;
        height = height.max(top);
    }
    (shapes.into_iter().map(|(_, shape)| shape).collect(), left, height)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

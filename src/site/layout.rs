//! Where nodes stand in the graph: in layers from left to right, with few crossings.

use rust_sugiyama::configure::{Config, RankingType};
use rust_sugiyama::from_vertices_and_edges;

use super::resource::Resource;

/// The place of a node's middle, in units of the drawing.
pub(super) type Spot = (i32, i32);

const WIDTH: f64 = 190.0;
const HEIGHT: f64 = 26.0;
const SPACING: f64 = 22.0;
/// How many nodes that touch no other stand in a column.
const COLUMN: usize = 12;

/// A place for each resource that takes part in the graph.
pub(super) fn places(resources: &[Resource<'_>]) -> Vec<Option<Spot>> {
    let id = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let mut edges = Vec::new();
    let mut touched = vec![false; resources.len()];
    for (at, resource) in resources.iter().enumerate().filter(|(_, resource)| resource.is_drawn()) {
        for parent in resource.parents.iter().copied().filter(|parent| resources[*parent].is_drawn()) {
            edges.push((parent, at));
            touched[parent] = true;
            touched[at] = true;
        }
    }
    // The crate answers with a node's number among those it was given, so they are numbered for it.
    let given: Vec<usize> = (0..resources.len()).filter(|at| touched[*at]).collect();
    let mut number = vec![0; resources.len()];
    for (new, at) in given.iter().enumerate() {
        number[*at] = id(new);
    }
    let edges: Vec<_> =
        edges.into_iter().map(|(from, to): (usize, usize)| (number[from], number[to])).collect();
    // Layers run downwards in the crate and to the right here, so width and height change places.
    let size = (HEIGHT, WIDTH);
    let vertices: Vec<_> = (0..given.len()).map(|at| (id(at), size)).collect();
    // The other rankings take minutes for thousands of nodes, as does swapping neighbours.
    let config = Config {
        ranking_type: RankingType::Down,
        transpose: false,
        vertex_spacing: SPACING,
        dummy_size: 0.4,
        ..Config::default()
    };
    let mut places = vec![None; resources.len()];
    let mut top = 0.0;
    for (part, _, _) in from_vertices_and_edges(&vertices, &edges, &config) {
        let low = part.iter().map(|(_, (y, _))| *y).fold(f64::INFINITY, f64::min);
        let high = part.iter().map(|(_, (y, _))| *y).fold(f64::NEG_INFINITY, f64::max);
        let first = part.iter().map(|(_, (_, x))| *x).fold(f64::INFINITY, f64::min);
        for (at, (y, x)) in part {
            places[given[at]] = Some((round(x - first), round(y - low + top)));
        }
        top += high - low + HEIGHT + SPACING;
    }
    let alone = (0..resources.len()).filter(|at| !touched[*at] && resources[*at].is_drawn());
    for (number, at) in alone.enumerate() {
        let (column, row) = (number / COLUMN, number % COLUMN);
        let step = |count: usize, size: f64| f64::from(id(count)) * (size + SPACING);
        places[at] = Some((round(step(column, WIDTH)), round(top + step(row, HEIGHT))));
    }
    places
}

#[expect(clippy::cast_possible_truncation, reason = "a drawing is far smaller than that")]
fn round(number: f64) -> i32 {
    number.round() as i32
}

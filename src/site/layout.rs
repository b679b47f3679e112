//! Where nodes stand in the graph: in layers from left to right, with few crossings.

use std::collections::BTreeMap;

use petgraph::unionfind::UnionFind;
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
/// Where edges cross more layers than this together, only the shortest of each node are laid out: the crate takes a
/// step over each layer as a node of its own, and nobody follows so many of them.
const MANY: usize = 10_000;
/// The crate follows a path by recursion, and a project may be one long path.
const STACK: usize = 512 << 20;

/// From one node to one that reads it.
type Edge = (usize, usize);

/// A place for each resource that takes part in the graph.
pub(super) fn places(resources: &[Resource<'_>]) -> Vec<Option<Spot>> {
    let mut edges = Vec::new();
    for (at, resource) in resources.iter().enumerate().filter(|(_, resource)| resource.is_drawn()) {
        edges.extend(
            resource.parents.iter().filter(|p| resources[**p].is_drawn()).map(|parent| (*parent, at)),
        );
    }
    let ranks = ranks(&edges, resources.len());
    let is_large = edges.iter().map(|(from, to)| ranks[*to] - ranks[*from]).sum::<usize>() > MANY;
    if is_large {
        edges = shortest(&edges, &ranks);
    }
    let mut parts = UnionFind::<usize>::new(resources.len());
    for (from, to) in &edges {
        parts.union(*from, *to);
    }
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for at in (0..resources.len()).filter(|at| resources[*at].is_drawn()) {
        members.entry(parts.find(at)).or_default().push(at);
    }
    let mut edges_of: BTreeMap<usize, Vec<Edge>> = BTreeMap::new();
    for edge in edges {
        edges_of.entry(parts.find(edge.0)).or_default().push(edge);
    }
    let mut places = vec![None; resources.len()];
    let mut top = 0.0;
    for (part, edges) in &edges_of {
        let spots = stacker::grow(STACK, || connected(&members[part], edges, is_large));
        let range = |key: fn(&(usize, f64, f64)) -> f64| {
            spots
                .iter()
                .map(key)
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), one| (low.min(one), high.max(one)))
        };
        let ((left, _), (low, high)) = (range(|spot| spot.1), range(|spot| spot.2));
        for (at, x, y) in &spots {
            places[*at] = Some((round(x - left), round(y - low + top)));
        }
        top += high - low + HEIGHT + SPACING;
    }
    let alone = members.values().filter(|part| part.len() == 1).flatten();
    for (number, at) in alone.enumerate() {
        let (column, row) = (number / COLUMN, number % COLUMN);
        let step = |count: usize, size: f64| f64::from(small(count)) * (size + SPACING);
        places[*at] = Some((round(step(column, WIDTH)), round(top + step(row, HEIGHT))));
    }
    places
}

/// Places of nodes that all hang together, as the crate chooses them.
fn connected(members: &[usize], edges: &[Edge], is_large: bool) -> Vec<(usize, f64, f64)> {
    // The crate answers with a node's number among those it was given, so they are numbered for it.
    let number = |at: &usize| small(members.binary_search(at).unwrap_or_default());
    let edges: Vec<_> = edges.iter().map(|(from, to)| (number(from), number(to))).collect();
    // Layers run downwards in the crate and to the right here, so width and height change places.
    let vertices: Vec<_> = (0..members.len()).map(|at| (small(at), (HEIGHT, WIDTH))).collect();
    // The other rankings take minutes for thousands of nodes, as does swapping neighbours. Only with all edges
    // there may a node be moved to the right: without them it could come to stand behind what reads it.
    let config = Config {
        ranking_type: if is_large { RankingType::Up } else { RankingType::Down },
        transpose: false,
        vertex_spacing: SPACING,
        dummy_size: 0.4,
        ..Config::default()
    };
    let parts = from_vertices_and_edges(&vertices, &edges, &config);
    parts.into_iter().flat_map(|(part, _, _)| part).map(|(at, (y, x))| (members[at], x, y)).collect()
}

/// The edges of each node to the parents that stand in the layer before it, and one to a child where a node
/// would have none.
fn shortest(edges: &[Edge], ranks: &[usize]) -> Vec<Edge> {
    let length = |(from, to): &Edge| ranks[*to] - ranks[*from];
    let mut has_child = vec![false; ranks.len()];
    let mut kept: Vec<Edge> = edges.iter().copied().filter(|edge| length(edge) == 1).collect();
    for (from, _) in &kept {
        has_child[*from] = true;
    }
    let mut nearest: BTreeMap<usize, Edge> = BTreeMap::new();
    for edge in edges.iter().filter(|(from, _)| !has_child[*from] && ranks[*from] == 0) {
        let best = nearest.entry(edge.0).or_insert(*edge);
        if length(edge) < length(best) {
            *best = *edge;
        }
    }
    kept.extend(nearest.into_values());
    kept
}

/// How many steps away the farthest beginning of each node is.
fn ranks(edges: &[Edge], count: usize) -> Vec<usize> {
    let (mut children, mut waiting) = (vec![Vec::new(); count], vec![0; count]);
    for (from, to) in edges {
        children[*from].push(*to);
        waiting[*to] += 1;
    }
    let mut ranks = vec![0; count];
    let mut ready: Vec<usize> = (0..count).filter(|at| waiting[*at] == 0).collect();
    while let Some(at) = ready.pop() {
        for child in &children[at] {
            ranks[*child] = ranks[*child].max(ranks[at] + 1);
            waiting[*child] -= 1;
            if waiting[*child] == 0 {
                ready.push(*child);
            }
        }
    }
    ranks
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[expect(clippy::cast_possible_truncation, reason = "a drawing is far smaller than that")]
fn round(number: f64) -> i32 {
    number.round() as i32
}

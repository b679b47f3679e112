// The way of a column: what it is made of up to its sources, and what is made of it down to exposures.
"use strict";

teal.way = {
  // Rows of columns by node, the asked one among them, and steps as {from, column, to, name, kind}.
  async of(at, name) {
    const rows = new Map(), links = [], met = new Set();
    const row = (node, column) => {
      if (!rows.has(node)) rows.set(node, []);
      const known = rows.get(node).find(other => other.toLowerCase() === column.toLowerCase());
      if (known !== undefined) return known;
      rows.get(node).push(column);
      return column;
    };
    const entry = async (node, column) => (await teal.steps(node)).find(([other]) => other.toLowerCase() === column.toLowerCase());
    const start = await entry(at, name);
    if (!start) throw new Error(`${teal.title(teal.nodes[at])} has no column ${name}`);
    // One direction: 1 are the columns it is made of, 2 those made of it.
    const walk = async side => {
      let edge = [[at, start[0]]];
      while (edge.length) {
        const further = [];
        for (const [node, column] of edge) {
          const here = await entry(node, column), shown = row(node, here ? here[0] : column);
          for (const [other, found, kind] of here ? here[side] : []) {
            const there = row(other, found);
            links.push(side === 1 ? { from: other, column: there, to: node, name: shown, kind } : { from: node, column: shown, to: other, name: there, kind });
            const key = `${side} ${other} ${there}`;
            if (!met.has(key)) { met.add(key); further.push([other, there]); }
          }
          if (side === 2) for (const reader of teal.children[node]) if (teal.nodes[reader].t === "exposure") {
            // An exposure reads a node, nobody knows which of its columns.
            if (!rows.has(reader)) rows.set(reader, []);
            if (!links.some(({ from, to }) => from === node && to === reader)) links.push({ from: node, to: reader, kind: "reads" });
          }
        }
        edge = further;
      }
    };
    row(at, start[0]);
    await walk(1);
    await walk(2);
    return { rows, links };
  },

  // The same as a list in a page, under the button that asked for it.
  async list(button, place, at, column) {
    const open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(open));
    if (!open) return place.replaceChildren();
    const h = teal.h.bind(teal);
    const { links } = await this.of(at, column);
    const line = (node, name, kind, inner) => h("div", { class: "path" },
      h("a", { href: teal.address(teal.nodes[node], name) }, `${teal.title(teal.nodes[node])}${name === undefined ? "" : `.${name}`}`), h("span", { class: "from" }, ` ${kind}`), inner);
    const met = new Set();
    const tree = (node, name, side) => {
      const key = `${side} ${node} ${name}`;
      if (met.has(key)) return [];
      met.add(key);
      return links.filter(link => side === "up" ? link.to === node && link.name === name : link.from === node && (link.column === name || link.kind === "reads"))
        .map(link => side === "up" ? line(link.from, link.column, link.kind, tree(link.from, link.column, side)) : line(link.to, link.name, link.kind, tree(link.to, link.name, side)));
    };
    const up = tree(at, column, "up"), down = tree(at, column, "down");
    place.replaceChildren(...(up.length ? [h("strong", {}, "Made of"), ...up] : []), ...(down.length ? [h("strong", {}, "Goes into"), ...down] : []));
  },
};

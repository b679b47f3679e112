// The selectors of the command line over the nodes of the graph: names, methods, `+`, `@`, `n+`, unions by
// spaces and intersections by commas.
"use strict";

teal.select = function (text) {
  const sets = text.trim().split(/\s+/).filter(Boolean).map(term =>
    term.split(",").map(part => teal.select.one(part)).reduce((a, b) => new Set([...a].filter(at => b.has(at)))));
  return new Set(sets.flatMap(set => [...set]));
};

// One criterion, such as `2+tag:nightly+`.
teal.select.one = function (text) {
  const [, at, up, body, down] = text.match(/^(@)?(\d*\+)?(.*?)(\+\d*)?$/);
  const found = teal.nodes.flatMap((node, place) => node.xy && teal.select.meets(node, body) ? [place] : []);
  const steps = part => part === undefined ? 0 : parseInt(part.replace("+", "") || "9999", 10);
  const below = teal.select.walk(found, at ? 9999 : steps(down), place => teal.children[place]);
  const above = teal.select.walk(at ? [...below] : found, at ? 9999 : steps(up), place => teal.nodes[place].in || []);
  return new Set([...found, ...above, ...below]);
};

// Everything within so many steps.
teal.select.walk = function (from, steps, next) {
  const met = new Set(from);
  let edge = [...from];
  for (let step = 0; step < steps && edge.length; step++) {
    edge = edge.flatMap(place => next(place).filter(other => teal.nodes[other].xy && !met.has(other) && met.add(other)));
  }
  return met;
};

teal.select.meets = function (node, text) {
  const colon = text.indexOf(":");
  const [method, value] = colon < 0 ? ["", text] : [text.slice(0, colon), text.slice(colon + 1)];
  const like = other => other !== undefined && teal.select.pattern(value).test(other);
  const within = path => path !== undefined && (like(path) || path.startsWith(value.replace(/\/$/, "") + "/"));
  switch (method) {
    case "tag": return (node.tags || []).some(like);
    case "path": return within(node.f);
    case "file": return like(node.f?.split("/").pop()) || like(node.f?.split("/").pop().replace(/\.\w+$/, ""));
    case "package": return like(node.p);
    case "group": return like(node.g);
    case "access": return like(node.a);
    case "resource_type": return like(node.t);
    case "source": return node.t === "source" && (like(node.src) || like(`${node.src}.${node.n}`));
    case "exposure": case "metric": case "semantic_model": case "saved_query": case "function": return node.t === method && like(node.n);
    case "config.materialized": return like(node.m);
    case "result": return like(node.st);
    case "": case "fqn": {
      if (/[/\\]|\.(sql|py|csv)$/.test(value)) return within(node.f) || like(node.f?.split("/").pop());
      const fqn = node.q || [];
      return like(node.n) || like(fqn.join(".")) || fqn.slice(0, -1).some((_, at) => like(fqn.slice(0, at + 1).join("."))) || like(fqn.slice(1).join("."));
    }
    default: return false;
  }
};

teal.select.pattern = function (text) {
  return new RegExp(`^${text.replace(/[.+^${}()|\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".")}$`);
};

// The selectors of the command line, over all resources: names, methods, `+`, `@`, `n+`, unions by spaces,
// intersections by commas, `--exclude`, and the selectors of `selectors.yml`. What the command line refuses is
// refused here, in its words.
"use strict";

// The resources that are meant, by their places, and the words that mean none.
teal.select = async function (select, exclude) {
  const [config] = await Promise.all([teal.piece("config"), teal.everything()]);
  const choice = new teal.select.Choice(config);
  const chosen = select.trim() ? choice.union(select) : new Set(choice.members);
  for (const at of choice.union(exclude || "")) chosen.delete(at);
  return { chosen: new Set([...chosen].filter(at => teal.nodes[at].xy)), missed: choice.missed };
};

// Everything within so many steps.
teal.select.walk = function (from, steps, next) {
  const met = new Set(from);
  let edge = [...from];
  for (let step = 0; step < steps && edge.length; step++) {
    const further = [];
    for (const place of edge) for (const other of next(place)) if (!met.has(other)) { met.add(other); further.push(other); }
    edge = further;
  }
  return met;
};
teal.select.parents = at => (teal.nodes[at].in || []).filter(other => teal.nodes[other].xy);

teal.select.methods = ["fqn", "tag", "group", "access", "source", "path", "file", "package", "config", "test_name", "test_type", "resource_type",
  "state", "exposure", "metric", "result", "source_status", "version", "semantic_model", "saved_query", "function", "unit_test", "selector"];
teal.select.kinds = ["model", "seed", "snapshot", "analysis", "test", "unit_test", "source", "exposure", "metric", "semantic_model", "saved_query", "function"];

teal.select.Choice = class {
  constructor(config) {
    this.config = config;
    this.missed = [];
    const outside = new Set(["macro", "group"]);
    this.members = [...teal.nodes.keys()].filter(at => !outside.has(teal.nodes[at].t));
    this.below = teal.nodes.map(() => []);
    for (const at of this.members) for (const parent of teal.nodes[at].in || []) this.below[parent].push(at);
  }

  union(text) {
    const sets = text.trim().split(/\s+/).filter(Boolean).map(term => {
      const parts = term.split(",").map(part => this.one(part));
      const met = parts.reduce((a, b) => new Set([...a].filter(at => b.has(at))));
      if (!met.size) this.missed.push(term);
      return met;
    });
    return new Set(sets.flatMap(set => [...set]));
  }

  // One criterion, such as `2+tag:nightly+`.
  one(text) {
    const [, at, parents, up, method, value, children, down] = text.match(/^(@)?((\d*)\+)?(?:([\w.]+):)?(.*?)(\+(\d*))?$/s);
    if (at && children) throw new Error(`Invalid node spec ${text} - "@" prefix and "+" suffix are incompatible`);
    const depth = (part, number) => part === undefined ? 0 : number === "" ? Infinity : Number(number);
    return this.reach(this.meet(method, value), { all: Boolean(at), up: depth(parents, up), down: depth(children, down) });
  }

  reach(found, { all, up, down }) {
    const below = teal.select.walk(found, all ? Infinity : down, at => this.below[at]);
    const above = teal.select.walk(all ? below : found, all ? Infinity : up, at => teal.nodes[at].in || []);
    return new Set([...found, ...above, ...below]);
  }

  meet(method, value) {
    const [name, ...keys] = (method || this.usual(value)).split(".");
    if (!teal.select.methods.includes(name)) throw new Error(`'${name}' is not a valid method name`);
    if (name === "selector") return this.named(value);
    const holds = this.check(name, keys, value);
    return new Set(this.members.filter(at => holds(teal.nodes[at], at)));
  }

  usual(value) { return value.includes("/") ? "path" : /\.(sql|py|csv)$/i.test(value) ? "file" : "fqn"; }

  check(method, keys, value) {
    const like = teal.select.pattern(value), words = value.split(".");
    const refuse = text => { throw new Error(text); };
    const named = kind => {
      if (words.length > 2) refuse(`Invalid ${kind.replaceAll("_", " ")} selector value "${value}"`);
      const [name, pack] = words.reverse().map(teal.select.pattern);
      return node => node.t === kind && name(node.n) && (!pack || pack(node.p));
    };
    switch (method) {
      case "fqn": return node => node.t !== "source" && teal.select.fqn(node, value);
      case "tag": return node => (node.tags || []).some(like);
      case "group": return node => node.g !== undefined && like(node.g);
      case "access": return node => node.t === "model" && (node.a || "protected") === value;
      case "package": return value === "this" ? node => node.p === teal.core.project.name : node => like(node.p);
      case "path": {
        const within = teal.select.path(value);
        return (node, at) => within(node.f || "") || (this.config.files[at] !== undefined && within(this.config.files[at]));
      }
      case "file": return node => { const name = (node.f || "").split("/").pop(); return like(name) || like(name.replace(/\.[^.]*$/, "")); };
      case "config": return (node, at) => teal.select.configured(this.config.known[this.config.of[at]] || {}, keys, value);
      case "source": {
        if (words.length > 3) refuse(`Invalid source selector value "${value}"`);
        const [pack, source, table] = (words.length === 3 ? words : ["*", words[0], words[1] ?? "*"]).map(teal.select.pattern);
        return node => node.t === "source" && pack(node.p) && source(node.src) && table(node.n);
      }
      case "exposure": case "metric": case "semantic_model": case "saved_query": case "function": case "unit_test": return named(method);
      case "resource_type":
        if (!teal.select.kinds.includes(value)) refuse(`Invalid resource_type selector "${value}"`);
        return node => node.t === value;
      case "test_name": return node => node.t === "unit_test" ? like(node.n) : node.test !== undefined && like(node.test);
      case "test_type": {
        const kinds = { generic: ["generic"], schema: ["generic"], data: ["generic", "singular"], singular: ["singular"], unit: ["unit"] }[value];
        if (!kinds) refuse(`Invalid test type selector ${value}`);
        return node => kinds.includes(node.t === "unit_test" ? "unit" : node.t !== "test" ? "" : node.test ? "generic" : "singular");
      }
      case "version": {
        if (!["latest", "prerelease", "old", "none"].includes(value)) refuse(`Invalid version type selector ${value}`);
        return node => node.t === "model" && teal.select.version(node) === value;
      }
      case "result": return node => node.st === value;
      default: return refuse(`\`${method}:\` compares with an earlier run, which this page knows nothing of`);
    }
  }

  // The selectors of the project that have the name.
  named(name) {
    const known = this.config.selectors || {}, names = Object.keys(known).filter(teal.select.pattern(name));
    if (!names.length) throw new Error(`there is no selector \`${name}\`${Object.keys(known).length ? `; there are ${Object.keys(known).join(", ")}` : ""}`);
    return new Set(names.flatMap(name => [...this.defined(known[name].definition)]));
  }

  defined(definition) {
    if (typeof definition === "string") return this.one(definition);
    const parts = definition.union || definition.intersection;
    if (parts) {
      const sets = parts.filter(part => !part.exclude || part.method).map(part => this.defined(part));
      const joined = definition.union ? new Set(sets.flatMap(set => [...set]))
        : sets.reduce((a, b) => new Set([...a].filter(at => b.has(at))), sets[0] || new Set());
      for (const part of parts.filter(part => part.exclude && !part.method)) this.without(joined, part.exclude);
      return joined;
    }
    if (!definition.method) { const [[method, value]] = Object.entries(definition); return this.meet(method, String(value)); }
    const depth = side => definition[side] ? definition[`${side}_depth`] ?? Infinity : 0;
    const found = this.reach(this.meet(definition.method, String(definition.value)), { all: Boolean(definition.childrens_parents), up: depth("parents"), down: depth("children") });
    this.without(found, definition.exclude || []);
    return found;
  }

  without(set, parts) { for (const part of [parts].flat()) for (const at of this.defined(part)) set.delete(at); }
};

// Whether a name means a node, with or without its package before it.
teal.select.fqn = function (node, name) {
  const fqn = teal.folders(node), words = name.split(".");
  const means = fqn => {
    let leaf = fqn.at(-1);
    if (node.v !== undefined && fqn.length > 1) {
      // `orders.v2` and `orders_v2` both mean a version.
      const version = leaf;
      leaf = fqn.at(-2);
      if (leaf === name || `${leaf}_${version}` === words.slice(-2).join("_")) return true;
    } else if (leaf === name) return true;
    const path = fqn.flatMap(part => part.split("."));
    if (leaf === undefined || path.length < words.length) return false;
    const at = words.findIndex(word => /[*?[\]]/.test(word));
    const same = count => words.slice(0, count).every((word, place) => word === path[place]);
    if (at < 0) return same(words.length);
    return same(at) && (teal.select.pattern(words.slice(at).join("."))(path.slice(at).join(".")) || (words.length === 1 && teal.select.pattern(name)(leaf)));
  };
  return means(fqn) || means(fqn.slice(1));
};

// A pattern with the wildcards of Python: `*`, `?`, `[abc]`, `[!abc]`.
teal.select.pattern = function (text) {
  const body = text.replace(/\[(!?)(.[^\]]*)\]|[\\^$.|?*+()[\]{}]/gs, (all, not, letters) =>
    letters ? `[${not ? "^" : ""}${letters.replace(/[\\\]^[]/g, "\\$&")}]` : all === "*" ? ".*" : all === "?" ? "." : `\\${all}`);
  const whole = new RegExp(`^${body}$`, "s");
  return name => whole.test(name);
};

// A pattern of folders: it means what is in them; `**` is any number of folders.
teal.select.path = function (text) {
  const parts = text => text.split("/").filter(part => part && part !== ".");
  const wanted = parts(text).map(part => part === "**" ? part : teal.select.pattern(part));
  const from = (path, at, way) => at === wanted.length ? way === path.length
    : wanted[at] === "**" ? path.slice(way).concat([0]).some((_, skipped) => from(path, at + 1, way + skipped))
    : way < path.length && wanted[at](path[way]) && from(path, at + 1, way + 1);
  return file => { const path = parts(file); return path.some((_, end) => from(path.slice(0, end + 1), 0, 0)); };
};

// Whether a configuration has a value, or a list with the value, at a path of keys.
teal.select.configured = function (config, keys, value) {
  const found = keys.reduce((value, key) => value && typeof value === "object" ? value[key] : undefined, config);
  const same = item => typeof item === "boolean" ? String(item) === value.toLowerCase()
    : keys.join() === "severity" && typeof item === "string" ? item.toLowerCase() === value.toLowerCase() : String(item) === value;
  return keys.length > 0 && found !== undefined && found !== null && (Array.isArray(found) ? found.some(same) : typeof found !== "object" && same(found));
};

teal.select.version = function (node) {
  if (node.v === undefined || node.lv === undefined) return node.v === undefined ? "none" : undefined;
  const [a, b] = [node.v, node.lv].map(Number);
  const order = Number.isNaN(a) || Number.isNaN(b) ? (String(node.v) > String(node.lv)) - (String(node.v) < String(node.lv)) : Math.sign(a - b);
  return order === 0 ? "latest" : order > 0 ? "prerelease" : "old";
};

// The page of one resource.
"use strict";

teal.resource = async function (at, column) {
  const h = this.h.bind(this), node = this.nodes[at], more = await this.details(at);
  const fact = (name, ...value) => value.flat().some(part => part || part === 0) ? h("div", {}, h("dt", {}, name), h("dd", {}, value)) : null;
  const list = places => h("ul", {}, places.map(other => h("li", {}, this.link(other), h("span", { class: "kind" }, ` ${this.kind(this.nodes[other])}`))));
  const owner = more.facts.owner && [more.facts.owner.name, more.facts.owner.email].flat().filter(Boolean).join(", ");
  const when = more.result?.at ? String(more.result.at).slice(0, 19).replace("T", " ") : "";
  const shown = new Set(["label", "type", "maturity", "url", "owner", "loader", "loaded_at_field", "version"]);
  const rest = Object.entries(more.facts).filter(([key]) => !shown.has(key));
  const lines = value => typeof value === "object" ? h("pre", {}, JSON.stringify(value, null, 2)) : h("code", {}, String(value));
  const url = /^https?:/.test(more.facts.url || "") ? h("a", { href: more.facts.url, rel: "noreferrer noopener" }, more.facts.url) : more.facts.url;
  const parents = (node.in || []).filter(other => this.nodes[other]);
  const tests = more.tests.filter(test => !more.cols.some(entry => entry.tests.includes(test)));
  return [
    h("p", { class: "kind" }, this.kind(node), node.p !== this.core.project.name ? ` · package ${node.p}` : ""),
    h("h1", {}, this.title(node)),
    h("p", {}, (node.tags || []).map(tag => h("a", { class: "chip", href: `#/graph?select=${encodeURIComponent(`tag:${tag}`)}` }, tag)),
      node.pii ? h("span", { class: "chip pii" }, "personal data") : null),
    h("dl", { class: "facts" },
      fact("Relation", more.rel ? h("code", {}, more.rel) : ""), fact("Group", node.g), fact("Access", node.a), fact("Version", more.facts.version),
      fact("Owner", owner || more.owner), fact("Type", more.facts.type), fact("Maturity", more.facts.maturity), fact("URL", url), fact("Label", more.facts.label),
      fact("Loader", more.facts.loader), fact("Loaded at", more.facts.loaded_at_field), fact("Rows", this.count(node.rows)),
      more.result?.status ? fact("Last run", this.status(more.result.status), when ? ` ${when}` : "", more.result.seconds ? `, ${this.seconds(more.result.seconds)}` : "") : null,
      fact("File", h("code", {}, node.f))),
    more.result?.message && !["pass", "success"].includes(more.result.status) ? h("pre", {}, more.result.message) : null,
    more.d ? h("section", { "aria-label": "Description", html: more.d }) : h("p", { class: "kind" }, "No description."),
    more.cols.length ? [h("h2", {}, "Columns"), this.columns(at, more.cols, column)] : null,
    node.xy ? [h("h2", {}, "Lineage"), this.graph.small(at), h("p", {}, h("a", { href: `#/graph?focus=${encodeURIComponent(node.id)}` }, "Open in the lineage view"))] : null,
    tests.length ? [h("h2", {}, "Tests"), this.testList(tests)] : null,
    more.raw ? [h("h2", {}, "Code"), this.code(more)] : null,
    parents.length ? [h("h2", {}, node.t === "test" || node.t === "unit_test" ? "About" : "Depends on"), list(parents)] : null,
    more.out.length ? [h("h2", {}, "Used by"), list(more.out)] : null,
    node.t === "group" ? [h("h2", {}, "Members"), list(this.nodes.flatMap((other, place) => other.g === node.n ? [place] : []))] : null,
    rest.map(([key, value]) => [h("h3", {}, key.replaceAll("_", " ")), lines(value)]),
    Object.keys(more.meta || {}).length ? [h("h2", {}, "Meta"), lines(more.meta)] : null,
    Object.keys(more.config).length ? h("details", {}, h("summary", {}, "Configuration"), lines(more.config)) : null,
  ].flat(2).filter(Boolean);
};

teal.testList = function (places) {
  return this.h("ul", {}, places.map(test => {
    const node = this.nodes[test];
    return this.h("li", {}, this.link(test), " ", this.status(node.st));
  }));
};

// The columns, each with what it is made of; a click shows its whole way.
teal.columns = function (at, columns, chosen) {
  const h = this.h.bind(this);
  const row = entry => {
    const way = h("div", {});
    const made = entry.from.length
      ? h("button", { type: "button", class: "link from", "aria-expanded": "false", onclick: event => this.way(event.currentTarget, way, at, entry.n) },
        "from ", entry.from.slice(0, 3).map(([other, name]) => `${this.title(this.nodes[other])}.${name}`).join(", "), entry.from.length > 3 ? " …" : "")
      : null;
    return h("tr", { class: chosen && chosen.toLowerCase() === entry.n.toLowerCase() ? "chosen" : null },
      h("td", {}, h("a", { class: "mono", href: this.address(this.nodes[at], entry.n) }, entry.n)),
      h("td", { class: "mono" }, entry.t || ""),
      h("td", {}, entry.d ? h("div", { html: entry.d }) : null, entry.by === undefined ? null : h("span", { class: "from" }, "described at ", this.link(entry.by)),
        entry.c.map(name => h("span", { class: "chip pii" }, name)), made, way),
      h("td", {}, entry.tests.map(test => h("div", {}, this.link(test, this.short(this.nodes[test], entry.n)), " ", this.status(this.nodes[test].st)))));
  };
  return h("div", { class: "scroll" }, h("table", {},
    h("thead", {}, h("tr", {}, ["Column", "Type", "Description", "Tests"].map(text => h("th", { scope: "col" }, text)))),
    h("tbody", {}, columns.map(row))));
};

// A test's name without what its place says already.
teal.short = function (test, column) {
  const end = test.n.indexOf(`_${column}`);
  const about = (test.in || []).map(place => this.nodes[place].n).find(name => test.n.includes(`_${name}_`));
  return about ? test.n.slice(0, test.n.indexOf(`_${about}_`)) : end > 0 ? test.n.slice(0, end) : test.n;
};

// Everything a column is made of, up to its sources, and everything made of it.
teal.way = async function (button, place, at, column) {
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
  if (!open) return place.replaceChildren();
  const h = this.h.bind(this);
  const met = new Set();
  const up = async (other, name, kind) => {
    const key = `${other} ${name.toLowerCase()}`;
    const again = met.has(key);
    met.add(key);
    const entry = again ? null : (await this.details(other)).cols.find(entry => entry.n.toLowerCase() === name.toLowerCase());
    const inner = await Promise.all((entry?.from || []).map(([next, from, how]) => up(next, from, how)));
    return h("div", { class: "path" }, h("a", { href: this.address(this.nodes[other], name) }, `${this.title(this.nodes[other])}.${name}`),
      h("span", { class: "from" }, ` ${kind}`), inner);
  };
  const from = (await this.details(at)).cols.find(entry => entry.n === column).from;
  const above = await Promise.all(from.map(([other, name, kind]) => up(other, name, kind)));
  const below = [];
  for (const child of (await this.details(at)).out) {
    for (const entry of (await this.details(child)).cols) {
      const edge = entry.from.find(([other, name]) => other === at && name.toLowerCase() === column.toLowerCase());
      if (edge) below.push(h("div", { class: "path" }, h("a", { href: this.address(this.nodes[child], entry.n) }, `${this.title(this.nodes[child])}.${entry.n}`), h("span", { class: "from" }, ` ${edge[2]}`)));
    }
  }
  place.replaceChildren(h("strong", {}, "Made of"), ...above, ...(below.length ? [h("strong", {}, "Goes into"), ...below] : []));
};

// Code as written and as compiled.
teal.code = function (more) {
  const h = this.h.bind(this);
  const view = h("pre", { tabindex: 0 });
  const show = text => view.replaceChildren(h("code", {}, more.lang === "python" ? text : this.colour(text)));
  const buttons = [["Written", more.raw], ["Compiled", more.sql]].filter(([, text]) => text).map(([name, text], place, all) =>
    h("button", { type: "button", "aria-pressed": String(place === 0), onclick: event => {
      for (const other of event.currentTarget.parentNode.children) other.setAttribute("aria-pressed", String(other === event.currentTarget));
      show(text);
    } }, all.length > 1 ? name : "Written"));
  const copy = h("button", { type: "button", onclick: async event => {
    const button = event.currentTarget;
    try { await navigator.clipboard.writeText(view.textContent); button.textContent = "Copied"; } catch { button.textContent = "Cannot copy"; }
  } }, "Copy");
  show(more.raw);
  return h("div", {}, h("div", { class: "controls" }, h("div", { class: "tabs" }, buttons), copy), view);
};

teal.words = new Set(("select from where and or not as on using join left right full inner outer cross lateral group by order having limit offset union all distinct case when "
  + "then else end with recursive is null in between like ilike exists over partition rows range unbounded preceding following current row cast values qualify asc desc nulls first last "
  + "filter window interval true false create table view insert into update delete merge matched exclude replace pivot unpivot any some except intersect").split(" "));

// SQL with Jinja as pieces in colours.
teal.colour = function (text) {
  const parts = /(\{#[\s\S]*?#\}|--[^\n]*|\/\*[\s\S]*?\*\/)|(\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\})|('(?:[^']|'')*')|(\b\d+(?:\.\d+)?\b)|([A-Za-z_]\w*)/g;
  const pieces = [];
  let end = 0;
  for (const match of text.matchAll(parts)) {
    const kind = match[1] ? "s-c" : match[2] ? "s-j" : match[3] ? "s-s" : match[4] ? "s-n" : this.words.has(match[0].toLowerCase()) ? "s-k" : null;
    if (!kind) continue;
    pieces.push(text.slice(end, match.index), this.h("span", { class: kind }, match[0]));
    end = match.index + match[0].length;
  }
  pieces.push(text.slice(end));
  return pieces;
};

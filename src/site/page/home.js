// The first page: how the project is, and what its authors say of it.
"use strict";

teal.home = function () {
  const { project, health, overview } = this.core;
  const h = this.h.bind(this);
  const share = (part, whole) => whole ? Math.floor(100 * part / whole) : 100;
  const card = (value, text, percent) => h("div", { class: "card" }, h("b", {}, value), h("span", {}, text),
    percent === undefined ? null : h("div", { class: "bar", role: "img", "aria-label": `${percent} %` }, this.wide(percent)));
  const rated = (part, whole, text) => whole ? card(`${share(part, whole)} %`, text, share(part, whole)) : null;
  const counts = {};
  for (const node of this.core.nodes) if (!node.test) counts[node.t] = (counts[node.t] || 0) + 1;
  if (this.core.tests) counts.test = (counts.test || 0) + this.core.tests;
  const plural = (kind, count) => count === 1 ? kind : kind === "analysis" ? "analyses" : kind.endsWith("y") ? `${kind.slice(0, -1)}ies` : `${kind}s`;
  const part = (title, titles, rows, note) => rows.length ? [h("h2", {}, title), note ? h("p", { class: "kind" }, note) : null, this.few(title, titles, rows)] : [];
  const some = (title, places) => {
    if (!places.length) return null;
    const details = h("details", {}, h("summary", {}, `${places.length} model${places.length === 1 ? "" : "s"} ${title}`));
    details.addEventListener("toggle", () => { if (details.children.length === 1) details.append(this.some(places, at => h("li", {}, this.link(at)))); });
    return details;
  };
  const node = at => this.nodes[at];
  return [
    h("h1", {}, project.name),
    h("p", { class: "kind" }, Object.entries(counts).map(([kind, count]) => `${this.count(count)} ${plural(kind.replaceAll("_", " "), count)}`).join(", ")),
    h("div", { class: "cards" },
      rated(health.documented, health.models, `of ${this.count(health.models)} models described`),
      rated(health.columns_documented, health.columns, `of ${this.count(health.columns)} columns described`),
      rated(health.tested, health.models, "of models tested"),
      rated(health.tests_passed, health.tests, `of ${this.count(health.tests)} tests passed`),
      card(this.count(health.failing.length), "failed or warned in the last run"),
      card(this.count(health.personal.length), "columns with personal data")),
    part("Failed or warned", ["What", "Kind", "Status", "Time#"], health.failing.map(one =>
      [() => h("a", { href: this.address(one) }, one.n), () => one.t.replaceAll("_", " "), () => this.status(one.st), () => this.seconds(one.sec)])),
    part("Not fresh", ["Source", "Status"], health.stale.map(at => [() => this.link(at), () => this.status(node(at).st)])),
    part("Slowest", ["What", "Kind", "Status", "Time#"], health.slowest.map(at =>
      [() => this.link(at), () => this.kind(node(at)), () => this.status(node(at).st), () => this.seconds(node(at).sec)])),
    part("Largest", ["What", "Kind", "Rows#", "Size#"], health.largest.map(at =>
      [() => this.link(at), () => this.kind(node(at)), () => this.count(node(at).rows), () => this.bytes(node(at).bytes)])),
    part("Personal data", ["Column", "Where", "Classes"], health.personal.map(entry =>
      [() => h("a", { href: this.address(node(entry.node), entry.column) }, entry.column), () => this.link(entry.node), () => entry.classes.map(name => h("span", { class: "chip pii" }, name))]),
    "Columns that are classified, and where they are."),
    health.undocumented.length || health.untested.length ? h("h2", {}, "Missing") : null,
    some("without a description", health.undocumented),
    some("without a test", health.untested),
    overview ? h("section", { class: "overview", "aria-label": "Overview", html: overview }) : null,
    h("p", { class: "kind" }, `Made by Teal ${project.teal} from artifacts of ${this.time(project.generated_at)}`),
  ].flat(2).filter(Boolean);
};

// A table of which only the beginning is made before the rest is asked for; cells are made when they are shown.
teal.few = function (label, titles, rows) {
  const most = 50, make = some => some.map(row => row.map(cell => cell()));
  const table = this.table(label, titles, make(rows.slice(0, most)));
  if (rows.length <= most) return table;
  const whole = this.h("div", {}, table, this.h("button", { type: "button", onclick: () => whole.replaceChildren(this.table(label, titles, make(rows))) }, `${rows.length - most} more`));
  return whole;
};

// A part of a bar. Styles in the markup are what a strict policy forbids; the object model is not.
teal.wide = function (percent) {
  const part = this.h("i", {});
  part.style.width = `${percent}%`;
  return part;
};

// The first page: how the project is, and what its authors say of it.
"use strict";

teal.home = function () {
  const { project, health, overview } = this.core;
  const h = this.h.bind(this);
  const share = (part, whole) => whole ? Math.round(100 * part / whole) : 100;
  const card = (value, text, percent) => h("div", { class: "card" }, h("b", {}, value), h("span", {}, text),
    percent === undefined ? null : h("div", { class: "bar", role: "img", "aria-label": `${percent} %` }, this.wide(percent)));
  const counts = {};
  for (const node of this.nodes) counts[node.t] = (counts[node.t] || 0) + 1;
  const rows = places => places.map(at => {
    const node = this.nodes[at];
    return h("tr", {}, h("td", {}, this.link(at)), h("td", {}, this.kind(node)), h("td", {}, this.status(node.st)), h("td", { class: "number" }, this.seconds(node.sec)));
  });
  const table = (title, head, body, note) => body.length ? [h("h2", {}, title), ...(note ? [h("p", { class: "kind" }, note)] : []),
    h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, head.map(text => h("th", { scope: "col", class: text === "Time" ? "number" : null }, text)))), h("tbody", {}, body)))] : [];
  const some = (title, places) => places.length ? h("details", {}, h("summary", {}, `${places.length} model${places.length === 1 ? "" : "s"} ${title}`),
    h("ul", {}, places.map(at => h("li", {}, this.link(at))))) : null;
  const page = [
    h("h1", {}, project.name),
    h("p", { class: "kind" }, `${Object.entries(counts).map(([kind, count]) => `${count} ${kind.replaceAll("_", " ")}${count === 1 ? "" : "s"}`).join(", ")}`
      .replaceAll("analysiss", "analyses").replaceAll("querys", "queries")),
    h("div", { class: "cards" },
      card(`${share(health.documented, health.models)} %`, `of ${health.models} models described`, share(health.documented, health.models)),
      card(`${share(health.columns_documented, health.columns)} %`, `of ${health.columns} columns described`, share(health.columns_documented, health.columns)),
      card(`${share(health.tested, health.models)} %`, "of models tested", share(health.tested, health.models)),
      card(health.failing.length, "failed or warned in the last run"),
      card(health.personal.length, "columns with personal data")),
    ...table("Failed or warned", ["What", "Kind", "Status", "Time"], rows(health.failing)),
    ...table("Slowest", ["What", "Kind", "Status", "Time"], rows(health.slowest)),
    ...table("Personal data", ["Column", "Where", "Classes"], health.personal.map(entry => h("tr", {},
      h("td", {}, h("a", { href: this.address(this.nodes[entry.node], entry.column) }, entry.column)), h("td", {}, this.link(entry.node)),
      h("td", {}, entry.classes.map(name => h("span", { class: "chip pii" }, name))))), "Columns that are classified, and where they are."),
    health.undocumented.length || health.untested.length ? h("h2", {}, "Missing") : null,
    some("without a description", health.undocumented),
    some("without a test", health.untested),
    overview ? h("section", { class: "overview", html: overview }) : null,
    h("p", { class: "kind" }, `Made by Teal ${project.teal} from artifacts of ${String(project.generated_at).slice(0, 19).replace("T", " ")} UTC`),
  ];
  return page.filter(Boolean);
};

// A part of a bar. Styles in the markup are what a strict policy forbids; the object model is not.
teal.wide = function (percent) {
  const part = this.h("i", {});
  part.style.width = `${percent}%`;
  return part;
};

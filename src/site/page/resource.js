// The page of one resource.
"use strict";

teal.resource = async function (at, column) {
  const node = this.nodes[at];
  if (["test", "unit_test", "group", "macro"].includes(node.t)) await this.everything();
  const h = this.h.bind(this), [more, steps] = await Promise.all([this.details(at), this.steps(at)]);
  const list = places => this.some(places, other => h("li", {}, this.link(other), h("span", { class: "kind" }, ` ${this.kind(this.nodes[other])}`)));
  const parents = (node.in || []).filter(other => this.nodes[other]);
  const is_column = name => more.cols.some(entry => entry.n.toLowerCase() === name.toLowerCase());
  const tests = more.tests.filter(test => !test.c || !is_column(test.c));
  const about = node.t === "test" || node.t === "unit_test";
  const shown = new Set(["label", "type", "maturity", "url", "owner", "loader", "loaded_at_field", "version", "latest_version", "column_name", "deprecation_date", "identifier", "freshness"]);
  const rest = Object.entries(more.facts).filter(([key]) => !shown.has(key));
  const members = node.t === "group" ? this.nodes.flatMap((other, place) => other.g === node.n && !other.test ? [place] : []) : [];
  return [
    h("p", { class: "kind" }, this.kind(node), node.p !== this.core.project.name ? ` · package ${node.p}` : ""),
    h("h1", {}, this.title(node)),
    (node.tags || []).length || node.pii ? h("p", {}, (node.tags || []).map(tag => h("a", { class: "chip", href: `#/graph?select=${encodeURIComponent(`tag:${tag}`)}` }, tag)),
      node.pii ? h("span", { class: "chip pii" }, "personal data") : null) : null,
    this.facts(node, more),
    this.history(more.result),
    more.result?.message && !["pass", "success", "no-op"].includes(more.result.status) ? h("pre", { tabindex: 0, role: "region", "aria-label": "What went wrong" }, more.result.message) : null,
    more.d ? h("section", { "aria-label": "Description", html: more.d }) : about ? null : h("p", { class: "kind" }, more.comment || "No description."),
    more.about ? h("section", { "aria-label": "About the source" }, h("h2", {}, `About ${node.src}`), h("div", { html: more.about })) : null,
    more.cols.length ? [h("h2", {}, "Columns"), this.columns(at, more, steps, column)] : null,
    more.rows.length ? [h("h2", {}, "What decides which rows there are"), h("ul", {}, more.rows.map(([other, name, kind]) =>
      h("li", {}, h("a", { href: this.address(this.nodes[other], name) }, `${this.title(this.nodes[other])}.${name}`), h("span", { class: "kind" }, ` ${kind}`))))] : null,
    node.xy ? [h("h2", {}, "Lineage"), this.graph.small(at), h("p", {}, h("a", { href: this.graph.address({ focus: node.id }) }, "Open in the lineage view"))] : null,
    tests.length ? [h("h2", {}, "Tests"), h("ul", {}, tests.map(test => h("li", {}, this.test(test, test.c ? `${test.n} on ${test.c}` : test.n))))] : null,
    about && parents.length ? [h("h2", {}, "About"), list(parents)] : null,
    rest.map(([key, value]) => { const title = this.headings[key] || key.replaceAll("_", " ").replace(/^./, first => first.toUpperCase()); return [h("h2", {}, title), this.value(value, title)]; }),
    more.raw ? [h("h2", {}, "Code"), this.code(more)] : null,
    !about && parents.length ? [h("h2", {}, "Depends on"), list(parents)] : null,
    more.out.length ? [h("h2", {}, "Used by"), list(more.out)] : null,
    more.macros.length && node.t !== "macro" && !about ? [h("h2", {}, "Calls"), list(more.macros)] : null,
    node.t === "group" ? [h("h2", {}, "Members"), members.length ? list(members) : h("p", { class: "kind" }, "None.")] : null,
    Object.keys(more.meta || {}).length ? [h("h2", {}, "Meta"), this.value(more.meta, "Meta")] : null,
    ["macro", "group"].includes(node.t) ? null : this.configuration(at),
  ].flat(3).filter(Boolean);
};

teal.headings = { type_params: "How it is counted", query_params: "What it asks for", test_metadata: "The generic test", given: "Given", expect: "Expected" };

// The facts at the top of a page.
teal.facts = function (node, more) {
  const h = this.h.bind(this), { facts, result, fresh, severity } = more;
  const fact = (name, ...value) => value.flat().some(part => part || part === 0) ? h("div", {}, h("dt", {}, name), h("dd", {}, value)) : null;
  const owner = facts.owner && [facts.owner.name, facts.owner.email].flat().filter(Boolean).join(", ");
  const url = /^https?:/.test(facts.url || "") ? h("a", { href: facts.url, rel: "noreferrer noopener" }, facts.url) : facts.url;
  const group = node.g && this.find(`group.${node.p}.${node.g}`);
  const within = facts.freshness && Object.entries({ warn: facts.freshness.warn_after, error: facts.freshness.error_after })
    .filter(([, limit]) => limit?.count).map(([name, limit]) => `${name} after ${limit.count} ${limit.period}${limit.count === 1 ? "" : "s"}`).join(", ");
  return h("dl", { class: "facts" },
    fact("Relation", more.rel ? h("code", {}, more.rel) : ""), fact("Group", group === undefined ? node.g : this.link(group)), fact("Access", node.a),
    fact("Version", facts.version === undefined ? "" : `${facts.version}${facts.latest_version === undefined || facts.latest_version === facts.version ? "" : `, the latest is ${facts.latest_version}`}`),
    fact("Deprecated from", facts.deprecation_date), fact("Owner", owner || more.owner), fact("Type", facts.type), fact("Maturity", facts.maturity), fact("URL", url), fact("Label", facts.label),
    fact("Loader", facts.loader), fact("Loaded at", facts.loaded_at_field), fact("Table", facts.identifier && facts.identifier !== node.n ? h("code", {}, facts.identifier) : ""),
    fact("Column", facts.column_name), fact("Severity", severity),
    fact("Rows", this.count(node.rows)), fact("Size", this.bytes(node.bytes)),
    result?.status && result.status !== "no-op" ? fact("Last run", this.status(result.status), ` ${this.time(result.at)}`, result.seconds ? `, ${this.seconds(result.seconds)}` : "",
      node.t === "test" && result.failures ? `, ${this.count(result.failures)} failures` : "") : null,
    fresh?.status ? fact("Freshness", this.status(fresh.status), fresh.seconds === undefined || fresh.seconds === null ? "" : ` ${this.age(fresh.seconds)} old when asked on ${this.time(fresh.asked)}`) : null,
    fact("Must be", within), fact("File", h("code", {}, node.f)));
};

// The configuration, which is loaded when it is opened.
teal.configuration = function (at) {
  const details = this.h("details", {}, this.h("summary", {}, "Configuration"));
  details.addEventListener("toggle", async () => {
    if (!details.open || details.children.length > 1) return;
    const place = this.h("div", {}, "…");
    details.append(place);
    try {
      const { known, of } = await this.piece("config");
      place.replaceChildren(this.value(known[of[at]] || {}, "Configuration"));
    } catch (error) {
      place.textContent = error.message;
    }
  });
  return details;
};

// How long the last runs took, the newest first.
teal.history = function (result) {
  const past = (result?.history || []).filter(([, , status]) => status !== "no-op").reverse();
  if (past.length < 2) return null;
  const longest = Math.max(...past.map(([, seconds]) => seconds), 0.001);
  return this.h("details", {}, this.h("summary", {}, `The last ${past.length} runs the docs know of`), this.table("Runs", ["When", "Status", "Time#", ""], past.map(([at, seconds, status]) =>
    [this.time(at), this.status(status), this.seconds(seconds), this.h("div", { class: "bar" }, this.wide(100 * seconds / longest))])));
};

// A list of which only the beginning is made before the rest is asked for.
teal.some = function (places, item) {
  const most = 100, list = this.h("ul", {}, places.slice(0, most).map(item));
  if (places.length <= most) return list;
  const button = this.h("button", { type: "button", onclick: () => { list.append(...places.slice(most).map(item)); button.remove(); } }, `${places.length - most} more`);
  return this.h("div", {}, list, button);
};

// A test with its last result.
teal.test = function (test, text) {
  return [this.h("a", { href: this.address(test) }, text), " ", this.status(test.st)];
};

// The columns, each with what it is made of; a button shows its whole way.
teal.columns = function (at, more, steps, chosen) {
  const h = this.h.bind(this), node = this.nodes[at];
  const made = new Map(steps.map(([name, from, to]) => [name, { from, to }]));
  const row = entry => {
    const place = h("div", {}), { from, to } = made.get(entry.n) || { from: [], to: [] };
    const name = ([other, name]) => `${this.title(this.nodes[other])}.${name}`;
    const words = from.length ? `from ${from.slice(0, 3).map(name).join(", ")}${from.length > 3 ? " …" : ""}` : to.length ? `into ${to.length} column${to.length === 1 ? "" : "s"}` : "";
    const tests = more.tests.filter(test => test.c && test.c.toLowerCase() === entry.n.toLowerCase());
    return [
      h("a", { class: "mono", href: this.address(node, entry.n) }, entry.n),
      h("span", { class: "mono" }, entry.t || ""),
      [entry.d ? h("div", { html: entry.d }) : null, entry.by === undefined ? null : h("div", { class: "from" }, "described at ", this.link(entry.by)),
        entry.c.map(name => h("span", { class: "chip pii" }, name)), (entry.constraints || []).map(constraint => h("span", { class: "chip" }, String(constraint.type).replaceAll("_", " "))),
        words ? h("div", {}, h("button", { type: "button", class: "link from", "aria-expanded": "false", onclick: event => this.way.list(event.currentTarget, place, at, entry.n) }, words), " ",
          h("a", { class: "from", href: this.graph.address({ focus: node.id, column: entry.n }), "aria-label": `draw the way of ${entry.n}` }, "draw")) : null, place],
      tests.map(test => h("div", {}, this.test(test, test.n))),
    ];
  };
  return this.table("Columns", ["Column", "Type", "Description", "Tests"], more.cols.map(row), more.cols.map(entry => chosen && chosen.toLowerCase() === entry.n.toLowerCase() ? "chosen" : null));
};

// The frame: data as it arrives, elements, the tree of resources, and which page is shown.
"use strict";

const teal = {
  data: {},
  waiting: {},

  // Every piece of data is a script that calls this.
  take(name, value) {
    this.data[name] = value;
    for (const go of this.waiting[name] || []) go(value);
    delete this.waiting[name];
  },

  // A piece of data, loaded when it is first asked for.
  piece(name) {
    if (name in this.data) return Promise.resolve(this.data[name]);
    return new Promise((resolve, reject) => {
      if (this.waiting[name]) return this.waiting[name].push(resolve);
      this.waiting[name] = [resolve];
      const script = document.createElement("script");
      script.src = `site/${name}.js`;
      script.onerror = () => reject(new Error(`${script.src} cannot be loaded`));
      document.head.append(script);
    });
  },

  // Everything about the resource at a place in the list.
  async details(at) {
    const size = this.core.piece;
    return (await this.piece(`piece/${Math.floor(at / size)}`))[at % size];
  },

  get core() { return this.data.core; },
  get nodes() { return this.data.core.nodes; },

  // An element. Texts are texts, whatever is in them; only `html` takes markup, which the generator made safe.
  h(tag, attributes, ...children) {
    const element = tag === "svg" || this.drawn.has(tag)
      ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (value === undefined || value === null || value === false) continue;
      if (key === "html") element.innerHTML = value;
      else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
      else element.setAttribute(key, value === true ? "" : value);
    }
    for (const child of children.flat(Infinity)) if (child !== undefined && child !== null && child !== false) element.append(child);
    return element;
  },
  drawn: new Set(["g", "rect", "path", "text", "defs", "marker", "title"]),

  title(node) { return node.t === "source" ? `${node.src}.${node.n}` : node.n; },
  address(node, column) { return `#/r/${encodeURIComponent(node.id)}${column ? `/${encodeURIComponent(column)}` : ""}`; },
  link(at, text) { const node = this.nodes[at]; return this.h("a", { href: this.address(node) }, text || this.title(node)); },
  kind(node) { return (node.m && node.t === "model" ? `${node.m} model` : node.t).replaceAll("_", " "); },

  // How a status looks: a word and its colour.
  status(word) {
    const tone = { pass: "good", success: "good", warn: "warn", skipped: "warn", fail: "bad", error: "bad", "runtime error": "bad", "partial success": "bad" }[word] || "";
    return this.h("span", { class: tone }, word || "not run");
  },
  seconds(value) { return value === undefined || value === null ? "" : value < 10 ? `${value.toFixed(2)} s` : `${Math.round(value)} s`; },
  count(value) { return value === undefined || value === null ? "" : Number(value).toLocaleString("en"); },

  // Children of every node, from the parents it has.
  get children() {
    if (!this.below) {
      this.below = this.nodes.map(() => []);
      this.nodes.forEach((node, at) => { if (node.xy) for (const parent of node.in || []) this.below[parent].push(at); });
    }
    return this.below;
  },

  find(id) {
    if (!this.places) this.places = new Map(this.nodes.map((node, at) => [node.id, at]));
    return this.places.get(id);
  },
};

// The tree of resources, by folder or by database.
teal.tree = {
  by: "project",

  paths() {
    const titles = { source: "sources", exposure: "exposures", metric: "metrics", semantic_model: "semantic models", saved_query: "saved queries",
      macro: "macros", test: "tests", unit_test: "unit tests", group: "groups", function: "functions" };
    return teal.nodes.map((node, at) => {
      if (this.by === "database") {
        if (!["model", "seed", "snapshot", "source"].includes(node.t) || node.m === "ephemeral") return null;
        return [node.db || "(database)", node.s || "(schema)", [at, node.n]];
      }
      if (node.t === "source") return ["sources", node.src, [at, node.n]];
      if (titles[node.t]) return node.t === "test" ? null : [titles[node.t], ...(node.t === "macro" ? [node.p] : []), [at, node.n]];
      return [...(node.q || [node.p]).slice(0, -1), [at, node.n]];
    }).filter(Boolean);
  },

  draw() {
    const root = { inner: new Map(), leaves: [] };
    for (const path of this.paths()) {
      let here = root;
      for (const step of path.slice(0, -1)) {
        if (!here.inner.has(step)) here.inner.set(step, { inner: new Map(), leaves: [] });
        here = here.inner.get(step);
      }
      here.leaves.push(path.at(-1));
    }
    document.getElementById("branches").replaceChildren(this.branch(root, 0));
    for (const by of ["project", "database"]) document.getElementById(`by-${by}`).setAttribute("aria-pressed", this.by === by);
    this.point();
  },

  // A branch makes its leaves when it is opened, so that thousands of them cost nothing before.
  branch(part, depth) {
    const name = (a, b) => String(a).localeCompare(String(b));
    const folders = [...part.inner].sort((a, b) => name(a[0], b[0])).map(([step, inner]) => {
      const details = teal.h("details", {}, teal.h("summary", {}, step));
      const fill = () => { if (details.open && details.children.length === 1) details.append(this.branch(inner, depth + 1)); };
      details.addEventListener("toggle", fill);
      details.fill = () => { details.open = true; fill(); };
      details.step = step;
      if (depth === 0 && part.inner.size <= 3) details.fill();
      return teal.h("li", {}, details);
    });
    const leaves = part.leaves.sort((a, b) => name(a[1], b[1])).map(([at, text]) =>
      teal.h("li", {}, teal.h("a", { href: teal.address(teal.nodes[at]), "data-at": at, title: text }, text)));
    return teal.h("ul", {}, folders, leaves);
  },

  // Opens the branches that lead to the resource that is shown, and marks it.
  point() {
    const branches = document.getElementById("branches");
    for (const old of branches.querySelectorAll("[aria-current]")) old.removeAttribute("aria-current");
    if (teal.shown === undefined) return;
    const path = this.paths().find(path => path.at(-1)[0] === teal.shown);
    let here = branches;
    for (const step of path ? path.slice(0, -1) : []) {
      here = [...here.querySelectorAll("details")].find(details => details.step === step);
      if (!here) return;
      here.fill();
    }
    const leaf = branches.querySelector(`a[data-at="${teal.shown}"]`);
    if (leaf) { leaf.setAttribute("aria-current", "page"); leaf.scrollIntoView({ block: "nearest" }); }
  },
};

// Which page the address asks for. An address stays valid: it holds ids, never places in a list.
teal.route = async function () {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const parts = path.split("/").map(part => { try { return decodeURIComponent(part); } catch { return part; } });
  const main = document.getElementById("main");
  const turn = this.turn = {};
  this.shown = undefined;
  let page;
  try {
    if (parts[0] === "r") {
      const at = this.find(parts[1]);
      if (at === undefined) {
        page = [this.h("h1", {}, "Nothing here"), this.h("p", {}, `There is no resource with the id ${parts[1]}.`)];
      } else {
        this.shown = at;
        page = await this.resource(at, parts[2]);
      }
    } else if (parts[0] === "graph") {
      page = this.graph.page(new URLSearchParams(query || ""));
    } else {
      page = this.home();
    }
  } catch (error) {
    page = [this.h("h1", {}, "This page cannot be shown"), this.h("p", {}, error.message)];
  }
  if (turn !== this.turn) return;
  const at = this.shown;
  document.title = `${at === undefined ? "" : `${this.title(this.nodes[at])} · `}${this.core.project.name}`;
  main.replaceChildren(...[page].flat());
  document.getElementById("tree").classList.remove("open");
  this.tree.point();
  const chosen = main.querySelector("tr.chosen");
  if (chosen) chosen.scrollIntoView({ block: "center" }); else scrollTo(0, 0);
};

document.addEventListener("DOMContentLoaded", () => {
  const get = id => document.getElementById(id);
  if (!teal.core) {
    get("main").append("The data of this site is missing: site/core.js belongs beside this page.");
    return;
  }
  get("brand").textContent = teal.core.project.name;
  for (const by of ["project", "database"]) get(`by-${by}`).addEventListener("click", () => { teal.tree.by = by; teal.tree.draw(); });
  get("menu").addEventListener("click", () => get("menu").setAttribute("aria-expanded", get("tree").classList.toggle("open")));
  // A browser may refuse to remember; then the system decides.
  const memory = { get() { try { return localStorage.getItem("teal-theme"); } catch { return null; } }, set(value) { try { localStorage.setItem("teal-theme", value); } catch { /* as said */ } } };
  if (memory.get()) document.documentElement.dataset.theme = memory.get();
  get("theme").addEventListener("click", () => {
    const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "light" : "dark";
    memory.set(document.documentElement.dataset.theme);
  });
  teal.searching();
  addEventListener("hashchange", () => { teal.route(); get("main").focus({ preventScroll: true }); });
  teal.tree.draw();
  teal.route();
  // Served, a page asks now and then whether the artifacts have changed.
  if (location.protocol.startsWith("http")) {
    let known;
    setInterval(async () => {
      try {
        const stamp = await (await fetch("site/stamp")).text();
        if (known && stamp !== known) location.reload();
        known = stamp;
      } catch { /* The server is gone; the page still works. */ }
    }, 2000);
  }
});

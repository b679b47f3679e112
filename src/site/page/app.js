// The frame: data as it arrives, elements, and which page is shown.
"use strict";

const teal = {
  data: {},
  waiting: {},

  // Every piece of data is a script that calls this.
  take(name, value) {
    this.data[name] = value;
    for (const [go] of this.waiting[name] || []) go(value);
    delete this.waiting[name];
  },

  // A piece of data, loaded when it is first asked for.
  piece(name) {
    if (name in this.data) return Promise.resolve(this.data[name]);
    return new Promise((resolve, reject) => {
      if (this.waiting[name]) return this.waiting[name].push([resolve, reject]);
      this.waiting[name] = [[resolve, reject]];
      const script = document.createElement("script");
      script.src = `site/${name}.js`;
      script.onerror = () => {
        const error = new Error(`site/${name}.js cannot be loaded`);
        for (const [, fail] of this.waiting[name] || []) fail(error);
        delete this.waiting[name];
      };
      document.head.append(script);
    });
  },

  // Everything about the resource at a place in the list.
  async details(at) {
    const size = this.core.piece;
    return { cols: [], tests: [], out: [], macros: [], rows: [], facts: {}, ...(await this.piece(`page/${Math.floor(at / size)}`))[at % size] };
  },

  // Its columns, each with its name, what it is made of and what is made of it, as [resource, column, kind].
  async steps(at) {
    const size = this.core.piece;
    return (await this.piece(`column/${Math.floor(at / size)}`))[at % size];
  },

  // Every resource; generic tests come in a piece of their own.
  async everything() {
    const tests = await this.piece("tests");
    if (tests.length && !this.whole) { this.core.nodes.push(...tests); this.places = undefined; }
    this.whole = true;
    return this.nodes;
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

  title(node) { return node.t === "source" ? `${node.src}.${node.n}` : node.v === undefined ? node.n : `${node.n} v${node.v}`; },
  address(node, column) { return `#/r/${encodeURIComponent(node.id)}${column ? `/${encodeURIComponent(column)}` : ""}`; },
  link(at, text) { const node = this.nodes[at]; return this.h("a", { href: this.address(node) }, text || this.title(node)); },
  kind(node) { return (node.m && node.t === "model" ? `${node.m} model` : node.t).replaceAll("_", " "); },

  // The path of folders to a resource, its package first and its name last.
  folders(node) { return node.q || [node.p, ...(node.f || "").split("/").slice(1, -1), node.n]; },

  // How a status looks: a word and its colour.
  status(word) {
    const tone = { pass: "good", success: "good", warn: "warn", skipped: "warn", fail: "bad", error: "bad", "runtime error": "bad", "partial success": "bad" }[word] || "";
    return this.h("span", { class: tone }, word || "not run");
  },
  seconds(value) { return value === undefined || value === null ? "" : value < 10 ? `${value.toFixed(2)} s` : `${Math.round(value)} s`; },
  count(value) { return value === undefined || value === null ? "" : Number(value).toLocaleString("en"); },
  bytes(value) {
    if (value === undefined || value === null) return "";
    const units = ["B", "kB", "MB", "GB", "TB"], step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, value)) / 3));
    return `${(value / 1000 ** step).toFixed(step && value / 1000 ** step < 10 ? 1 : 0)} ${units[step]}`;
  },
  time(text) { return text ? `${String(text).slice(0, 16).replace("T", " ")} UTC` : ""; },
  age(seconds) {
    const [name, size] = [["day", 86400], ["hour", 3600], ["minute", 60]].find(([, size]) => seconds >= size) || ["second", 1];
    const count = Math.floor(seconds / size);
    return `${count} ${name}${count === 1 ? "" : "s"}`;
  },

  // What reads each node.
  get children() {
    if (!this.below) {
      this.below = this.core.nodes.map(() => []);
      this.core.nodes.forEach((node, at) => { if (node.xy) for (const parent of node.in || []) this.below[parent]?.push(at); });
    }
    return this.below;
  },

  find(id) {
    if (!this.places) this.places = new Map(this.nodes.map((node, at) => [node.id, at]));
    return this.places.get(id);
  },
};

// Which page the address asks for. An address stays valid: it holds ids, never places in a list.
teal.route = async function () {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const parts = path.split("/").map(part => { try { return decodeURIComponent(part); } catch { return part; } });
  const main = document.getElementById("main");
  const turn = this.turn = {};
  this.shown = undefined;
  let page, words = "";
  try {
    if (parts[0] === "r") {
      if (this.find(parts[1]) === undefined) await this.everything();
      const at = this.find(parts[1]);
      if (at === undefined) {
        words = "Nothing here";
        page = [this.h("h1", {}, words), this.h("p", {}, `There is no resource with the id ${parts[1]}.`)];
      } else {
        page = await this.resource(at, parts[2]);
        words = this.title(this.nodes[at]);
        if (turn === this.turn) this.shown = at;
      }
    } else if (parts[0] === "graph") {
      words = "Lineage";
      page = this.graph.page(new URLSearchParams(query || ""));
    } else {
      page = this.home();
    }
  } catch (error) {
    page = [this.h("h1", {}, "This page cannot be shown"), this.h("p", {}, error.message)];
  }
  if (turn !== this.turn) return;
  document.title = `${words ? `${words} · ` : ""}${this.core.project.name}`;
  main.replaceChildren(...[page].flat());
  document.getElementById("tree").classList.remove("open");
  document.getElementById("menu").setAttribute("aria-expanded", "false");
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

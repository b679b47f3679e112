// The tree of resources, by folder or by database.
"use strict";

teal.tree = {
  by: "project",
  titles: { source: "sources", exposure: "exposures", metric: "metrics", semantic_model: "semantic models", saved_query: "saved queries",
    macro: "macros", test: "tests", unit_test: "unit tests", group: "groups", function: "functions" },

  // The way to a resource in the tree, with its name and what stands behind that at the end.
  path(node, at) {
    if (this.by === "database") {
      if (!["model", "seed", "snapshot", "source"].includes(node.t) || node.m === "ephemeral") return null;
      return [node.db || "(database)", node.s || "(schema)", [at, node.n, teal.count(node.rows)]];
    }
    if (node.t === "source") return ["sources", node.src, [at, node.n]];
    if (this.titles[node.t]) return node.test ? null : [this.titles[node.t], ...(node.t === "macro" ? [node.p] : []), [at, teal.title(node)]];
    const folders = teal.folders(node).slice(0, node.v === undefined ? -1 : -2);
    return [...folders, [at, teal.title(node)]];
  },

  draw() {
    const root = { inner: new Map(), leaves: [] };
    teal.core.nodes.forEach((node, at) => {
      const path = this.path(node, at);
      if (!path) return;
      let here = root;
      for (const step of path.slice(0, -1)) {
        if (!here.inner.has(step)) here.inner.set(step, { inner: new Map(), leaves: [] });
        here = here.inner.get(step);
      }
      here.leaves.push(path.at(-1));
    });
    document.getElementById("branches").replaceChildren(this.branch(root, 0));
    for (const by of ["project", "database"]) document.getElementById(`by-${by}`).setAttribute("aria-pressed", this.by === by);
    this.point();
  },

  // A branch makes its leaves when it is opened, so that thousands of them cost nothing before.
  branch(part, depth) {
    const order = new Intl.Collator().compare;
    const folders = [...part.inner].sort((a, b) => order(a[0], b[0])).map(([step, inner]) => {
      const details = teal.h("details", {}, teal.h("summary", {}, step));
      const fill = () => { if (details.open && details.children.length === 1) details.append(this.branch(inner, depth + 1)); };
      details.addEventListener("toggle", fill);
      details.fill = () => { details.open = true; fill(); };
      details.step = step;
      if (depth === 0 && part.inner.size <= 3) details.fill();
      return teal.h("li", {}, details);
    });
    const leaves = part.leaves.sort((a, b) => order(a[1], b[1])).map(([at, text, size]) =>
      teal.h("li", {}, teal.h("a", { href: teal.address(teal.nodes[at]), "data-at": at }, text, size ? teal.h("small", {}, ` ${size}`) : null)));
    return teal.h("ul", {}, folders, leaves);
  },

  // Opens the branches that lead to the resource that is shown, and marks it.
  point() {
    const branches = document.getElementById("branches");
    for (const old of branches.querySelectorAll("[aria-current]")) old.removeAttribute("aria-current");
    if (teal.shown === undefined) return;
    const path = this.path(teal.nodes[teal.shown], teal.shown);
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

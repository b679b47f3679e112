// The lineage view: where nodes stand was computed when the site was made; here it is chosen which of them are
// shown and how they are coloured. `drawing.js` draws them, `way.js` finds the way of a column.
"use strict";

teal.graph = {
  // Colours that dark text can be read on, in both themes.
  palette: ["#9fd3e6", "#f6c28b", "#b5dba6", "#d9b8e8", "#f2a9a9", "#e8dc8f", "#a9b8f0", "#c9c9c9", "#8fdcc8", "#f0b8d4", "#cfe08a", "#d6bfa5"],
  states: { pass: "#b5dba6", success: "#b5dba6", warn: "#f6c28b", skipped: "#e8dc8f", fail: "#f2a9a9", error: "#f2a9a9", "runtime error": "#f2a9a9" },
  width: 190, head: 26, row: 18, gap: 60, gap_of_columns: 110, shown_columns: 40,

  keys: {
    type: node => teal.kind(node),
    layer: node => { const folders = teal.folders(node); return node.t === "model" && folders.length > 2 ? folders[1] : node.t; },
    schema: node => node.s || node.t,
    status: node => node.st || "not run",
    group: node => node.g || "no group",
    pii: node => node.pii ? "personal data" : "none",
  },

  // What the address keeps of a view, with what is left out of it.
  usual: { focus: "", column: "", up: "2", down: "2", select: "", exclude: "", by: "type", critical: "" },

  address(view) {
    const words = new URLSearchParams();
    for (const [name, usual] of Object.entries(this.usual)) {
      const about_steps = name === "up" || name === "down";
      if (about_steps && (!view.focus || view.column)) continue;
      if (view[name] !== undefined && view[name] !== usual) words.set(name, view[name]);
    }
    return `#/graph${words.size ? `?${words}` : ""}`;
  },

  page(query) {
    const h = teal.h.bind(teal);
    const view = Object.fromEntries(Object.entries(this.usual).map(([name, usual]) => [name, query.get(name) ?? usual]));
    const drawing = h("div", { class: "drawing full" }), legend = h("ul", { class: "legend" }), note = h("p", { class: "kind", role: "status" });
    let turn = 0;
    const show = async () => {
      const mine = ++turn;
      for (const part of steps) part.hidden = !view.focus || Boolean(view.column);
      column.hidden = !view.column;
      whole.hidden = !view.focus;
      let picture;
      try {
        picture = await this.picture(view);
      } catch (error) {
        if (mine === turn) { note.textContent = error.message; drawing.replaceChildren(); legend.replaceChildren(); }
        return;
      }
      if (mine !== turn || !drawing.isConnected) return;
      note.textContent = picture.note;
      picture.go = (at, name) => {
        if (name === undefined) location.hash = teal.address(teal.nodes[at]);
        else location.hash = this.address({ ...view, focus: teal.nodes[at].id, column: name });
      };
      teal.drawing.draw(drawing, picture);
      this.legend(legend, picture);
    };
    // The address follows what is chosen here, at once: later it may be that of another page.
    const change = values => {
      Object.assign(view, values);
      history.replaceState(null, "", this.address(view));
      show();
    };
    const field = (label, name, attributes) => h("label", {}, label, h("input", { name, value: view[name], ...attributes,
      onchange: event => change({ [name]: event.currentTarget.value.trim() }) }));
    const whole = h("button", { type: "button", onclick: () => change({ focus: "", column: "" }) }, "Whole graph");
    const column = h("button", { type: "button", onclick: () => change({ column: "" }) }, "All of the node");
    const steps = [field("Steps up", "up", { type: "number", min: 0 }), field("Steps down", "down", { type: "number", min: 0 })];
    const pick = h("select", { onchange: event => change({ by: event.currentTarget.value }) }, Object.keys(this.keys).map(name => h("option", { value: name, selected: name === view.by }, name)));
    const critical = h("button", { type: "button", "aria-pressed": String(view.critical === "1"), onclick: event => {
      change({ critical: view.critical ? "" : "1" });
      event.currentTarget.setAttribute("aria-pressed", String(view.critical === "1"));
    } }, "Longest way");
    const tool = (text, label, act) => h("button", { type: "button", "aria-label": label, onclick: act }, text);
    setTimeout(show);
    return [
      h("h1", {}, "Lineage"),
      h("div", { class: "controls" },
        field("Select, as in --select", "select", { placeholder: "+fct_orders tag:nightly", spellcheck: "false" }),
        field("Exclude", "exclude", { placeholder: "tag:slow", spellcheck: "false" }),
        steps, h("label", {}, "Colour by", pick), critical, column, whole,
        tool("+", "Zoom in", () => drawing.zoom?.(1.3)), tool("−", "Zoom out", () => drawing.zoom?.(1 / 1.3)), tool("Fit", "Fit the drawing into the window", () => drawing.fit?.()),
        tool("SVG", "Save as SVG", () => teal.drawing.save(drawing, "svg")), tool("PNG", "Save as PNG", () => teal.drawing.save(drawing, "png"))),
      note, drawing, legend,
      h("p", { class: "kind" }, "Drag to move, turn the wheel to zoom, click a node for its page and a column for its way. With the keyboard, arrows go from node to node, "
        + "Enter opens, + and − zoom. The address keeps the view."),
    ];
  },

  // What is drawn for a view: nodes, the rows of columns in them, and the steps between those.
  async picture(view) {
    const drawn = teal.core.nodes.reduce((count, node) => count + (node.xy ? 1 : 0), 0);
    const focus = view.focus ? teal.find(view.focus) : undefined;
    if (view.focus && !teal.nodes[focus]?.xy) throw new Error(`there is no ${view.focus} in the graph`);
    const { chosen, missed } = view.select || view.exclude ? await teal.select(view.select, view.exclude)
      : { chosen: new Set([...teal.core.nodes.keys()].filter(at => teal.nodes[at].xy)), missed: [] };
    let visible = chosen, rows = new Map(), links;
    if (focus !== undefined && view.column) {
      const way = await teal.way.of(focus, view.column);
      links = way.links.filter(({ from, to }) => chosen.has(from) && chosen.has(to));
      rows = way.rows;
      visible = new Set([...rows.keys()].filter(at => chosen.has(at)));
    } else if (focus !== undefined) {
      const reach = text => text === "" ? Infinity : Math.max(0, parseInt(text, 10) || 0);
      const near = [...teal.select.walk([focus], reach(view.up), teal.select.parents), ...teal.select.walk([focus], reach(view.down), at => teal.children[at])];
      visible = new Set(near.filter(at => chosen.has(at)));
      rows.set(focus, (await teal.steps(focus)).slice(0, this.shown_columns).map(([name]) => name));
    }
    const hot = view.critical === "1" ? this.critical(visible) : [];
    const seconds = hot.reduce((sum, at) => sum + (teal.nodes[at].sec || 0), 0);
    const kinds = {};
    for (const { kind } of links || []) kinds[kind] = (kinds[kind] || 0) + 1;
    const columns = [...rows.values()].reduce((sum, names) => sum + names.length, 0);
    const note = [
      links ? `The way of ${teal.title(teal.nodes[focus])}.${view.column}: ${columns} column${columns === 1 ? "" : "s"} in ${visible.size} of ${drawn} nodes (${Object.entries(kinds).map(([kind, count]) => `${count} ${kind}`).join(", ") || "no steps"})`
        : `${visible.size} of ${drawn} nodes`,
      hot.length ? `the longest way takes ${teal.seconds(seconds)} over ${hot.length} nodes` : "",
      missed.length ? `nothing is ${missed.map(word => `\`${word}\``).join(", ")}` : "",
    ].filter(Boolean).join("; ");
    return { visible, focus, by: view.by, hot, rows, links, note, chosen: view.column };
  },

  // The neighbourhood of one resource.
  small(at) {
    const drawing = teal.h("div", { class: "drawing small" });
    const visible = new Set([...teal.select.walk([at], 1, teal.select.parents), ...teal.select.walk([at], 1, place => teal.children[place])]);
    const go = other => { location.hash = teal.address(teal.nodes[other]); };
    setTimeout(() => drawing.isConnected && teal.drawing.draw(drawing, { visible, focus: at, by: "type", hot: [], rows: new Map(), go }));
    return drawing;
  },

  colour(visible, by) {
    const key = this.keys[by] || this.keys.type;
    const counts = new Map();
    for (const at of visible) counts.set(key(teal.nodes[at]), (counts.get(key(teal.nodes[at])) || 0) + 1);
    const names = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a) || String(a).localeCompare(b));
    const colours = new Map(names.map((name, at) => [name, by === "status" ? this.states[name] || "#c9c9c9" : by === "pii" ? (name === "none" ? "#c9c9c9" : "#f2a9a9") : this.palette[at % this.palette.length]]));
    return { names, counts, of: at => colours.get(key(teal.nodes[at])), colours };
  },

  legend(list, { visible, by, links }) {
    const { names, counts, colours } = this.colour(visible, by);
    const marks = names.map(name => {
      const mark = teal.h("i", {});
      mark.style.background = colours.get(name);
      return teal.h("li", {}, mark, `${name} (${counts.get(name)})`);
    });
    const kinds = [...new Set((links || []).map(({ kind }) => kind.replace("?", "")))];
    list.replaceChildren(...marks, ...kinds.map(kind => teal.h("li", {}, teal.h("i", { class: `line ${kind}` }), kind)));
  },

  // The way through the visible nodes that takes longest.
  critical(visible) {
    const best = new Map();
    const order = [...visible].sort((a, b) => teal.nodes[a].xy[0] - teal.nodes[b].xy[0]);
    for (const at of order) {
      const above = (teal.nodes[at].in || []).filter(parent => best.has(parent));
      const before = above.reduce((a, b) => a === undefined || best.get(b).time > best.get(a).time ? b : a, undefined);
      best.set(at, { time: (before === undefined ? 0 : best.get(before).time) + (teal.nodes[at].sec || 0), before });
    }
    let at = order.reduce((a, b) => a === undefined || best.get(b).time > best.get(a).time ? b : a, undefined);
    const path = [];
    while (at !== undefined) { path.unshift(at); at = best.get(at).before; }
    return path;
  },

  // The boxes of the visible nodes: at the layout's own places where all are visible, else with its layers closed up
  // and made as high as their rows ask for. Each has its left and upper edge and its height.
  boxes({ visible, rows, links }) {
    const height = at => this.head + (rows.get(at)?.length || 0) * this.row;
    const all = teal.core.nodes.reduce((count, node) => count + (node.xy ? 1 : 0), 0);
    const boxes = new Map();
    if (visible.size === all && !rows.size) {
      for (const at of visible) { const [x, y] = teal.nodes[at].xy; boxes.set(at, [x - this.width / 2, y - this.head / 2, this.head]); }
      return boxes;
    }
    const layers = new Map();
    for (const at of visible) {
      const x = teal.nodes[at].xy[0];
      if (!layers.has(x)) layers.set(x, []);
      layers.get(x).push(at);
    }
    const gap = links ? this.gap_of_columns : this.gap;
    [...layers.keys()].sort((a, b) => a - b).forEach((x, column) => {
      const layer = layers.get(x).sort((a, b) => teal.nodes[a].xy[1] - teal.nodes[b].xy[1]);
      let y = -layer.reduce((sum, at) => sum + height(at) + 12, -12) / 2;
      for (const at of layer) { boxes.set(at, [column * (this.width + gap), y, height(at)]); y += height(at) + 12; }
    });
    return boxes;
  },
};

// The lineage view: where nodes stand was computed when the site was made; here they are drawn, moved and
// filtered. Of a large graph only what is in sight is drawn.
"use strict";

teal.graph = {
  // Colours that dark text can be read on, in both themes.
  palette: ["#9fd3e6", "#f6c28b", "#b5dba6", "#d9b8e8", "#f2a9a9", "#e8dc8f", "#a9b8f0", "#c9c9c9", "#8fdcc8", "#f0b8d4", "#cfe08a", "#d6bfa5"],
  states: { pass: "#b5dba6", success: "#b5dba6", warn: "#f6c28b", skipped: "#e8dc8f", fail: "#f2a9a9", error: "#f2a9a9", "runtime error": "#f2a9a9" },
  width: 190, height: 26, gap: 60, many: 400,

  keys: {
    type: node => teal.kind(node),
    layer: node => (node.q || []).length > 2 ? node.q[1] : node.t,
    schema: node => node.s || node.t,
    status: node => node.st || "not run",
    group: node => node.g || "no group",
    pii: node => node.pii ? "personal data" : "none",
  },

  // The page, from what its address says: focus, up, down, select, by, critical.
  page(query) {
    const h = teal.h.bind(teal);
    const read = name => query.get(name) || "";
    const view = { focus: read("focus"), up: query.get("up") ?? "2", down: query.get("down") ?? "2", select: read("select"), by: read("by") || "type", critical: read("critical") === "1" };
    const drawing = h("div", { class: "drawing full" }), legend = h("ul", { class: "legend" }), note = h("p", { class: "kind", role: "status" });
    const show = () => {
      const words = new URLSearchParams();
      for (const [name, value] of Object.entries(view)) if (value && (view.focus || !["up", "down"].includes(name)) && !(name === "by" && value === "type")) words.set(name, value === true ? "1" : value);
      history.replaceState(null, "", `#/graph${words.size ? `?${words}` : ""}`);
      let visible = new Set([...teal.nodes.keys()].filter(at => teal.nodes[at].xy));
      if (view.select) visible = teal.select(view.select);
      const focus = view.focus ? teal.find(view.focus) : undefined;
      if (focus !== undefined) {
        const steps = text => text === "" ? 9999 : Math.max(0, parseInt(text, 10) || 0);
        const near = new Set([...teal.select.walk([focus], steps(view.up), at => teal.nodes[at].in || []), ...teal.select.walk([focus], steps(view.down), at => teal.children[at])]);
        visible = view.select ? new Set([...visible].filter(at => near.has(at))) : near;
      }
      const all = teal.nodes.filter(node => node.xy).length;
      const path = view.critical ? this.critical(visible) : [];
      const seconds = path.reduce((sum, at) => sum + (teal.nodes[at].sec || 0), 0);
      note.textContent = `${visible.size} of ${all} nodes${path.length ? `; the longest way takes ${teal.seconds(seconds)} over ${path.length} nodes` : ""}`;
      this.draw(drawing, visible, { focus, by: view.by, hot: path });
      this.legend(legend, visible, view.by);
    };
    const field = (label, name, attributes) => h("label", {}, label, h("input", { name, value: view[name], ...attributes,
      onchange: event => { view[name] = event.currentTarget.value.trim(); show(); } }));
    const clear = h("button", { type: "button", onclick: () => { view.focus = ""; clear.hidden = true; show(); } }, "Whole graph");
    clear.hidden = !view.focus;
    const pick = h("select", { onchange: event => { view.by = event.currentTarget.value; show(); } }, Object.keys(this.keys).map(name => h("option", { value: name, selected: name === view.by }, name)));
    const critical = h("button", { type: "button", "aria-pressed": String(view.critical), onclick: event => { view.critical = !view.critical; event.currentTarget.setAttribute("aria-pressed", String(view.critical)); show(); } }, "Longest way");
    const tool = (text, label, act) => h("button", { type: "button", "aria-label": label, onclick: act }, text);
    setTimeout(show);
    return [
      h("h1", {}, "Lineage"),
      h("div", { class: "controls" },
        field("Select, as in --select", "select", { placeholder: "+fct_orders tag:nightly", spellcheck: "false" }),
        field("Steps up", "up", { type: "number", min: 0 }), field("Steps down", "down", { type: "number", min: 0 }),
        h("label", {}, "Colour by", pick), critical, clear,
        tool("+", "Zoom in", () => drawing.zoom?.(1.3)), tool("−", "Zoom out", () => drawing.zoom?.(1 / 1.3)), tool("Fit", "Fit the drawing into the window", () => drawing.fit?.()),
        tool("SVG", "Save as SVG", () => this.save(drawing, "svg")), tool("PNG", "Save as PNG", () => this.save(drawing, "png"))),
      note, drawing, legend,
      h("p", { class: "kind" }, "Drag to move, turn the wheel to zoom, click a node for its page. Steps count from the node in focus; the address keeps the view."),
    ];
  },

  // The neighbourhood of one resource.
  small(at) {
    const drawing = teal.h("div", { class: "drawing small" });
    const near = new Set([...teal.select.walk([at], 1, place => teal.nodes[place].in || []), ...teal.select.walk([at], 1, place => teal.children[place])]);
    setTimeout(() => this.draw(drawing, near, { focus: at, by: "type", hot: [] }));
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

  legend(list, visible, by) {
    const { names, counts, colours } = this.colour(visible, by);
    list.replaceChildren(...names.map(name => {
      const mark = teal.h("i", {});
      mark.style.background = colours.get(name);
      return teal.h("li", {}, mark, `${name} (${counts.get(name)})`);
    }));
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

  // Places of the visible nodes: the layout's own where all are visible, else its layers closed up.
  places(visible) {
    const all = teal.nodes.filter(node => node.xy).length;
    if (visible.size === all) return new Map([...visible].map(at => [at, teal.nodes[at].xy]));
    const layers = new Map();
    for (const at of visible) {
      const x = teal.nodes[at].xy[0];
      if (!layers.has(x)) layers.set(x, []);
      layers.get(x).push(at);
    }
    const places = new Map();
    [...layers.keys()].sort((a, b) => a - b).forEach((x, column) => {
      const layer = layers.get(x).sort((a, b) => teal.nodes[a].xy[1] - teal.nodes[b].xy[1]);
      layer.forEach((at, row) => places.set(at, [column * (this.width + this.gap), (row - (layer.length - 1) / 2) * (this.height + 12)]));
    });
    return places;
  },

  draw(drawing, visible, { focus, by, hot }) {
    const h = teal.h.bind(teal);
    const places = this.places(visible), colour = this.colour(visible, by);
    const edges = [];
    for (const at of visible) for (const parent of teal.nodes[at].in || []) if (places.has(parent)) edges.push([parent, at]);
    const way = new Set(hot.slice(1).map((at, place) => `${hot[place]} ${at}`));
    const layer = h("g", {}), svg = h("svg", { role: "img", "aria-label": `Lineage of ${visible.size} nodes` }, layer);
    drawing.replaceChildren(svg);
    if (!places.size) { drawing.replaceChildren(h("p", { class: "controls" }, "Nothing is selected.")); return; }
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const [x, y] of places.values()) {
      box[0] = Math.min(box[0], x - this.width / 2); box[1] = Math.min(box[1], y - this.height / 2);
      box[2] = Math.max(box[2], x + this.width / 2); box[3] = Math.max(box[3], y + this.height / 2);
    }
    const eye = { scale: 1, x: 0, y: 0 };
    let hovered, drawn = false;
    const size = () => [svg.clientWidth || 800, svg.clientHeight || 400];
    const line = ([from, to]) => {
      const [x1, y1] = places.get(from), [x2, y2] = places.get(to);
      const a = x1 + this.width / 2, b = x2 - this.width / 2, bend = Math.max(24, (b - a) / 2);
      return `M${a} ${y1}C${a + bend} ${y1} ${b - bend} ${y2} ${b} ${y2}`;
    };
    const near = () => hovered === undefined ? null : new Set([...teal.select.walk([hovered], 9999, at => teal.nodes[at].in || []), ...teal.select.walk([hovered], 9999, at => teal.children[at])]);
    const paint = () => {
      layer.setAttribute("transform", `translate(${eye.x} ${eye.y}) scale(${eye.scale})`);
      const few = places.size <= this.many;
      if (few && drawn && hovered === drawn.hovered) return;
      const [wide, high] = size(), related = near();
      const left = -eye.x / eye.scale, top = -eye.y / eye.scale, right = left + wide / eye.scale, bottom = top + high / eye.scale;
      const inside = ([x, y]) => few || (x + this.width > left && x - this.width < right && y + 40 > top && y - 40 < bottom);
      const crosses = ([from, to]) => {
        const [x1, y1] = places.get(from), [x2, y2] = places.get(to);
        return few || (Math.max(x1, x2) > left && Math.min(x1, x2) < right && Math.max(y1, y2) > top && Math.min(y1, y2) < bottom);
      };
      const readable = few || eye.scale > 0.35;
      const lines = edges.filter(crosses).map(edge => h("path", { d: line(edge),
        class: `edge${way.has(edge.join(" ")) || (related && related.has(edge[0]) && related.has(edge[1])) ? " hot" : related || way.size ? " faded" : ""}` }));
      const boxes = [...places].filter(([, place]) => inside(place)).map(([at, [x, y]]) => this.box(at, x, y, colour.of(at), readable,
        `node${at === focus ? " focus" : ""}${(related && !related.has(at)) || (way.size && !hot.includes(at)) ? " faded" : ""}`));
      layer.replaceChildren(...lines, ...boxes);
      drawn = { hovered };
    };
    let asked = false;
    const soon = () => { if (!asked) { asked = true; requestAnimationFrame(() => { asked = false; paint(); }); } };
    drawing.fit = () => {
      const [wide, high] = size();
      eye.scale = Math.min(1.1, wide / (box[2] - box[0] + 40), high / (box[3] - box[1] + 40));
      eye.x = (wide - (box[0] + box[2]) * eye.scale) / 2;
      eye.y = (high - (box[1] + box[3]) * eye.scale) / 2;
      soon();
    };
    drawing.zoom = (factor, x = size()[0] / 2, y = size()[1] / 2) => {
      const scale = Math.min(3, Math.max(0.02, eye.scale * factor));
      eye.x = x - (x - eye.x) * scale / eye.scale; eye.y = y - (y - eye.y) * scale / eye.scale; eye.scale = scale;
      soon();
    };
    svg.addEventListener("wheel", event => {
      event.preventDefault();
      const place = svg.getBoundingClientRect();
      drawing.zoom(Math.exp(-event.deltaY * 0.0015), event.clientX - place.left, event.clientY - place.top);
    }, { passive: false });
    const fingers = new Map();
    let moved = 0;
    svg.addEventListener("pointerdown", event => { fingers.set(event.pointerId, [event.clientX, event.clientY]); moved = 0; });
    svg.addEventListener("pointermove", event => {
      const before = fingers.get(event.pointerId);
      if (!before) return;
      const now = [event.clientX, event.clientY];
      if (fingers.size === 2) {
        const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
        const far = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]), place = svg.getBoundingClientRect();
        drawing.zoom(far(now, other) / Math.max(1, far(before, other)), (now[0] + other[0]) / 2 - place.left, (now[1] + other[1]) / 2 - place.top);
      } else {
        eye.x += now[0] - before[0]; eye.y += now[1] - before[1];
        moved += Math.abs(now[0] - before[0]) + Math.abs(now[1] - before[1]);
        if (moved > 4 && !svg.hasPointerCapture(event.pointerId)) svg.setPointerCapture(event.pointerId);
      }
      fingers.set(event.pointerId, now);
      soon();
    });
    for (const name of ["pointerup", "pointercancel"]) svg.addEventListener(name, event => fingers.delete(event.pointerId));
    const over = event => {
      const at = event.target.closest?.(".node")?.dataset.at;
      const next = at === undefined ? undefined : Number(at);
      if (next !== hovered && !fingers.size && places.size <= this.many) { hovered = next; soon(); }
    };
    svg.addEventListener("pointerover", over);
    svg.addEventListener("pointerleave", () => { hovered = undefined; soon(); });
    svg.addEventListener("click", event => {
      const at = event.target.closest(".node")?.dataset.at;
      if (at !== undefined && moved <= 4) location.hash = teal.address(teal.nodes[at]);
    });
    svg.addEventListener("keydown", event => {
      const at = event.target.dataset?.at;
      if (event.key === "Enter" && at !== undefined) location.hash = teal.address(teal.nodes[at]);
    });
    drawing.whole = () => ({ edges, places, colour, line, box, hot: way });
    drawing.fit();
    // A large graph that is fitted cannot be read: its beginning can.
    if (places.size > this.many && focus === undefined) { eye.scale = Math.max(eye.scale, 0.3); eye.x = 20 - box[0] * eye.scale; eye.y = 20 - box[1] * eye.scale; soon(); }
  },

  box(at, x, y, fill, readable, name) {
    const node = teal.nodes[at], title = teal.title(node);
    const text = title.length > 27 ? `${title.slice(0, 26)}…` : title;
    return teal.h("g", { class: name, "data-at": at, tabindex: readable ? 0 : null, role: "link", "aria-label": `${title}, ${teal.kind(node)}`, transform: `translate(${x - this.width / 2} ${y - this.height / 2})` },
      teal.h("title", {}, `${title}\n${teal.kind(node)}${node.st ? `\n${node.st}` : ""}`),
      teal.h("rect", { width: this.width, height: this.height, rx: 5, fill }),
      readable ? teal.h("text", { x: 9, y: 17 }, text) : null);
  },

  // The whole drawing as a file, with its own styles.
  save(drawing, form) {
    if (!drawing.whole) return;
    const { edges, places, colour, line, box, hot } = drawing.whole();
    const h = teal.h.bind(teal), wide = box[2] - box[0] + 40, high = box[3] - box[1] + 40;
    const svg = h("svg", { xmlns: "http://www.w3.org/2000/svg", width: wide, height: high, viewBox: `${box[0] - 20} ${box[1] - 20} ${wide} ${high}` },
      h("rect", { x: box[0] - 20, y: box[1] - 20, width: wide, height: high, fill: "#ffffff" }),
      edges.map(edge => h("path", { d: line(edge), fill: "none", stroke: hot.has(edge.join(" ")) ? "#00666b" : "#8a969e", "stroke-width": hot.has(edge.join(" ")) ? 2.2 : 1.2 })),
      [...places].map(([at, [x, y]]) => {
        const element = this.box(at, x, y, colour.of(at), true, "node");
        element.querySelector("rect").setAttribute("stroke", "#8a969e");
        const text = element.querySelector("text");
        text.setAttribute("font-family", "sans-serif"); text.setAttribute("font-size", "12"); text.setAttribute("fill", "#10171b");
        return element;
      }));
    const blob = new Blob([new XMLSerializer().serializeToString(svg)], { type: "image/svg+xml" });
    const hand = (blob, ending) => {
      const link = h("a", { href: URL.createObjectURL(blob), download: `lineage.${ending}` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    };
    if (form === "svg") return hand(blob, "svg");
    const picture = new Image();
    picture.onload = () => {
      // Canvases have a largest size; a drawing beyond it is made smaller.
      const scale = Math.min(2, 12000 / Math.max(wide, high));
      const canvas = h("canvas", { width: Math.ceil(wide * scale), height: Math.ceil(high * scale) });
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      canvas.toBlob(png => png && hand(png, "png"));
      URL.revokeObjectURL(picture.src);
    };
    picture.src = URL.createObjectURL(blob);
  },
};

// Draws a picture of nodes and lets it be moved, with a pointer, fingers or keys. Of a large one only what is in
// sight is drawn.
"use strict";

teal.drawing = {
  many: 400,

  draw(drawing, picture) {
    const { visible, focus, hot, rows, links } = picture;
    const h = teal.h.bind(teal), { width, head, row } = teal.graph;
    const boxes = teal.graph.boxes(picture), colour = teal.graph.colour(visible, picture.by);
    if (!boxes.size) { drawing.replaceChildren(h("p", { class: "controls" }, "Nothing is selected.")); return; }
    const edges = links || [...visible].flatMap(at => (teal.nodes[at].in || []).filter(parent => boxes.has(parent)).map(parent => ({ from: parent, to: at })));
    const way = new Set(hot.slice(1).map((at, place) => `${hot[place]} ${at}`)), on_way = new Set(hot);
    const layer = h("g", {});
    const svg = h("svg", { role: "group", "aria-label": `Lineage of ${visible.size} nodes` }, layer);
    drawing.replaceChildren(svg);
    const frame = [Infinity, Infinity, -Infinity, -Infinity];
    for (const [x, y, height] of boxes.values()) {
      frame[0] = Math.min(frame[0], x); frame[1] = Math.min(frame[1], y);
      frame[2] = Math.max(frame[2], x + width); frame[3] = Math.max(frame[3], y + height);
    }
    const few = boxes.size <= this.many;
    const eye = { scale: 1, x: 0, y: 0 };
    let hovered, current = focus !== undefined && boxes.has(focus) ? focus : boxes.keys().next().value;
    const size = () => [svg.clientWidth || 800, svg.clientHeight || 400];
    const anchor = (at, name) => {
      const [, y] = boxes.get(at), place = name === undefined ? -1 : rows.get(at)?.indexOf(name) ?? -1;
      return place < 0 ? y + head / 2 : y + head + row * (place + 0.5);
    };
    const ends = edge => [boxes.get(edge.from)[0] + width, anchor(edge.from, edge.column), boxes.get(edge.to)[0], anchor(edge.to, edge.name)];
    const line = edge => {
      const [a, y1, b, y2] = ends(edge), bend = Math.max(24, (b - a) / 2);
      return `M${a} ${y1}C${a + bend} ${y1} ${b - bend} ${y2} ${b} ${y2}`;
    };
    // The kind of a step stands where steps do not meet: before the column it leads to, or after the one it comes from.
    const arriving = new Map();
    for (const { to, name } of links || []) arriving.set(`${to} ${name}`, (arriving.get(`${to} ${name}`) || 0) + 1);
    const curve = edge => {
      const path = h("path", { d: line(edge), class: `edge ${edge.kind ? edge.kind.replace("?", "") : ""}` });
      if (!edge.kind) return path;
      const [a, y1, b, y2] = ends(edge), is_alone = arriving.get(`${edge.to} ${edge.name}`) === 1;
      return [path, h("text", { class: "step", x: is_alone ? b - 6 : a + 6, y: (is_alone ? y2 : y1) - 4, "text-anchor": is_alone ? "end" : "start" }, edge.kind)];
    };
    const related = () => hovered === undefined || links ? null
      : new Set([...teal.select.walk([hovered], Infinity, teal.select.parents), ...teal.select.walk([hovered], Infinity, at => teal.children[at])]);
    const box = (at, readable = few || eye.scale > 0.35) => this.box(at, boxes.get(at), { fill: colour.of(at), rows: rows.get(at) || [], is_focus: at === focus, chosen: at === focus ? picture.chosen : "", readable });

    // Which nodes and edges stand out, and which node the Tab key goes to.
    const mark = () => {
      const near = related();
      for (const element of layer.querySelectorAll(".node")) {
        const at = Number(element.dataset.at);
        element.classList.toggle("faded", Boolean((near && !near.has(at)) || (way.size && !on_way.has(at))));
        element.querySelector(".head")?.setAttribute("tabindex", at === current ? 0 : -1);
      }
      for (const element of layer.querySelectorAll(".edge")) {
        const { from, to } = element.edge, is_hot = links || way.has(`${from} ${to}`) || Boolean(near && near.has(from) && near.has(to));
        element.classList.toggle("hot", Boolean(is_hot));
        element.classList.toggle("faded", Boolean(!is_hot && (near || way.size)));
      }
    };
    let is_drawn = false;
    const paint = () => {
      layer.setAttribute("transform", `translate(${eye.x} ${eye.y}) scale(${eye.scale})`);
      if (!few || !is_drawn) {
        const [wide, high] = size();
        const left = -eye.x / eye.scale, top = -eye.y / eye.scale, right = left + wide / eye.scale, bottom = top + high / eye.scale;
        const inside = ([x, y, height]) => few || (x + width > left && x < right && y + height > top && y < bottom);
        const crosses = edge => {
          const [a, y1, b, y2] = ends(edge);
          return few || (Math.max(a, b) > left && Math.min(a, b) < right && Math.max(y1, y2) > top && Math.min(y1, y2) < bottom);
        };
        const had_focus = layer.contains(document.activeElement);
        layer.replaceChildren(
          ...edges.filter(crosses).flatMap(edge => { const parts = [curve(edge)].flat(); parts[0].edge = edge; return parts; }),
          ...[...boxes].filter(([, place]) => inside(place)).map(([at]) => box(at)));
        is_drawn = true;
        mark();
        if (had_focus) layer.querySelector(`.node[data-at="${current}"] .head`)?.focus({ preventScroll: true });
      }
    };
    let asked = false;
    const soon = () => { if (!asked) { asked = true; requestAnimationFrame(() => { asked = false; paint(); }); } };
    drawing.fit = () => {
      const [wide, high] = size();
      eye.scale = Math.min(1.1, wide / (frame[2] - frame[0] + 40), high / (frame[3] - frame[1] + 40));
      eye.x = (wide - (frame[0] + frame[2]) * eye.scale) / 2;
      eye.y = (high - (frame[1] + frame[3]) * eye.scale) / 2;
      soon();
    };
    drawing.zoom = (factor, x = size()[0] / 2, y = size()[1] / 2) => {
      const scale = Math.min(3, Math.max(0.02, eye.scale * factor));
      eye.x = x - (x - eye.x) * scale / eye.scale; eye.y = y - (y - eye.y) * scale / eye.scale; eye.scale = scale;
      soon();
    };
    // Moves the picture so that a node can be seen.
    const see = at => {
      const [x, y, height] = boxes.get(at), [wide, high] = size();
      const place = [x * eye.scale + eye.x, y * eye.scale + eye.y];
      if (place[0] < 0 || place[0] + width * eye.scale > wide) eye.x = wide / 2 - (x + width / 2) * eye.scale;
      if (place[1] < 0 || place[1] + height * eye.scale > high) eye.y = high / 2 - (y + height / 2) * eye.scale;
    };
    this.hear(svg, { drawing, eye, soon, go: picture.go,
      hover: at => { if (at !== hovered && few) { hovered = at; mark(); } },
      // Arrows go to the nearest node on that side, along edges to the left and the right.
      step: key => {
        const [x, y] = boxes.get(current);
        const beside = { ArrowRight: teal.children[current], ArrowLeft: teal.select.parents(current) }[key];
        const others = beside || [...boxes.keys()].filter(at => boxes.get(at)[0] === x && (key === "ArrowDown" ? boxes.get(at)[1] > y : boxes.get(at)[1] < y));
        const near = others.filter(at => boxes.has(at)).sort((a, b) => Math.abs(boxes.get(a)[1] - y) - Math.abs(boxes.get(b)[1] - y))[0];
        if (near === undefined) return;
        current = near;
        see(current);
        if (few) mark();
        paint();
        layer.querySelector(`.node[data-at="${current}"] .head`)?.focus({ preventScroll: true });
      },
      take: at => { current = at; } });
    drawing.whole = () => ({ edges, boxes, frame, box, curve, way });
    drawing.fit();
    // A large graph that is fitted cannot be read: its beginning can.
    if (!few && focus === undefined) { eye.scale = Math.max(eye.scale, 0.3); eye.x = 20 - frame[0] * eye.scale; eye.y = 20 - frame[1] * eye.scale; soon(); }
    // So can a node in focus and what is around it.
    if (focus !== undefined && boxes.has(focus) && eye.scale < 0.7) {
      const [x, y, height] = boxes.get(focus), [wide, high] = size();
      eye.scale = 0.7; eye.x = wide / 2 - (x + width / 2) * eye.scale; eye.y = high / 2 - (y + height / 2) * eye.scale;
    }
    paint();
  },

  // A node with the columns that are shown of it.
  box(at, [x, y, height], { fill, rows, is_focus, chosen, readable }) {
    const h = teal.h.bind(teal), node = teal.nodes[at], title = teal.title(node), { width, head, row } = teal.graph;
    // What is too long is cut off at the edge, not in the text, which is what is read aloud.
    const words = (text, x, y, high) => h("svg", { width: width - 6, height: high }, h("text", { x, y }, text));
    const about = `${title}, ${teal.kind(node)}${node.st ? `, ${node.st}` : ""}`;
    return h("g", { class: `node${is_focus ? " focus" : ""}`, "data-at": at, transform: `translate(${x} ${y})` },
      rows.length ? h("rect", { class: "body", width, height, rx: 5 }) : null,
      h("g", { class: "head", tabindex: readable ? -1 : null, role: "link", "aria-label": about },
        h("title", {}, about), h("rect", { width, height: head, rx: 5, fill }), readable ? words(title, 9, 17, head) : null),
      rows.map((name, place) => h("g", { class: `row${chosen && name.toLowerCase() === chosen.toLowerCase() ? " chosen" : ""}`, "data-column": name, tabindex: 0, role: "link",
        "aria-label": `the way of ${title}.${name}`, transform: `translate(0 ${head + place * row})` },
      h("title", {}, `${title}.${name}`), h("rect", { x: 1, width: width - 2, height: row - 1 }), words(name, 12, 13, row))));
  },

  // Pointers, wheel and keys.
  hear(svg, { drawing, eye, soon, go, hover, step, take }) {
    const aim = event => {
      const node = event.target.closest?.(".node");
      return node ? [Number(node.dataset.at), event.target.closest(".row")?.dataset.column] : null;
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
    svg.addEventListener("pointerover", event => { if (!fingers.size) hover(aim(event)?.[0]); });
    svg.addEventListener("pointerleave", () => hover(undefined));
    svg.addEventListener("click", event => { const found = aim(event); if (found && moved <= 4) go(...found); });
    svg.addEventListener("focusin", event => { const found = aim(event); if (found) take(found[0]); });
    svg.addEventListener("keydown", event => {
      const found = aim(event);
      if (event.key === "Enter" && found) go(...found);
      else if (event.key.startsWith("Arrow")) step(event.key);
      else if (event.key === "+" || event.key === "=") drawing.zoom(1.3);
      else if (event.key === "-") drawing.zoom(1 / 1.3);
      else if (event.key === "0") drawing.fit();
      else return;
      event.preventDefault();
    });
  },

  // The whole drawing as a file, with its own styles.
  save(drawing, form) {
    if (!drawing.whole) return;
    const { edges, boxes, frame, box, curve, way } = drawing.whole();
    const h = teal.h.bind(teal), wide = frame[2] - frame[0] + 40, high = frame[3] - frame[1] + 40;
    const style = (element, selector, values) => { for (const part of element.querySelectorAll(selector)) for (const [key, value] of Object.entries(values)) part.setAttribute(key, value); };
    const svg = h("svg", { xmlns: "http://www.w3.org/2000/svg", width: wide, height: high, viewBox: `${frame[0] - 20} ${frame[1] - 20} ${wide} ${high}`, "font-family": "sans-serif", "font-size": 12 },
      h("rect", { x: frame[0] - 20, y: frame[1] - 20, width: wide, height: high, fill: "#ffffff" }),
      edges.map(edge => {
        const parts = [curve(edge)].flat(), is_hot = Boolean(edge.kind) || way.has(`${edge.from} ${edge.to}`);
        for (const [key, value] of Object.entries({ fill: "none", stroke: is_hot ? "#00666b" : "#8a969e", "stroke-width": is_hot ? 2.2 : 1.2 })) parts[0].setAttribute(key, value);
        return parts;
      }),
      [...boxes.keys()].map(at => box(at, true)));
    style(svg, ".node rect", { stroke: "#8a969e" });
    style(svg, ".node text", { fill: "#10171b" });
    style(svg, ".body, .row rect", { fill: "#ffffff", stroke: "none" });
    style(svg, ".body", { stroke: "#8a969e" });
    style(svg, ".row.chosen rect", { fill: "#fff1b8" });
    style(svg, ".step", { fill: "#55626b", "font-size": 11 });
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

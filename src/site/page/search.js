// Search as you type, over an index made beforehand. A word may be the start of one, stand within one, or be
// one or two letters wrong.
"use strict";

// Name, column, label, description, code: how much a hit in each counts.
teal.weights = [100, 40, 30, 12, 4];

teal.search = async function (text) {
  const [index] = await Promise.all([this.piece("index"), this.everything()]);
  const words = text.toLowerCase().split(/[^\p{L}\p{N}_]+/u).filter(Boolean);
  let scores;
  for (const word of words) {
    const here = new Map();
    for (const [at, closeness] of this.search.near(index.words, word)) {
      // Entries are kept as what is to be added to the one before.
      let entry = 0;
      for (const more of index.entries[at]) {
        entry += more;
        const place = Math.floor(entry / index.fields), field = entry % index.fields;
        const score = closeness * this.weights[field];
        if (score > (here.get(place)?.score || 0)) here.set(place, { score, field, word: index.words[at] });
      }
    }
    if (!scores) scores = here;
    else scores = new Map([...here].filter(([place]) => scores.has(place)).map(([place, hit]) => {
      const old = scores.get(place);
      return [place, { ...(old.field < hit.field ? old : hit), score: old.score + hit.score }];
    }));
  }
  const kinds = { model: 1.3, source: 1.2, seed: 1.15, snapshot: 1.15, exposure: 1.15, metric: 1.15, test: 0.5, unit_test: 0.6, macro: 0.8 };
  return [...(scores || [])]
    .map(([at, hit]) => ({ at, ...hit, score: hit.score * (kinds[this.nodes[at].t] || 1) - this.nodes[at].n.length / 100 }))
    .sort((a, b) => b.score - a.score).slice(0, 40);
};

// Words of the index that a typed one may mean, with how well they fit.
teal.search.near = function (words, word) {
  const found = [];
  words.forEach((known, at) => {
    if (known === word) found.push([at, 1]);
    else if (known.startsWith(word)) found.push([at, 0.8]);
    else if (word.length > 2 && known.includes(word)) found.push([at, 0.5]);
  });
  if (found.length < 3 && word.length > 3) {
    const bound = word.length > 6 ? 2 : 1;
    words.forEach((known, at) => {
      if (Math.abs(known.length - word.length) > bound) return;
      const distance = teal.search.distance(known, word, bound);
      if (distance > 0 && distance <= bound) found.push([at, 0.4 / distance]);
    });
  }
  return found;
};

// Letters to change, add, leave out or swap between two words; more than the bound is not counted further.
teal.search.distance = function (a, b, bound) {
  let before = [], last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    if (Math.min(...row) > bound) return bound + 1;
    before = last;
    last = row;
  }
  return last[b.length];
};

// The field in the header: `/` goes there, arrows choose, Enter opens, Escape leaves.
teal.searching = function () {
  const query = document.getElementById("query"), list = document.getElementById("results");
  const fields = ["", "column", "label", "description", "code"];
  let hits = [], chosen = 0, turn = 0;
  const close = () => { list.hidden = true; query.setAttribute("aria-expanded", "false"); query.removeAttribute("aria-activedescendant"); };
  const choose = at => {
    chosen = Math.max(0, Math.min(at, hits.length - 1));
    [...list.children].forEach((item, place) => item.setAttribute("aria-selected", place === chosen));
    list.children[chosen]?.scrollIntoView({ block: "nearest" });
    if (list.children[chosen]) query.setAttribute("aria-activedescendant", list.children[chosen].id);
  };
  const open = at => { const hit = hits[at]; if (!hit) return; close(); query.blur(); location.hash = teal.address(teal.nodes[hit.at], hit.field === 1 ? hit.word : undefined); };
  const show = async () => {
    const mine = ++turn;
    const text = query.value.trim();
    hits = text ? await teal.search(text) : [];
    if (mine !== turn) return;
    list.replaceChildren(...hits.map((hit, at) => {
      const node = teal.nodes[hit.at];
      const where = fields[hit.field] ? ` · ${fields[hit.field]} ${hit.word}` : "";
      return teal.h("li", { role: "option", id: `hit-${at}`, onclick: () => open(at), onmousemove: () => chosen !== at && choose(at) },
        teal.title(node), teal.h("small", {}, `${teal.kind(node)}${where}${node.d ? ` · ${node.d}` : ""}`));
    }));
    if (text && !hits.length) list.replaceChildren(teal.h("li", { role: "option", "aria-disabled": "true" }, "Nothing found"));
    list.hidden = !text;
    query.setAttribute("aria-expanded", String(!list.hidden));
    choose(0);
  };
  query.addEventListener("input", show);
  // Who goes there will type in a moment; a piece that is missing is told of then.
  query.addEventListener("focus", () => { Promise.all([teal.piece("index"), teal.everything()]).catch(() => {}); if (query.value) show(); });
  query.addEventListener("keydown", event => {
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen - 1);
    else if (event.key === "Escape") { close(); query.blur(); }
    else return;
    event.preventDefault();
  });
  document.getElementById("search").addEventListener("submit", event => { event.preventDefault(); open(chosen); });
  document.addEventListener("click", event => { if (!event.target.closest("#search")) close(); });
  document.addEventListener("keydown", event => {
    if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) { event.preventDefault(); query.focus(); query.select(); }
  });
};

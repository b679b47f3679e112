// Code as written, as compiled and as run, in colours.
"use strict";

teal.code = function (more) {
  const h = this.h.bind(this);
  const view = h("pre", { tabindex: 0, role: "region", "aria-label": "Code" });
  const show = text => view.replaceChildren(h("code", {}, more.lang === "python" ? text : this.colour(text)));
  const forms = [["Written", more.raw], ["Compiled", more.sql], ["Run", more.run]].filter(([, text]) => text);
  const buttons = forms.map(([name, text], place) => h("button", { type: "button", "aria-pressed": String(place === 0), onclick: event => {
    for (const other of event.currentTarget.parentNode.children) other.setAttribute("aria-pressed", String(other === event.currentTarget));
    show(text);
  } }, name));
  const copy = h("button", { type: "button", onclick: async event => {
    const button = event.currentTarget;
    try { await navigator.clipboard.writeText(view.textContent); button.textContent = "Copied"; } catch { button.textContent = "Cannot copy"; }
  } }, "Copy");
  show(forms[0][1]);
  return h("div", {}, h("div", { class: "controls" }, h("div", { class: "tabs", role: "group", "aria-label": "Form of the code" }, buttons), copy), view);
};

teal.words = new Set(("select from where and or not as on using join left right full inner outer cross lateral group by order having limit offset union all distinct case when "
  + "then else end with recursive is null in between like ilike exists over partition rows range unbounded preceding following current row cast values qualify asc desc nulls first last "
  + "filter window interval true false create table view insert into update delete merge matched exclude replace pivot unpivot any some except intersect").split(" "));

// SQL with Jinja as pieces in colours.
teal.colour = function (text) {
  const parts = /(\{#[\s\S]*?#\}|--[^\n]*|\/\*[\s\S]*?\*\/)|(\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\})|('(?:[^']|'')*')|(\b\d+(?:\.\d+)?\b)|([A-Za-z_]\w*)/g;
  const pieces = [];
  let end = 0;
  for (const match of text.matchAll(parts)) {
    const kind = match[1] ? "s-c" : match[2] ? "s-j" : match[3] ? "s-s" : match[4] ? "s-n" : this.words.has(match[0].toLowerCase()) ? "s-k" : null;
    if (!kind) continue;
    pieces.push(text.slice(end, match.index), this.h("span", { class: kind }, match[0]));
    end = match.index + match[0].length;
  }
  pieces.push(text.slice(end));
  return pieces;
};

// A value of a property file, with what to call it: a list of mappings as a table, a mapping as its entries, anything
// else as it is.
teal.value = function (value, label) {
  const h = this.h.bind(this);
  const is_mapping = value => value !== null && typeof value === "object" && !Array.isArray(value);
  if (Array.isArray(value)) {
    if (!value.length) return "";
    if (!value.every(is_mapping)) return h("ul", {}, value.map(item => h("li", {}, this.value(item, label))));
    const blank = item => item === null || item === undefined || item === "" || (typeof item === "object" && Object.values(item).every(blank));
    const keys = [...new Set(value.flatMap(item => Object.keys(item)))].filter(key => value.some(item => !blank(item[key])));
    return this.table(label, keys.map(key => key.replaceAll("_", " ")), value.map((item, at) => keys.map(key => blank(item[key]) ? "" : this.value(item[key], `${label} ${at + 1} ${key}`))));
  }
  if (is_mapping(value)) {
    return h("dl", { class: "entries" }, Object.entries(value).filter(([, item]) => item !== null && item !== "" && !(Array.isArray(item) && !item.length))
      .map(([key, item]) => h("div", {}, h("dt", {}, key.replaceAll("_", " ")), h("dd", {}, this.value(item, `${label} ${key}`)))));
  }
  return typeof value === "string" && /\s/.test(value) && !value.includes("\n") ? value : typeof value === "string" && value.includes("\n") ? h("pre", {}, value) : h("code", {}, String(value));
};

// A table that can be scrolled sideways, with the keyboard too. Columns whose title ends in `#` hold numbers.
teal.table = function (label, titles, rows, classes) {
  const h = this.h.bind(this), number = place => titles[place].endsWith("#") ? "number" : null;
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label }, h("table", {},
    h("thead", {}, h("tr", {}, titles.map((title, place) => h("th", { scope: "col", class: number(place) }, title.replace("#", ""))))),
    h("tbody", {}, rows.map((cells, at) => h("tr", { class: classes?.[at] }, cells.map((cell, place) => h("td", { class: number(place) }, cell)))))));
};

// Opens the docs site in Chromium.
//
//     node site.mjs look ADDRESS          the site of tests/cases/docs_site: all that a reader does
//     node site.mjs reload ADDRESS FILE   any site that is served: that it is loaded again once the artifact FILE changes
//     node site.mjs crawl ADDRESS         any site: each page and each graph, one right after the other
//     node site.mjs accessible ADDRESS    the site of example_project: each kind of page, light and dark, with axe-core
//     node site.mjs measure ADDRESS       any site: how long a reader waits, and how much memory it takes
//     node site.mjs pictures ADDRESS DIR  the site of example_project: the pictures of docs/
//
// ADDRESS is that of the first page: from disk, as one page, or served. Whatever is done, the console stays silent,
// which is where a script that fails or breaks the policy would complain, and nothing is asked of anyone else.
// The browser is $CHROMIUM, else `chromium` of the path.

import { readFile, readdir, utimes } from "node:fs/promises";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const browser_path = process.env.CHROMIUM || execFileSync("which", ["chromium"], { encoding: "utf8" }).trim();
const problems = [];

function check(holds, what) {
  if (!holds) problems.push(what);
}

function equal(found, wanted, what) {
  const [a, b] = [found, wanted].map(value => JSON.stringify(value));
  check(a === b, `${what}: ${a} and not ${b}`);
}

// A page that reports whatever it says or asks of others.
async function open(browser, address, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: "light", ...options });
  const page = await context.newPage();
  const own = address.startsWith("file:") ? address.slice(0, address.lastIndexOf("/") + 1) : new URL(address).origin;
  page.on("console", message => check(!["error", "warning"].includes(message.type()), `the console says: ${message.text()}`));
  page.on("pageerror", error => problems.push(`a script fails: ${error.message}`));
  page.on("request", request => check(request.url().startsWith(own) || /^(data|blob):/.test(request.url()), `asked for ${request.url()}`));
  page.setDefaultTimeout(30000);
  page.go = async hash => {
    await page.goto(`${address}${hash}`);
    await page.waitForSelector("main h1");
  };
  return page;
}

const text = (page, selector = "main") => page.locator(selector).first().innerText();
const note = page => page.locator("main p[role=status]");
const nodes = page => page.locator(".drawing .head").evaluateAll(all => all.map(one => one.getAttribute("aria-label").split(",")[0]).sort());
const rows = page => page.locator(".drawing .row").evaluateAll(all => all.map(one => one.getAttribute("aria-label").replace("the way of ", "")).sort());
const settled = async (page, words) => note(page).filter({ hasText: words }).waitFor();

async function look(browser, address) {
  const page = await open(browser, address);
  const about = "#/r/model.shop.contacts";

  // The first page.
  await page.go("#/");
  for (const words of ["of 2 models described", "accepted_values_contacts_address", "Failed or warned", "Slowest", "Largest", "Personal data", "What we sell"]) {
    check((await text(page)).includes(words), `the first page does not say: ${words}`);
  }

  // Search: with a letter wrong, by a column, a tag, an owner and code; keys alone.
  for (const [typed, wanted] of [["contcts", "contacts"], ["doubled", "contacts"], ["crm", "contacts"], ["ada@example.com", "board"], ["doubler", "doubler"], ["bold", "people"]]) {
    await page.go("#/");
    await page.keyboard.press("/");
    await page.keyboard.type(typed);
    const first = page.locator("#results [role=option]").first();
    await first.filter({ hasText: wanted }).waitFor().catch(() => problems.push(`searching ${typed} does not find ${wanted}`));
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await page.locator("main h1", { hasText: wanted }).waitFor().catch(() => problems.push(`Enter does not open ${wanted}`));
  }
  await page.keyboard.press("/");
  await page.keyboard.type("nothing like it");
  await page.locator("#results", { hasText: "Nothing found" }).waitFor();
  await page.keyboard.press("Escape");
  check(await page.locator("#results").isHidden(), "Escape does not close the results");

  // The trees, and the way back.
  await page.go("#/");
  await page.click("#by-database");
  await page.locator("#branches summary", { hasText: "main" }).click();
  await page.locator("#branches a", { hasText: "contacts" }).click();
  await page.locator("#branches a[aria-current=page]", { hasText: "contacts" }).waitFor();
  check(/contacts 2/.test(await text(page, "#branches a[aria-current=page]")), "the database's tree does not show rows");
  await page.goBack();
  await page.locator("main h1", { hasText: "shop" }).waitFor();
  await page.click("#by-project");

  // A model's page: nothing that was written runs, everything that was written is shown.
  await page.go(about);
  const html = await page.locator("main").innerHTML();
  for (const words of ["<strong>People</strong>", "&lt;script&gt;", "described at ", 'class="s-c">-- &lt;/script&gt;', "Rows", "Last run", '"main"']) {
    check(html.includes(words), `the model's page lacks ${words}`);
  }
  for (const words of ["javascript:", "pixel.png"]) check(!html.includes(words), `the model's page holds ${words}`);
  await page.click("button:text('Run')");
  check((await text(page, "main pre code")).includes("create"), "the statement that was run is not shown");
  await page.click("button:text('Compiled')");
  check((await text(page, "main pre code")).includes("people"), "the compiled code is not shown");
  for (const [id, words] of [["source.shop.raw.visits", "Freshness"], ["source.shop.raw.visits", "About raw"], ["exposure.shop.board", "ada@example.com"], ["macro.shop.doubler", "What is doubled"],
    ["group.shop.sales", "Members"], ["unit_test.shop.contacts.doubles", "Expected"], ["test.shop.unique_contacts_id.42bbe7b7e4", "contacts"], ["seed.shop.people", "<b>bold</b>"]]) {
    await page.go(`#/r/${id}`);
    check((await text(page)).includes(words), `the page of ${id} does not say: ${words}`);
  }
  await page.go("#/r/model.shop.gone");
  check((await text(page)).includes("There is no resource with the id model.shop.gone"), "a missing resource is not told");
  equal(await page.evaluate(() => window.harmed ?? null), null, "what was written ran");

  // The way of a column: in the page, drawn, from column to column, and by its address.
  await page.go(about);
  await page.click("button:text('from people.email')");
  const way = await page.locator("td:has(button[aria-expanded=true])").innerText();
  for (const words of ["Made of", "people.email rename", "Goes into", "reachable.address copy", "board reads"]) check(way.includes(words), `the way of address lacks ${words}: ${way}`);
  await page.locator("tr", { hasText: "address" }).locator("a:text('draw')").click();
  await settled(page, "The way of contacts.address");
  const drawn = async () => {
    equal(await nodes(page), ["board", "contacts", "people", "reachable"], "the nodes on the way of address");
    equal(await rows(page), ["contacts.address", "people.email", "reachable.address"], "the columns on it");
    equal((await page.locator(".drawing .step").allTextContents()).sort(), ["copy", "reads", "rename"], "the kinds of its steps");
  };
  await drawn();
  const link = page.url();
  await page.goto("about:blank");
  await page.goto(link);
  await settled(page, "The way of contacts.address");
  await drawn();
  await page.locator(".drawing .row", { hasText: "email" }).click();
  await settled(page, "The way of people.email");
  await page.go("#/graph?focus=model.shop.contacts");
  await page.locator(".drawing .row", { hasText: "doubled" }).click();
  await settled(page, "The way of contacts.doubled");
  equal((await page.locator(".drawing .step").allTextContents()).sort(), ["transform"], "the kinds of the steps of doubled");
  await page.go("#/graph?focus=model.shop.contacts&column=nothing");
  await settled(page, "contacts has no column nothing");

  // Selectors, in the page and by the address.
  await page.go("#/graph");
  await settled(page, "5 of 5 nodes");
  await page.fill("input[name=select]", "+contacts raw");
  await page.press("input[name=select]", "Enter");
  await settled(page, "2 of 5 nodes; nothing is `raw`");
  await page.fill("input[name=exclude]", "people");
  await page.press("input[name=exclude]", "Enter");
  await settled(page, "1 of 5 nodes");
  const selected = page.url();
  await page.goto("about:blank");
  await page.goto(selected);
  await settled(page, "1 of 5 nodes");
  equal(await nodes(page), ["contacts"], "what the link selects");
  await page.fill("input[name=select]", "taag:crm");
  await page.press("input[name=select]", "Enter");
  await settled(page, "'taag' is not a valid method name");
  await page.go("#/graph?select=%2Bcontacts&by=status&critical=1");
  await settled(page, "2 of 5 nodes; the longest way takes");
  check((await text(page, ".legend")).includes("success (2)"), "the legend does not tell of success");
  equal(await page.locator(".drawing .edge.hot").count(), 1, "edges on the longest way");
  await page.go("#/graph?focus=model.shop.contacts&up=0&down=1");
  await settled(page, "2 of 5 nodes");

  // The graph by keyboard.
  await page.go("#/graph?focus=model.shop.contacts");
  await page.locator(".drawing .node.focus .head").focus();
  await page.keyboard.press("ArrowRight");
  equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label").split(",")[0]), "reachable", "where the arrow leads");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Enter");
  await page.locator("main h1", { hasText: "contacts" }).waitFor();

  // Pictures to keep.
  await page.go("#/graph?focus=model.shop.contacts&column=address");
  await settled(page, "The way of");
  for (const [button, opening] of [["SVG", "<svg"], ["PNG", "\x89PNG"]]) {
    const [download] = await Promise.all([page.waitForEvent("download"), page.click(`button:text-is("${button}")`)]);
    const saved = await readFile(await download.path(), "latin1");
    check(saved.startsWith(opening) && saved.length > 900, `what is saved as ${button} is none`);
    if (button === "SVG") for (const words of ["reachable", "email", "rename"]) check(saved.includes(words), `the saved drawing lacks ${words}`);
  }

  // Light and dark: as the system has it, as it was chosen, and as that is remembered.
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  equal(await ground(), "rgb(255, 255, 255)", "the ground in light");
  await page.emulateMedia({ colorScheme: "dark" });
  equal(await ground(), "rgb(20, 24, 28)", "the ground in dark");
  await page.click("#theme");
  equal(await ground(), "rgb(255, 255, 255)", "the ground once light is chosen");
  await page.reload();
  await page.waitForSelector("main h1");
  equal(await ground(), "rgb(255, 255, 255)", "the ground that was chosen, later");

  // As narrow as a phone.
  const phone = await open(browser, address, { viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true });
  for (const hash of ["#/", about, "#/graph", "#/r/macro.shop.doubler"]) {
    await phone.go(hash);
    const wide = await phone.evaluate(() => document.scrollingElement.scrollWidth);
    check(wide <= 390, `${hash} is ${wide} wide on a phone`);
  }
  check(await phone.locator("#tree").isHidden(), "the tree is in the way on a phone");
  await phone.click("#menu");
  check(await phone.locator("#tree").isVisible(), "the menu does not open the tree");
  await phone.close();
  await page.close();
}

async function reload(browser, address, file) {
  const page = await open(browser, address);
  await page.go("#/");
  await page.evaluate(() => { window.is_old = true; });
  // A page asks every two seconds and has to have asked once.
  await page.waitForTimeout(2500);
  check(await page.evaluate(() => window.is_old), "the page is loaded again though nothing changed");
  await utimes(file, new Date(), new Date());
  await page.waitForFunction(() => !window.is_old);
  await page.close();
}

async function crawl(browser, address) {
  const page = await open(browser, address);
  await page.go("#/");
  const odd = await page.evaluate(async () => {
    const all = await teal.everything(), odd = [];
    const until = async holds => { const start = performance.now(); while (!holds() && performance.now() - start < 20000) await new Promise(go => setTimeout(go, 1)); return holds(); };
    for (const [at, node] of all.entries()) {
      location.hash = teal.address(node);
      if (!await until(() => teal.shown === at && document.querySelector("main h1")?.textContent === teal.title(node))) odd.push(`${node.id} is not shown`);
      const words = document.querySelector("main").innerText.match(/cannot be shown|undefined|NaN|\[object/);
      if (words) odd.push(`${node.id} says ${words[0]}`);
      if (!node.xy) continue;
      location.hash = teal.graph.address({ focus: node.id });
      // Every second one is left before it is drawn.
      if (at % 2 && !await until(() => document.querySelector(".drawing.full .node.focus"))) odd.push(`${node.id} is not drawn`);
    }
    return odd;
  });
  problems.push(...odd);
  await page.close();
}

// One resource of each kind, and the views.
async function kinds(page) {
  const ids = await page.evaluate(async () => {
    const first = new Map();
    for (const node of await teal.everything()) if (!first.has(node.t)) first.set(node.t, `#/r/${node.id}`);
    return [...first.values()];
  });
  return ["#/", "#/graph", "#/graph?select=tag:nope", "#/graph?focus=model.harborline.dim_accounts&up=1&down=1",
    "#/graph?focus=model.harborline.dim_accounts&column=segment", "#/r/model.harborline.dim_accounts/segment", "#/r/nothing", ...ids];
}

async function accessible(browser, address) {
  const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  for (const colorScheme of ["light", "dark"]) {
    const page = await open(browser, address, { colorScheme });
    await page.go("#/");
    const inspect = async what => {
      await page.evaluate(axe);
      const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"], preload: false }));
      for (const { id, impact, help, nodes } of found.violations) {
        const about = `${colorScheme} ${what}: ${impact} ${id}: ${help}: ${nodes.slice(0, 3).map(node => node.html.slice(0, 160)).join(" | ")}`;
        if (["serious", "critical"].includes(impact)) problems.push(about); else console.log(`remark: ${about}`);
      }
    };
    for (const hash of await kinds(page)) {
      await page.go(hash);
      await page.waitForTimeout(150);
      await page.evaluate(() => { for (const details of document.querySelectorAll("main details")) details.open = true; });
      await inspect(hash);
    }
    for (const words of ["arr", "nothing like it"]) {
      await page.go("#/");
      await page.fill("#query", words);
      await page.waitForSelector("#results li");
      await inspect(`searching ${words}`);
    }
    await page.close();
  }
}

// The renderer's own memory in bytes, as the system counts it.
async function renderer() {
  let most = 0;
  for (const pid of (await readdir("/proc")).filter(name => /^\d+$/.test(name))) {
    try {
      if (!(await readFile(`/proc/${pid}/cmdline`, "utf8")).includes("--type=renderer")) continue;
      const own = (await readFile(`/proc/${pid}/smaps_rollup`, "utf8")).match(/Private_Dirty:\s+(\d+)/);
      most = Math.max(most, Number(own?.[1] || 0) * 1024);
    } catch { /* it ended meanwhile */ }
  }
  return most;
}

async function measure(browser, address) {
  const page = await open(browser, address);
  page.setDefaultTimeout(60000);
  const said = (what, value, unit) => console.log(`${what.padEnd(42)} ${value.toFixed(0)} ${unit}`);
  const middle = numbers => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
  await page.go("#/");
  said("first page drawn", await page.evaluate(() => Math.max(performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd,
    ...performance.getEntriesByName("first-contentful-paint").map(entry => entry.startTime))), "ms");
  said("nodes", await page.evaluate(() => teal.core.nodes.length), "");
  const search = words => page.evaluate(async words => {
    const before = performance.now(), query = document.getElementById("query"), list = document.getElementById("results");
    list.replaceChildren();
    query.value = words;
    query.dispatchEvent(new Event("input"));
    while (!list.children.length) await new Promise(go => { const { port1, port2 } = new MessageChannel(); port1.onmessage = go; port2.postMessage(0); });
    return performance.now() - before;
  }, words);
  await page.focus("#query");
  await page.waitForTimeout(300);
  said("first search, 300 ms after the field", await search("order"), "ms");
  const typed = [];
  for (const words of ["o", "or", "ord", "orde", "order", "orders", "order id", "custmer", "amuont", "model_1", "mart", "is", "id", "select sum"]) typed.push(await search(words));
  said("search, the middle of 14", middle(typed), "ms");
  said("search, the slowest", Math.max(...typed), "ms");
  const focus = await page.evaluate(async () => {
    const found = [], drawn = teal.core.nodes.filter(node => node.xy), step = Math.max(1, Math.floor(drawn.length / 40));
    const busy = teal.core.nodes.reduce((best, node, at) => node.xy && teal.children[at].length > teal.children[best].length ? at : best, 0);
    for (const node of [teal.core.nodes[busy], ...drawn.filter((_, at) => at % step === 0)]) {
      const before = performance.now();
      location.hash = `#/graph?focus=${encodeURIComponent(node.id)}`;
      while (!document.querySelector(`.drawing .node.focus .head[aria-label^="${teal.title(node)},"]`)) await new Promise(go => requestAnimationFrame(go));
      found.push(performance.now() - before);
    }
    return found;
  });
  said("focus on a node, the middle of 41", middle(focus), "ms");
  said("focus on a node, the slowest", Math.max(...focus), "ms");
  said("the way of the column that goes farthest", await page.evaluate(async () => {
    const busy = teal.core.nodes.reduce((best, node, at) => node.xy && teal.children[at].length > teal.children[best].length ? at : best, 0);
    const steps = (await teal.steps(busy)).sort((a, b) => b[2].length - a[2].length)[0];
    if (!steps) return 0;
    const before = performance.now();
    location.hash = teal.graph.address({ focus: teal.nodes[busy].id, column: steps[0] });
    while (!document.querySelector(".drawing .row.chosen")) await new Promise(go => requestAnimationFrame(go));
    return performance.now() - before;
  }), "ms");
  console.log(await text(page, "main p[role=status]"));
  await page.go("#/");
  said("the whole graph", await page.evaluate(async () => {
    const before = performance.now();
    location.hash = "#/graph";
    while (!document.querySelector(".drawing .node")) await new Promise(go => requestAnimationFrame(go));
    return performance.now() - before;
  }), "ms");
  said("the browser's heap", await page.evaluate(() => performance.memory.usedJSHeapSize / 1e6), "MB");
  said("the page's process", (await renderer()) / 1e6, "MB");
  await page.close();
}

async function pictures(browser, address, folder) {
  const shot = async (name, hash, options, prepare) => {
    const page = await open(browser, address, options);
    await page.go(hash);
    await prepare?.(page);
    await page.waitForTimeout(400);
    await page.screenshot({ path: path.join(folder, `${name}.png`) });
    await page.close();
  };
  await shot("site-home", "#/", { viewport: { width: 1180, height: 760 } });
  await shot("site-model", "#/r/model.harborline.fct_arr_daily", { viewport: { width: 1180, height: 760 } });
  await shot("site-column", "#/graph?focus=model.harborline.int_account_subscriptions&column=arr", { viewport: { width: 1280, height: 660 } });
  await shot("site-phone", "#/r/model.harborline.dim_accounts", { viewport: { width: 390, height: 760 }, colorScheme: "dark" });
}

const [, , what, address, ...rest] = process.argv;
const browser = await chromium.launch({ executablePath: browser_path, args: ["--no-sandbox", "--disable-gpu", "--enable-precise-memory-info"] });
try {
  await { look, reload, crawl, accessible, measure, pictures }[what](browser, address, ...rest);
} catch (error) {
  problems.push(error.message);
} finally {
  await browser.close();
}
if (problems.length) {
  console.error(problems.join("\n"));
  process.exit(1);
}

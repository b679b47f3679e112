// Compares what the selectors of the docs site mean with what those of the command line mean.
//
//     node select.mjs FOLDER
//
// FOLDER holds a site and `asked.json`: a list of `[select, exclude, ids]`, with null for ids where the command line
// refuses.

import { readFileSync } from "node:fs";
import path from "node:path";
import vm from "node:vm";

const folder = process.argv[2];
globalThis.document = { addEventListener() {} };
for (const name of ["app", "core", "tests", "config", "select"]) vm.runInThisContext(readFileSync(path.join(folder, "site", `${name}.js`), "utf8"));
const teal = vm.runInThisContext("teal");
const asked = JSON.parse(readFileSync(path.join(folder, "asked.json"), "utf8"));
const problems = [];
for (const [select, exclude, ids] of asked) {
  let found = null, said = "";
  try {
    found = [...(await teal.select(select, exclude)).chosen].map(at => teal.nodes[at].id).sort();
  } catch (error) {
    said = ` (${error.message})`;
  }
  if (JSON.stringify(found) !== JSON.stringify(ids)) problems.push(`--select ${select} --exclude ${exclude}: ${JSON.stringify(found)}${said} and not ${JSON.stringify(ids)}`);
}
if (problems.length) {
  console.error(problems.join("\n"));
  process.exit(1);
}
console.log(`${asked.length} selections`);

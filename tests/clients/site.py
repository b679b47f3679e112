#!/usr/bin/env python3
"""Opens the docs site in Chromium: from disk, as one page, and served.

    tests/clients/site.py TEAL [PROJECT]

Every kind of page is drawn in each of the three ways, without a word in the browser's console, which is where
a script that fails or breaks the server's policy would complain. Chromium is Debian's (`apt-get install chromium`).
The project is the case `docs_site`, whose descriptions and code try to run scripts; of another project only
the first page and the graph are opened, and it is said how long they take.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--enable-logging=stderr", "--virtual-time-budget=1500", "--dump-dom"]
# Served, a page asks every two seconds whether it is still current; the time given ends before that.
# What each page must show, and what it must not.
PAGES = {
    "#/": (["50 %", "of 2 models described", "accepted_values_contacts_address", 'class="chip pii">pii'], []),
    "#/r/model.shop.contacts": (["<strong>People</strong>", "&lt;script&gt;", "from people.email", "described at ",
                                 'class="s-c">-- &lt;/script&gt;', 'class="node focus"'], ["javascript:", "pixel.png"]),
    "#/r/model.shop.contacts/address": (['class="chosen"'], []),
    "#/r/seed.shop.people": (["pii", "&lt;b&gt;bold"], []),
    "#/r/exposure.shop.board": (["ada@example.com", 'href="https://example.com/board"'], []),
    "#/r/model.shop.gone": (["There is no resource with the id model.shop.gone"], []),
    "#/graph": (["4 of 4 nodes", 'class="edge"'], []),
    "#/graph?select=%2Bcontacts&by=status": (["2 of 4 nodes", "success (2)"], []),
    "#/graph?focus=model.shop.contacts&up=0&down=1": (["2 of 4 nodes"], []),
    "#/graph?select=tag:crm&critical=1": (["1 of 4 nodes; the longest way takes"], []),
}


def dump(url):
    """A page's elements once it is drawn, and what the console said."""
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run(["chromium", *FLAGS, f"--user-data-dir={profile}", url], text=True, capture_output=True, timeout=120)
    return done.stdout, re.findall(r"CONSOLE.*?\"(.*)\", source", done.stderr)


def look(address, pages):
    for page, (wanted, unwanted) in pages.items():
        started = time.time()
        # The policy forbids the browser's own tricks too, so what harmed the page would be seen in its title.
        dom, console = dump(address + page)
        seconds = time.time() - started
        # The one page holds its data too; what counts is what is shown.
        dom = dom[dom.find("<main"):dom.find("</main>")]
        missing = [text for text in wanted if text not in dom] + [f"not {text}" for text in unwanted if text in dom]
        if missing or console:
            sys.exit(f"{address}{page}: {missing} {console}\n{dom[-3000:]}")
        print(f"{seconds:5.1f} s  {address.split('/')[-1] or 'served':18} {page}")


def main():
    teal = pathlib.Path(sys.argv[1]).resolve()
    own = len(sys.argv) == 2
    source = ROOT / "tests/cases/docs_site" if own else pathlib.Path(sys.argv[2])
    pages = PAGES if own else {"#/": (["models described"], []), "#/graph": ([" nodes", "class=\"node"], [])}
    with tempfile.TemporaryDirectory() as scratch:
        project = pathlib.Path(scratch) / "project"
        shutil.copytree(source, project, ignore=shutil.ignore_patterns("expected", "cmd", "target", "logs"))
        if own:
            subprocess.run([teal, "build", "--quiet"], cwd=project, check=True)
        started = time.time()
        subprocess.run([teal, "docs", "generate", "--quiet"], cwd=project, check=True)
        print(f"{time.time() - started:5.1f} s  docs generate")
        subprocess.run([teal, "docs", "generate", "--quiet", "--static"], cwd=project, check=True)
        look(f"file://{project}/target/index.html", pages)
        look(f"file://{project}/target/static_index.html", pages)
        server = subprocess.Popen([teal, "docs", "serve", "--port", "0", "--no-browser"], cwd=project, text=True, stdout=subprocess.PIPE)
        try:
            line = next(line for line in server.stdout if "http://" in line)
            look(line.split("docs at ")[1].strip(), pages)
        finally:
            server.kill()


if __name__ == "__main__":
    main()

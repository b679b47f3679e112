#!/usr/bin/env python3
"""Compares Teal's column lineage with sqlglot's, edge by edge, and says where they differ and why.

    tests/clients/sqlglot_lineage.py TEAL FOLDER...

A folder is a project, of which every model is compared, or holds queries (`*.sql`) and the columns of their tables
(`schema.json`, tables to lists of names), which become a project.

Runs `teal docs generate` in a copy of each project, takes the columns of what a model reads from Teal (they
have to come from somewhere), and asks sqlglot for the columns that each output is made of. An edge is a pair of
a table's column and an output. sqlglot counts what partitions, orders or filters a value among what it is made
of; Teal keeps that apart as influences, so an edge that one has as edge and the other as influence counts as
agreed in kind only. sqlglot comes from PyPI into a folder of its own (`$CLIENTS_VENV`, else
~/.cache/teal-clients/sqlglot).
"""

import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import venv

PACKAGES = ["sqlglot==30.30.0"]
SHOWN = int(os.environ.get("SHOWN", "12"))


def teal_edges(nodes, name):
    """For each column of a node: the (table, column) pairs it is made of, and those that decide about it."""
    ephemeral = lambda node: nodes.get(node, {}).get("ephemeral")

    def through(node, column, seen):
        if not ephemeral(node) or column is None:
            return {(node, column and column.lower())}
        key = (node, column.lower())
        if key in seen:
            return set()
        columns = {known.lower(): value for known, value in nodes[node]["columns"].items()}
        links = columns.get(column.lower(), {}).get("from", [])
        return set().union(*(through(link["node"], link["column"], seen | {key}) for link in links), set())

    def decisions(entries):
        return set().union(*(through(one["node"], one["column"], frozenset()) for one in entries), set())

    node = nodes[name]
    rows = decisions(node["influences"])
    for parent in node["reads"]:
        if ephemeral(parent):
            rows |= decisions(nodes[parent]["influences"])
    edges = {}
    for column, known in node["columns"].items():
        links = known["from"]
        made = set().union(*(through(link["node"], link["column"], frozenset()) for link in links), set())
        own = decisions(known["influences"])
        for link in links:
            if ephemeral(link["node"]) and link["column"]:
                inner = {k.lower(): v for k, v in nodes[link["node"]]["columns"].items()}.get(link["column"].lower(), {})
                own |= decisions(inner.get("influences", []))
        edges[column.lower()] = (made, own, rows)
    return edges


def sqlglot_edges(sql, schema, columns):
    """For each column: the (table text, column) pairs that sqlglot finds, or the error it raises."""
    from sqlglot import exp, parse_one
    from sqlglot.lineage import lineage
    from sqlglot.optimizer import qualify
    from sqlglot.optimizer.scope import build_scope

    try:
        tree = parse_one(sql, dialect="duckdb")
        tree = qualify.qualify(tree, dialect="duckdb", schema=schema, validate_qualify_columns=False, identify=False)
        scope = build_scope(tree)
    except Exception as error:
        return None, f"{type(error).__name__}: {str(error)[:100]}"
    found = {}
    names = tree.named_selects
    # Where both have the same number of columns they are the same by position, whatever the unnamed are called.
    called = dict(zip(columns, names)) if len(names) == len(columns) else {}
    for column in columns:
        try:
            root = lineage(called.get(column, column), sql, schema=schema, dialect="duckdb", scope=scope, trim_selects=False)
        except Exception as error:
            found[column] = f"{type(error).__name__}: {str(error)[:100]}"
            continue
        pairs = set()
        for leaf in root.walk():
            if leaf.downstream or not isinstance(leaf.source, exp.Table) or leaf is root:
                continue
            name = leaf.name.rsplit(".", 1)[-1].strip('"').lower()
            # A function makes rows of nothing, or of its arguments; it is no table of ours.
            if isinstance(leaf.source.this, exp.Func):
                continue
            table = ".".join(part.name for part in leaf.source.parts).lower()
            pairs.add((table, name))
        found[column] = pairs
    return found, None


def read_by(nodes, name):
    """What a model reads, through ephemeral models."""
    for parent in nodes[name]["reads"]:
        yield parent
        if nodes.get(parent, {}).get("ephemeral"):
            yield from read_by(nodes, parent)


def schema_of(nodes, names, relations):
    """sqlglot's nested schema of some nodes."""
    schema = {}
    for name in names:
        if name not in relations:
            continue
        parts = relations[name]
        at = schema
        for part in parts[:-1]:
            at = at.setdefault(part, {})
        columns = nodes.get(name, {}).get("columns", {})
        at[parts[-1]] = {column.lower(): "varchar" for column in columns if column != "*"} or {"unknown": "varchar"}
    return schema


def compare(label, nodes, sqls, relations, totals):
    """Compares every model and counts; `relations` gives database, schema and name of each node."""
    by_name = {}
    for name, parts in relations.items():
        for start in range(len(parts)):
            by_name.setdefault(".".join(parts[start:]), name)
    counts = collections.Counter()
    different = []
    for name, sql in sqls.items():
        ours = teal_edges(nodes, name)
        if nodes[name]["notes"] and not any(known[0] for known in ours.values()):
            counts["models Teal does not follow"] += 1
        theirs, error = sqlglot_edges(sql, schema_of(nodes, [name, *read_by(nodes, name)], relations), list(ours))
        counts["models"] += 1
        if error:
            counts["models sqlglot does not follow"] += 1
            different.append(("sqlglot fails", name, "", error))
            continue
        for column, (made, own, rows) in ours.items():
            found = theirs[column]
            counts["columns"] += 1
            if isinstance(found, str):
                counts["columns sqlglot fails on"] += 1
                different.append(("sqlglot fails", name, column, found))
                continue
            found = {(by_name.get(table, table), known) for table, known in found}
            found = {pair for pair in found if pair[1] not in ("*", "_")}
            made = {pair for pair in made if pair[1]}
            agreed = made & found
            counts["edges agreed"] += len(agreed)
            for pair in found - made:
                if pair in own:
                    counts["edges agreed, an influence for Teal"] += 1
                elif pair in rows:
                    counts["edges of sqlglot that decide about rows for Teal"] += 1
                    different.append(("row influence", name, column, pair))
                else:
                    counts["edges of sqlglot alone"] += 1
                    different.append(("sqlglot alone", name, column, pair))
            for pair in made - found:
                counts["edges of Teal alone"] += 1
                different.append(("Teal alone", name, column, pair))
    both = counts["edges agreed"] + counts["edges agreed, an influence for Teal"]
    alone = counts["edges of sqlglot alone"] + counts["edges of Teal alone"] + counts["edges of sqlglot that decide about rows for Teal"]
    totals.update(counts)
    rate = 100 * both / max(1, both + alone)
    print(f"\n{label}: {rate:.2f} % of {both + alone} edges agree")
    for key, count in sorted(counts.items()):
        print(f"  {count:6} {key}")
    for kind, group in sorted(collections.Counter(entry[0] for entry in different).items()):
        print(f"  {kind}: {group}")
        for entry in [entry for entry in different if entry[0] == kind][:SHOWN]:
            print(f"    {entry[1]}.{entry[2]}: {entry[3]}")


def project(teal, folder, totals):
    work = pathlib.Path(tempfile.mkdtemp())
    copy = work / "project"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("logs", ".git"))
    subprocess.run([teal, "-q", "docs", "generate"], cwd=copy, check=False)
    document = json.loads((copy / "target/lineage.json").read_text())
    manifest = json.loads((copy / "target/manifest.json").read_text())
    nodes = document["nodes"]
    sqls, relations, external = {}, {}, {}
    for name in nodes:
        known = manifest["nodes"].get(name) or manifest["sources"].get(name)
        if not known:
            continue
        text = known.get("relation_name")
        is_ephemeral = known.get("config", {}).get("materialized") == "ephemeral"
        nodes[name]["ephemeral"] = is_ephemeral
        parts = re.findall(r'"([^"]+)"', text or "")
        if text and not text.startswith('"'):
            # A file or a call: under a name, so that sqlglot can be told its columns.
            relations[name] = ["external", "main", name.split(".", 2)[2].replace(".", "_").lower()]
            external[text] = ".".join(f'"{part}"' for part in relations[name])
        elif parts and not is_ephemeral:
            relations[name] = [part.lower() for part in parts]
        if known["resource_type"] == "model" and not is_ephemeral and known.get("compiled_code"):
            sqls[name] = known["compiled_code"]
    for name, sql in sqls.items():
        for text, table in external.items():
            sql = sql.replace(text, table)
        sqls[name] = sql
    compare(pathlib.Path(folder).name, nodes, sqls, relations, totals)
    shutil.rmtree(work)


def queries(teal, folder, totals):
    """A project of the queries in a folder, each a model, over seeds that have only the headers of
    `schema.json`: a mapping of tables to their columns."""
    folder = pathlib.Path(folder)
    work = pathlib.Path(tempfile.mkdtemp()) / folder.name
    for part in ("models", "seeds"):
        (work / part).mkdir(parents=True)
    (work / "dbt_project.yml").write_text("name: queries\nversion: '1.0'\n")
    tables = json.loads((folder / "schema.json").read_text())
    for table, columns in tables.items():
        (work / f"seeds/{table}.csv").write_text(",".join(columns) + "\n")
    depends = "".join(f"-- depends_on: {{{{ ref('{table}') }}}}\n" for table in tables)
    for file in sorted(folder.glob("*.sql")):
        text = file.read_text().strip().rstrip(";")
        (work / f"models/q{file.stem}.sql").write_text(depends + "{% raw %}" + text + "{% endraw %}")
    project(teal, work, totals)
    shutil.rmtree(work.parent)


def inside(teal, folders):
    totals = collections.Counter()
    for folder in folders:
        is_project = (pathlib.Path(folder) / "dbt_project.yml").exists()
        (project if is_project else queries)(teal, folder, totals)
    both = totals["edges agreed"] + totals["edges agreed, an influence for Teal"]
    alone = [count for key, count in totals.items() if "alone" in key or "decide" in key]
    print(f"\nall: {100 * both / max(1, both + sum(alone)):.2f} % of {both + sum(alone)} edges agree")


def main():
    if os.environ.get("INSIDE"):
        return inside(sys.argv[1], sys.argv[2:])
    folder = pathlib.Path(os.environ.get("CLIENTS_VENV", "~/.cache/teal-clients/sqlglot")).expanduser()
    python = folder / "bin/python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    words = [str(pathlib.Path(word).resolve()) for word in sys.argv[1:]]
    done = subprocess.run([python, __file__, *words], env={**os.environ, "INSIDE": "1"})
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()

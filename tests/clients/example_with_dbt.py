#!/usr/bin/env python3
"""Builds the example project with Teal and with Python dbt and compares every table.

    tests/clients/example_with_dbt.py TEAL

Both build a copy of `example_project/` of their own, twice, so that incremental models take both paths. Then each
table and view that either made is compared: its columns, its rows, and a checksum over all of them. What
uses an extension of Teal's is taken out of both copies and named. Exits with 1 where anything differs. dbt comes from
PyPI into a folder of its own (`$CLIENTS_VENV`, else ~/.cache/teal-clients/dbt).
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from manifest import dbt_command

EXAMPLE = pathlib.Path(__file__).parents[2] / "example_project"
# Files that dbt cannot read, each with its reason.
EXTENSIONS = {"macros/_unit_tests.yml": "unit tests of macros"}
# What a build says of itself, and columns of snapshots that hold when it was made.
OF_THE_BUILD = {"audit.run_log"}
WHEN_MADE = {"dbt_scd_id", "dbt_updated_at", "dbt_valid_from"}
# Runs in dbt's own Python, which has the duckdb package.
COMPARE = """
import duckdb, json, os, sys
tables = {}
for tool, path in json.loads(sys.argv[1]).items():
    connection = duckdb.connect(path, read_only=True)
    # views read the landed files by paths from the project
    connection.execute(f"set file_search_path = '{os.path.dirname(path)}'")
    columns = connection.execute(
        "select table_schema || '.' || table_name, column_name, data_type from information_schema.columns"
        " where table_catalog = current_database() order by 1, ordinal_position").fetchall()
    for table, column, kind in columns:
        tables.setdefault(table, {}).setdefault(tool, {"columns": []})["columns"].append([column, kind])
    for table, made in tables.items():
        if tool not in made:
            continue
        cells = ", ".join(
            f'coalesce(round("{column}", 9)::varchar, chr(0))' if kind == "DOUBLE" else f'coalesce("{column}"::varchar, chr(0))'
            for column, kind in made[tool]["columns"] if column not in json.loads(sys.argv[2]))
        schema, name = table.split(".", 1)
        made[tool]["rows"], made[tool]["checksum"] = connection.execute(
            f'''select count(*), md5(coalesce(string_agg(line, chr(10) order by line), ''))
            from (select concat_ws(chr(9), {cells}) as line from "{schema}"."{name}")''').fetchone()
print(json.dumps(tables))
"""


def build(command, folder):
    """Builds a copy of the project twice; returns the counts that were printed last and the seconds of each."""
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("target", "logs", "*.duckdb*"))
    for name in EXTENSIONS:
        (folder / name).unlink(missing_ok=True)
    seconds = []
    for _ in range(2):
        started = time.monotonic()
        environment = {**os.environ, "DO_NOT_TRACK": "1", "NO_COLOR": "1"}
        done = subprocess.run([command, "build"], cwd=folder, env=environment, capture_output=True, text=True)
        seconds.append(f"{time.monotonic() - started:.1f} s")
        if done.returncode != 0:
            sys.exit(f"{command} build exited with {done.returncode}\n{done.stdout[-5000:]}{done.stderr}")
    counts = [line for line in done.stdout.splitlines() if "Done. PASS" in line]
    return counts[-1].split("Done. ")[1], seconds


def main():
    teal = pathlib.Path(sys.argv[1]).resolve()
    dbt = dbt_command()
    left_out = [f"{name} ({reason})" for name, reason in EXTENSIONS.items() if (EXAMPLE / name).exists()]
    print("left out:", ", ".join(left_out) or "nothing")
    with tempfile.TemporaryDirectory() as scratch:
        files = {}
        for tool, command in (("teal", teal), ("dbt", dbt)):
            folder = pathlib.Path(scratch) / tool
            counts, seconds = build(command, folder)
            print(f"{tool:5}", counts, "in", " and ".join(seconds))
            files[tool] = str(folder / "harborline.duckdb")
        compare = [dbt.parent / "python", "-c", COMPARE, json.dumps(files), json.dumps(sorted(WHEN_MADE))]
        tables = json.loads(subprocess.run(compare, check=True, stdout=subprocess.PIPE, text=True).stdout)
    different = 0
    for table, made in sorted(tables.items()):
        if table in OF_THE_BUILD:
            continue
        same = made.get("teal") == made.get("dbt")
        different += not same
        shown = made.get("teal") or made["dbt"]
        print(f"{table:45} {shown['rows']:7} rows  {shown['checksum'][:12]}", "" if same else f"DIFFERENT: {made}")
    print(f"{len(tables) - len(OF_THE_BUILD & tables.keys())} tables and views, {different} different")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()

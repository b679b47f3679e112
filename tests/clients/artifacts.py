#!/usr/bin/env python3
"""Loads the four artifacts with dbt-artifacts-parser, and the JUnit report with junitparser.

    tests/clients/artifacts.py TEAL [PROJECT]

The parser's classes are strict: an unknown or missing key, or a value of the wrong type, is refused. Both
clients come from PyPI into a folder of their own (`$CLIENTS_VENV`, else ~/.cache/teal-clients/artifacts).
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import venv

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = ["dbt-artifacts-parser==0.15.0", "junitparser==5.0.3"]


def inside(project):
    """What runs in the environment that has the clients."""
    from dbt_artifacts_parser import parser
    from junitparser import JUnitXml

    read = lambda name: json.loads((project / "target" / name).read_text())
    written = read("manifest.json")
    # dbt 1.12 gives dimensions a key that this version of the parser does not know yet.
    for model in written["semantic_models"].values():
        for dimension in model["dimensions"]:
            dimension.pop("datatype", None)
    manifest = parser.parse_manifest_v12(written)
    catalog = parser.parse_catalog_v1(read("catalog.json"))
    results = parser.parse_run_results_v6(read("run_results.json"))
    sources = parser.parse_sources_v3(read("sources.json"))
    tests = JUnitXml.fromfile(str(project / "junit.xml"))
    counts = {"manifest.json": (len(manifest.nodes), "nodes"), "catalog.json": (len(catalog.nodes), "relations"),
              "run_results.json": (len(results.results), "results"), "sources.json": (len(sources.results), "sources"),
              "junit.xml": (sum(len(list(suite)) for suite in tests), "cases")}
    for name, (count, noun) in counts.items():
        print(f"{name:17} {count:4} {noun}")
        assert count, name
    relations = {name for name, node in manifest.nodes.items()
                 if name.split(".")[0] in ("model", "seed", "snapshot") and node.config.materialized != "ephemeral"}
    assert relations == set(catalog.nodes), relations ^ set(catalog.nodes)
    assert len(results.results) == sum(len(list(suite)) for suite in tests)


def main():
    if len(sys.argv) > 3:
        return inside(pathlib.Path(sys.argv[2]))
    teal = pathlib.Path(sys.argv[1]).resolve()
    source = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else ROOT / "example_project")
    folder = pathlib.Path(os.environ.get("CLIENTS_VENV", pathlib.Path.home() / ".cache/teal-clients/artifacts"))
    if not (folder / "bin/python").exists():
        venv.create(folder, with_pip=True)
        subprocess.run([folder / "bin/pip", "install", "-q", *PACKAGES], check=True)
    with tempfile.TemporaryDirectory() as scratch:
        project = pathlib.Path(scratch) / "project"
        shutil.copytree(source, project, ignore=shutil.ignore_patterns("target", "logs", "*.duckdb"))
        for line in ("source freshness --quiet",
                     "build --quiet --output-format junit --output-file junit.xml"):
            done = subprocess.run([teal, *line.split()], cwd=project, text=True, capture_output=True)
            # Sources of an example grow old, which is a finding and no mistake.
            if done.returncode not in (0, 1):
                sys.exit(f"teal {line} exited with {done.returncode}:\n{done.stdout}{done.stderr}")
        subprocess.run([teal, "docs", "generate", "--quiet", "--no-compile"], cwd=project, check=True)
        done = subprocess.run([folder / "bin/python", __file__, teal, project, "inside"])
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Compares Teal's manifest of a project with the one Python dbt writes, field by field.

    tests/clients/manifest.py TEAL PROJECT [--package FOLDER ...]

Both read a fresh copy of the project, with the packages put in. Each difference is reported under the
path where it stands, ids and numbers replaced by `*`. Those that are meant are listed with their reason in
manifest_differences.yml; any other makes the script exit with 1. dbt comes from PyPI into a folder of its
own (`$CLIENTS_VENV`, else ~/.cache/teal-clients/dbt).
"""

import argparse
import collections
import fnmatch
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import venv

HERE = pathlib.Path(__file__).parent
DBT = ["dbt-core==1.12.6", "dbt-duckdb==1.11.1"]
# dbt-core asks for a parser that only a download could bring; it is never used.
NEEDS = ["dbt-adapters==1.24.5", "dbt-common==1.39.0", "duckdb==1.5.5", "agate==1.9.1", "click==8.5.1",
         "daff==1.4.2", "dbt-extractor==0.6.0", "dbt-protos==1.0.615", "Jinja2==3.1.6", "jsonschema==4.26.0",
         "mashumaro[msgpack]==3.17", "metricflow==0.213.0", "networkx==3.6.1", "packaging==26.3",
         "pathspec==1.0.4", "protobuf==6.33.6", "pydantic==2.14.3", "pytz==2026.6", "PyYAML==6.0.3",
         "requests==2.34.2", "snowplow-tracker==1.1.0", "sqlparse==0.6.1", "typing-extensions==4.16.0",
         "python-dotenv==1.2.4", "opentelemetry-api==1.45.2", "opentelemetry-sdk==1.45.2"]
# What differs from run to run by its nature.
VOLATILE = {"generated_at", "invocation_id", "invocation_started_at", "created_at", "root_path", "user_id",
            "send_anonymous_usage_stats", "run_started_at"}
PROFILE = "{profile}:\n  target: dev\n  outputs:\n    dev: {{type: duckdb, path: shop.duckdb, schema: main}}\n"
# dbt's own packages: Teal's macros are its own, of the same names.
MISSING = "(missing)"
OURS = ("macro.dbt.", "macro.dbt_duckdb.")


def dbt_command():
    """Python dbt, installed where it is not yet."""
    folder = pathlib.Path(os.environ.get("CLIENTS_VENV", pathlib.Path.home() / ".cache/teal-clients/dbt"))
    if not (folder / "bin/dbt").exists():
        venv.create(folder, with_pip=True)
        pip = [folder / "bin/pip", "install", "-q"]
        subprocess.run([*pip, *NEEDS], check=True)
        subprocess.run([*pip, "--no-deps", *DBT], check=True)
    return folder / "bin/dbt"


def manifest(command, project, packages):
    """The manifest that a tool writes for a copy of the project."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = pathlib.Path(scratch) / "project"
        shutil.copytree(project, copy, ignore=shutil.ignore_patterns("target", "logs", "dbt_packages"))
        for package in packages:
            shutil.copytree(package, copy / "dbt_packages" / pathlib.Path(package).name)
        text = (copy / "dbt_project.yml").read_text()
        profile = next((line.split(":")[1].split("#")[0].strip(" '\"") for line in text.splitlines() if line.startswith("profile:")), "shop")
        (copy / "profiles.yml").write_text(PROFILE.format(profile=profile))
        done = subprocess.run([command, "parse", "--no-partial-parse"], cwd=copy, text=True, capture_output=True)
        if done.returncode:
            sys.exit(f"{command} parse failed:\n{done.stdout}{done.stderr}")
        return json.loads((copy / "target/manifest.json").read_text())


def walk(ours, theirs, path):
    """Every place where the two differ, as (path, what dbt has, what Teal has)."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(ours.keys() | theirs.keys(), key=str):
            if key in VOLATILE:
                continue
            here = [*path, key]
            if key not in ours:
                yield here, theirs[key], MISSING
            elif key not in theirs:
                yield here, MISSING, ours[key]
            else:
                yield from walk(ours[key], theirs[key], here)
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for at, (one, other) in enumerate(zip(ours, theirs)):
            yield from walk(one, other, [*path, str(at)])
    elif ours != theirs or type(ours) is not type(theirs):
        yield path, theirs, ours


def prepare(found):
    """Leaves of dbt's own macros only that they are there."""
    for name, entry in found["macros"].items():
        if name.startswith(OURS):
            found["macros"][name] = {"name": entry["name"], "package_name": entry["package_name"]}
    return found


def general(path):
    """The path with ids and numbers replaced: `nodes.model.*.config.meta`."""
    parts = []
    for at, part in enumerate(path):
        kind = part.split(".")[0]
        if at == 1 and "." in part:
            part = f"{kind}.*"
        parts.append("*" if part.isdigit() else part)
    return ".".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("teal")
    parser.add_argument("project")
    parser.add_argument("--package", action="append", default=[])
    args = parser.parse_args()
    import_yaml = subprocess.run([dbt_command().parent / "python", "-c",
                                  "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))",
                                  HERE / "manifest_differences.yml"], text=True, capture_output=True, check=True)
    meant = json.loads(import_yaml.stdout)
    theirs = prepare(manifest(dbt_command(), args.project, args.package))
    ours = prepare(manifest(pathlib.Path(args.teal).resolve(), args.project, args.package))
    met = collections.OrderedDict()
    for path, dbt, teal in walk(ours, theirs, []):
        extra = " (only in teal)" if dbt == MISSING else " (only in dbt)" if teal == MISSING else ""
        met.setdefault(general(path) + extra, []).append((".".join(path), dbt, teal))
    unexpected = 0
    for path, places in met.items():
        entry = next((item for item in meant if fnmatch.fnmatchcase(path, item["path"])), None)
        where, dbt, teal = places[0]
        print(f"{'meant' if entry else 'UNEXPECTED'}  {path}  ({len(places)})")
        if entry:
            print(f"    {entry['why']}")
        else:
            unexpected += len(places)
            print(f"    at {where}\n    dbt:  {json.dumps(dbt)[:300]}\n    teal: {json.dumps(teal)[:300]}")
    fields = sum(1 for _ in leaves(theirs))
    print(f"{fields} fields compared, {sum(map(len, met.values()))} differ, {unexpected} of them unexpectedly")
    sys.exit(1 if unexpected else 0)


def leaves(value):
    """Every value that is no container."""
    if isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from leaves(inner)
    else:
        yield value


if __name__ == "__main__":
    main()

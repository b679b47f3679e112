"""What the built-in rules of `teal checks` find, held against dbt_project_evaluator's own findings.

    tests/clients/evaluator.py TEAL PROJECT

TEAL is the binary; PROJECT a project with a DuckDB profile and dbt_project_evaluator among its installed packages, whose
variables (`exclude_paths_from_project`, thresholds) mean the same as what is said under `vars.teal.checks`. The package's
models are built by Teal; rows and findings are compared by the names they are about. Needs the package `duckdb`.
"""

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import duckdb

# The columns of each table that say what a row is about, in the order in which our messages name them.
COLUMNS = {
    "direct_join_to_source": ["child"],
    "duplicate_sources": ["unnest(string_split(source_names, ', '))"],
    "hard_coded_references": ["model"],
    "marts_or_intermediate_dependent_on_source": ["child", "parent"],
    "model_fanout": ["parent"],
    "multiple_sources_joined": ["child"],
    "rejoining_of_upstream_concepts": ["child", "parent", "parent_and_child"],
    "root_models": ["child"],
    "source_fanout": ["parent"],
    "staging_dependent_on_marts_or_intermediate": ["child", "parent"],
    "staging_dependent_on_staging": ["child", "parent"],
    "too_many_joins": ["resource_name"],
    "unused_sources": ["parent"],
    "missing_primary_key_tests": ["resource_name"],
    "sources_without_freshness": ["resource_name"],
    "undocumented_models": ["resource_name"],
    "undocumented_source_tables": ["resource_name"],
    "undocumented_sources": ["source_name"],
    "model_directories": ["resource_name"],
    "model_naming_conventions": ["resource_name"],
    "source_directories": ["split_part(resource_name, '.', 1)"],
    "test_directories": ["model_name"],
    "chained_views_dependencies": ["child"],
    "exposure_parents_materializations": ["exposure_name", "parent_resource_name"],
    "exposures_dependent_on_private_models": ["exposure_name", "parent_resource_name"],
    "public_models_without_contract": ["resource_name"],
    "undocumented_public_models": ["resource_name"],
}
# Those that give one figure.
FIGURES = {"documentation_coverage": "documentation_coverage_pct", "test_coverage": "test_coverage_pct"}


def main() -> int:
    teal, project = sys.argv[1], Path(sys.argv[2])
    report = project / "target" / "checks.json"

    def run(*arguments: str) -> None:
        subprocess.run([teal, *arguments, "--project-dir", str(project)], check=True, stdout=subprocess.DEVNULL)

    run("build", "--no-checks", "--select", "package:dbt_project_evaluator", "--exclude", "resource_type:test")
    run("checks", "--output-format", "json", "--output-file", str(report.resolve()))
    found = defaultdict(list)
    for one in json.loads(report.read_text())["diagnostics"]:
        topic, _, rule = one["code"].partition("/")
        if topic == "rule":
            found[rule].append(one["message"])
    (database,) = project.glob("*.d*b")
    connection = duckdb.connect(str(database), read_only=True)
    tables = dict(connection.execute("select table_name, table_schema from information_schema.tables").fetchall())
    differ = 0
    for rule, columns in COLUMNS.items():
        table = f'"{tables[f"fct_{rule}"]}"."fct_{rule}"'
        theirs = set(connection.execute(f"select distinct {', '.join(columns)} from {table}").fetchall())
        names = [tuple(re.findall(r"`([^`]+)`", message)[: len(columns)]) for message in found[rule]]
        ours = set(names)
        print(f"{rule}: {len(ours & theirs)} alike, {len(ours - theirs)} only ours, {len(theirs - ours)} only theirs")
        for what, names in (("ours  ", ours - theirs), ("theirs", theirs - ours)):
            for name in sorted(names):
                print(f"  {what} {' '.join(name)}")
                differ += 1
    for rule, column in FIGURES.items():
        ((figure,),) = connection.execute(f'select {column} from "{tables[f"fct_{rule}"]}"."fct_{rule}"').fetchall()
        said = [float(message.split(" ")[0]) for message in found[rule]] or [100.0]
        print(f"{rule}: {said[0]} and {figure}")
        differ += said[0] != float(figure)
    return min(differ, 1)


if __name__ == "__main__":
    sys.exit(main())

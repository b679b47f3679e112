#!/usr/bin/env python3
"""Renders an Airflow DAG of a project with astronomer-cosmos, which takes Teal for dbt.

    tests/clients/cosmos_dag.py TEAL [PROJECT]

Cosmos reads the project in both of its ways: from the manifest that Teal wrote, and from what `teal ls` prints.
Each must give a task for every model, seed and snapshot, in the manifest's order of dependency, for the whole
project and for a selection. Airflow and Cosmos come from PyPI into a folder of their own
(`$CLIENTS_VENV`, else ~/.cache/teal-clients/cosmos).
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
PACKAGES = ["apache-airflow==2.10.5", "astronomer-cosmos==1.15.1"]
# Cosmos itself does not know a versioned model by the name that its versions share.
SELECTIONS = [[], ["path:models/staging"], ["tag:nightly"], ["+fct_arr_daily"]]


def inside(teal, project):
    """What runs in the environment that has Airflow."""
    import datetime

    from cosmos import DbtDag, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
    from cosmos.constants import InvocationMode, LoadMode, TestBehavior

    manifest = json.loads((project / "target/manifest.json").read_text())
    built = {"model", "seed", "snapshot"}
    for select in SELECTIONS:
        listed = subprocess.run([teal, "ls", "--quiet", "--output", "json", "--output-keys", "unique_id",
                                 "--resource-type", *built, *(["--select", *select] if select else [])],
                                cwd=project, text=True, capture_output=True, check=True).stdout
        wanted = {json.loads(line)["unique_id"] for line in listed.splitlines()}
        assert wanted, select
        for mode in (LoadMode.DBT_MANIFEST, LoadMode.DBT_LS):
            dag = DbtDag(
                dag_id="dag",
                start_date=datetime.datetime(2025, 1, 1),
                schedule=None,
                project_config=ProjectConfig(dbt_project_path=project, manifest_path=project / "target/manifest.json"),
                profile_config=ProfileConfig(profile_name="harborline", target_name="dev",
                                             profiles_yml_filepath=project / "profiles.yml"),
                execution_config=ExecutionConfig(dbt_executable_path=teal, invocation_mode=InvocationMode.SUBPROCESS),
                render_config=RenderConfig(load_method=mode, select=select, test_behavior=TestBehavior.AFTER_EACH,
                                           dbt_executable_path=teal, invocation_mode=InvocationMode.SUBPROCESS),
            )
            nodes = dag.dbt_graph.filtered_nodes
            rendered = {name for name in nodes if name.split(".")[0] in built}
            tasks = {task.task_id for task in dag.tasks}
            edges = 0
            for name in rendered:
                parents = {p for p in manifest["nodes"][name]["depends_on"].get("nodes", []) if p in manifest["nodes"]}
                assert parents <= set(nodes[name].depends_on), (name, parents, nodes[name].depends_on)
                edges += len(parents)
            print(f"{mode.value:13} {' '.join(select) or '(everything)':22} {len(rendered):3} nodes, {edges:3} edges, {len(tasks):3} tasks")
            assert rendered == wanted, (mode, select, rendered ^ wanted)
            assert len(tasks) >= len(rendered)


def main():
    if len(sys.argv) > 3:
        return inside(sys.argv[1], pathlib.Path(sys.argv[2]))
    teal = pathlib.Path(sys.argv[1]).resolve()
    source = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else ROOT / "example_project")
    folder = pathlib.Path(os.environ.get("CLIENTS_VENV", pathlib.Path.home() / ".cache/teal-clients/cosmos"))
    if not (folder / "bin/airflow").exists():
        venv.create(folder, with_pip=True)
        subprocess.run([folder / "bin/pip", "install", "-q", *PACKAGES], check=True)
    with tempfile.TemporaryDirectory() as scratch:
        project = pathlib.Path(scratch) / "project"
        shutil.copytree(source, project, ignore=shutil.ignore_patterns("target", "logs", "*.duckdb"))
        subprocess.run([teal, "build", "--quiet"], cwd=project, check=True)
        environment = {**os.environ, "AIRFLOW_HOME": scratch, "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
                       "AIRFLOW__COSMOS__ENABLE_CACHE": "False", "DO_NOT_TRACK": "1", "SCARF_NO_ANALYTICS": "True"}
        done = subprocess.run([folder / "bin/python", __file__, teal, project, "inside"], env=environment)
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()

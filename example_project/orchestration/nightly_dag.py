"""An Airflow DAG that refreshes the stack: the staging layer every hour, everything once a night.

Copy it into your DAG folder; it needs nothing but the `teal` binary on the worker's PATH.
"""

import pendulum
from airflow import DAG
from airflow.operators.bash import BashOperator

PROJECT = "{{ var.value.harborline_project_dir }}"
# Every task works "as of" its own day, so that days caught up with, in order, give the figures they would have given.
AS_OF = "--vars '{as_of: \"{{ ds }}\"}'"

with DAG(
    dag_id="harborline_hourly",
    schedule="15 * * * *",
    start_date=pendulum.datetime(2025, 2, 3, tz="UTC"),
    catchup=False,
    max_active_runs=1,
):
    BashOperator(task_id="hourly", bash_command=f"teal build --selector hourly --project-dir {PROJECT} {AS_OF}")

with DAG(
    dag_id="harborline_nightly",
    schedule="30 4 * * *",
    start_date=pendulum.datetime(2025, 2, 3, tz="UTC"),
    catchup=False,
    max_active_runs=1,
):
    BashOperator(task_id="nightly", bash_command=f"teal build --selector nightly --project-dir {PROJECT} {AS_OF}")

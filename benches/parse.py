#!/usr/bin/env python3
"""CPU time and peak memory of `teal parse` on generated projects of several sizes.

usage: benches/parse.py TEAL [SIZE ...]             (default sizes: 1000 2000 5000)
       benches/parse.py TEAL --macros [SIZE ...]    (default sizes: 500 1000 2000)

Each project has SIZE models in folders of 25, about two tests a model, column descriptions, macros and
refs up to eight deep. With --macros there are 300 macros as well, each calling five others, and a model calls
one of them, which makes 31 calls. What counts is the last column: it stays level when the cost grows linearly.
"""
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

MACROS = """{% macro cents(column) -%} round({{ column }} / 100.0, 2) {%- endmacro %}
{% macro clean(column) -%} nullif(trim(lower({{ column }})), '') {%- endmacro %}
{% macro key(columns) -%} md5({{ columns | join(" || '-' || ") }}) {%- endmacro %}
"""

NET = 300


def net(draw: random.Random) -> str:
    """Macros that each call five others, to a depth that the caller says."""
    macros = []
    for at in range(NET):
        calls = " ".join(f"{{{{ net_{draw.randrange(NET)}(column, depth - 1) }}}}" for _ in range(5))
        macros.append(
            f"{{% macro net_{at}(column, depth=2) -%}}\n    {{%- if depth > 0 -%}}\n    {calls}\n    {{%- else -%}}\n"
            f"    + {at}\n    {{%- endif -%}}\n{{%- endmacro %}}\n"
        )
    return "\n".join(macros)


def generate(folder: Path, size: int, with_net: bool) -> None:
    draw = random.Random(size)
    (folder / "macros").mkdir(parents=True)
    (folder / "macros/macros.sql").write_text(MACROS + (net(draw) if with_net else ""))
    (folder / "dbt_project.yml").write_text(
        "name: bench\nversion: '1.0'\nprofile: bench\nmodels:\n  bench:\n    +materialized: view\n"
    )
    (folder / "profiles.yml").write_text(
        "bench:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: bench.duckdb}\n"
    )
    for first in range(0, size, 25):
        models = folder / "models" / f"area_{first // 25:04d}"
        models.mkdir(parents=True)
        properties = ["version: 2", "models:"]
        for at in range(first, min(first + 25, size)):
            name = f"model_{at:05d}"
            level = at * 8 // size
            parents = [f"model_{draw.randrange(level * size // 8):05d}" for _ in range(3)] if level else []
            config = "{{ config(tags=['wide']) }}\n" if at % 4 == 0 else ""
            sources = [f"select * from {{{{ ref('{parent}') }}}}" for parent in parents] or [
                f"select {at} as id, 'open' as status, 100 as amount"
            ]
            columns = "id, {{ clean('status') }} as status, {{ cents('amount') }} as amount, {{ key(['id', 'status']) }} as row_key"
            if with_net:
                columns += f", 0 {{{{ net_{at % NET}('id') }}}} as total"
            (models / f"{name}.sql").write_text(
                f"{config}with source as (\n{' union all '.join(sources)}\n)\nselect {columns} from source\n"
            )
            properties += [
                f"  - name: {name}",
                f"    description: The model number {at}, which stands for a real one.",
                "    columns:",
                "      - name: id",
                "        description: Its key.",
                "        data_tests: [not_null, unique]" if at % 10 else "        data_tests: [not_null]",
                "      - name: status",
                "        description: Open or closed.",
            ]
            if at % 10 == 0:
                properties.append("        data_tests: [{accepted_values: {arguments: {values: [open, closed]}}}]")
        (models / "schema.yml").write_text("\n".join(properties) + "\n")


def measure(command: list[str], folder: Path) -> tuple[float, float]:
    """CPU seconds and peak megabytes of a command that must succeed."""
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)} failed in {folder}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    teal, *sizes = sys.argv[1:]
    teal = os.path.abspath(teal)
    with_net = sizes[:1] == ["--macros"]
    sizes = sizes[with_net:] or (["500", "1000", "2000"] if with_net else ["1000", "2000", "5000"])
    print(f"{'models':>8} {'CPU s':>8} {'MB':>8} {'CPU ms a model':>16}")
    for size in map(int, sizes):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "bench"
            folder.mkdir()
            generate(folder, size, with_net)
            runs = sorted(measure([teal, "parse"], folder) for _ in range(5))
            cpu, memory = runs[2]
            print(f"{size:8} {cpu:8.2f} {memory:8.0f} {cpu / size * 1000:16.3f}")


if __name__ == "__main__":
    main()

"""Writes the landed files: NDJSON, JSON, CSV and (through DuckDB) Parquet."""

import csv
import json
from datetime import datetime

COMPACT = {"separators": (",", ":"), "ensure_ascii": False}


def plain(value):
    return value.isoformat(sep=" ", timespec="seconds") if isinstance(value, datetime) else value


def ndjson(path, rows):
    """One JSON value a line; a row that is text already is written as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write((row if isinstance(row, str) else json.dumps(row, **COMPACT)) + "\n")


def array(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(row, **COMPACT) for row in rows)
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def table(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: str(value).lower() if isinstance(value, bool) else plain(value)
                             for name, value in row.items()})


def parquet(path, columns, rows):
    """`columns` maps names to DuckDB types; `rows` are tuples in that order."""
    import duckdb

    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(f"create table landed ({', '.join(f'{name} {kind}' for name, kind in columns.items())})")
        connection.executemany(f"insert into landed values ({', '.join('?' * len(columns))})", rows)
        connection.execute(f"copy landed to '{path}' (format parquet, compression zstd)")

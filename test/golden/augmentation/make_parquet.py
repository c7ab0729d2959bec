"""Instruction rows as Apache Arrow writes them: the published set is written by that library, ours by another.

Run: python make_parquet.py    (pyarrow 25.0.1, Python 3.11). All text is our own.
Writes parquet-<codec>.parquet (two row groups, dictionary pages) and parquet.json, the same rows, and the same rows in
forms of other writers (write_forms).
Also reads a folder written by src/augmentation/instruction-files.ts: python make_parquet.py check FOLDER
"""

import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent


def rows():
    for i in range(12):
        prompt = f"Where is boat {i}?" if i % 3 else "Wo ist das Boot? 😀 “naïve”"
        reply = f"Boat {i} is at the mill.\nIt is old, and it is {'grey' if i % 2 else 'blue'}."
        yield {"prompt": prompt, "reply": reply, "source": "simple_wiki", "text": f"{prompt}\n{reply}"}


def write():
    table = pa.Table.from_pylist(list(rows()))
    for codec in ["snappy", "zstd", "gzip", "none"]:
        pq.write_table(table, HERE / f"parquet-{codec}.parquet", compression=codec, row_group_size=7)
    (HERE / "parquet.json").write_text(json.dumps(list(rows()), ensure_ascii=False, indent=1) + "\n")


def write_forms():
    """Whole files in forms that other writers give: a column of nulls, a nested one, an encoding that we do not read."""
    table = pa.Table.from_pylist(list(rows()))
    nulls = table.set_column(3, "text", pa.nulls(table.num_rows))
    messages = pa.array([[{"role": "user", "content": row["prompt"]}] for row in rows()])
    nested = table.append_column("messages", messages).append_column("rank", pa.array(range(12)))
    tables = {"nulls": nulls, "nested": nested, "nested-text": nested.drop_columns("text").rename_columns({"messages": "text"})}
    for name, form in tables.items():
        pq.write_table(form, HERE / f"parquet-{name}.parquet")
    pq.write_table(table, HERE / "parquet-delta.parquet", use_dictionary=False, column_encoding="DELTA_BYTE_ARRAY")
    pq.write_table(table.drop_columns("prompt").add_column(0, "prompt", pa.nulls(12)), HERE / "parquet-no-prompt.parquet")


def check(folder):
    for config in ["simple_wiki", "switchboard"]:
        table = pq.read_table(folder / config / "train-00000-of-00001.parquet")
        print(config, table.num_rows, table.schema.to_string().replace("\n", "; "), table.slice(0, 1).to_pylist())


check(Path(sys.argv[2])) if sys.argv[1:2] == ["check"] else (write(), write_forms())

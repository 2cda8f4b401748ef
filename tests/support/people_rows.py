"""Rows about people who don't exist, with what synthesis must keep: ties, gaps, dependence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: urn:assay:people
name: people
version: 1.0.0
status: active
description: {purpose: To be synthesised.}
team: {name: tests}
servers:
  - server: inbox
    type: local
    path: inbox/people/{batch}.parquet
    format: parquet
    customProperties: [{property: maxBytes, value: 50000000}]
customProperties:
  - {property: partition, value: {grain: year, timezone: UTC, first: 2023, last: 2024}}
schema:
  - name: people
    physicalType: table
    properties:
      - {name: id, logicalType: integer, primaryKey: true}
      - name: age
        logicalType: integer
        required: true
        logicalTypeOptions: {minimum: 18, maximum: 90}
      - name: sex
        logicalType: string
        required: true
        enum: [{value: f}, {value: m}]
        customProperties: [{property: role, value: protected}]
      - name: job
        logicalType: string
        required: true
        enum: [{value: clerk}, {value: cook}, {value: judge}, {value: smith}]
      - name: pay
        logicalType: number
        logicalTypeOptions: {minimum: 0, exclusiveMaximum: 9000}
      - {name: gain, logicalType: number, required: true}
      - {name: joined, logicalType: date, required: true}
      - name: rich
        logicalType: boolean
        required: true
        customProperties: [{property: role, value: label}]
"""
NAMES = ("age", "sex", "job", "pay", "gain", "joined", "rich")
RULES = ("age >= 21 or not rich",)


def people(rows: int, seed: int) -> pa.Table:
    """Draw people whose pay follows age, sex and job, and who are rich by their pay."""
    random = np.random.default_rng(seed)
    skill = random.normal(size=rows)
    age = np.clip(np.rint(45 + 12 * (0.5 * skill + random.normal(size=rows))), 18, 90)
    sex = np.where(random.random(rows) < 0.45, "f", "m")
    job = np.select(
        [skill > 1, skill > 0.2, skill > -0.8], ["judge", "clerk", "smith"], default="cook"
    )
    pay = np.round(
        np.exp(7 + 0.4 * skill + 0.15 * (sex == "m") + 0.1 * random.normal(size=rows)), 2
    )
    pay = np.minimum(pay, 8999.99)
    rich = (pay + 300 * random.normal(size=rows) > 1500) & (age >= 21)
    gain = np.where(random.random(rows) < 0.9, 0.0, np.round(random.exponential(2000, rows)))
    joined = np.datetime64("2023-01-01") + random.integers(0, 365, rows)
    unknown = random.random(rows) < 0.07
    return pa.table({
        "id": pa.array(np.arange(rows)),
        "age": pa.array(age.astype(np.int64)),
        "sex": pa.array(sex.tolist()),
        "job": pa.array(job.tolist()),
        "pay": pa.array(pay, mask=unknown),
        "gain": pa.array(gain),
        "joined": pa.array(joined.astype("datetime64[D]")),
        "rich": pa.array(rich),
    })  # fmt: skip


def write_contract(folder: Path) -> Path:
    """Write the contract of the rows."""
    path = folder / "people.odcs.yaml"
    path.write_text(CONTRACT, encoding="utf-8")
    return path

"""Compares the exports of one run with each other: read_exports.py CSV JSONL TRAINER_STATE EVENTS. Knows nothing of plateau but the names
that trainer_state.json gives to some columns."""
import csv
import json
import math
import struct
import sys

csv_path, jsonl_path, state_path, events_path = sys.argv[1:]
TRL = {"reward/mean": "reward", "groups/zero_variance": "frac_reward_zero_std", "length/train": "completions/mean_length"}


def number(text):
    return float(text) if text else None


with open(csv_path, newline="") as f:
    rows = [{k: v if k == "arm" else number(v) for k, v in row.items()} for row in csv.DictReader(f)]
names = [n for n in rows[0] if n not in ("arm", "replicate", "step")]
assert len(rows) > 5 and len(names) > 30

with open(jsonl_path) as f:
    lines = [json.loads(line) for line in f]
assert lines == rows, "JSON lines"

with open(state_path) as f:
    state = json.load(f)
assert state["trial_name"] == "plateau, simulated"
history = state["log_history"]
assert [h["step"] for h in history] == [r["step"] for r in rows]
assert state["global_step"] == rows[-1]["step"] and state["epoch"] == rows[-1]["epoch"]
for item, row in zip(history, rows):
    assert list(item) == sorted(item), "keys in order of the alphabet"
    expected = {TRL.get(n, n): row[n] for n in names if row[n] is not None}
    expected["step"] = row["step"]
    assert item == expected, (item, expected)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return value, at


def message(data):
    at = 0
    fields = []
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 2:
            n, at = varint(data, at)
            value, at = data[at:at + n], at + n
        else:
            n = {1: 8, 5: 4}[kind]
            value, at = struct.unpack("<d" if n == 8 else "<f", data[at:at + n])[0], at + n
        fields.append((key >> 3, value))
    return fields


with open(events_path, "rb") as f:
    data = f.read()
at = 0
points = {}
first = True
while at < len(data):
    (n, length_crc), body = struct.unpack("<QI", data[at:at + 12]), at + 12
    assert crc32c(data[at:at + 8]) == length_crc
    payload = data[body:body + n]
    assert crc32c(payload) == struct.unpack("<I", data[body + n:body + n + 4])[0]
    at = body + n + 4
    event = dict(message(payload))
    if first:
        assert message(event.pop(10)) == [(1, b"plateau, simulated")]
        assert event == {1: 946684800.0, 3: b"brain.Event:2"}
        first = False
        continue
    (_, value), = message(event[5])
    value = dict(message(value))
    key = (value[1].decode(), event.get(2, 0))
    assert key not in points
    points[key] = value[2], event[1]
expected = {(n, int(r["step"])): (struct.unpack("<f", struct.pack("<f", r[n]))[0], 946684800.0 + r["time_s"])
            for r in rows for n in names if r[n] is not None}
assert points == expected, "event file"

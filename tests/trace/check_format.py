#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_format.py MAKE_TRACE: reads a trace by host/trace/README.md alone and compares it with the C reader's dump.

Other tests import read().

A second reader that shares no code with the first: whoever changes the format must change the page it was written
from, and this.
"""
import json
import struct
import subprocess
import sys
import zlib

MASK = (1 << 64) - 1


class Bytes:
    """Bytes taken from the front."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        self.at += count
        assert self.at <= len(self.data)
        return self.data[self.at - count:self.at]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value


def members(data):
    """Yields (kind, flags, window, number of records, first and last cycle, offset, payload) of every member, all checked."""
    at = prev = 0
    while at < len(data):
        head = data[at:at + 72]
        assert head[:10] == bytes.fromhex("1f8b0804" "00000000" "00ff") and head[12:14] == b"HB"
        assert struct.unpack_from("<H", head, 10)[0] == 60 and struct.unpack_from("<H", head, 14)[0] == 56
        version, kind, level, flags = head[16:20]
        size, payload_size, records, window, before = struct.unpack_from("<5I", head, 20)
        first, last, offset = struct.unpack_from("<3Q", head, 40)
        body_crc, head_crc = struct.unpack_from("<2I", head, 64)
        assert version == 1 and offset == at and before == prev and first <= last
        assert zlib.crc32(head[:68]) == head_crc
        body = data[at + 72:at + size]
        assert zlib.crc32(body) == body_crc
        payload = zlib.decompress(body[:-8], -15)
        assert struct.unpack("<2I", body[-8:]) == (zlib.crc32(payload), len(payload))
        assert len(payload) == payload_size
        yield kind, flags, window, records, (first, last), at, payload
        at, prev = at + size, size


def streams_of(text):
    """[(name, [(field, type, coding)])] of a schema."""
    streams = []
    lines = text.split("\n")
    assert lines[0] == "hilbert-trace 1" and lines[-2:] == ["end", ""]
    for line in lines:
        words = line.split(" ")
        if words[0] == "stream":
            assert int(words[1]) == len(streams)
            streams.append((words[3], []))
        elif words[0] == "field":
            streams[-1][1].append((words[1], words[2], words[4:]))
    return streams


def decode(fields, count, columns):
    """The records of a section."""
    names = [name for name, _, _ in fields]
    previous = [0] * len(fields)
    slots = [[0] * 1024 for _ in fields]
    for _ in range(count):
        values = []
        for f, (_, _, coding) in enumerate(fields):
            code = columns[f].varint()
            value = (code >> 1) ^ -(code & 1)
            if coding[0] == "plain":
                value = code
            elif coding[0] == "delta":
                value += previous[f]
            elif coding[0] == "sum":
                for term in coding[1:]:
                    other = values[names.index(term.lstrip("-"))]
                    value += -other if term[0] == "-" else other
            elif coding[0] == "like":
                key = values[names.index(coding[1])] & int(coding[2], 16)
                slot = (key * 0x9E3779B97F4A7C15 & MASK) >> 54
                value += slots[f][slot]
                slots[f][slot] = value & MASK
            else:
                raise AssertionError(coding)
            previous[f] = value & MASK
            values.append(value & MASK)
        yield values
    assert all(column.at == len(column.data) for column in columns)


def records_of(payload, streams):
    """(cycle, stream, values) of a data member."""
    data = Bytes(payload)
    for _ in range(data.varint()):  # strings
        data.varint()
        data.take(data.varint() + 1)
    for _ in range(data.varint()):
        stream, count = data.varint(), data.varint()
        fields = streams[stream][1]
        sizes = [data.varint() for _ in fields]
        for values in decode(fields, count, [Bytes(data.take(size)) for size in sizes]):
            yield values[0], stream, values
    assert data.at == len(payload)


class Ending:
    """The index: (complete, reason, num_windows, first and last cycle, records by stream), and where windows start."""

    def __init__(self, flags, payload):
        data = Bytes(payload)
        self.complete = bool(flags & 2)
        self.reason = data.take(data.varint()).decode()
        self.num_windows, self.first, self.last = data.varint(), data.varint(), data.varint()
        self.records = [data.varint() for _ in range(data.varint())]
        self.stride, self.entries = data.varint(), []
        offset = cycle = 0
        for _ in range(data.varint()):
            offset, cycle = offset + data.varint(), cycle + data.varint()
            self.entries.append((offset, cycle))
        assert data.at == len(payload)


def read(path):
    """(streams, records, ending) of a trace that must be right in every byte; a record is (name, fields, values)."""
    with open(path, "rb") as file:
        data = file.read()
    window, windows, records, counts, kinds, span = [], [], [], None, [], None
    for kind, flags, number, count, cycles, offset, payload in members(data):
        kinds.append(kind)
        if kind == 1:
            streams = streams_of(payload.decode())
            counts = [0] * len(streams)
        elif kind == 2:
            part = list(records_of(payload, streams))
            assert len(part) == count > 0 and number == len(windows)
            assert (min(part)[0], max(part)[0]) == cycles
            if span is None:
                span = [offset, cycles[0], cycles[1]]
            span = [span[0], min(span[1], cycles[0]), max(span[2], cycles[1])]
            window += part
            if flags & 1:  # last member of the window
                for _, stream, values in sorted(window, key=lambda record: record[:2]):
                    counts[stream] += 1
                    records.append((*streams[stream], values))
                windows.append(span)
                window, span = [], None
        elif kind == 3:
            ending = Ending(flags, payload)
        else:
            assert bool(flags & 2) == ending.complete and payload == b""
    assert kinds[0] == 1 and set(kinds[1:-2]) <= {2} and kinds[-2:] == [3, 4] and window == []
    assert ending.records == counts and ending.num_windows == len(windows)
    assert ending.entries == [(start, first) for start, first, _ in windows][::ending.stride]
    if windows:
        assert (ending.first, ending.last) == (windows[0][1], windows[-1][2])
    return streams, records, ending


def main():
    path = "check_format.hbt"
    dump = subprocess.run([sys.argv[1], path, "3000"], check=True, capture_output=True, text=True).stdout
    count = 0
    lines = iter(dump.splitlines())
    for name, fields, values in read(path)[1]:
        expected = json.loads(next(lines))
        actual = {"stream": name}
        for (field, kind, _), value in zip(fields, values):
            signed = kind == "int" and value >> 63
            actual[field] = value - (1 << 64) if signed else bool(value) if kind == "bool" else value
        for key, value in actual.items():
            assert expected[key] == value, (count, key, expected, actual)
        count += 1
    assert next(lines, None) is None
    assert count > 3000 * 5
    print(f"{count} records agree")


if __name__ == "__main__":
    main()

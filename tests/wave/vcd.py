# SPDX-License-Identifier: Apache-2.0
"""Reads value change dumps (IEEE 1364-2005, 18.2): what the tests of waveforms share."""

import bisect


class Vcd:
    """signals: full name -> list of (time, value as a text of bits without leading zeros)."""

    def __init__(self, lines):
        self.signals, self.bits, self.timescale = {}, {}, None
        by_id, scope, words = {}, [], iter(())
        lines = iter(lines)
        for line in lines:
            words = line.split()
            if not words:
                continue
            if words[0] == "$timescale":
                while "$end" not in words:
                    words += next(lines).split()
                self.timescale = "".join(words[1:words.index("$end")])
            elif words[0] == "$scope":
                scope.append(words[2])
            elif words[0] == "$upscope":
                scope.pop()
            elif words[0] == "$var":
                name = ".".join([*scope, words[4]])
                by_id.setdefault(words[3], []).append(name)
                self.bits[name] = int(words[2])
                self.signals[name] = []
            elif words[0] == "$enddefinitions":
                break
        if scope:
            raise ValueError(f"scopes are left open: {scope}")
        values = {key: [] for key in by_id}
        time = None
        for line in lines:
            first = line[0] if line else "$"
            if first == "#":
                new = int(line[1:])
                if time is not None and new <= time:
                    raise ValueError(f"time goes back: {time}, {new}")
                time = new
            elif first in "bB":
                value, key = line[1:].split()
                values[key].append((time, value.lstrip("0") or "0"))
            elif first in "01xz":
                values[line[1:].strip()].append((time, first))
            elif first != "$":
                raise ValueError(f"not a line of a value change dump: {line}")
        for key, names in by_id.items():
            for name in names:
                self.signals[name] = values[key]
        self.last = time

    def changes(self, name):
        """The signal without repetitions of a value."""
        out = []
        for time, value in self.signals[name]:
            if not out or out[-1][1] != value:
                out.append((time, value))
        return out

    def at(self, name, time):
        """As a number."""
        values = self.signals[name]
        i = bisect.bisect_right(values, (time, "~")) - 1
        return int(values[i][1], 2)


def text_of(value):
    """A value of ASCII characters."""
    number = int(value, 2)
    return number.to_bytes((number.bit_length() + 7) // 8, "big").decode()

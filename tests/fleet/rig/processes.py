"""Processes of a rig, found by a marker in their environment, never by name."""

import os
import signal
import time


def with_marker(marker):
    """The pids of live processes whose environment has `marker` (NAME=value)."""
    wanted = marker.encode()
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/environ", "rb") as file:
                environment = file.read().split(b"\0")
            if wanted in environment and state(int(entry)) not in (None, "Z"):
                found.append(int(entry))
        except OSError:
            continue  # gone meanwhile, or not ours to read
    return found


def state(pid):
    """R, S, D, T, Z … or None when there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(") ")[2].split()[0]
    except OSError:
        return None


def command_line(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def children(pid):
    """All live descendants of a process."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                    parents[int(entry)] = int(file.read().rpartition(") ")[2].split()[1])
            except OSError:
                continue
    found, todo = [], [pid]
    while todo:
        parent = todo.pop()
        mine = [child for child, of in parents.items() if of == parent]
        found += mine
        todo += mine
    return found


def kill(pids, signal_number=signal.SIGKILL):
    for pid in pids:
        try:
            os.kill(pid, signal_number)
        except ProcessLookupError:
            pass


def until(what, condition, seconds=60):
    """The first true value of `condition()`; fails naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain until {what}")
        time.sleep(0.02)

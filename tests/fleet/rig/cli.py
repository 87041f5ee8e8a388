"""Runs the baton binary as a user of the fleet's controller."""

import json
import os
import pathlib
import signal
import subprocess
import threading
import time

from . import journal, page, processes

BATON = os.environ.get("BATON") or str(
    pathlib.Path(__file__).resolve().parents[3] / "build/dev/cli/baton")


class Done:
    """A finished command: code, out, err, seconds, and the JSON document it printed (of `--events`
    the last line), of which docs/json.md must name every key."""

    def __init__(self, words, code, out, err, seconds):
        self.words, self.code, self.out, self.err, self.seconds = words, code, out, err, seconds

    @property
    def json(self):
        documents = self.out.splitlines() if "--events" in self.words and self.out else [self.out]
        try:
            documents = [json.loads(text) for text in documents]
        except json.JSONDecodeError as error:
            raise AssertionError(f"not one JSON document ({error}): {self}") from error
        unnamed = page.unnamed(documents)
        assert not unnamed, f"docs/json.md does not name {', '.join(sorted(unnamed))}: {self}"
        return documents[-1]

    def __str__(self):
        return (f"baton {' '.join(self.words)} -> {self.code} after {self.seconds:.1f} s\n"
                f"--- stdout\n{self.out[-4000:]}\n--- stderr\n{self.err[-6000:]}")

    __repr__ = __str__


class Running:
    """A command in the background, its stdout read line by line as it comes."""

    def __init__(self, words, process):
        self.words, self.process, self.began = words, process, time.monotonic()
        self.lines, self._seen = [], 0
        self._errors = []
        self._threads = [threading.Thread(target=self._read, args=pair, daemon=True)
                         for pair in ((process.stdout, self.lines), (process.stderr, self._errors))]
        for thread in self._threads:
            thread.start()

    @staticmethod
    def _read(stream, lines):
        for line in stream:
            lines.append(line)

    @property
    def err(self):
        return "".join(self._errors)

    def events(self):
        """Events of `--events` so far; a last line that is the result has no `type`."""
        return [json.loads(line) for line in list(self.lines) if line.endswith("\n")]

    def wait_event(self, kind, seconds=30, **members):
        """The first event of that type with these members."""
        def look():
            for event in self.events():
                if event.get("type") == kind and all(event.get(key) == value
                                                     for key, value in members.items()):
                    return event
            if self.process.poll() is not None:
                raise AssertionError(f"ended with {self.process.returncode} before {kind} {members}:\n"
                                     f"{''.join(self.lines[-20:])}\n{self.err[-4000:]}")
            return None
        return processes.until(f"event {kind} {members}", look, seconds)

    def signal(self, number=signal.SIGINT):
        self.process.send_signal(number)

    def wait(self, seconds=120):
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            self.process.kill()
            raise AssertionError(f"baton {' '.join(self.words)} does not end:\n"
                                 f"{''.join(self.lines[-20:])}\n{self.err[-4000:]}") from error
        for thread in self._threads:
            thread.join(10)
        return Done(self.words, code, "".join(self.lines), self.err, time.monotonic() - self.began)


class Baton:
    def __init__(self, fleet):
        self.fleet = fleet

    def __call__(self, *words, seconds=120, stdin=None, **environment):
        """Runs to its end; never waits for an answer from a terminal."""
        began = time.monotonic()
        process = self._popen(words, stdin, environment)
        try:
            out, err = process.communicate(stdin, timeout=seconds)
        except subprocess.TimeoutExpired as error:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"baton {' '.join(map(str, words))} does not end in {seconds} s:\n"
                                 f"{out[-3000:]}\n{err[-6000:]}") from error
        return Done([str(word) for word in words], process.returncode, out, err,
                    time.monotonic() - began)

    def start(self, *words, **environment):
        return Running([str(word) for word in words], self._popen(words, None, environment))

    def _popen(self, words, stdin, environment):
        return subprocess.Popen(
            [BATON, *map(str, words)], cwd=self.fleet.project, text=True, errors="replace",
            env=self.fleet.environment() | environment, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE)

    def deploy(self, *words, **options):
        """`baton deploy … --json --yes`."""
        return self("deploy", *words, "--json", "--yes", **options)

    def start_deploy(self, *words, **environment):
        """`baton deploy … --events --yes` in the background."""
        return self.start("deploy", *words, "--events", "--yes", **environment)

    def journal(self, run=None):
        return journal.events(self.fleet.state, run)

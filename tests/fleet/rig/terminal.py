"""A terminal of the controller, in which a person runs baton: a pane of a tmux of its own."""

import itertools
import re
import shlex
import subprocess

from . import processes
from .cli import BATON

ENDED = "exit code of it: "
HEAD = re.compile(r"^\S+( \([0-9a-f]{12}\))? to \w+  [0-9hms. ]+s?(  cancelling)?(  ru?n?( .*)?)?$")
PHASE = re.compile(r"^ [✔✘●·–+x*.-] (rolling back after )?[\w:-]+( .*)?$")
STEP = re.compile(r"^     [\w/-]+ .*$")
_numbers = itertools.count()
MORE = re.compile(r"^   (…|\.\.\.) \d+ more .*$")


class Terminal:
    """Types `baton WORDS` into a terminal of that size, below lines that stand there already.

    `then`: shell text that is typed after it, when it has ended or was stopped.
    """

    def __init__(self, fleet, *words, columns=80, rows=24, above=3, term="screen", then="",
                 **environment):
        self.socket = fleet.dir / f"tmux{next(_numbers)}"
        self.above = [f"above {number}" for number in range(above)]
        typed = fleet.dir / "typed"
        line = words[0] if len(words) == 1 and " " in words[0] else shlex.join(["baton", *words])
        # the shell outlives a Ctrl-C, and `cat` keeps the pane when all is said
        (fleet.controller / "bin" / "baton").unlink(missing_ok=True)
        (fleet.controller / "bin" / "baton").symlink_to(BATON)
        typed.write_text("trap : INT\n" + "".join(f"echo '{text}'\n" for text in self.above)
                         + f'{line}\necho "{ENDED}$?"\n{then}\nexec cat >/dev/null\n')
        world = fleet.environment() | environment | {"TERM": term}
        self._tmux("set", "-g", "history-limit", 5000, ";", "set", "-g", "status", "off", ";",
                   "new-session", "-d", "-x", columns, "-y", rows, "-c", fleet.project,
                   "env", "-i", *[f"{name}={value}" for name, value in world.items()], "sh", typed)

    def _tmux(self, *words):
        done = subprocess.run(
            ["tmux", "-S", str(self.socket), "-f", "/dev/null", *map(str, words)], check=False,
            capture_output=True, env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "screen"})
        assert done.returncode == 0, f"tmux {words}: {done.stderr}"
        return done.stdout.decode()

    def screen(self, *options):
        """The rows that can be seen."""
        return [row.rstrip() for row in self._tmux("capture-pane", "-p", *options).split("\n")[:-1]]

    def everything(self):
        """The rows above the screen too, down to the last one that is not blank."""
        rows = self.screen("-S", "-")
        while rows and not rows[-1]:
            rows.pop()
        return rows

    def lines(self):
        """The same, with lines that a terminal has wrapped as one."""
        return "\n".join(row.rstrip() for row in
                         self._tmux("capture-pane", "-p", "-J", "-S", "-").split("\n")).rstrip()

    def colours(self):
        return "\x1b[3" in self._tmux("capture-pane", "-p", "-e", "-S", "-")

    def keys(self, *names):
        """Keys as tmux calls them: `C-c`, `Enter`, `y`."""
        self._tmux("send-keys", *names)

    def resize(self, columns, rows):
        self._tmux("resize-window", "-x", columns, "-y", rows)

    def until(self, what, condition, seconds=30):
        """Waits until `condition()` is true; fails with what can be seen."""
        try:
            return processes.until(what, condition, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}:\n" + "\n".join(self.everything())) from None

    def shows(self, text, seconds=30):
        return self.until(f"the screen shows {text!r}",
                          lambda: any(text in row for row in self.screen()), seconds)

    def end(self, seconds=90):
        """The exit code."""
        # behind what was typed, maybe, and so over the end of a row
        self.until("it ends", lambda: re.search(ENDED + r"\d+", self.lines()), seconds)
        return int(self.lines().rsplit(ENDED, 1)[1].split()[0])

    def block(self, rows=None):
        """The rows of the one live view, from its head to the last of it; None when there is no
        such, or two, or something in it that does not belong there."""
        rows = self.everything() if rows is None else rows
        heads = [index for index, row in enumerate(rows) if HEAD.match(row)]
        if len(heads) != 1:
            return None
        block = rows[heads[0]:]
        if not all(PHASE.match(row) or STEP.match(row) or MORE.match(row) for row in block[1:]):
            return None
        phases = [row.split()[1] for row in block[1:] if PHASE.match(row)]
        return block if len(phases) == len(set(phases)) else None

    def one_block(self, condition=lambda block: True, seconds=30):
        """Waits for the live view to be whole, and so."""
        def look():
            block = self.block()
            return block if block and condition(block) else None
        return self.until("the live view is one whole block", look, seconds)

    def close(self):
        subprocess.run(["tmux", "-S", str(self.socket), "kill-server"], check=False,
                       capture_output=True)

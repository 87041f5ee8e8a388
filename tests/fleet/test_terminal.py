"""What a person sees: the live view in real terminals (panes of tmux) of all sizes."""

import re
import shutil

import pytest
from rig import made
from rig.processes import until
from rig.terminal import ENDED, HEAD, Terminal

# colours, a title, a cursor that moves, wide characters, an emoji, half a character, a tab, a line
# without end
HOSTILE = (r"""printf '\033]0;owned\007\033[2J\033[31mred\033[0m\b\b \303\251\t\344\270\255\346\226\207"""
           r""" \360\237\232\200\302\233\061m \377 %0400d\n' 0""")
SIZES = [(80, 24), (40, 12), (200, 50)]


@pytest.fixture
def terminal():
    """terminal(fleet, words…) opens one; it is closed when the test ends."""
    assert shutil.which("tmux"), "tmux is missing: packaging/install test"
    opened = []

    def make(*words, **more):
        opened.append(Terminal(*words, **more))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def small(prepared):
    """One machine, for what does not ask how many there are; v1 is deployed."""
    return prepared(made.deployed, "thinkpad")


def hold(fleet, name="rtx1080", point="prepare", output=HOSTILE):
    """From now on that host prints `output` and waits there; the function lets it go."""
    for file in ("here", "go"):
        (fleet[name].home / file).unlink(missing_ok=True)
    fleet[name].hook(point, f"{output}; touch ~/here; while [ ! -e ~/go ]; do sleep 0.05; done")
    return (fleet[name].home / "go").touch


def held(fleet, name="rtx1080"):
    until(f"{name} is held", (fleet[name].home / "here").exists)


def step_of(block, name="rtx1080"):
    """The row that tells of the step which that host is at; empty: there is none."""
    return next((row for row in block if row.startswith(f"     {name}")), "")


def test_the_view_is_one_block_of_whole_lines(deployed, terminal):
    for number, (columns, rows) in enumerate(SIZES, 2):
        deployed.repository.release(f"v{number}")
        let_go = hold(deployed)
        seen = terminal(deployed, "deploy", columns=columns, rows=rows)
        held(deployed)
        block = seen.one_block(
            lambda block, columns=columns: "  red" in step_of(block) or columns < 80 and step_of(block))
        assert len(block) <= rows and all(len(row) < columns for row in block)
        assert seen.everything()[:-len(block)] == seen.above
        step = step_of(block)
        assert re.search(r"prepare +[\d.]+s  red é 中文 🚀 � 0+$", step) or columns < 80, step
        assert "owned" not in "\n".join(block)
        let_go()
        assert seen.end() == 0
        text = seen.lines()
        assert text.splitlines()[:len(seen.above)] == seen.above
        assert len([row for row in text.splitlines() if HEAD.match(row)]) == 1, text
        assert text.count(" ✔ rtx1080 ") == 1 and text.count(" ✔ verification ") == 1, text
        assert "✔ success: every host serves" in text and "serves new" in text


def test_a_terminal_that_is_resized_shows_one_block_all_the_same(deployed, terminal):
    deployed.repository.release("v2")
    let_go = hold(deployed)
    seen = terminal(deployed, "deploy", above=30)
    held(deployed)
    seen.one_block(lambda rows: any("  red" in row for row in rows))
    for columns, rows in [(79, 24), (60, 20), (100, 40), (60, 10), (200, 50), (80, 6), (44, 24),
                          (80, 24), (120, 3), (80, 24)]:
        seen.resize(columns, rows)
        # (The screen may be looked at while it is being drawn: so all of this is waited for.)
        seen.one_block(lambda block, columns=columns, rows=rows: len(block) == min(10, rows)
                       and all(len(row) < columns for row in block)
                       and ("● rtx1080" in "\n".join(block) or rows < 3))
    let_go()
    assert seen.end() == 0
    rows = seen.everything()
    assert [row for row in rows if row.startswith("above")] == seen.above
    assert len([row for row in rows if HEAD.match(row)]) == 1, "\n".join(rows)


@pytest.mark.whole
def test_resizing_without_end_leaves_nothing_behind(deployed, terminal):
    deployed.repository.release("v2")
    let_go = hold(deployed, output="seq 1 5")
    seen = terminal(deployed, "deploy", above=40, rows=30)
    held(deployed)
    for step in range(60):  # faster than it is redrawn
        seen.resize(80 - step % 20, 30 - step % 12)
    seen.one_block()
    let_go()
    assert seen.end() == 0
    rows = seen.everything()
    assert [row for row in rows if row.startswith("above")] == seen.above, "\n".join(rows)
    assert len([row for row in rows if HEAD.match(row)]) == 1, "\n".join(rows)


@pytest.mark.whole
def test_more_hosts_than_rows(make_fleet, terminal):
    names = [f"app-{number:02}" for number in range(1, 17)]
    fleet = make_fleet(*names)
    fleet.repository.release("v1")
    fleet.config["stages"] = {"apps": {"role": "staging", "hosts": names}}
    fleet.config["environments"] = {"production": {"stages": ["apps"]}}
    fleet.config.write()
    for name in names:
        hold(fleet, name)
    seen = terminal(fleet, "deploy", "--yes", rows=12)
    for name in names:
        until(f"{name} is held", (fleet[name].home / "here").exists, 120)
    block = seen.one_block(lambda rows: len(rows) == 12 and any("  red" in row for row in rows))
    assert block[1].startswith(" ● apps"), block
    assert block[2].startswith("     app-01 ") and block[10].startswith("     app-09 "), block
    assert block[11] == "   … 7 more under way, 5 more phases", block
    assert seen.everything()[:-12] == seen.above
    seen.resize(100, 45)
    block = seen.one_block(lambda rows: len(rows) > 16)
    assert [row.split()[0] for row in block if row.startswith("     app")] == names
    seen.keys("C-c")
    assert seen.end() == 130
    rows = seen.everything()
    assert len([row for row in rows if HEAD.match(row)]) == 1, "\n".join(rows)
    assert rows[:3] == seen.above


@pytest.mark.whole
def test_what_is_typed_meanwhile_is_not_seen_and_moves_nothing(deployed, terminal):
    deployed.repository.release("v2")
    let_go = hold(deployed)
    seen = terminal(deployed, "deploy", then="stty -a | grep -o ' echo '")
    held(deployed)
    seen.one_block()
    seen.keys("Enter", "Enter", "what is it doing", "Enter", "Up", "Down")
    seen.keys("C-c")
    seen.shows("SIGINT: stopping")
    let_go()
    seen.end()
    rows = seen.everything()
    assert len([row for row in rows if HEAD.match(row)]) == 1, "\n".join(rows)
    assert not any("what is it" in row or "^" in row for row in rows), "\n".join(rows)
    seen.shows(" echo")  # as it was before


def test_ctrl_c_says_above_the_block_what_becomes_of_the_run(deployed, terminal):
    deployed.repository.release("v2")
    hold(deployed, point="start")
    seen = terminal(deployed, "deploy")
    held(deployed)
    seen.one_block()
    deployed["rtx1080"].unhook("start")
    seen.keys("C-c")
    assert seen.end() == 130
    rows = seen.everything()
    text = seen.lines()
    message = text.index("SIGINT: stopping; rolled back: rtx1080, thinkpad; kept on the new "
                         "release: nothing; look with: baton show ")
    assert message < text.index("ALERT critical") < text.index("main (")
    assert rows[:3] == seen.above and len([row for row in rows if HEAD.match(row)]) == 1, text
    assert "✘ rolled_back after rtx1080, cancelled by SIGINT" in text
    assert "not touched: vps" in text and "next: baton logs" in text


@pytest.mark.whole
def test_a_second_ctrl_c_leaves_the_block_whole_and_the_shell_its_terminal(deployed, terminal):
    deployed.repository.release("v2")
    hold(deployed, point="start")
    seen = terminal(deployed, "deploy", then="stty -a | grep -o ' echo '")
    held(deployed)
    seen.one_block()
    seen.keys("C-c")
    seen.shows("SIGINT: stopping")
    seen.keys("C-c")
    assert seen.end() == 75
    seen.shows(" echo")
    rows = seen.everything()
    head = [index for index, row in enumerate(rows) if HEAD.match(row)]
    resume = [index for index, row in enumerate(rows) if row.startswith("baton resume ")]
    assert len(head) == 1 and len(resume) == 1 and resume[0] > head[0], "\n".join(rows)
    assert rows[resume[0] + 1].startswith(ENDED)


@pytest.mark.whole
def test_ctrl_z_puts_the_run_aside_and_fg_brings_the_block_back(deployed, terminal):
    deployed.repository.release("v2")
    let_go = hold(deployed)
    seen = terminal(deployed, "set -m; baton deploy", then="echo aside; fg; echo \"at last $?\"")
    held(deployed)
    seen.one_block()
    seen.keys("C-z")
    seen.shows("aside")
    until("two blocks, one above the other",
          lambda: len([row for row in seen.everything() if HEAD.match(row)]) == 2)
    rows = seen.everything()
    aside = rows.index("aside")
    assert seen.block(rows[:aside - 2]), "\n".join(rows)
    let_go()
    seen.shows("at last 0", 60)
    rows = seen.everything()
    assert len([row for row in rows[rows.index("aside"):] if HEAD.match(row)]) == 1, "\n".join(rows)


@pytest.mark.whole
def test_colours_are_for_terminals_that_want_them(small, terminal):
    for words, world, coloured in [((), {}, True), ((), {"NO_COLOR": "1"}, False),
                                   (("--no-color",), {}, False)]:
        seen = terminal(small, "deploy", *words, **world)
        assert seen.end() == 0 and seen.colours() == coloured
        assert HEAD.match(seen.everything()[3]), "\n".join(seen.everything())


@pytest.mark.whole
def test_plain_lines_where_no_block_can_be_drawn(small, terminal):
    for words, term in [((), "dumb"), (("--progress", "tty"), "dumb"),
                        (("--progress", "plain"), "screen"), (("-v",), "screen"),
                        (("--events",), "screen")]:
        seen = terminal(small, "deploy", *words, term=term, columns=200, rows=50)
        assert seen.end() == 0
        text = seen.lines()
        assert not any(HEAD.match(row) for row in text.splitlines()), text
        for line in (r"\d\d:\d\d:\d\d run \S+: main to production \(times are UTC\)",
                     r"\d\d:\d\d:\d\d thinkpad: thinkpad: activate ok", "✔ success: every host"):
            assert len(re.findall(line, text)) == 1, text
        assert term == "screen" or not seen.colours()


@pytest.mark.whole
def test_quiet_shows_the_end_and_q_only_what_went_wrong(small, terminal):
    seen = terminal(small, "deploy", "--progress", "quiet")
    assert seen.end() == 0
    rows = seen.everything()
    assert rows[3].startswith("✔ success") and len(rows) == 6, "\n".join(rows)
    seen = terminal(small, "deploy", "-q")
    assert seen.end() == 0 and seen.everything()[3:] == [ENDED + "0"]
    small.repository.release("v2", "thinkpad:ill")
    seen = terminal(small, "deploy", "-q")
    assert seen.end() == 1
    assert "✘ failed in thinkpad" in seen.lines()


def test_a_pipe_gets_plain_lines_and_no_cursor_moves(small):
    for words in ((), ("--progress", "tty")):
        done = small.baton("deploy", *words, TERM="xterm-256color")
        assert done.code == 0 and done.out == "", done
        assert "\x1b" not in done.err and "\r" not in done.err, repr(done.err)
        assert "thinkpad: thinkpad: activate ok" in done.err


def test_a_locale_without_utf8_gets_ascii(small, terminal):
    let_go = hold(small, "thinkpad")
    seen = terminal(small, "deploy", columns=120, LANG="C")
    held(small, "thinkpad")
    block = seen.one_block(lambda rows: any("  red" in row for row in rows))
    assert "\n".join(block).isascii() and any(row.startswith(" + pre_flight") for row in block), block
    let_go()
    assert seen.end() == 0
    assert seen.lines().isascii()


@pytest.mark.whole
def test_the_first_deployment_of_an_environment_shows_its_plan_and_asks(fleet, terminal):
    question = "This is the first deployment of environment production. Go on? [y/N]"
    for answer in (["n", "Enter"], ["Enter"], ["C-d"]):
        seen = terminal(fleet, "deploy")
        seen.shows(question)
        rows = seen.everything()
        assert rows[3].startswith("main to environment production of homelab"), rows
        assert all(len(row) <= 80 for row in rows)
        for name in ("pre_flight", "thinkpad", "rtx1080", "vps", "verification"):
            assert len([row for row in rows if re.match(rf"  \d\. {name} ", row)]) == 1, rows
        seen.keys(*answer)
        assert seen.end() == 64
        assert "nothing was done" in seen.everything()
    seen = terminal(fleet, "deploy")
    seen.shows(question)
    seen.keys("C-c")
    assert seen.end() == 130
    assert fleet.serving() == dict.fromkeys(fleet.hosts)
    seen = terminal(fleet, "deploy")
    seen.shows(question)
    seen.keys("y", "Enter")
    assert seen.end() == 0
    assert fleet.serving() == dict.fromkeys(fleet.hosts, "v1")
    seen = terminal(fleet, "deploy")  # asked once
    assert seen.end() == 0
    assert "Go on?" not in seen.lines()


@pytest.mark.whole
def test_the_demo_tells_its_four_stories_on_a_terminal_that_is_resized(make_fleet, terminal):
    world = make_fleet("unused")  # its environment alone
    seen = terminal(world, "demo", rows=40, above=1)
    for columns, rows in [(100, 30), (72, 24), (80, 40)]:
        seen.until("something is under way", lambda: any("●" in row for row in seen.screen()), 60)
        seen.resize(columns, rows)
        seen.until("the next story begins", lambda: any("●" not in row for row in seen.screen()))
    assert seen.end(180) == 0
    rows = seen.everything()
    text = "\n".join(rows)
    assert len([row for row in rows if HEAD.match(row)]) == 4, text
    for line in ("✔ success: every host serves the new release", "✘ partial_success",
                 "✘ rolled_back after rtx1080", "✘ failed in tests"):
        assert len([row for row in rows if row.startswith(line)]) == 1, text
    for story in range(1, 5):
        assert len([row for row in rows if row.startswith(f"== {story} of 4")]) == 1, text


@pytest.mark.whole
def test_a_demo_whose_terminal_is_closed_leaves_nothing_behind(make_fleet, terminal):
    world = make_fleet("unused")
    (world.dir / "demo").mkdir()
    seen = terminal(world, "demo", TMPDIR=str(world.dir / "demo"))
    seen.until("a deployment is under way", lambda: any("●" in row for row in seen.screen()), 60)
    seen.close()
    until("its folder is gone", lambda: not list((world.dir / "demo").iterdir()), 60)
    until("its processes are gone", lambda: not world.controller_processes(), 20)

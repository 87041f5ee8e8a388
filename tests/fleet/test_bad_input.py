"""What a user can get wrong: a clear word, the right exit code, nothing touched."""

import pytest

CONFIG = 78
USAGE = 64

BAD_FILES = {
    "empty": ("", "baton.yaml"),
    "binary": (b"\x7fELF\x00\x01\xff\xfe" * 100, "baton.yaml"),
    "not_yaml": ("hosts: [\n", "baton.yaml:"),
    "duplicate_key": ("fleet: a\nhosts: {a: {}}\nhosts: {b: {}}\n", "baton.yaml:3"),
    "alias_bomb": ("a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)),
        "baton.yaml"),
    "deep": ("[" * 5000 + "]" * 5000, "baton.yaml"),
    "misspelt": ("fleet: a\nhsots: {a: {}}\n", "hosts"),
    "a_list": ("- one\n- two\n", "baton.yaml"),
    "huge": ("fleet: a\n#" + "x" * 20_000_000 + "\n", "baton.yaml"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file(fleet, name):
    text, word = BAD_FILES[name]
    fleet.config.write(text)
    done = fleet.baton.deploy(seconds=30)
    assert done.code in (CONFIG, 65), done
    assert word in done.err, done
    assert done.json["error"] == done.err.strip() and done.json["exit_code"] == done.code, done
    assert done.json["error_detail"]["code"] == "config_invalid" and done.json["faults"], done


def test_no_file_at_all(fleet):
    (fleet.project / "baton.yaml").unlink()
    done = fleet.baton.deploy()
    assert done.code in (66, CONFIG) and "baton init" in done.err, done


def test_all_mistakes_are_told_at_once_with_their_places(fleet):
    fleet.config["hosts"]["vps"]["prot"] = 22
    fleet.config["stages"]["thinkpad"]["role"] = "stagign"
    fleet.config["environments"]["production"]["stages"][1] = "rtx1090"
    fleet.config.write()
    done = fleet.baton("check")
    assert done.code == CONFIG, done
    for word in ("prot", "port", "stagign", "staging", "rtx1090", "rtx1080"):
        assert word in done.err, f"{word}: {done}"
    assert done.err.count("baton.yaml:") >= 3, done


@pytest.mark.parametrize("policy", [
    {"rollback": "none", "status": "rolled_back"},
    {"rollback": "self", "status": "rolled_back", "then": "go_on"},
])
def test_senseless_policies_are_refused(fleet, policy):
    fleet.config.stage("rtx1080", on_failure=policy)
    fleet.config.write()
    done = fleet.baton.deploy()
    assert done.code == CONFIG and "rtx1080" in done.err and "on_failure" in done.err, done


def test_a_stage_may_not_have_the_name_of_a_phase(fleet):
    fleet.config["stages"] = {"tests": {"role": "staging", "hosts": ["thinkpad"]}}
    fleet.config["environments"] = {"production": {"stages": ["tests"]}}
    fleet.config.write()
    done = fleet.baton.deploy()
    assert done.code == CONFIG and "tests" in done.err, done


@pytest.mark.parametrize("ref", ["--upload-pack=touch /tmp/owned", "-q", "$(touch owned)", "a;touch owned",
                                 "`touch owned`", "v1\nv2", "no-such-branch", "../../etc/passwd",
                                 "v1^{tree}", "", "a b", "deadbeef" * 5])
def test_bad_refs_never_become_options_or_shell_words(deployed, ref):
    history = {name: host.history() for name, host in deployed.hosts.items()}
    words = ("deploy", "--json", "--yes", "--", ref)
    done = deployed.baton(*words)
    assert done.code != 0, done
    if done.code != USAGE:
        assert done.json["status"] == "aborted" and done.json["phase"] == "pre_flight", done
        assert done.json["error_detail"]["code"] == "bad_commit", done
        assert done.code == 1
    else:
        assert "run" not in done.json and done.json["error_detail"]["code"] == "usage", done
    assert history == {name: host.history() for name, host in deployed.hosts.items()}
    for folder in (deployed.dir, *[host.home for host in deployed.hosts.values()]):
        assert not list(folder.rglob("owned")), "a ref was run by a shell"


@pytest.mark.parametrize("words", [["deploy", "--env", "prodction"], ["deploy", "--frobnicate"],
                                   ["depoly"], ["deploy", "a", "b"], ["deploy", "--request", "-"]])
def test_bad_usage(fleet, words):
    done = fleet.baton(*words, stdin="{not json")
    assert done.code in (USAGE, 65), done
    assert done.err.strip() and done.out == "", done


def test_with_json_what_is_wrong_is_one_document_too(fleet):
    (fleet.dir / "none.yaml").write_text("hsots: {}\n")
    for words, code, kind in [
            (["deploy", "--env", "prodction"], USAGE, "config_invalid"),
            (["deploy", "--env", "prodction", "--events"], USAGE, "config_invalid"),
            (["deploy", "--frobnicate"], USAGE, "usage"), (["deploy", "--events", "a", "b"], USAGE, "usage"),
            (["deploy", "--progress", "loud"], USAGE, "usage"), (["depoly"], USAGE, "usage"), ([], USAGE, "usage"),
            (["deploy", "--request", "-"], 65, "usage"), (["plan", "no-such-branch"], 65, "bad_commit"),
            (["explain", "--env", "prodction"], USAGE, "config_invalid"), (["secrets", "test"], CONFIG, "config_invalid"),
            (["health", "nobody"], USAGE, "usage"), (["lease", "show", "nobody"], USAGE, "usage"),
            (["history", "-n", "0"], USAGE, "usage"), (["show"], 66, "usage"), (["logs"], USAGE, "usage"),
            (["--config", "none.yaml", "check"], 66, "config_invalid"),
            (["--config", str(fleet.dir / "none.yaml"), "status"], CONFIG, "config_invalid")]:
        words = words if "--events" in words else [*words, "--json"]
        done = fleet.baton(*words, stdin="{not json")
        said = done.json
        assert (done.code, said["exit_code"], said["error_detail"]["code"]) == (code, code, kind), done
        assert "run" not in said and said["error"].splitlines()[0] in done.err, done
    done = fleet.baton("history", "--json", XDG_STATE_HOME="/dev/null/none")
    assert done.code == 74 and done.json["error_detail"]["code"] == "journal_failed", done


@pytest.mark.parametrize("path", ["/", "~/", "~//", "~/app/.."])
def test_a_checkout_is_no_home_and_no_root(fleet, path):
    fleet.config["stacks"]["app"]["path"] = path
    fleet.config.write()
    done = fleet.baton("check")
    assert done.code == CONFIG and "a folder of its own" in done.err, done


def test_stacks_share_no_folder_however_it_is_written(fleet):
    fleet.config["stacks"]["other"] = fleet.config.stack() | {"path": "~//app/"}
    fleet.config.write()
    done = fleet.baton("check")
    assert done.code == CONFIG and "share the folder" in done.err, done


def test_what_a_run_does_not_know_has_no_logs(deployed):
    for words, near in ((("--host", "rtx108"), '"rtx1080"'), (("--phase", "test"), '"tests"')):
        done = deployed.baton("logs", *words)
        assert done.code == USAGE and near in done.err and not done.out, done


def test_why_a_ref_is_refused(fleet):
    for ref, why in (("HEAD~1", "no ref may have"), ("fix/it's", "id of its commit")):
        done = fleet.baton("plan", ref)
        assert done.code == 65 and why in done.err, done
    fleet.repository._git("tag", "tree", "HEAD^{tree}")
    fleet.repository._git("push", "-q", "origin", "tree")
    done = fleet.baton("plan", "tree")
    assert done.code == 65 and "no commit" in done.err and "did you mean" not in done.err, done


def test_a_mistyped_verb_gets_a_hint(fleet):
    assert "deploy" in fleet.baton("depoly").err


def test_a_request_may_come_from_a_file_or_stdin(deployed):
    deployed.repository.release("v2", "vps:ill")
    request = '{"commit_hash": "v2", "environment": "staging", "skip_tests": true}'
    done = deployed.baton("deploy", "--request", "-", "--json", "--yes", stdin=request)
    assert done.code == 0 and done.json["environment"] == "staging", done
    assert deployed.serving() == {"thinkpad": "v2", "rtx1080": "v1", "vps": "v1"}


def test_a_request_says_nothing_twice(fleet):
    done = fleet.baton("deploy", "--request", "-", "--yes",
                       stdin='{"skip_tests": true, "skip_tests": false}')
    assert done.code == 65 and '"skip_tests" is said twice' in done.err, done


def test_a_request_with_a_wrong_type_is_bad_input(fleet):
    done = fleet.baton("deploy", "--request", "-", "--json", "--yes", stdin='{"skip_tests": "no"}')
    assert done.code in (USAGE, 65) and "skip_tests" in done.err, done

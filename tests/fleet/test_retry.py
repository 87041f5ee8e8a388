"""`baton retry`: after a partial success the failed stages again, and nothing else."""

import pytest
from rig.expect import outcomes, verdict

ALL = "thinkpad rtx1080 vps"


def partly(fleet, version="v2"):
    """v2 on all but the vps, whose start fails. The run."""
    fleet.repository.release(version)
    fleet["vps"].fault(f"start-fails-{version}")
    done = fleet.baton.deploy()
    assert (done.code, done.json["status"]) == (4, "partial_success"), done
    return done.json["run"]


def one(fleet, done, status, phase, serves, code, **more):
    """The verdict of a run of the vps alone: the other hosts are not in it."""
    result = done.json
    assert (result["status"], result["phase"], done.code) == (status, phase, code), done
    assert list(result["hosts"]) == ["vps"] and result["hosts"]["vps"]["serves"] == serves, done
    assert fleet.leases() == {}
    for key, value in more.items():
        assert result[key] == value, f"{key}: {done}"
    return result


def test_only_the_failed_stage_on_the_commit_of_that_run(deployed):
    run = partly(deployed)
    assert "cannot open" not in deployed.baton("logs", run, "--host", "vps").out, "Baton's own noise"
    deployed.repository.release("v3")   # the branch has gone on
    deployed["vps"].heal("start-fails-v2")
    mistyped = deployed.baton("deploy", "v22", "--yes", "--json")   # a run, but on no host
    assert mistyped.json["status"] == "aborted" and mistyped.json["changed"] == [], mistyped
    before = {name: (deployed[name].history(), deployed[name].log.read_text().count("Accepted"))
              for name in ("thinkpad", "rtx1080")}
    done = deployed.baton("retry", "--json")
    result = one(deployed, done, "success", "verification", "new", 0, retries=run,
                 systems_deployed=["vps"], commit=deployed.repository.commits["v2"])
    assert result["run"] != run and f"run {result['run']} retries run {run}" in done.err
    assert deployed.serving() == {"thinkpad": "v2", "rtx1080": "v2", "vps": "v2"}
    assert {name: deployed[name].history() for name in before} == {
        name: history for name, (history, _) in before.items()}
    said = outcomes(result)
    assert (said["thinkpad"], said["rtx1080"], said["vps"]) == ("skipped", "skipped", "ok")
    assert result["details"]["thinkpad"]["skipped"] == "retry"
    first = deployed.baton.journal(result["run"])[0]
    assert first["plan"]["retries"] == run and first["plan"]["hosts"] == ["vps"]


@pytest.mark.whole
def test_that_fails_again_is_again_a_partial_success_and_may_be_retried(deployed):
    run = partly(deployed)
    again = one(deployed, deployed.baton("retry", "--json"), "partial_success", "vps", "old", 4,
                retries=run)
    assert deployed["vps"].serves() == "v1"
    deployed["vps"].heal("start-fails-v2")
    one(deployed, deployed.baton("retry", again["run"], "--json"), "success", "verification", "new", 0,
        retries=again["run"])


def test_is_refused_where_there_is_nothing_partly_done(deployed):
    done = deployed.baton("retry", "--json")
    assert done.code == 64 and "ended success: only a partial success can be retried" in done.err, done
    assert deployed.baton("retry", "20200101").code == 66


@pytest.mark.whole
def test_is_refused_where_something_else_serves_by_now(deployed):
    run = partly(deployed)
    deployed.repository.release("v3")
    assert deployed.baton.deploy("--env", "staging").code == 0
    done = deployed.baton("retry", run, "--json")
    assert done.code == 64 and f"run {run} cannot be retried: thinkpad serves" in done.err, done
    assert deployed["vps"].history() == ["v1", "v1"]
    # the run that failed is not the vps's last one any more
    deployed["vps"].heal("start-fails-v2")
    assert deployed.baton.deploy().code == 0
    done = deployed.baton("retry", run)
    assert done.code == 64 and "has been on vps since" in done.err, done


@pytest.mark.whole
def test_is_refused_where_a_host_that_it_stands_on_is_ill(deployed):
    partly(deployed)
    deployed["rtx1080"].fault("ill")
    done = deployed.baton("retry")
    assert done.code == 64 and "rtx1080 is not healthy" in done.err, done

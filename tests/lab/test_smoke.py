"""The good run and the five scenarios, with Docker Engine and compose on three hosts."""

from expect import verdict

ALL = "thinkpad rtx1080 vps"


def test_a_good_release(deployed):
    verdict(deployed, deployed.deploy("v2"), "success", "verification", ALL, "nnn", 0)


def test_scenario_1_thinkpad_fails(deployed):
    verdict(deployed, deployed.deploy("v3-bad-health"), "failed", "thinkpad", "", "ooo", 1)
    assert deployed.history("rtx1080") == ["v1"]


def test_scenario_2_tests_fail(deployed):
    verdict(deployed, deployed.deploy("v5-fails-tests"), "failed", "tests", "", "ooo", 1)
    assert deployed.history("rtx1080") == ["v1"]


def test_scenario_3_rtx1080_fails(deployed):
    # v6 needs a token, and production's is gone at the source
    deployed("root", "origin", "sed", "-i", "/APP_TOKEN/d", "/home/git/secrets/rtx1080.env")
    try:
        verdict(deployed, deployed.deploy("v6-vps-bad"), "rolled_back", "rtx1080", "", "ooo", 1)
    finally:
        deployed("root", "origin", "sh", "-c",
                 "echo APP_TOKEN=lab-only-rtx1080 >>/home/git/secrets/rtx1080.env")
    assert deployed.history("vps") == ["v1"]


def test_scenario_4_vps_fails(deployed):
    verdict(deployed, deployed.deploy("v6-vps-bad"), "partial_success", "vps", "thinkpad rtx1080",
            "nno", 4, new="v6")


def test_scenario_5_verification_fails(deployed):
    deployed.write(verification={"checks": [{"command": "false", "on": "controller"}]})
    verdict(deployed, deployed.deploy("v2"), "rolled_back", "verification", "", "ooo", 1)

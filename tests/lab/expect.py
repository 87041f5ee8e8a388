"""The verdict of a run in the lab against what the hosts themselves answer."""

VERSIONS = {"n": "new", "o": "old", "-": "none", "?": "unknown"}


def verdict(lab, done, status, phase, deployed, serves, code, new="v2", old="v1"):
    result = done.json
    assert (result["status"], result["phase"], result["systems_deployed"], done.code) == (
        status, phase, deployed.split(), code), done
    truth = lab.serving()
    for (name, serving), letter in zip(truth.items(), serves):
        if letter in VERSIONS:
            assert result["hosts"][name]["serves"] == VERSIONS[letter], f"{name}: {done}"
        if letter in "no-":
            assert serving == {"n": new, "o": old, "-": None}[letter], f"{truth}\n{done}"
    return result

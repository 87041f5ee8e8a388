"""Writes baton.yaml. A test changes the plain dict and writes it again."""

import yaml

from .host import USER

ROLES = {"thinkpad": "staging", "rtx1080": "production", "vps": "public"}


class Config:
    """The default fleet on this rig: `data` is what the file says; `write()` puts it there."""

    def __init__(self, fleet):
        self.fleet = fleet
        names = list(fleet.hosts)
        self.data = {
            "fleet": "homelab",
            "hosts": {name: self.host(name) for name in names},
            "stacks": {"app": self.stack()},
            "stages": {name: {"role": ROLES.get(name, "production"), "hosts": [name]}
                       for name in names},
            "environments": {"production": {"stages": names}},
            "default_environment": "production",
            "pre_flight": {"disk_free": "1MB"},
        }
        if "thinkpad" in names:
            self.data["environments"]["staging"] = {"stages": ["thinkpad"]}
        for stage in self.data["stages"].values():
            if stage["role"] == "public":
                stage["retry"] = {"attempts": 3, "base": "100ms", "factor": 2, "cap": "1s"}

    def host(self, name):
        host = self.fleet.hosts[name]
        return {"address": host.address, "port": host.port, "user": USER,
                "identity": str(self.fleet.key)}

    def stack(self):
        return {
            "repository": self.fleet.repository.url,
            "path": "~/app",
            "command": {"prepare": "./ctl prepare", "start": "./ctl start", "stop": "./ctl stop",
                        "status": "./ctl status"},
            "health": {"steady": "0s", "interval": "200ms", "deadline": "1s",
                       "checks": [{"http": f"http://${{host}}:{self.fleet.app_port}/cgi-bin/health"}]},
        }

    def with_tests(self, on="controller", **more):
        self.data["tests"] = {"on": on, "command": ["./check"], "junit": "junit.xml"} | more
        return self

    def __getitem__(self, key):
        return self.data[key]

    def __setitem__(self, key, value):
        self.data[key] = value

    def stage(self, name, **more):
        self.data["stages"][name].update(more)
        return self

    def write(self, text=None):
        path = self.fleet.project / "baton.yaml"
        if isinstance(text, bytes):
            path.write_bytes(text)
        else:
            path.write_text(text if text is not None
                            else yaml.safe_dump(self.data, sort_keys=False, allow_unicode=True))
        return path

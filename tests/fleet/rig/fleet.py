"""Hosts, a git remote and a controller, all in one folder, all gone afterwards."""

import copy
import os
import pathlib
import shutil
import socket
import subprocess

from . import processes
from .cli import Baton
from .config import Config
from .host import USER, Host, new_key, public_key
from .repository import Repository

DEFAULT = ("thinkpad", "rtx1080", "vps")


def bound(address, port=0):
    """A socket that has the port, and lets its owner's server listen there."""
    one = socket.socket()
    try:
        one.bind((address, port))
    except OSError:
        one.close()
        raise
    # not before: it would share a port with another one like it
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return one


class Ports:
    """Ports that nobody else gets while this lives, whether something listens there or not."""

    def __init__(self):
        self._sockets = []

    def free(self, addresses):
        """A port that is free on every one of these addresses."""
        while True:
            tried = [bound(addresses[0])]
            port = tried[0].getsockname()[1]
            try:
                tried += [bound(address, port) for address in addresses[1:]]
            except OSError:
                for one in tried:
                    one.close()
                continue
            self._sockets += tried
            return port

    def give_back(self):
        while self._sockets:
            self._sockets.pop().close()


class Fleet:
    """A controller's world: `hosts` by name, `repository`, `config` to write, `baton` to run."""

    def __init__(self, directory, names=DEFAULT):
        self.dir = pathlib.Path(directory)
        self.controller = self.dir / "controller"
        self.project = self.controller / "project"
        self.state = self.controller / "state"
        for folder in (self.project, self.state, self.controller / "bin", self.controller / ".ssh"):
            folder.mkdir(parents=True)
        self.key = self.controller / ".ssh" / "id_ed25519"
        new_key(self.key, "controller")
        self.repository = Repository(self.dir)
        addresses = [f"127.0.0.{11 + index}" for index in range(len(names))]
        self.ports = Ports()
        port = self.ports.free(addresses)
        self.app_port = self.ports.free(addresses)
        self.hosts = {name: Host(name, self.dir / name, address, port, self.app_port, self.key)
                      for name, address in zip(names, addresses)}
        self.known_hosts = self.controller / ".ssh" / "known_hosts"
        self.trust(*self.hosts.values())
        self.ssh_config_text = ""
        self._write_ssh()
        self.config = Config(self)
        self.baton = Baton(self)
        for host in self.hosts.values():
            host.start()

    def __getitem__(self, name):
        return self.hosts[name]

    def trust(self, *hosts):
        """The controller knows these hosts' keys."""
        with open(self.known_hosts, "a", encoding="utf-8") as file:
            for host in hosts:
                file.write(f"[{host.address}]:{host.port} {public_key(host.dir / 'host_key')}\n")

    def forget(self, host):
        lines = self.known_hosts.read_text().splitlines(keepends=True)
        self.known_hosts.write_text("".join(line for line in lines
                                            if not line.startswith(f"[{host.address}]:")))

    def ssh_config(self, text):
        """More text for the user's ssh config, before what stands there."""
        self.ssh_config_text = text + self.ssh_config_text
        self._write_ssh()

    def _write_ssh(self):
        """`ssh` reads the home of the user database, not $HOME: so this controller has an `ssh`
        of its own in PATH, that reads this world's config."""
        config = self.controller / ".ssh" / "config"
        config.write_text(
            self.ssh_config_text + f"Host *\n  User {USER}\n  IdentityFile {self.key}\n"
            f"  IdentitiesOnly yes\n  IdentityAgent none\n  UserKnownHostsFile {self.known_hosts}\n"
            "  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n")
        wrapper = self.controller / "bin" / "ssh"
        wrapper.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F "{config}" "$@"\n')
        wrapper.chmod(0o755)

    def environment(self):
        """What the controller's programs see."""
        return {
            "HOME": str(self.controller), "USER": USER, "LOGNAME": USER, "LANG": "C.UTF-8",
            "PATH": f"{self.controller}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "XDG_STATE_HOME": str(self.state), "XDG_CONFIG_HOME": str(self.controller / "config"),
            "XDG_CACHE_HOME": str(self.controller / "cache"),
            "RIG_CONTROLLER_DIR": str(self.controller), "TERM": "dumb",
            "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
            **{name: os.environ[name] for name in ("ASAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS",
                                                   "UBSAN_OPTIONS") if name in os.environ},
        }

    def serving(self):
        """What each host itself answers: {name: version or None}."""
        return {name: host.serves() for name, host in self.hosts.items()}

    def controller_processes(self):
        return {pid: processes.command_line(pid)
                for pid in processes.with_marker(f"RIG_CONTROLLER_DIR={self.controller}")}

    def leases(self):
        """Hosts whose lease is held, with what is known of the owner (files of the hosts)."""
        held = {}
        for name, host in self.hosts.items():
            for path in (host.home / ".local/state/baton").rglob("lease*"):
                if path.is_file() and path.stat().st_size:
                    held[name] = path.read_text(errors="replace")
        return held

    def grep(self, text):
        """Files of the controller's state that contain `text` (bytes)."""
        return [str(path) for path in self.state.rglob("*")
                if path.is_file() and text in path.read_bytes()]

    def stop(self):
        """Nothing of it runs any more; its files stay."""
        processes.kill(self.controller_processes())
        for host in self.hosts.values():
            host.remove()

    def remove(self):
        self.stop()
        self.ports.give_back()
        clear_away(self.dir)


def clear_away(folder):
    """The folder is gone when this returns: what was just killed may write a last file into it."""
    def gone():
        shutil.rmtree(folder, ignore_errors=True)
        return not folder.exists()
    processes.until(f"{folder} is gone", gone)


class Kept:
    """A fleet as it is now, to be had again and again: the same files, ports and apps that serve."""

    def __init__(self, fleet):
        for name, host in fleet.hosts.items():
            processes.until(f"nothing but its app runs on {name}", lambda host=host: not host.orphans())
        self._up = [name for name, version in fleet.serving().items() if version]
        fleet.stop()
        self._fleet = fleet
        self._files = pathlib.Path(f"{fleet.dir}.kept")
        fleet.dir.rename(self._files)

    def again(self):
        """It is only one: what the last one left goes away."""
        # ports cannot be copied, and are the same
        ports = self._fleet.ports
        fleet = copy.deepcopy(self._fleet, {id(ports): ports})
        clear_away(fleet.dir)
        subprocess.run(["cp", "-a", self._files, fleet.dir], check=True)
        try:
            for name, host in fleet.hosts.items():
                host.start()
                if name in self._up:
                    host.serve_again()
        except BaseException:
            fleet.stop()
            raise
        return fleet

    def remove(self):
        self._fleet.remove()
        clear_away(self._files)

"""The git remote of a fleet, with releases that are good or have defects."""

import os
import pathlib
import shutil
import subprocess

APP = pathlib.Path(__file__).parent / "app"


class Repository:
    """A bare repository, and a work tree that releases are made in."""

    def __init__(self, directory):
        self.bare = pathlib.Path(directory) / "origin.git"
        self.work = pathlib.Path(directory) / "work"
        self._git("init", "-q", "--bare", "-b", "main", str(self.bare), tree=False)
        self._git("clone", "-q", str(self.bare), str(self.work), tree=False)
        self.commits = {}
        for file in APP.iterdir():
            shutil.copy(file, self.work)
        (self.work / ".gitignore").write_text(".env\njunit.xml\n")

    @property
    def url(self):
        return str(self.bare)

    def _git(self, *words, tree=True):
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
                       "GIT_AUTHOR_NAME": "Rig", "GIT_AUTHOR_EMAIL": "rig@rig.invalid",
                       "GIT_COMMITTER_NAME": "Rig", "GIT_COMMITTER_EMAIL": "rig@rig.invalid"}
        where = ["-C", str(self.work)] if tree else []
        return subprocess.run(["git", *where, *words], check=True, text=True, env=environment,
                              capture_output=True).stdout.strip()

    def release(self, version, *defects, files=None):
        """A commit on main, tagged with its version. Its id."""
        (self.work / "VERSION").write_text(version + "\n")
        (self.work / "defects").write_text("".join(f"{line}\n" for line in defects))
        for name, text in (files or {}).items():
            (self.work / name).parent.mkdir(parents=True, exist_ok=True)
            (self.work / name).write_text(text)
        self._git("add", "-A")
        self._git("commit", "-q", "--allow-empty", "-m", f"Release {version}")
        self._git("tag", version)
        self._git("push", "-q", "origin", "HEAD:main", version)
        self.commits[version] = self._git("rev-parse", "HEAD")
        return self.commits[version]

    def branch(self, name, version):
        self._git("push", "-q", "-f", "origin", f"{self.commits[version]}:refs/heads/{name}")

"""One host of a fleet: an sshd of its own on loopback, a home of its own, an app, and its faults."""

import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import urllib.error
import urllib.request

from . import processes

USER = pwd.getpwuid(os.getuid()).pw_name
SSHD = shutil.which("sshd") or "/usr/sbin/sshd"


def new_key(path, comment):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)],
                   check=True)


def public_key(path):
    return " ".join(pathlib.Path(f"{path}.pub").read_text().split()[:2])


class Host:
    """A machine, as far as SSH can tell. All its processes carry RIG_HOST_DIR in their environment."""

    def __init__(self, name, directory, address, port, app_port, client_key):
        self.name, self.address, self.port, self.app_port = name, address, port, app_port
        self.dir = pathlib.Path(directory)
        self.home = self.dir / "home"
        self.bin = self.dir / "bin"
        self.checkout = self.home / "app"
        self.log = self.dir / "sshd.log"
        self._mounted = []
        self._sshd = None
        for folder in (self.home, self.bin, self.home / "faults", self.home / "hooks"):
            folder.mkdir(parents=True)
        new_key(self.dir / "host_key", name)
        (self.dir / "authorized_keys").write_text(public_key(client_key) + "\n")
        (self.dir / "shell").write_text("/bin/sh")
        (self.dir / "gitconfig").write_text(
            f"[user]\n\tname = {name}\n\temail = deploy@{name}.invalid\n[init]\n\tdefaultBranch = main\n")
        self._write_login()
        self._write_sshd_config()

    # --- sshd

    def _write_login(self):
        """What sshd runs for every login: the host's own environment and login shell."""
        environment = {
            "HOME": self.home, "USER": USER, "LOGNAME": USER, "SHELL": "$shell", "LANG": "C.UTF-8",
            "PATH": f"{self.bin}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "RIG_HOST": self.name, "RIG_HOST_DIR": self.dir, "RIG_ADDRESS": self.address,
            "RIG_PORT": self.app_port, "GIT_CONFIG_GLOBAL": self.dir / "gitconfig",
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        words = " ".join(f'{name}="{value}"' for name, value in environment.items())
        login = self.dir / "login"
        login.write_text(
            "#!/bin/sh\n"
            f"shell=$(cat '{self.dir}/shell')\n"
            f"cd '{self.home}' || exit 1\n"
            f"[ ! -e '{self.dir}/banner' ] || . '{self.dir}/banner'\n"
            'if [ -z "${SSH_ORIGINAL_COMMAND:-}" ]; then set --; else set -- -c "$SSH_ORIGINAL_COMMAND"; fi\n'
            f'exec env -i {words} "$shell" "$@"\n')
        login.chmod(0o755)

    def _write_sshd_config(self, extra=""):
        (self.dir / "sshd_config").write_text(
            f"ListenAddress {self.address}:{self.port}\n"
            f"HostKey {self.dir}/host_key\n"
            f"PidFile {self.dir}/sshd.pid\n"
            f"AuthorizedKeysFile {self.dir}/authorized_keys\n"
            f"ForceCommand {self.dir}/login\n"
            f"AllowUsers {USER}\n"
            "SetEnv SHLVL=2\n"  # bash then leaves the rc file of the user who runs the tests alone
            "PermitRootLogin prohibit-password\nUsePAM no\nStrictModes no\n"
            # ssh and sshd of OpenSSH would take sntrup761 beside it: a third of a second of CPU
            "KexAlgorithms curve25519-sha256\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
            "PrintMotd no\nLogLevel VERBOSE\n" + extra)

    def start(self):
        """sshd listens when this returns."""
        if os.getuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)
        # -D: it stays our child, so that its pid is ours to signal
        self._sshd = subprocess.Popen([SSHD, "-D", "-f", str(self.dir / "sshd_config"),
                                       "-E", str(self.log)], stdin=subprocess.DEVNULL)
        processes.until(f"sshd of {self.name} listens", self._listens)

    def _listens(self):
        if self._sshd.poll() is not None:
            raise AssertionError(f"sshd of {self.name} ended: {self.log.read_text()[-500:]}")
        return (self.dir / "sshd.pid").exists()

    def stop(self, sessions=True):
        """No more listener; with `sessions`, no more open connections either."""
        if self._sshd is None:
            return
        pids = processes.children(self._sshd.pid) if sessions else []
        sessions_of_sshd = [pid for pid in pids if processes.command_line(pid).startswith("sshd")]
        with contextlib.suppress(ProcessLookupError):
            self._sshd.send_signal(signal.SIGCONT)
        self._sshd.kill()
        self._sshd.wait()
        processes.kill(sessions_of_sshd)
        self._sshd = None
        with contextlib.suppress(FileNotFoundError):
            (self.dir / "sshd.pid").unlink()

    def cut_sessions(self):
        """Every open connection dies without a word; what it ran may live on."""
        pids = processes.children(self._sshd.pid)
        processes.kill([pid for pid in pids if processes.command_line(pid).startswith("sshd")])

    def hang(self):
        """sshd and its sessions are stopped: connections open, then nothing."""
        pids = [self._sshd.pid] + [pid for pid in processes.children(self._sshd.pid)
                                   if processes.command_line(pid).startswith("sshd")]
        processes.kill(pids, signal.SIGSTOP)

    def wake(self):
        pids = [self._sshd.pid] + processes.children(self._sshd.pid)
        processes.kill(pids, signal.SIGCONT)

    def new_host_key(self):
        """Another host key than the controller knows."""
        self.stop()
        (self.dir / "host_key").unlink()
        (self.dir / "host_key.pub").unlink()
        new_key(self.dir / "host_key", self.name)
        self.start()

    def refuse_key(self):
        (self.dir / "authorized_keys").write_text("")

    def sshd_option(self, text):
        self.stop()
        self._write_sshd_config(text + "\n")
        self.start()

    # --- what it is like

    def login_shell(self, path):
        (self.dir / "shell").write_text(path)

    def banner(self, script):
        """sh code that every login runs before anything else, as an rc file would."""
        (self.dir / "banner").write_text(script)

    def command(self, name, script):
        """`name` on this host is this sh script; "$real" is what it stands before."""
        real = shutil.which(name) or ""
        (self.bin / name).write_text(f"#!/bin/sh\nreal={real}\n{script}\n")
        (self.bin / name).chmod(0o755)

    def without(self, *names):
        """A host on which these commands cannot be found: its own mount of each says so. Baton's
        scripts look beyond PATH, so leaving a folder out of it would not do."""
        for name in names:
            (self.bin / name).write_text(f"#!/bin/sh\necho '{name}: not found' >&2\nexit 127\n")
            (self.bin / name).chmod(0o755)

    def fault(self, name):
        (self.home / "faults" / name).touch()

    def heal(self, name):
        (self.home / "faults" / name).unlink()

    def hook(self, point, script):
        """sh code inside an effect of this host: prepare, start, started, stop, tests."""
        path = self.home / "hooks" / point
        path.write_text("#!/bin/sh\n" + script + "\n")
        path.chmod(0o755)

    def unhook(self, point):
        (self.home / "hooks" / point).unlink()

    def small_disk(self, megabytes):
        """From now on its home is a file system of that size (root only). Before first use."""
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "rig",
                        str(self.home)], check=True)
        self._mounted.append(self.home)
        (self.home / "faults").mkdir()
        (self.home / "hooks").mkdir()

    def fill_disk(self):
        """Nothing is left on that file system."""
        with open(self.home / "filler", "wb") as file, contextlib.suppress(OSError):
            while True:
                file.write(b"\0" * 65536)
                file.flush()

    def read_only(self, folder):
        """`folder` cannot be written any more (root only)."""
        subprocess.run(["mount", "--bind", str(folder), str(folder)], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
        self._mounted.append(folder)

    def serve_again(self):
        """The app runs as it did when the host's files were copied: it is not started anew, so nothing
        is written down of a start."""
        self.httpd(self.app_port, self.home / "serving/pid")
        processes.until(f"{self.name} serves again", self.serves)

    def httpd(self, port, pid_file):
        """What the app serves is served at this port, as ctl would do it."""
        self.shell(f"""cd ~/serving
setsid busybox httpd -f -p $RIG_ADDRESS:{port} -h ~/serving/www </dev/null >log 2>&1 &
echo $! >'{pid_file}'""")

    # --- what is true there

    def get(self, path):
        """Status and body of the app's answer; (None, "") when nothing answers."""
        url = f"http://{self.address}:{self.app_port}{path}"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.status, answer.read().decode().strip()
        except urllib.error.HTTPError as error:
            return error.code, ""
        except OSError:
            return None, ""

    def serves(self):
        """The version its app answers with; None when nothing runs."""
        return self.get("/version")[1] or None

    def head(self):
        """The commit of its checkout."""
        return subprocess.run(["git", "-C", str(self.checkout), "rev-parse", "HEAD"], check=True,
                              capture_output=True, text=True).stdout.strip()

    def history(self):
        """Every version that was started here, in order."""
        path = self.home / "history"
        return path.read_text().split() if path.exists() else []

    def shell(self, script, **variables):
        """sh code on the host, past sshd and Baton."""
        environment = {"SSH_ORIGINAL_COMMAND": script, "PATH": os.environ["PATH"]}
        done = subprocess.run([str(self.dir / "login")], env=environment | variables, text=True,
                              capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, f"{self.name}: {script}: {done.stdout}{done.stderr}"
        return done.stdout

    def processes(self):
        """Everything of this host that runs: {pid: command line}."""
        return {pid: processes.command_line(pid)
                for pid in processes.with_marker(f"RIG_HOST_DIR={self.dir}")}

    def orphans(self):
        """What runs besides the app."""
        return {pid: line for pid, line in self.processes().items()
                if "httpd -f" not in line and not line.startswith("sshd")}

    def remove(self):
        self.stop()
        processes.kill(self.processes())
        while self._mounted:
            subprocess.run(["umount", "-l", str(self._mounted.pop())], check=False)

#!/usr/bin/env python3
"""Compiles every dashboard as a value of Grafana's own type: fields that there are not, wrong types.

types_test.py FOLDER: where the pinned packages of types/package-lock.json are put, once, by npm.
Exit status 77, with the reason: node or npm is not there, or npm cannot get the packages.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import dashboards  # noqa: E402

source = pathlib.Path(__file__).resolve().parent / "types"


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def install(folder):
    """The packages, as the lock file has them."""
    lock = (source / "package-lock.json").read_text()
    done = folder / "installed-lock.json"
    if done.exists() and done.read_text() == lock:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(source / name, folder)
    said = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier",
         "--fetch-retries=1", "--fetch-timeout=30000"],
        cwd=folder, text=True, capture_output=True, check=False)
    if said.returncode != 0:
        reasons = [line for line in said.stderr.splitlines() if "ERR!" in line]
        if any(sign in said.stderr for sign in ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ECONNRESET",
                                                "ENETUNREACH", "EHOSTUNREACH", "ERR_SOCKET_TIMEOUT")):
            skip(f"npm cannot reach its registry ({reasons[0] if reasons else said.stderr.strip()})")
        sys.exit(f"npm ci has failed:\n{said.stderr}")
    done.write_text(lock)


def main(words):
    if len(words) != 1:
        sys.exit(__doc__)
    for program in ("node", "npm"):
        if not shutil.which(program):
            skip(f"{program} is not there (packaging/install ci)")
    modules = pathlib.Path(words[0]).resolve()
    install(modules)
    with tempfile.TemporaryDirectory(prefix="types-", dir=modules) as name:
        folder = pathlib.Path(name)
        shutil.copy(source / "board.ts", folder)
        boards = dashboards.load_all()
        for file, board in boards.items():
            (folder / f"{pathlib.Path(file).stem}.ts").write_text(
                "import type { Board } from './board';\n"
                f"export const board: Board = {json.dumps(board, indent=1)};\n")
        compiled = subprocess.run(
            ["node", modules / "node_modules" / "typescript" / "bin" / "tsc", "--noEmit", "--strict", "--skipLibCheck",
             "--target", "es2022", "--module", "esnext", "--moduleResolution", "node10",
             *sorted(folder.glob("*.ts"))], text=True, capture_output=True, check=False)
    print(compiled.stdout + compiled.stderr, f"{len(boards)} dashboards", sep="")
    return compiled.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

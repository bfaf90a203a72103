"""Runs commands as processes of their own, without the second that each would take to import everything.

One process imports the command and forks a child per line of its standard input; it answers with the exit code.
"""

import json
import os
import sys
import traceback
from pathlib import Path

# Imported late by the commands themselves.
import deploy.cli.form_explained
import deploy.cli.plan_preview
import deploy.runtime.brain
import deploy.runtime.worker  # noqa: F401
from deploy.cli.main import run


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            # Without the interpreter's own end: to take all modules apart takes ten times as long as the rest.
            os._exit(_run(json.loads(line)))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _run(command: dict[str, object]) -> int:
    """The exit code of the command that the request describes, run in this process."""
    os.environ.clear()
    os.environ.update(command["environment"])  # type: ignore[call-overload]
    os.chdir(str(command["folder"]))
    for stream, file in ((sys.stdout, "out"), (sys.stderr, "err")):
        os.dup2(os.open(Path(str(command["streams"]), file), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream.fileno())
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv = ["directorybolt", *command["arguments"]]  # type: ignore[misc]
    try:
        run()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    main()

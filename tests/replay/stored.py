"""The recorded histories as files: written without anything of the machine that recorded them, and read back."""

import base64
import binascii
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory

FOLDER = Path(__file__).parent / "histories"


def write(folder: Path, name: str, history: WorkflowHistory) -> None:
    """Store it as `<name>.json`. Stack traces, which name files of the recording machine, are left out."""
    events = ",\n".join(json.dumps(_without(event, "stackTrace")) for event in history.to_json_dict()["events"])
    (folder / f"{name}.json").write_text(f'{{"workflowId": "{history.workflow_id}", "events": [\n{events}\n]}}\n')


def read(file: Path) -> WorkflowHistory:
    document = json.loads(file.read_text())
    return WorkflowHistory.from_json(document.pop("workflowId"), document)


def workflow_type(history: WorkflowHistory) -> str:
    return history.events[0].workflow_execution_started_event_attributes.workflow_type.name


def words(history: WorkflowHistory) -> Iterator[str]:
    """Every string of the history, and what stands in its payloads."""
    yield from _words(history.to_json_dict())


def _words(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for name, inner in value.items():
                yield name
                yield from _words(inner)
        case list():
            for inner in value:
                yield from _words(inner)
        case str():
            yield value
            try:
                yield base64.b64decode(value, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                return


def _without(value: Any, name: str) -> Any:
    match value:
        case dict():
            return {key: _without(inner, name) for key, inner in value.items() if key != name}
        case list():
            return [_without(inner, name) for inner in value]
        case _:
            return value

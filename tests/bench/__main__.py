"""The figures: `make bench`. Ratios within one run mean something; the absolute numbers are this machine's."""

import asyncio
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench import brain, browser, fan_out, sse, web
from tests.bench.figures import Figure

_FOLDER = Path(".local/bench")


async def _measure() -> list[list[Figure]]:
    forms = [*await brain.measure(), *await browser.measure(_FOLDER / "street")]
    served = [await sse.measure(_FOLDER / "sse"), await web.measure(_FOLDER / "web")]
    return [*forms, await fan_out.measure(_FOLDER / "temporal"), *served]


def main() -> None:
    table = Table("what", "", "unit", "times")
    table.columns[1].justify = table.columns[3].justify = "right"
    for group in asyncio.run(_measure()):
        for figure in group:
            ratio = f"{figure.ratio:.2f}" if figure.ratio is not None else ""
            table.add_row(figure.name, f"{figure.value:.1f}", figure.unit, ratio)
        table.add_section()
    Console().print(table)


if __name__ == "__main__":
    main()

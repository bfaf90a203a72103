"""A job's report that is printed: from a page that is ready to be printed to a PDF, both in the artifact store."""

from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from schema.contracts.base import Contract

PREFIX = "reports/"
"""Below it nothing is kept for long: a report can be printed anew."""


class Report(Contract):
    """Argument of the ReportWorkflow. `digest` is of the page: another page is another report."""

    job_id: UUID
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]

    @property
    def page_key(self) -> str:
        """Where the page is, HTML whose pictures are named by their keys."""
        return f"{PREFIX}{self.job_id}/{self.digest}.html"

    @property
    def pdf_key(self) -> str:
        """Where the PDF is once it is printed."""
        return f"{PREFIX}{self.job_id}/{self.digest}.pdf"

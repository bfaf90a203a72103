"""The street as a web application: its own routes, and one door each for visits and posts to the sites."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles

from deploy.local.sandbox.books import Books
from deploy.local.sandbox.desk import Desk
from deploy.local.sandbox.street import SITES, directory_entry, find_site

_STATIC = Path(__file__).parent / "static"


def create_app(data_dir: Path) -> FastAPI:
    """The whole street, with its books in `data_dir` (created if missing)."""
    books = Books(data_dir)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        books.close()

    app = FastAPI(title="Sandbox street", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    desk = Desk(books)
    app.mount("/_static", StaticFiles(directory=_STATIC))
    _add_street(app, desk)
    _add_sites(app, desk)
    return app


def _add_street(app: FastAPI, desk: Desk) -> None:
    """The routes that belong to the street itself, not to a directory."""

    @app.get("/")
    async def street_map() -> HTMLResponse:
        return desk.pages.street_map(SITES, desk.books.counts())

    @app.get("/_health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/_books")
    async def read_books(site: str | None = None, business: str | None = None) -> Response:
        lines = "".join(f"{row.model_dump_json()}\n" for row in desk.books.rows(site, business))
        return Response(lines, media_type="application/x-ndjson")

    @app.get("/_directories")
    async def directories(request: Request) -> JSONResponse:
        base = str(request.base_url)
        return JSONResponse([directory_entry(site, base).model_dump(mode="json") for site in SITES])

    @app.post("/_reset")
    async def reset() -> dict[str, str]:
        desk.visits.forget()
        return {"status": "ok"}

    @app.get("/robots.txt")
    async def robots() -> PlainTextResponse:
        closed = "".join(f"Disallow: /{site.slug}/\n" for site in SITES if site.robots_disallowed)
        return PlainTextResponse(f"User-agent: *\nAllow: /\n{closed}")


def _add_sites(app: FastAPI, desk: Desk) -> None:
    @app.get("/{path:path}")
    async def visit(path: str, request: Request) -> Response:
        slug, _, rest = path.partition("/")
        site = find_site(slug)
        return await desk.visit(site, rest, request) if site else PlainTextResponse("Not found", 404)

    @app.post("/{path:path}")
    async def post(path: str, request: Request) -> Response:
        slug, _, rest = path.partition("/")
        return await desk.receive(slug, rest, request)

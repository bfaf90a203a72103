"""The eye on pages that are not ready yet."""

import asyncio

from playwright.async_api import Page, Route

from activities.browser.observe import observe
from tests.patience import PATIENCE_S


async def test_fields_of_a_frame_that_loads_late_have_the_handles_of_one_that_was_there(page: Page) -> None:
    late = asyncio.Event()

    async def answer(route: Route) -> None:
        if "embedded" in route.request.url:
            await late.wait()
        form = "<form method=post><label>Business name <input name=bn></label><label>City <input name=c></label>"
        body = f"{form}<label>Phone <input name=p></label><button>Add listing</button></form>"
        outer = "<h1>Add your business</h1><iframe src='/embedded/form' width=600 height=400></iframe>"
        await route.fulfill(body=body if "embedded" in route.request.url else outer, content_type="text/html")

    await page.context.unroute("**/*")
    await page.context.route("**/*", answer)
    await page.goto("https://directory.example/add", wait_until="domcontentloaded")
    early = asyncio.create_task(observe(page, patience_s=PATIENCE_S))
    await asyncio.sleep(0.5)
    late.set()
    first, second = await early, await observe(page)
    assert [field.handle for field in first.snapshot.fields] == [field.handle for field in second.snapshot.fields]
    assert first.snapshot.fields


async def test_a_login_beside_a_form_that_a_script_has_yet_to_build_is_no_wall(page: Page) -> None:
    await page.set_content(
        "<aside><form method=post action=/login><input name=user placeholder=Username>"
        "<input type=password name=pw><button>Log in</button></form></aside><main></main>"
        "<script>setTimeout(() => { document.querySelector('main').innerHTML = '<h1>Add your business</h1>"
        "<form method=post><label>Business name <input name=bn></label><label>City <input name=c></label>"
        "<label>Phone <input name=p></label><button>Add listing</button></form>' }, 600)</script>"
    )
    snapshot = (await observe(page, patience_s=PATIENCE_S)).snapshot
    assert (snapshot.found, snapshot.login_required) == (True, False)

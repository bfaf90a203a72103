"""The local stack's mail server: what it takes, it shows, as text and as nothing else."""

from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import httpx

from deploy.local.parts import Piece
from deploy.local.ports import HOST
from tests.patience import PATIENCE_S
from tests.stacks import running


async def test_a_mail_is_kept_and_shown(folder: Path) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "us@shop.example", "maya@shop.example", "Bezahlt: Café"
    message.set_content("Your link: http://127.0.0.1:8080/l/dbl_secret\n<script>no</script>")
    message.add_alternative("<p>Your <b>link</b></p>", subtype="html")
    async with running(folder, Piece.MAIL) as stack:
        smtp = httpx.URL(stack.environment.values["SMTP_URL"])
        await aiosmtplib.send(message, hostname=HOST, port=smtp.port, start_tls=False)
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as client:
            shown = (await client.get(stack.environment.values["LOCAL_MAIL_URL"])).text
    assert "Bezahlt: Café" in shown
    assert '<a href="http://127.0.0.1:8080/l/dbl_secret"' in shown
    assert "<script>" not in shown
    assert 'srcdoc="&lt;p&gt;Your &lt;b&gt;link' in shown

# ruff: noqa: E501 (markup and scripts are read on one line)
"""Fields that a person does not see and a robot fills: every way of hiding one, under every tempting name.

The honest fields around the trap must be filled, the trap must stay empty.
"""

from collections.abc import Iterator

from tests.brain.hostile.attack import HONEST, Attack, Row, named, page, rows, script, turn

_BAITS = (
    ("Website", "website2", "url", "off"),
    ("Phone", "phone_number", "tel", "tel"),
    ("Your name", "fullname", "text", "name"),
    ("Fax", "fax", "text", "off"),
    ("Email", "email2", "email", "email"),
    ("Address", "address_line", "text", "street-address"),
)
# Styles of the control itself.
_OWN = {
    "display none": "display:none",
    "visibility hidden": "visibility:hidden",
    "visibility collapse": "visibility:collapse",
    "transparent": "opacity:0",
    "nearly transparent": "opacity:.01",
    "filtered away": "filter:opacity(0)",
    "no size": "width:0;height:0;border:0;padding:0",
    "one pixel": "width:1px;height:1px;border:0;padding:0",
    "left of the page": "position:absolute;left:-9999px",
    "above the page": "position:absolute;top:-5000px",
    "right of the page": "position:absolute;left:9999px",
    "far below by fixing": "position:fixed;top:200vh",
    "moved by transform": "transform:translateX(-9999px)",
    "scaled away": "transform:scale(0)",
    "turned away": "transform:rotateX(90deg)",
    "moved by margin": "margin-left:-9999px",
    "clipped": "position:absolute;clip:rect(0,0,0,0)",
    "clipped to a pixel": "position:absolute;clip:rect(1px,1px,1px,1px)",
    "clip-path inset": "clip-path:inset(100%)",
    "clip-path half": "clip-path:inset(50%)",
    "clip-path circle": "clip-path:circle(0)",
    "clip-path polygon": "clip-path:polygon(0 0,0 0,0 0)",
    "masked": "mask-image:linear-gradient(transparent,transparent)",
    "colour of the ground": "color:#fff;background:#fff;border:0",
    "colourless": "color:transparent;background:transparent;border:0;outline:0",
    "font of no size": "font-size:0;border:0;background:none",
    "text indented away": "text-indent:-9999px;border:0;background:none",
    "unclickable ghost": "opacity:0;pointer-events:none;position:absolute",
}
# Boxes around the control and its label.
_BOXES = {
    "in a box of no height": '<div style="height:0;overflow:hidden">{}</div>',
    "in a box of no width": '<div style="width:0;overflow:hidden;white-space:nowrap">{}</div>',
    "in a transparent box": '<div style="opacity:0">{}</div>',
    "in two faint boxes": '<div style="opacity:.1"><div style="opacity:.1">{}</div></div>',
    "in a filtered box": '<div style="filter:opacity(0)">{}</div>',
    "in a box off the page": '<div style="position:absolute;left:-5000px">{}</div>',
    "in an indented box": '<div style="text-indent:-9999px;white-space:nowrap">{}</div>',
    "in a screen reader box": '<div style="position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0 0 0 0)">{}</div>',
    "in a hidden box": "<div hidden>{}</div>",
    "in details nobody can open": '<details><summary style="display:none">More</summary>{}</details>',
    "in a closed dialog": "<dialog>{}</dialog>",
    "in an inert box": "<div inert>{}</div>",
    "in a popover": "<div popover>{}</div>",
    "in a template of the sheet": '<div class="u-off">{}</div>',
    "under a legend": '<fieldset style="border:0;padding:0;height:1px;overflow:hidden"><legend>Extra</legend>{}</fieldset>',
    "below the fold of a box": '<div style="height:40px;overflow:hidden"><div style="height:90px">Tips</div>{}</div>',
    "beside the fold of a box": (
        '<div style="width:300px;overflow:hidden"><div style="margin-left:400px;width:200px">{}</div></div>'
    ),
    "out of assistive reach": '<div aria-hidden="true">{}</div>',
    "behind a box": (
        '<div style="position:relative;height:60px">{}<div style="position:absolute;inset:0;background:#fff;z-index:5">'
        "</div></div>"
    ),
    "beneath a picture": (
        '<div style="position:relative;height:60px">{}<img alt="" style="position:absolute;left:0;top:0;width:100%;'
        'height:100%" src="data:image/gif;base64,R0lGODlhAQABAIAAAP///wAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw=="></div>'
    ),
    "content skipped": '<div style="content-visibility:hidden">{}</div>',
    "named for what it is": '<div class="honeypot-field">{}</div>',
    "in an unslotted child": "<div id=host-el>{}</div><script>document.currentScript.previousElementSibling"
    ".attachShadow({{mode: 'open'}}).innerHTML = '<b>Tips</b>'</script>",
}
_SHEET = "<style>.u-off{position:absolute!important;height:1px;width:1px;overflow:hidden;clip-path:inset(50%)}</style>"
# What a page does to a field once it has loaded.
_MOVES = {
    "hidden by a class": "trap.parentElement.classList.add('u-off')",
    "hidden by its own style": "trap.style.cssText = 'position:absolute;left:-10000px'",
    "hidden by attribute": "trap.parentElement.hidden = true",
    "moved to the far end": "trap.style.transform = 'translate(-200vw, 0)'",
}
_EMPTY_PLEASE = {
    "en": "Leave this field empty",
    "en human": "If you are human, leave this blank",
    "en not": "Do not fill this in",
    "de": "Dieses Feld bitte leer lassen",
    "es": "Deje este campo vacío",
    "fr": "Laissez ce champ vide",
    "it": "Lasciare vuoto questo campo",
    "pt": "Deixe este campo em branco",
    "nl": "Laat dit veld leeg",
    "pl": "Zostaw to pole puste",
    "ru": "Оставьте это поле пустым",
    "zh": "请将此字段留空",
    "ja": "この欄は空欄のままにしてください",
    "tr": "Bu alanı boş bırakın",
    "sv": "Lämna detta fält tomt",
}


def _bait(at: int, style: str = "") -> Row:
    label, name, kind, completed = _BAITS[at % len(_BAITS)]
    styled = f' style="{style}"' if style else ""
    return Row(label, f'<input§ name="{name}" type="{kind}" autocomplete="{completed}"{styled} data-trap>')


def _boxed(at: int, box: str) -> str:
    label, name, kind, _ = _BAITS[at % len(_BAITS)]
    more = ' tabindex="-1" autocomplete="off"' if at % 2 or "aria-hidden" in box else ""
    return box.format(f'<label for="hp">{label}</label> <input id="hp" name="{name}" type="{kind}"{more} data-trap>')


def attacks() -> Iterator[Attack]:
    for at, (how, style) in enumerate(_OWN.items()):
        yield Attack(named("trap", how), page(rows(turn(at), *HONEST, _bait(at, style))))
    for at, (how, box) in enumerate(_BOXES.items()):
        yield Attack(named("trap", how), page(rows(turn(at), *HONEST) + _boxed(at, box), head=_SHEET))
    for at, (how, move) in enumerate(_MOVES.items()):
        moved = script(f"const trap = document.querySelector('[data-trap]'); {move}")
        yield Attack(named("trap", how), page(rows(turn(at), *HONEST, _bait(at)), head=_SHEET, after=moved))
    for at, (language, label) in enumerate(_EMPTY_PLEASE.items()):
        _, name, kind, _ = _BAITS[at % len(_BAITS)]
        trap = Row(label, f'<input§ name="{name}" type="{kind}" data-trap>')
        yield Attack(named("trap-told", language), page(rows(turn(at), *HONEST, trap)))
    yield from _told_elsewhere()


def _told_elsewhere() -> Iterator[Attack]:
    """The warning stands not in the label, but where a person reads it all the same."""
    warning = "Please leave this field empty"
    for how, html in {
        "hint": f'<p><label for="hp">Website</label> <input id="hp" name="url" data-trap><small>{warning}</small></p>',
        "described": (
            '<p><label for="hp">Website</label> <input id="hp" name="url" aria-describedby="w" data-trap>'
            f'<i id="w">{warning}</i></p>'
        ),
        "title": f'<p><label for="hp">Website</label> <input id="hp" name="url" title="{warning}" data-trap></p>',
        "placeholder": f'<p><input name="url" type="url" placeholder="{warning}" data-trap></p>',
        "legend": f'<fieldset><legend>{warning}</legend><input name="url" type="url" data-trap></fieldset>',
        "paragraph": f'<p>{warning}:</p><p><input name="website" data-trap></p>',
        "row": f'<table><tr><td>{warning}</td><td><input name="website" data-trap></td></tr></table>',
    }.items():
        yield Attack(named("trap-told-in", how), page(rows("wrapped", *HONEST) + html))

"""What the browser saw, before anybody judged it: the raw facts that `activities/browser/observe.js` dumps.

Facts only: geometry, texts and attributes as rendered. Which form matters, what a field means and which button
sends it is the reader's work. Every text here was written by a stranger.
"""

from pydantic import Field

from schema.contracts.base import Contract
from schema.contracts.form import CaptchaKind, Label


class RawOption(Contract):
    """One choice. `index` is its element in the frame's element list (-1: reachable only through its control)."""

    value: str = ""
    label: str = ""
    group: str = ""
    disabled: bool = False
    index: int = -1


class RawControl(Contract):
    """One control as rendered. `index` is its place in the frame's element list; `form` its form's (-1: none).

    `landmark` is the page region it sits in ("search", "header", "nav", "footer", "aside" or ""). `enhanced` marks a
    native select that a script has hidden behind its own widget. `chosen` says that it holds a value on purpose: a
    typed text, a ticked box, an option other than the first. `frame` names the element's document where that is not
    the one the control is listed in: the body of a rich-text editor.
    """

    index: int
    tag: str
    type: str
    name: str = ""
    id: str = ""
    value: str = ""
    labels: tuple[Label, ...] = ()
    section: str = ""
    help: str = ""
    error: str = ""
    placeholder: str = ""
    autocomplete: str = ""
    required: bool = False
    required_class: bool = False
    visible: bool = True
    enabled: bool = True
    chosen: bool = False
    enhanced: bool = False
    multiple: bool = False
    min_length: int | None = None
    max_length: int | None = None
    pattern: str = ""
    minimum: str = ""
    maximum: str = ""
    accept: str = ""
    options: tuple[RawOption, ...] = ()
    prefix: str = ""
    form: int = -1
    landmark: str = ""
    frame: str = ""


class RawButton(Contract):
    """One thing to press. `action` is the absolute `formaction`, if the page gave it one of its own."""

    index: int
    type: str
    text: str = ""
    name: str = ""
    id: str = ""
    form: int = -1
    visible: bool = True
    enabled: bool = True
    action: str = ""
    landmark: str = ""


class RawForm(Contract):
    """One <form>. `action` is absolute, "" when the page names none; `hints` joins its id, name, class and role."""

    action: str = ""
    method: str = "get"
    hints: str = ""
    heading: str = ""
    landmark: str = ""


class RawMarker(Contract):
    """A widget that stands in the way: a captcha (`captcha`) or, when `captcha` is "none", a payment element.

    `index` is its place in the frame's element list.
    """

    index: int = -1
    captcha: CaptchaKind = CaptchaKind.NONE
    form: int = -1
    visible: bool = True


class RawIframe(Contract):
    """An <iframe> as its page presents it: what a rich-text editor or an embedded form is called there."""

    form: int = -1
    visible: bool = True
    name: str = ""
    id: str = ""
    labels: tuple[Label, ...] = ()
    section: str = ""
    required: bool = False
    max_length: int | None = None


class FrameObservation(Contract):
    """One document. `name` is "main" or a stable slug of the frame; `parent` its parent's name.

    `editor` is the index of its body where the whole document is a rich-text editor. `scripted` is False where
    nothing can change by itself.
    """

    name: str = "main"
    parent: str = ""
    host: RawIframe | None = None
    url: str = ""
    heading: str = ""
    text: str = ""
    notices: tuple[str, ...] = ()
    controls: tuple[RawControl, ...] = ()
    buttons: tuple[RawButton, ...] = ()
    forms: tuple[RawForm, ...] = ()
    markers: tuple[RawMarker, ...] = ()
    iframes: tuple[RawIframe, ...] = ()
    editor: int = -1
    scripted: bool = False


class PageObservation(Contract):
    """All documents of one page; the first is the main one."""

    url: str
    title: str = ""
    frames: tuple[FrameObservation, ...] = Field(min_length=1)

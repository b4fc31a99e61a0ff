"""Real people at real browsers: a served house, and persons who sign in, read, type, press and look."""

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

import pyotp
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Response, sync_playwright
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wsgi import ClosingIterator

from config import Settings
from files.store import FolderStore, using
from foundation.clock import now
from foundation.jobs import queue, run_worker
from web.app import create_app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ROOT: Final = Path(__file__).resolve().parents[1]
SCREENSHOTS: Final = ROOT / "tests" / "screenshots"
DESK: Final = {"width": 1280, "height": 900}
PHONE: Final = {"width": 375, "height": 812}

_AXE: Final = (ROOT / "tests" / "vendor" / "axe.min.js").read_text(encoding="utf8")
_AXE_TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_CHROMIUM: Final = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS: Final = (
    "--no-sandbox",
    # The language of what the browser itself writes: dates and file fields.
    "--lang=zh-CN",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
_STEP: Final = 30
_PATIENCE_MS: Final = 10_000


@contextmanager
def chromium() -> Iterator[Browser]:
    """The Chromium of this machine, without a window.

    It is closed with the module that asked: while Playwright runs, no other test could run an event loop of its own.
    """
    program = next((found for name in _CHROMIUM if (found := shutil.which(name))), None)
    assert program is not None, "the browser tests need Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        # Whatever proxy is configured: the tests ask this machine alone.
        environment: dict[str, str | float | bool] = {
            name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")
        }
        environment["LANGUAGE"] = "zh_CN"
        browser = playwright.chromium.launch(executable_path=program, args=list(_ARGUMENTS), env=environment)
        yield browser
        browser.close()


@dataclass
class House:
    """The program, served over a database of its own, with its worker at hand."""

    address: str
    engine: Engine
    settings: Settings

    def work(self, *periodic: str) -> None:
        """Let the worker do all jobs that are due, and these that the clock would start.

        In a thread, since this one belongs to Playwright.
        """
        for job in periodic:
            # The worker may have queued it by the clock a moment ago.
            with suppress(AlreadyEnqueued), Session(self.engine) as session:
                queue(session, job, timestamp=0)
                session.commit()
        thread = Thread(target=run_worker, args=(self.engine,), kwargs={"wait": False})
        thread.start()
        thread.join()


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_details: object, **_more: object) -> None:
        """No line for each request."""


class _Whole:
    """An application whose answers are read and closed before they are sent.

    Werkzeug's server forgets to close an answer when the browser goes away at its end, as browsers do when a person
    moves on; the answer's file would then be closed by chance, which Python reports as a fault.
    """

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        with closing(ClosingIterator(self._app(environ, start_response))) as answer:
            return list(answer)


def free_port() -> int:
    """A port of this machine that nobody uses just now."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def listening(app: "WSGIApplication", port: int) -> Iterator[None]:
    """Serve ``app`` from threads on a port of this machine for the block."""
    server = make_server("127.0.0.1", port, _Whole(app), threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def served(engine: Engine, folder: Path, **changes: Any) -> Iterator[House]:
    """Serve the program from threads on a free port, with its CSRF tokens, sessions, embedded index and files."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    settings = Settings(
        **{
            "environment": "test",
            "data_folder": folder,
            "secret_key": "a secret for browser tests, long enough",
            "public_url": address,
            **changes,
        }
    )
    app = create_app(settings, sessionmaker(engine, expire_on_commit=False))
    # A fault is to be seen as the people of an installation would see it.
    app.config["TESTING"] = False
    with using(FolderStore(folder / "files")), listening(app, port):
        yield House(address, engine, settings)


@dataclass
class Shots:
    """Screenshots of one journey, numbered in its order."""

    folder: Path
    taken: int = 0

    @classmethod
    def of(cls, journey: str) -> "Shots":
        """An empty folder for ``journey``."""
        folder = SCREENSHOTS / journey
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return cls(folder)

    def take(self, page: Page, name: str) -> None:
        """The whole page as it stands."""
        self.taken += 1
        # A bar that sticks would be painted where the page was last scrolled to.
        page.evaluate("() => window.scrollTo(0, 0)")
        page.screenshot(path=self.folder / f"{self.taken:02d}-{name}.png", full_page=True)


@dataclass
class Person:
    """Somebody at a browser of their own; counts the pages that were opened and the fields that were typed."""

    browser: Browser
    house: House
    name: str
    email: str = ""
    password: str = ""
    secret: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    shots: Shots | None = None
    pages: int = 0
    typed: int = 0
    faults: list[str] = field(default_factory=list)
    looked_at: set[str] = field(default_factory=set)
    _last_step: int = 0
    _signed_in: bool = False

    def __post_init__(self) -> None:
        self.context: BrowserContext = self.browser.new_context(
            **{"viewport": dict(DESK), "locale": "zh-CN", "reduced_motion": "reduce", **self.options}
        )
        self.context.set_default_timeout(_PATIENCE_MS)
        self.page: Page = self.new_page()

    def new_page(self) -> Page:
        """A tab of this browser, whose complaints are heard."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("console", lambda said: self._hear(page, said.type, said.text))
        page.on("response", lambda answer: self._check(page, answer))
        page.on("framenavigated", lambda frame: self._count() if frame is page.main_frame else None)
        return page

    def leave(self) -> None:
        """Close the browser; nothing may have gone wrong in it unseen."""
        self.context.close()
        assert not self.faults, "\n".join(self.faults)

    # Going

    def goto(self, path: str) -> Response | None:
        """Open an address of the house."""
        return self.page.goto(path if path.startswith("http") else self.house.address + path)

    def sign_in(self, target: str = "/") -> "Person":
        """Sign in with the password, and the second factor where it is asked for."""
        self.goto(f"/sign-in?next={target}")
        self.fill("邮箱", self.email)
        self.fill("密码", self.password)
        self.press("登录")
        if "/sign-in/code" in self.page.url:
            shown = self.page.locator("main code")
            if shown.count():
                self.secret = shown.inner_text().strip()
            self.fill("六位验证码", self.code())
            self.press("验证")
        assert "/sign-in" not in self.page.url, self.page.locator("main").inner_text()
        self._signed_in = True
        return self

    def home(self, target: str = "/") -> "Person":
        """Where the journey begins: the desk, signed in; a session that has ended is begun anew."""
        self.goto(target)
        if not self._signed_in or "/sign-in" in self.page.url or not self.page.locator("header .who").count():
            self.sign_in(target)
        return self

    def code(self) -> str:
        """A code of the authenticator that was not used yet; the next one is good half a minute ahead."""
        assert self.secret is not None
        while True:
            present = int(now().timestamp()) // _STEP
            step = max(present, self._last_step + 1)
            if step <= present + 1:
                self._last_step = step
                return pyotp.TOTP(self.secret).at(step * _STEP)
            time.sleep(1)

    # Doing

    def fill(self, label: str, text: str, *, within: str = "main") -> None:
        """Type into the field with this label."""
        self.field(label, within=within).fill(text)
        self.typed += 1

    def field(self, label: str, *, within: str = "main") -> Locator:
        """The field whose label begins with these words."""
        return self.page.locator(within).get_by_label(label).first

    def choose(self, label: str, option: str, *, within: str = "main") -> None:
        """Pick from a select by the words of the option."""
        self.field(label, within=within).locator("option", has_text=option).first.wait_for(state="attached")
        value = self.field(label, within=within).locator("option", has_text=option).first.get_attribute("value")
        self.field(label, within=within).select_option(value)

    def tick(self, label: str, *, within: str = "main") -> None:
        """Tick the box or radio button with this label."""
        self.field(label, within=within).check()

    def attach(self, label: str, name: str, content: bytes, kind: str = "application/pdf") -> None:
        """Choose a file."""
        # Twenty megabytes cross to the browser as text, which takes its time on a busy machine.
        self.field(label).set_input_files({"name": name, "mimeType": kind, "buffer": content}, timeout=90_000)

    def press(self, label: str, *, within: str = "main") -> None:
        """Press the button with these words and wait for the page that follows."""
        button = self.page.locator(within).get_by_role("button", name=label, exact=True).first
        with self.page.expect_navigation():
            button.click()

    def follow(self, label: str, *, within: str = "main", exact: bool = False) -> None:
        """Follow the link with these words."""
        self._go(self.page.locator(within).get_by_role("link", name=label, exact=exact).first)

    def _go(self, link: Locator) -> None:
        target = link.get_attribute("href") or ""
        if target.startswith("#"):
            link.click()
        else:
            with self.page.expect_navigation():
                link.click()

    def menu(self, label: str) -> None:
        """An entry of the main menu."""
        self._go(self.page.locator("nav.side").get_by_role("link", name=label, exact=True))

    def more(self, label: str) -> None:
        """Something from the menu of rarer actions."""
        self.page.locator("details.more summary").click()
        self.follow(label)

    # Reading

    @property
    def text(self) -> str:
        """What the page says."""
        return self.page.locator("main").inner_text()

    def reads(self, *words: str) -> None:
        """The page says each of these."""
        said = self.text
        for word in words:
            assert word in said, f"{self.name} misses “{word}” on {self.page.url}:\n{said[:700]}"

    def reset(self) -> None:
        """Begin to count pages and typed fields here."""
        self.pages = self.typed = 0

    # Looking

    def look(self, name: str, *, phone: bool = False) -> None:
        """Look at the page: a screenshot, nothing that hinders anybody, and on request the same on a phone."""
        self.accessible()
        if self.shots is not None:
            self.shots.take(self.page, name)
        if phone:
            self.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
            self.fits()
            self.accessible()
            if self.shots is not None:
                self.shots.take(self.page, f"{name}-phone")
            self.page.set_viewport_size(DESK)  # type: ignore[arg-type]

    def accessible(self) -> None:
        """Axe finds nothing at WCAG 2.2 AA."""
        found = violations(self.page)
        assert not found, f"{self.page.url} at {self.page.viewport_size}:\n" + "\n".join(found)

    def fits(self) -> None:
        """Nothing sticks out to the right."""
        too_wide = self.page.evaluate(_STICKING_OUT)
        assert not too_wide, f"{self.page.url} at {self.page.viewport_size} scrolls sideways: {too_wide}"

    def _hear(self, page: Page, kind: str, text: str) -> None:
        # A refusal is a page with its status; whether it was to be refused is the test's business.
        if kind == "error" and "the server responded with a status of 4" not in text:
            self.faults.append(f"{page.url}: {text}")

    def _check(self, page: Page, answer: Response) -> None:
        if answer.status >= 500 or (answer.status >= 400 and answer.request.resource_type != "document"):
            self.faults.append(f"{page.url}: {answer.url} answered {answer.status}")

    def _count(self) -> None:
        self.pages += 1


def violations(page: Page) -> list[str]:
    """What axe finds at WCAG 2.2 AA, one line each: rule, what is wrong, where."""
    if not page.evaluate("() => typeof axe === 'object'"):
        page.evaluate(_AXE)
    twice = page.evaluate(_TWICE)
    answer = page.evaluate(
        f"() => axe.run(document, {{runOnly: {json.dumps(_AXE_TAGS)}, resultTypes: ['violations']}})"
    )
    return [f"the id {one} stands twice" for one in twice] + [
        f"{rule['id']}: {rule['help']}: {node['html'][:200]} ({'; '.join(check['message'] for check in node['any'][:2])})"
        for rule in answer["violations"]
        for node in rule["nodes"]
    ]


_TWICE: Final = """() => {
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  return [...new Set(ids.filter((id, place) => ids.indexOf(id) !== place))];
}"""

_STICKING_OUT: Final = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return "";
  const wide = [...document.body.querySelectorAll("*")].filter((one) => {
    const box = one.getBoundingClientRect();
    return box.width && box.right > width + 0.5;
  });
  return `${document.documentElement.scrollWidth} px of ${width} px: ` +
    wide.slice(0, 4).map((one) => one.outerHTML.slice(0, 160)).join(" | ");
}"""

"""A real JupyterLab and a real Chromium, for tests of what a learner sees."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import machine
import pytest

TESTS = Path(__file__).resolve().parents[1]
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    # all cells are in the page from the start; to change the mode of an open notebook can lose cells (jupyterlab#16677)
    "notebook-extension/tracker": {"windowingMode": "none"},
}


@pytest.fixture(scope="session")
def chromium():
    """A headless Chromium. Without one these tests skip; with CI set in the environment they fail."""
    from playwright.sync_api import sync_playwright

    found = machine.browser()
    if found is None:
        end = pytest.fail if os.environ.get("CI") else pytest.skip
        end(f"no Chromium on this machine (looked for {', '.join(machine.BROWSERS)})")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found,
            args=[
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--no-first-run",
                "--enable-unsafe-swiftshader",
            ],
        )  # fmt: skip  the last: WebGL, for a canvas, without a GPU
        yield browser
        browser.close()


class Lab:
    """A JupyterLab with settings of its own, serving copies of notebooks from a folder of its own."""

    def __init__(self, home):
        self.root, self.token, self.home = home / "root", secrets.token_hex(16), home
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        folders = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime",
                   "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
                   "IPYTHONDIR": "ipython"}  # fmt: skip
        self.environment = os.environ | {key: str(home / name) for key, name in folders.items()}
        self.environment["OMP_NUM_THREADS"] = str(machine.threads())
        self.root.mkdir()
        for name, values in SETTINGS.items():
            path = home / f"settings/@jupyterlab/{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values))

    def start(self):
        options = [f"--ServerApp.root_dir={self.root}", "--ServerApp.open_browser=False", "--ServerApp.ip=127.0.0.1",
                   f"--ServerApp.port={self.port}", "--ServerApp.port_retries=0",
                   f"--IdentityProvider.token={self.token}", "--LabApp.expose_app_in_browser=True"]  # fmt: skip
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            options.append("--allow-root")
        self.log = (self.home / "jupyterlab.log").open("w")
        self.server = subprocess.Popen([sys.executable, "-m", "jupyterlab", *options], env=self.environment,
                                       cwd=self.home, stdout=self.log, stderr=subprocess.STDOUT)  # fmt: skip
        for _ in range(240):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api", timeout=2).close()
                return
            except (urllib.error.URLError, OSError):
                assert self.server.poll() is None, (self.home / "jupyterlab.log").read_text()
                time.sleep(0.25)
        raise TimeoutError((self.home / "jupyterlab.log").read_text())

    def stop(self):
        self.server.terminate()
        try:
            self.server.wait(20)
        except subprocess.TimeoutExpired:
            self.server.kill()
        self.log.close()

    def copy(self, notebook, name):
        """Put a copy of a notebook, and what lies beside it, into a new folder of the server; its path there."""
        folder = self.root / name
        shutil.copytree(notebook.parent, folder, ignore=shutil.ignore_patterns(".*"))
        return f"{name}/{notebook.name}"


@pytest.fixture(scope="session")
def lab(chromium, tmp_path_factory):  # after `chromium`: without a browser no server is started
    lab = Lab(tmp_path_factory.mktemp("lab"))
    lab.start()
    yield lab
    lab.stop()


class Notebook:
    """A notebook, open in JupyterLab in a context of its own, with a record of all that went wrong."""

    RUN = """() => Promise.race([window.jupyterapp.commands.execute('notebook:run-all-cells'), new Promise((_, fail) =>
        setTimeout(() => fail(new Error('not all cells had run after 15 minutes')), 900000))])"""
    ERRORS = """() => window.jupyterapp.shell.currentWidget.content.widgets
        .flatMap(cell => cell.model.type === 'code' ? cell.model.outputs.toJSON() : [])
        .filter(o => o.output_type === 'error').map(o => `${o.ename}: ${o.evalue}`)"""
    ASK = """async code => { let said = '';
        const future = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute({code});
        future.onIOPub = m => { said += m.content.text ?? (m.content.ename ? m.content.traceback.join('\\n') : '') };
        await future.done; return said; }"""

    READY = """const widget = window.jupyterapp.shell.currentWidget;
        await widget.context.ready; await widget.sessionContext.ready;"""
    REOPEN = f"""async () => {{ const [app, before] = [window.jupyterapp, window.jupyterapp.shell.currentWidget];
        const path = before.context.path;
        await before.sessionContext.shutdown(); before.dispose();
        await app.commands.execute('docmanager:open', {{path}}); {READY} }}"""

    def __init__(self, chromium, lab, path):
        self.context = chromium.new_context(viewport={"width": 1280, "height": 900})
        self.page, self.port, self.problems, self.elsewhere = self.context.new_page(), lab.port, [], []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", lambda m: self.problems.append(m.text) if m.type == "error" else None)
        self.page.on("request", lambda request: self._note(request.url))
        self.page.on("websocket", lambda socket: self._note(socket.url))
        self.page.goto(f"http://127.0.0.1:{lab.port}/lab/tree/{path}?token={lab.token}&reset")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
        self.page.evaluate(f"async () => {{ await window.jupyterapp.restored; {self.READY} }}")

    def _note(self, url):
        if not url.startswith(("data:", "blob:")) and url.split("/")[2] != f"127.0.0.1:{self.port}":
            self.elsewhere.append(url)

    def run(self):
        """Run all cells; returns the errors that cells ended with."""
        self.page.evaluate(self.RUN)
        return self.page.evaluate(self.ERRORS)

    def cut_off(self):
        """What is wider than its place on a page of 1280 px: code, outputs, pictures, tables, formulas."""
        return self.page.evaluate("""() => [...document.querySelectorAll(
                '.jp-Notebook .cm-scroller, .jp-OutputArea-output, .jp-RenderedMarkdown, .jp-Notebook pre, .widget-html-content')]
            .filter(e => e.offsetParent && e.scrollWidth > e.clientWidth + 1)
            .map(e => `${e.className}: ${e.innerText.slice(0, 80)}`)""")

    def ask(self, code):
        """What `code` prints, run in the notebook's kernel."""
        return self.page.evaluate(self.ASK, code).strip()

    @property
    def panels(self):
        return self.page.locator(".jp-OutputArea-output .clearn-live:has(.widget-html img)")

    @property
    def questions(self):
        return self.page.locator(".jp-OutputArea-output .clearn-live:has(.clearn-answer)")

    @property
    def stills(self):
        """What stands for panels and questions that do not live: captions and texts."""
        return self.page.locator(".clearn-still")

    @property
    def folds(self):
        """What stands for outputs that are folded."""
        return self.page.locator(".jp-OutputPlaceholder").filter(visible=True)

    def save(self):
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")

    def reopen(self):
        """Save as a learner does, stop the kernel, close the notebook, and open it again."""
        self.save()
        self.page.evaluate(self.REOPEN)

    def close(self):
        """Stop the kernel, and leave."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        self.context.close()

    def theme(self, name):
        self.page.evaluate("name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})", name)
        self.page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=name)
        # JupyterLab stumbles over a change that comes before it has saved the last one.
        self.page.wait_for_timeout(1000)

    def shoot(self, name, element=None):
        """A screenshot in the folder CLEARN_SHOTS, if that is set: to be looked at."""
        if folder := os.environ.get("CLEARN_SHOTS"):
            (element or self.page).screenshot(path=Path(folder) / f"{name}.png")


@pytest.fixture
def open_notebook(chromium, lab):
    opened = []

    def open_(path):
        opened.append(Notebook(chromium, lab, path))
        return opened[-1]

    yield open_
    for notebook in opened:
        notebook.close()

"""The first minute in the course's JupyterLab, started as course.py starts it, by somebody who has never used Jupyter."""

import importlib.util
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
NEW_HOME = {"HOME": ".", "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces", "IPYTHONDIR": "ipython"}  # fmt: skip


@pytest.fixture
def address(chromium, tmp_path):  # after `chromium`: without a browser no server is started
    """Where `course.py lab --no-browser` serves the course."""
    spec = importlib.util.spec_from_file_location("course", ROOT / "course.py")
    course = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(course)
    if Path(sys.prefix) != Path(course.VENV):
        pytest.skip("not in course.py's .venv")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    course.silence_news()
    command = course.command_line("lab", ["--no-browser", f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
                                          "--IdentityProvider.token=first"])  # fmt: skip
    variables = course.environment() | {name: str(tmp_path / folder) for name, folder in NEW_HOME.items()}
    log = tmp_path / "jupyterlab.log"
    with log.open("w") as file:
        server = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=file, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api", timeout=2).close()
            break
        except (urllib.error.URLError, OSError):
            assert server.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.25)
    yield f"http://127.0.0.1:{port}/"
    server.terminate()
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.kill()


def test_opens_notebook_00_and_asks_nothing(chromium, address, tmp_path):
    """No question about news, no other message, and nothing from other machines. (The course's notebook is not saved.)"""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda websocket: asked.append(websocket.url))
    page.route("**/api/contents/**", lambda r: r.abort() if r.request.method == "PUT" else r.continue_())
    page.goto(f"{address}?token=first")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]', timeout=60_000)
    page.wait_for_timeout(5000)
    if folder := os.environ.get("CLEARN_SHOTS"):
        page.screenshot(path=Path(folder) / "first_minute.png")
    assert page.url.startswith(f"{address}lab") and "00_start_here" in page.url
    assert page.locator(".Toastify__toast, .jp-Dialog").all_inner_texts() == []
    here = address.split("/")[2]
    assert [url for url in asked if not url.startswith(("data:", "blob:")) and url.split("/")[2] != here] == []
    assert not (tmp_path / "settings").exists()  # the learner's own settings are untouched
    context.close()

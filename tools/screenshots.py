"""`make screenshots`: the pictures of the desk in docs/images, taken from a running system by a headless Chromium.

Each page is fetched as a manager sees it, its style sheet put into it, and drawn from a file: no browser signs in, and
no script or font is loaded from elsewhere. Needs `chromium` (or CHROMIUM=/path) and `patron up` with the demo loaded.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import httpx

from deploy.embedded.state import State

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
MOST_BYTES = 300_000
SEVERE = "/v1/warnings?severity=red&limit=1"  # a customer with something to see


class CannotShoot(Exception):
    """What is missing, in a sentence."""


@dataclass(frozen=True)
class Screenshot:
    name: str
    path: str
    height: int
    language: str = "en"


def browser() -> str:
    program = os.environ.get("CHROMIUM") or next((place for name in PROGRAMS if (place := shutil.which(name))), None)
    if program is None:
        raise CannotShoot("Chromium is needed: install it, or say CHROMIUM=/path/to/chromium")
    return program


def sign_in(client: httpx.Client) -> None:
    """The client gets the desk's cookie of a manager, and a bearer token for the API."""
    client.post("/desk/sign-in", content="role=manager", headers={"Origin": str(client.base_url).rstrip("/")})
    token = client.post("/dev/token", json={"role": "manager"}).json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"


def screenshots(client: httpx.Client) -> list[Screenshot]:
    """The dashboard, and the page of a customer with a severe warning."""
    warnings = client.get(SEVERE).json()["items"]
    if not warnings:
        raise CannotShoot("The demo is needed: run `patron demo`, then try again")
    customer = warnings[0]["customer_id"]
    return [
        Screenshot("desk", "/desk", 1180),
        Screenshot("customer", f"/desk/customers/{customer}", 1180),
    ]


def standing_alone(client: httpx.Client, screenshot: Screenshot) -> str:
    """The page with its style sheet inside."""
    page = client.get(screenshot.path, params={"lang": screenshot.language})
    page.raise_for_status()
    if "sign-out" not in page.text:
        raise CannotShoot("The desk did not let the manager in: is the development issuer on?")
    style = client.get("/desk/style.css").text
    return re.sub(r'<link rel="stylesheet"[^>]*>', lambda _: f"<style>{style}</style>", page.text)


def take(program: str, page: str, screenshot: Screenshot) -> Path:
    image = IMAGES / f"{screenshot.name}.png"
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.html"
        source.write_text(page)
        command = [
            program, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            f"--user-data-dir={folder}/profile",
            f"--window-size=1200,{screenshot.height}", f"--screenshot={image}", source.as_uri(),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode or not image.exists():
        raise CannotShoot(f"{program} took no picture: {done.stderr.strip()[-500:]}")
    if image.stat().st_size > MOST_BYTES:
        raise CannotShoot(f"{image.name} is larger than {MOST_BYTES:,} bytes")
    return image


def main(arguments: list[str]) -> int:
    data = Path(arguments[0] if arguments else os.environ.get("PATRON_DATA", ".patron"))
    try:
        program = browser()
        state = State.read(data)
        if state is None or not state.alive:
            raise CannotShoot(f"No system runs on {data}: `patron up` first")
        IMAGES.mkdir(parents=True, exist_ok=True)
        with httpx.Client(base_url=state.services["gateway"], timeout=30, trust_env=False) as client:
            sign_in(client)
            for screenshot in screenshots(client):
                image = take(program, standing_alone(client, screenshot), screenshot)
                print(f"{image.relative_to(ROOT)}: {image.stat().st_size:,} bytes")
    except CannotShoot as error:
        print(f"screenshots: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

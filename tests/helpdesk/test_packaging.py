"""The rooms are listed thrice in pyproject.toml; the wheel adds one name to site-packages."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
NOT_ROOMS = {"tests", "bench", "docs", "build", "dist"}


def rooms() -> set[str]:
    return {p.parent.name for p in ROOT.glob("*/__init__.py")} - NOT_ROOMS


def test_the_lists_of_rooms_agree_with_the_folders():
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]

    assert set(wheel["only-include"]) == rooms()
    assert set(wheel["sources"]) == rooms() - {"helpdesk"}
    assert set(PROJECT["tool"]["importlinter"]["root_packages"]) == rooms()
    assert set(PROJECT["tool"]["mypy"]["packages"]) == rooms()


def test_rooms_have_empty_inits():
    for room in rooms() - {"helpdesk"}:
        assert (ROOT / room / "__init__.py").read_text() == "", room


@pytest.mark.timeout(240)
def test_the_wheel_holds_every_room_below_one_name(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, ROOT],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()

    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"helpdesk"}
    for wanted in (
        "helpdesk/cli.py",
        "helpdesk/_rooms/mail/parse.py",
        "helpdesk/_rooms/templates/en/letters/acknowledgement.j2",
        "helpdesk/_rooms/tickets/migrations/0001_initial.py",
        "helpdesk/_rooms/regimes/data/eu_gdpr.toml",
    ):
        assert wanted in names

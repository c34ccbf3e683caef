"""The contributor's door: the files a stranger looks for, CI that runs what we run, hooks that fetch nothing."""

import re

import yaml

from tests.docs.pages import ROOT


def test_ci_runs_what_everybody_can_run_here() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    runs = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    assert runs == [".ci/run"]
    assert workflow["permissions"] == {"contents": "read"}


def test_ci_runs_targets_that_are_there() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    steps = re.findall(r"^for step in (.*); do$", script, re.MULTILINE)[0].split()
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(steps) <= set(targets)
    assert steps[-1] == "test", "the whole suite comes last"


def test_hooks_are_local_and_use_the_projects_environment() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert [repository["repo"] for repository in config["repos"]] == ["local"]
    assert all(hook["entry"].startswith(".venv/bin/") for hook in config["repos"][0]["hooks"])


def test_decisions_are_numbered_without_a_gap_and_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    files = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert [int(name[:4]) for name in files] == list(range(1, len(files) + 1))
    index = (folder / "README.md").read_text()
    for name in files:
        title = (folder / name).read_text().partition("\n")[0].removeprefix("# ")
        assert f"| {name[:4]} | [{title}]({name}) |" in index
        assert "**Decided" in (folder / name).read_text() or "**Noted" in (folder / name).read_text(), name


def test_pictures_are_small_and_described() -> None:
    readme = (ROOT / "README.md").read_text()
    images = sorted((ROOT / "docs" / "images").glob("*.png"))
    assert len(images) == 2
    for image in images:
        assert image.stat().st_size < 300_000
        assert re.search(rf"!\[[^\]]{{30,}}\]\(docs/images/{image.name}\)", readme), (
            "with words for who does not see it"
        )

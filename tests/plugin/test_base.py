"""``dryfit check --base REV`` in a real repository."""

from __future__ import annotations

import os
import subprocess

import pytest

BEFORE = "def price(product: str, *, net=False): return 1990\n"
AFTER = "def price(product: bytes, *, net): return 1990\n"


@pytest.fixture
def repository(project):
    """The project with one commit, in which ``pricing.price`` was another."""
    project.write({"pricing.py": BEFORE, "basket.py": BASKET, "test_basket.py": TEST})
    author = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "-A"], [*author, "commit", "-q", "-m", "before"]):
        subprocess.run(["git", *command], cwd=project.root, check=True)
    project.write({"pricing.py": AFTER})
    return project


BASKET = """
    import pricing

    def total(product):
        return pricing.price(product)
"""
TEST = """
    from unittest.mock import patch

    import basket

    def test_total():
        with patch("pricing.price", return_value=1990):
            assert basket.total("tea") == 1990
"""


def rules(project):
    return [finding["rule"] for finding in project.last_run()["findings"]]


def test_an_interface_that_changed_is_an_error_with_its_call_sites(repository):
    ended = repository.dryfit("check", "--only", "interfaces", "--base", "HEAD")

    assert ended.status == 1, ended.out + ended.err
    (finding,) = [each for each in repository.last_run()["findings"] if each["rule"] == "DF205"]
    assert finding["severity"] == "error"
    assert finding["evidence"]["call sites"] == ["basket.py:5"]
    assert (
        "takes bytes instead of str for 'product' and has no default for 'net' any more."
        in finding["message"]
    )


def test_without_a_base_nothing_is_compared(repository):
    repository.dryfit("check", "--only", "interfaces")
    assert "DF205" not in rules(repository)


def test_the_base_can_be_set_in_the_configuration(repository):
    repository.write({"pyproject.toml": '[tool.dryfit]\nbase = "HEAD"\n'})
    assert repository.pytest("--dryfit").status == 0
    assert "DF205" in rules(repository)


def test_a_base_that_cannot_be_had_leaves_the_tests_as_they_are(repository):
    repository.write({"pyproject.toml": '[tool.dryfit]\nbase = "v9"\n'})
    assert repository.pytest("--dryfit").status == 0
    skipped = repository.last_run()["checks"]["interfaces"]["skipped"]
    assert any(each["what"] == "DF205" and "no such revision" in each["reason"] for each in skipped)


def test_an_unknown_revision_is_wrong_usage_before_any_test_runs(repository):
    ended = repository.dryfit("check", "--base", "v9")
    assert ended.status == 2
    assert (
        ended.err == "dryfit: revision v9: git knows no such revision; `git log --oneline --all` lists them\n"
    )
    assert "test session starts" not in ended.out


def test_no_git_is_wrong_usage(repository, tmp_path):
    ended = repository.dryfit("check", "--base", "HEAD", PATH=str(tmp_path))
    assert ended.status == 2
    assert ended.err.startswith("dryfit: git cannot be run")
    assert ended.err.count("\n") == 1


def test_a_folder_without_repository_is_wrong_usage(project):
    ended = project.dryfit("check", "--base", "HEAD", GIT_CEILING_DIRECTORIES=os.fspath(project.root.parent))
    assert ended.status == 2
    assert "is no git work tree" in ended.err
    assert ended.err.count("\n") == 1


def test_a_file_that_did_not_parse_then_is_skipped_with_its_reason(repository):
    repository.write({"pricing.py": "def price(\n"})
    author = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *author, "commit", "-aqm", "broken"], cwd=repository.root, check=True)
    repository.write({"pricing.py": BEFORE})

    ended = repository.dryfit("check", "--only", "interfaces", "--base", "HEAD")

    assert ended.status == 0, ended.out + ended.err
    skipped = repository.last_run()["checks"]["interfaces"]["skipped"]
    assert any(each["what"] == "DF205 pricing.py at HEAD" for each in skipped)

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from videosal.cli import cli
from videosal.verbs import VERBS, help_page


@pytest.mark.parametrize("arguments", [[], ["-h"], ["--help"]])
def test_the_page_of_verbs_needs_no_other_package(arguments: list[str]) -> None:
    code = """
import sys
from videosal.__main__ import main
try:
    main()
finally:
    print(*sorted({"click", "numpy", "torch", "numba", "logging", "difflib"} & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == (0 if arguments else 2)
    assert done.stdout == help_page()
    assert done.stderr.split() == []


def test_the_page_is_that_of_the_command_and_names_all_that_it_takes() -> None:
    result = CliRunner().invoke(cli, ["--debug", "--help"])
    assert result.exit_code == 0
    assert result.output.rstrip() == help_page().rstrip()
    for parameter in cli.get_params(cli.make_context("videosal", [], resilient_parsing=True)):
        assert all(option in help_page() for option in parameter.opts)
    assert all(len(f"  {verb:9}  {text}") <= 80 for verb, text in VERBS.items())


def test_a_reader_that_has_gone_is_no_error() -> None:
    command = f"{sys.executable} -m videosal --help | true"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_a_full_disk_behind_the_output_is_one_line() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    for arguments in ("--help", "protocols"):
        command = f"{sys.executable} -m videosal {arguments} > /dev/full"
        done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
        assert done.returncode in (1, 2)
        assert done.stderr.startswith("error: ")
        assert "No space left on device" in done.stderr
        assert len(done.stderr.splitlines()) == 1

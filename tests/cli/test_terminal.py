from __future__ import annotations

import io
import json
import logging
import sys

import click
import pytest

from videosal.cli import main
from videosal.cli.log_lines import _LineHandler
from videosal.cli.terminal import printable, printable_output, terminal_itself

HOSTILE = "\x1b]0;owned\x07\x1b[2J\r\x9b1m\u202eabc"
ESCAPED = r"\x1b]0;owned\x07\x1b[2J\x0d\u009b1m\u202eabc"


def test_names_cannot_write_to_a_terminal() -> None:
    assert printable(HOSTILE) == ESCAPED
    plain = "Straße\tnaïve 日本 ↑ ± 👩\u200d🔬\n"
    assert printable(plain) == plain


def test_whatever_is_printed_is_printable(monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    with printable_output():
        print(HOSTILE)
        click.echo("a\x07b")
        sys.stdout.writelines(["c\x07", "d\n"])
        sys.stderr.write(HOSTILE)
        click.echo("e\x07", err=True)
        assert terminal_itself() is err
        assert not hasattr(sys.stdout, "buffer")
    assert out.getvalue() == f"{ESCAPED}\na\\x07b\nc\\x07d\n"
    assert err.getvalue() == f"{ESCAPED}e\\x07\n"
    assert sys.stdout is out
    assert terminal_itself() is err


def test_json_stays_json() -> None:
    name = "a\x1b\x7f\x9b\u202e"
    text = json.dumps(name, ensure_ascii=False)
    assert json.loads(printable(text)) == name


def test_log_lines_are_printable_also_beside_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    _LineHandler().emit(logging.LogRecord("x", logging.WARNING, "", 0, f"map {HOSTILE}", None, None))
    assert capsys.readouterr().err == f"warning: map {ESCAPED}\n"


def test_an_error_is_printable(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["videosal", "table", "no\x1b[2Jrun"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    assert capsys.readouterr().err == "error: no\\x1b[2Jrun is not a run: it does not exist\n"

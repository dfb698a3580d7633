from __future__ import annotations

import json

from click.testing import CliRunner

from videosal.cli import cli
from videosal.metrics import get_protocol, list_protocols


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli, ["protocols", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_all_are_listed_with_aggregation_and_metrics() -> None:
    lines = run().splitlines()
    assert [line.split()[1] for line in lines[2:]] == list_protocols()
    assert "| dhf1k       | frame       | cc nss sim auc_judd sauc " in lines[3]


def test_json_holds_every_convention_of_every_protocol() -> None:
    listed = json.loads(run("--json"))
    assert [facts["name"] for facts in listed] == list_protocols()
    for facts in listed:
        rules = get_protocol(facts["name"])
        assert facts["signature"] == rules.signature
        assert tuple(facts["metrics"]) == rules.metrics
        assert facts["aggregation"] == rules.aggregation
        assert [bug["key"] for bug in facts["bugs"]] == [bug.key for bug in rules.bugs]
    assert json.loads(run("dhf1k", "--json")) == listed[1]


def test_one_protocol_shows_what_concerns_its_metrics() -> None:
    text = run("vinet")
    assert get_protocol("vinet").signature in text
    assert "size 11, sigma 2.0, border reflect, first False" in text
    assert "judd-off-by-one (auc_judd): every false positive rate" in text
    assert "nss eps" in text
    assert "sauc form" not in text
    assert "ig unit" not in text


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    result = CliRunner().invoke(cli, ["protocols", "vinet2"])
    assert result.exit_code != 0
    assert "did you mean vinet" in str(result.exception)

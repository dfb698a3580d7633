"""``videosal models``: what can be run."""

from __future__ import annotations

import json

import click

from videosal.cli.options import loaded_plugins


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@loaded_plugins
def command(name: str | None, as_json: bool) -> None:
    """List the models, or show the card of the one called NAME."""
    from dataclasses import asdict

    from tabulate import tabulate

    from videosal.errors import VideosalError
    from videosal.models import ModelCard, list_models, model_card, model_options

    if name is not None:
        card = {"name": name, **asdict(model_card(name))}
        card["options"] = {key: str(option.default) for key, option in model_options(name).items()}
        rows = [[key.replace("_", " "), value] for key, value in card.items() if value not in (None, "", {})]
        click.echo(json.dumps(card, indent=2) if as_json else tabulate(rows, tablefmt="plain"))
        return
    cards: dict[str, ModelCard] = {}
    for known in list_models():
        try:
            cards[known] = model_card(known)
        except VideosalError as error:  # a broken plug-in hides nothing else
            click.echo(f"warning: {error}", err=True)
    if as_json:
        click.echo(json.dumps([{"name": known, **asdict(card)} for known, card in cards.items()], indent=2))
        return
    rows = [[known, card.parameters, card.input, card.description] for known, card in cards.items()]
    click.echo(tabulate(rows, ["model", "parameters", "input", "description"], tablefmt="github", missingval="?"))

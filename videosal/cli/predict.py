"""``videosal predict``: the maps of one video."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from videosal.cli.options import loaded_plugins, parse_pairs
from videosal.cli.progress import show_progress


@click.command()
@click.argument("model")
@click.argument("source")
@click.option("--out", required=True, metavar="DIR", help="Folder for the maps.")
@click.option("--overlay", is_flag=True, help="Write DIR/overlay.mp4 too: the maps over the frames.")
@click.option("--fps", type=float, default=30.0, show_default=True, help="Frames per second of the overlay.")
@click.option("--weights", help="Checkpoint of the model.")
@click.option("--device", default="auto", show_default=True, help="cpu, cuda, cuda:1, ...")
@click.option(
    "--option",
    "-o",
    "model_options",
    multiple=True,
    callback=parse_pairs,
    metavar="KEY=VALUE",
    help="Option of the model.",
)
@loaded_plugins
def command(model: str, source: str, out: str, overlay: bool, fps: float, **options: Any) -> None:
    """Predict the maps of SOURCE, a folder of frames or a video file, with MODEL: one per frame, of its size."""
    from videosal.benchmark.predict import predict

    with show_progress(model) as progress:
        pairs = predict(model, source, out, progress=progress, **options)
        if overlay:
            from videosal.leaderboards import write_overlay_video

            count = write_overlay_video(Path(out) / "overlay.mp4", pairs, fps=fps)
        else:
            count = sum(1 for _ in pairs)
    click.echo(f"wrote {count} maps to {out}")

"""``videosal pack``: the ground truth of a split in one file."""

from __future__ import annotations

from pathlib import Path

import click

from videosal.cli.progress import show_progress


@click.command()
@click.argument("dataset")
@click.option("--root", help="Folder of the data set's copy.")
@click.option("--out", metavar="FILE.h5", help="[default: NAME-SPLIT.h5]")
def command(dataset: str, root: str | None, out: str | None) -> None:
    """Pack the densities and fixations of DATASET (NAME:SPLIT); then score with --root FILE.h5."""
    from videosal.datasets import load_dataset
    from videosal.datasets.pack.packed import pack_dataset

    truth = load_dataset(dataset, root)
    file = Path(out) if out is not None else Path(f"{truth.name}-{truth.split.name}.h5")
    with show_progress("packing") as progress:
        pack_dataset(truth, file, progress)
    frames = sum(len(video.frame_names) for video in truth)
    size = file.stat().st_size / 1e6
    click.echo(f"packed {frames} frames of {len(truth)} videos of {truth.full_name}: {file}, {size:.1f} MB")

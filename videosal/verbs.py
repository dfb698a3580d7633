"""The verbs of the command line and the page that lists them, apart from `videosal.cli`, which takes long to import."""

from __future__ import annotations

VERBS = {
    "demo": "The whole path on the built-in sample.",
    "datasets": "Names, splits, expected counts.",
    "verify": "What a copy of a data set holds, lacks, and where it is broken.",
    "models": "List the models, or show one model's card.",
    "protocols": "List the metric protocols, or show one's conventions.",
    "profile": "Operations, size, time and memory of models.",
    "score": "Score a folder of saliency maps.",
    "run": "Run a model and score its maps.",
    "predict": "Predict the maps of one video.",
    "train": "Train a network.",
    "bench": "Run many models on many data sets from one file.",
    "pack": "Put the ground truth of a split into one file.",
    "merge": "Put the parts of a sharded run together.",
    "table": "Print runs and published results as a table.",
    "compare": "Say which differences between runs are more than chance.",
    "rank": "Rank methods across metrics and data sets.",
    "explain": "Say why two runs differ.",
    "export": "Hand on the scores of every frame.",
    "figure": "Draw frames, ground truth and maps side by side.",
    "report": "Write one self-contained page about runs.",
    "bounds": "Score chance, center, mean map and people.",
    "submit": "Check and pack maps for the DHF1K server.",
    "weights": "Convert files of weights.",
}

_PAGE = """\
Usage: videosal [OPTIONS] COMMAND [ARGS]...

  Benchmark suite for video saliency prediction.

Options:
  --version   Show the version and exit.
  --debug     Show the traceback of an error.
  -h, --help  Show this message and exit.

Commands:
"""


def help_page() -> str:
    """Return what ``videosal --help`` prints."""
    width = max(len(verb) for verb in VERBS)
    return _PAGE + "".join(f"  {verb:{width}}  {text}\n" for verb, text in VERBS.items())

"""What a model says about itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Description of a model, as ``videosal models NAME`` prints it and a table's left columns use it.

    Only the title is required. None means unknown, except for `weights`.

    Attributes
    ----------
    title : str
        Name as it is printed in a table.
    reference, venue : str
        Citation of the paper that describes the model, and where it appeared.
    year : int or None
        Year of that paper.
    description : str
        What the model does, in a sentence or two.
    input, output : str
        What it takes and what it gives, in words.
    parameters : int or None
        Number of learned parameters.
    licence : str
        Licence of the code, and of the weights where it differs.
    input_size : str or None
        Width x height to which frames are resized, as in ``384x224``. None where frames keep their size.
    weights : str or None
        Where trained weights come from. None where the model needs none.
    gflops, model_size_mb, runtime_s : float or None
        Cost: 10^9 operations, 10^6 bytes of weights, and seconds per frame, as the reference states them.
    """

    title: str
    reference: str = ""
    year: int | None = None
    venue: str = ""
    description: str = ""
    input: str = ""
    output: str = ""
    parameters: int | None = None
    licence: str = ""
    input_size: str | None = None
    weights: str | None = None
    gflops: float | None = None
    model_size_mb: float | None = None
    runtime_s: float | None = None

from __future__ import annotations

import subprocess
import sys

import pytest

from videosal import models


def test_every_public_name_is_there() -> None:
    assert models.__all__ == sorted(models.__all__)
    assert set(models.__all__) == set(models._HOMES)
    for name in models.__all__:
        assert getattr(models, name).__module__ == f"videosal.models.{models._HOMES[name]}"


def test_another_name_is_not() -> None:
    with pytest.raises(AttributeError, match="no attribute 'create_modle'"):
        _ = models.create_modle


def test_listing_models_loads_nothing_heavy() -> None:
    code = (
        "import sys, videosal.models as m; names = m.list_models();"
        "heavy = {'torch', 'numba', 'numpy', 'cv2', 'scipy'} & set(sys.modules);"
        "assert names and not heavy, heavy;"
        "m.create_model('center'); m.model_card('motion');"
        "heavy = {'torch', 'numba', 'scipy'} & set(sys.modules); assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

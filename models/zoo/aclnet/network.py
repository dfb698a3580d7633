"""ACLNet: VGG-16, an attention learned from images, and a convolutional LSTM.

W. Wang, J. Shen, F. Guo, M.-M. Cheng and A. Borji, Revisiting Video Saliency: A Large-scale Benchmark and a New Model,
CVPR 2018 (arXiv 1801.07424), Section 4, as the Keras 2 graph of the authors computes it.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from videosal.errors import InputError
from videosal.models.layers.keras_layers import hard_sigmoid, max_pool_same

# VGG-16: channels of the convolutions of each block.
_BLOCKS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
_FEATURES, _HIDDEN = 512, 256


class State(NamedTuple):
    """What the LSTM remembers: two tensors (B, 256, H / 8, W / 8)."""

    hidden: Tensor
    cell: Tensor


class DilatedVGG(nn.Module):
    """VGG-16 up to conv5_3, whose fourth pool keeps the resolution: features (B, 512, H / 8, W / 8)."""

    def __init__(self) -> None:
        super().__init__()
        channels = 3
        for block, widths in enumerate(_BLOCKS, start=1):
            for number, width in enumerate(widths, start=1):
                self.add_module(f"block{block}_conv{number}", nn.Conv2d(channels, width, 3, padding=1))
                channels = width

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, 3, H, W) to their features."""
        x = images
        for block, widths in enumerate(_BLOCKS, start=1):
            for number in range(1, len(widths) + 1):
                x = torch.relu(self.get_submodule(f"block{block}_conv{number}")(x))
            if block <= 4:
                x = max_pool_same(x, 2, stride=2 if block < 4 else 1)
        return x


class ConvLSTM(nn.Module):
    """Convolutional LSTM of Keras 2; its gates, in the order input, forget, cell, output, are hard sigmoids."""

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        self.x = nn.Conv2d(c_in, 4 * c_out, 3, padding=1)
        self.h = nn.Conv2d(c_out, 4 * c_out, 3, padding=1, bias=False)

    def forward(self, features: Tensor, state: State | None) -> tuple[Tensor, State]:
        """Map features (B, T, C, H, W) and the state before them to all outputs and the last state."""
        terms = torch.unflatten(self.x(features.flatten(0, 1)), 0, features.shape[:2]).unbind(1)
        if state is None:
            zeros = torch.zeros_like(terms[0][:, : terms[0].shape[1] // 4])
            state = State(zeros, zeros)
        outputs = []
        for term in terms:
            enter, forget, candidate, output = (term + self.h(state.hidden)).chunk(4, dim=1)
            cell = hard_sigmoid(forget) * state.cell + hard_sigmoid(enter) * torch.tanh(candidate)
            state = State(hard_sigmoid(output) * torch.tanh(cell), cell)
            outputs.append(state.hidden)
        return torch.stack(outputs, dim=1), state


class ACLNet(nn.Module):
    """Attentive CNN-LSTM network."""

    def __init__(self) -> None:
        super().__init__()
        self.vgg = DilatedVGG()
        self.att1 = nn.Conv2d(_FEATURES, 64, 1)
        self.att2 = nn.Conv2d(64, 128, 3, padding=1)
        self.att3 = nn.Conv2d(128, 64, 1)
        self.att4 = nn.Conv2d(64, 128, 3, padding=1)
        self.att5 = nn.Conv2d(128, 1, 1)
        self.convlstm = ConvLSTM(_FEATURES, _HIDDEN)
        self.out = nn.Conv2d(_HIDDEN, 1, 1)

    def forward(self, clips: Tensor) -> Tensor:
        """Predict every frame of clips that begin a video.

        Parameters
        ----------
        clips : Tensor, shape (B, 3, T, H, W)
            BGR frames, 0 to 255, less a mean. H and W are multiples of 32.

        Returns
        -------
        Tensor, shape (B, T, H / 2, W / 2)
            Values in 0 to 1.

        Raises
        ------
        InputError
            The clips have another shape.
        """
        return self.predict_sequence(clips, None)[0]

    def predict_sequence(self, clips: Tensor, state: State | None) -> tuple[Tensor, State]:
        """Predict clips that follow others.

        Parameters
        ----------
        clips : Tensor, shape (B, 3, T, H, W)
            As `forward`.
        state : State or None
            What the call before gave; None at the start of a video.

        Returns
        -------
        maps : Tensor, shape (B, T, H / 2, W / 2)
            As `forward`.
        state : State
            For the next call.
        """
        if clips.dim() != 5 or clips.shape[1] != 3 or clips.shape[3] % 32 or clips.shape[4] % 32:
            raise InputError(f"clips of shape {tuple(clips.shape)}, expected (B, 3, T, H, W), H and W multiples of 32")
        frames = clips.transpose(1, 2)
        features = self.vgg(frames.flatten(0, 1))
        attended = features * (1 + self.attend(features))
        outputs, state = self.convlstm(torch.unflatten(attended, 0, frames.shape[:2]), state)
        maps = torch.sigmoid(self.out(outputs.flatten(0, 1)))
        maps = functional.interpolate(maps, scale_factor=4, mode="nearest")[:, 0]
        return torch.unflatten(maps, 0, frames.shape[:2]), state

    def attend(self, features: Tensor) -> Tensor:
        """Map features (N, 512, h, w) to attention (N, 1, h, w), 0 to 1: what the authors train with images."""
        x = torch.relu(self.att1(max_pool_same(features, 2, stride=2)))
        x = torch.relu(self.att2(x))
        x = torch.relu(self.att3(max_pool_same(x, 2, stride=2)))
        x = torch.sigmoid(self.att5(torch.relu(self.att4(x))))
        return functional.interpolate(x, scale_factor=4, mode="nearest")

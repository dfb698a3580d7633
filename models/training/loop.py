"""The loop over epochs: train, validate, keep."""

from __future__ import annotations

import math
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from videosal.errors import ModelError, RunError
from videosal.models.training.clips import ClipBatch, TrainingClips, collate
from videosal.models.training.loading import load_clips
from videosal.models.training.output import checkpoints
from videosal.models.training.output.checkpoints import State
from videosal.models.training.output.logs import Board, StepLog, write_epochs
from videosal.models.training.recipe import Recipe, build_network
from videosal.models.training.steps.order import epoch_batches
from videosal.models.training.steps.schedules import DROP, make_schedule
from videosal.models.training.steps.segments import checkpoint_segments
from videosal.models.training.steps.step import Stepper, StepResult, freeze_norms
from videosal.models.training.validation import validate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from videosal.models.training.hardware.distributed import Processes

    Progress = Callable[[int, int, str], object]
    Tell = Callable[[str], None]


class TrainingLoop:
    """A training in one of its processes. Only the first one validates and writes."""

    def __init__(self, recipe: Recipe, processes: Processes, state: State | None) -> None:
        config = recipe.config
        self.recipe = recipe
        self.config = config
        self.processes = processes
        self.schedule = make_schedule(config.schedule, epochs=config.epochs, patience=config.patience)
        self.clips = TrainingClips(
            recipe.training,
            recipe.form,
            seed=config.seed,
            needs=recipe.loss.needs,
            clips_per_video=config.clips_per_video,
        )
        self.fingerprint = recipe.training.fingerprint()
        self.rows: list[dict[str, Any]] = []
        self.step = 0
        self._make_network(state)
        if state is not None:
            self._go_on(state)

    def run(self, progress: Progress | None) -> list[dict[str, Any]]:
        """Do the epochs that are left; return what ``epochs.csv`` holds of all of them."""
        first = self.step
        most = math.ceil(len(self.clips) / (self.config.batch * self.processes.count)) * self.config.epochs

        def tell(text: str) -> None:
            if progress is not None and self.processes.first:
                progress(self.step - first, most - first, f"epoch {len(self.rows) + 1} of {self.config.epochs}, {text}")

        with self._open_logs() as (log, board), self.own_numbers():
            while (drops := self.schedule.count_drops(self._losses())) is not None:
                self.begin_epoch(drops)
                row = self._train_epoch(log, board, tell)
                row |= self._validate(tell)
                self._end_epoch(row, log, board)
        return self.rows

    @contextmanager
    def own_numbers(self) -> Iterator[None]:
        """Leave the caller's random numbers alone."""
        device = torch.device(self.processes.device)
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            yield

    def begin_epoch(self, drops: int) -> None:
        """Get ready for the next epoch, before which the learning rate has fallen `drops` times."""
        epoch = len(self.rows)
        torch.manual_seed(_mix(self.config.seed, epoch, self.processes.rank))  # for layers such as dropout
        self.clips.set_epoch(epoch)
        before = self.schedule.count_drops(self._losses()[:-1]) if epoch else 0
        if drops != before and self.schedule.reload_best:
            checkpoints.load_weights(self.recipe.folder / checkpoints.BEST, self.network)
        if self.schedule.fresh_optimizer:
            self.optimizer = self._make_optimizer()
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.lr / DROP**drops

    def batches(self) -> Iterator[ClipBatch]:
        """Read the batches of the epoch."""
        groups = epoch_batches(
            len(self.clips),
            batch=self.config.batch,
            seed=self.config.seed,
            epoch=self.clips.epoch,
            rank=self.processes.rank,
            ranks=self.processes.count,
        )
        return load_clips(self.clips, groups, workers=self.config.workers, join=collate)

    def make_step(self, batch: ClipBatch) -> StepResult:
        """Update the network once; an error says at which step."""
        try:
            return self.stepper.step(batch, self.optimizer)
        except ModelError as error:
            epoch = len(self.rows) + 1
            raise ModelError(f"step {self.step + 1} (epoch {epoch}): {error}") from error

    def _make_network(self, state: State | None) -> None:
        network = build_network(self.recipe, None if state is None else state.network)
        if self.config.gradient_checkpointing:
            checkpoint_segments(network)
        self.network = network.to(self.processes.device)
        self._training_mode()
        self.stepper = Stepper(
            self.network,
            self.recipe.loss,
            self.recipe.form,
            self.processes,
            precision=self.config.precision,
            micro_batch=self.config.micro_batch,
        )
        self.optimizer = self._make_optimizer()

    def _go_on(self, state: State) -> None:
        """Take up a state, and make the files anew that follow from it: a kill may have come between."""
        folder = self.recipe.folder
        if state.processes != self.processes.count:
            raise RunError(
                f"{folder} was trained by {state.processes} processes, now there are {self.processes.count}: "
                "start as many, or start again with --existing overwrite"
            )
        if state.fingerprint != self.fingerprint:
            raise RunError(
                f"the ground truth of {self.config.dataset} is not what {folder} was trained on: "
                "restore it, or start again with --existing overwrite"
            )
        self.step, self.rows = state.step, state.epochs
        if state.optimizer is not None:
            self.optimizer.load_state_dict(state.optimizer)
        if state.scaler:
            self.stepper.scaler.load_state_dict(state.scaler)
        if self.processes.first:
            self._write_results()

    def _training_mode(self) -> None:
        self.network.train()
        if self.config.freeze_norm:
            freeze_norms(self.network)

    def _make_optimizer(self) -> torch.optim.Optimizer:
        return torch.optim.Adam([p for p in self.network.parameters() if p.requires_grad], lr=self.config.lr)

    def _lr(self) -> float:
        lr: float = self.optimizer.param_groups[0]["lr"]
        return lr

    def _losses(self) -> list[float]:
        return [row["train_loss"] for row in self.rows]

    def _train_epoch(self, log: StepLog | None, board: Board | None, tell: Tell) -> dict[str, Any]:
        total, clips, skipped, began = 0.0, 0, 0, time.perf_counter()
        started = began
        for batch in self.batches():
            done = self.make_step(batch)
            self.step += 1
            clips, skipped = clips + done.clips, skipped + done.skipped
            total += done.loss * done.clips if done.clips else 0.0
            now = time.perf_counter()
            self._log_step(done, now - started, log, board)
            started = now
            tell(f"loss {done.loss:.4f}")
        return {
            "epoch": len(self.rows) + 1,
            "steps": self.step,
            "lr": self._lr(),
            "train_loss": total / clips if clips else math.nan,
            "clips": clips,
            "skipped": skipped,
            "seconds": round(time.perf_counter() - began, 3),
        }

    def _log_step(self, done: StepResult, seconds: float, log: StepLog | None, board: Board | None) -> None:
        row = {
            "step": self.step,
            "epoch": len(self.rows) + 1,
            "lr": self._lr(),
            "loss": done.loss,
            "gradient_norm": done.gradient_norm,
            "clips": done.clips,
            "skipped": done.skipped,
            "seconds": round(seconds, 3),
        }
        if log is not None:
            log.write(row)
        if board is not None:
            board.write("step", row, self.step)

    def _validate(self, tell: Tell) -> dict[str, Any]:
        """Validate in the first process; the others wait for its figures."""

        def act() -> dict[str, float]:
            return validate(
                self.network,
                self.recipe.validation,
                self.recipe.form,
                loss=self.recipe.loss,
                metrics=self.config.metrics,
                stride=self.config.stride,
                device=self.processes.device,
                precision=self.config.precision,
                batch=self.config.micro_batch or self.config.batch,
                workers=self.config.workers,
                progress=lambda done, total: tell(f"validated {done} of {total}"),
            )

        row: dict[str, Any] = {f"val_{name}": value for name, value in self.processes.lead(act).items()}
        kept = [known["val_loss"] for known in self.rows if known["best"] and not math.isnan(known["val_loss"])]
        # As the authors' code: of equal losses the later one. The first is kept even if its loss is no number.
        return row | {"best": row["val_loss"] <= min(kept, default=math.inf) or not self.rows}

    def _end_epoch(self, row: dict[str, Any], log: StepLog | None, board: Board | None) -> None:
        self.rows = [*self.rows, row]
        if log is not None:
            log.flush()
            checkpoints.write_state(self.recipe.folder, self._state())
            self._write_results()
        if board is not None:
            board.write("epoch", row, self.step)
        self.processes.wait()  # the others may load the best weights next

    def _state(self) -> State:
        keep = not self.schedule.fresh_optimizer
        return State(
            step=self.step,
            epochs=self.rows,
            network=self.network.state_dict(),
            optimizer=self.optimizer.state_dict() if keep else None,
            scaler=self.stepper.scaler.state_dict(),
            processes=self.processes.count,
            fingerprint=self.fingerprint,
        )

    def _write_results(self) -> None:
        folder, model = self.recipe.folder, self.recipe.entry.name
        checkpoints.write_weights(folder / checkpoints.LAST, self.network, model=model)
        if self.rows[-1]["best"]:
            checkpoints.write_weights(folder / checkpoints.BEST, self.network, model=model)
        write_epochs(folder, self.rows)

    @contextmanager
    def _open_logs(self) -> Iterator[tuple[StepLog | None, Board | None]]:
        if not self.processes.first:
            yield None, None
            return
        board = Board(self.recipe.folder, self.step) if self.config.tensorboard else None
        try:
            with StepLog(self.recipe.folder, self.step) as log:
                yield log, board
        finally:
            if board is not None:
                board.close()


def _mix(*numbers: int) -> int:
    """Make one seed of several numbers."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0])

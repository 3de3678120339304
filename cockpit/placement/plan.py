"""A plan with its proof, and the certificate that carries both to another machine."""

from __future__ import annotations

import base64
import hashlib
import json
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.errors import InputError

FORMAT = "placement-plan-1"
CLOSED = 1e-9  # relative gap below which rounding alone is left: proven
_TINY = 1e-12
_LONG = 20_000  # numbers; a longer list goes into the certificate as bytes


@dataclass(frozen=True, eq=False)
class Plan:
    """Which sites open, what that is worth, and how far it is from the best there is."""

    model: str  # a key of cockpit.placement.models.MODELS
    parameters: Mapping[str, Any]  # p, reach, ...: plain JSON values
    data: str  # digest of the problem
    open: NDArray[np.intp]  # sites, sorted
    assignment: NDArray[np.intp]  # (n_demand,) site of each demand point, -1 none
    objective: float
    bound: float  # no plan is better than this
    proof: Mapping[str, Any]  # {"kind": "lagrangian" | "tree" | "solver" | ..., what it needs}
    seed: int = 0
    details: Mapping[str, Any] = field(default_factory=dict)  # what a model adds: flows, years
    log: tuple[str, ...] = ()  # for people; without times, which differ from run to run
    seconds: float = 0.0  # not in the certificate
    source: Mapping[str, Any] = field(default_factory=dict)  # where the arrays come from

    @property
    def gap(self) -> float:
        """Distance of objective and bound over the objective; 0 when proven."""
        return gap_of(self.objective, self.bound)

    @property
    def proven(self) -> bool:
        """Whether no plan is better: nothing but rounding is left between plan and bound."""
        return self.gap <= CLOSED

    def certificate(self) -> dict[str, Any]:
        """
        Return everything that is needed to check the plan, with its own sha256.

        ``source``, where the plan has one, tells another machine how to make the arrays again.
        """
        content = {
            "format": FORMAT,
            "model": self.model,
            "parameters": dict(self.parameters),
            "data": self.data,
            "open": [int(site) for site in self.open],
            "objective": float(self.objective),
            "bound": float(self.bound),
            "gap": float(self.gap),
            "proof": dict(self.proof),
            "details": dict(self.details),
            "seed": int(self.seed),
            "versions": versions(),
        }
        if self.source:
            content["source"] = dict(self.source)
        return {**content, "sha256": seal(content)}

    def to_json(self) -> str:
        """Return the certificate as text: sorted keys, floats with all their digits."""
        return as_text(self.certificate())


@dataclass(frozen=True, eq=False)
class Step:
    """The best plan so far, while a solver works on."""

    open: NDArray[np.intp]
    objective: float
    bound: float
    seconds: float
    phase: str  # "search" | "bound" | "branch" | "solver"

    @property
    def gap(self) -> float:
        """Distance of objective and bound over the objective."""
        return gap_of(self.objective, self.bound)


Progress = Callable[[Step], bool | None]  # False: stop and keep the best


def gap_of(objective: float, bound: float) -> float:
    """Return ``|objective - bound| / |objective|``; 0 where both are the same."""
    return abs(objective - bound) / max(abs(objective), _TINY) if objective != bound else 0.0


def as_text(content: Mapping[str, Any]) -> str:
    """Return a certificate's text: the one way in which its content is written."""
    return json.dumps(content, sort_keys=True, indent=1, allow_nan=False) + "\n"


def seal(content: Mapping[str, Any]) -> str:
    """Return the sha256 of a certificate's content without its own sha256."""
    plain = {key: value for key, value in content.items() if key != "sha256"}
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def read_certificate(text: str) -> dict[str, Any]:
    """Return a certificate's content; refuse what is none, or one that was changed."""
    try:
        content = json.loads(text)
    except ValueError as error:
        raise InputError("This is no certificate of a plan: not readable as JSON.") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputError("This is no certificate of a plan: its format is not {name}.", name=FORMAT)
    if content.get("sha256") != seal(content):
        raise InputError("The certificate was changed after it was written: its sha256 differs.")
    return content


def numbers(values: NDArray[np.float64], *, lines: int = 1) -> Any:
    """Return one of so many lines of numbers for a certificate: a list, or (many) their bytes."""
    if len(values) * lines <= _LONG:
        return [float(value) for value in values]
    return {"f8": base64.b64encode(values.astype("<f8").tobytes()).decode("ascii")}


# Looked up while this module is read: later a page of another visitor may be changing the path,
# and a lookup would pass by the folder of the packages.
_VERSIONS = {name: version(name) for name in ("numpy", "numba", "highspy")}


def versions() -> dict[str, str]:
    """Return the versions that a plan may depend on."""
    return {"python": platform.python_version(), **_VERSIONS}

"""Small trees and counties for the tests of public figures."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from cockpit.release.tree import Tree


def county(*, townships: int, villages: int, grids: int) -> Tree:
    """Return a regular county; with no grids the villages are the leaves."""
    parent, level = [-1], [0]
    for k, n in ((1, townships), (2, villages), (3, grids)):
        above = [row for row, own in enumerate(level) if own == k - 1]
        for row in above:
            parent += [row] * n
            level += [k] * n
    return Tree.of(parent, level)


@st.composite
def trees(draw: DrawFn, *, most: int = 24) -> Tree:
    """Draw an irregular tree: leaves at any level, levels left out, families of one."""
    parent, level = [-1], [0]
    for row in range(1, draw(st.integers(1, most))):
        able = [k for k in range(row) if level[k] < 3]
        above = draw(st.sampled_from(able))
        parent.append(above)
        level.append(draw(st.integers(level[above] + 1, 3)))
    return Tree.of(parent, level)


IRREGULAR = Tree.of([-1, 0, 0, 1, 1, 2, 3, 3, 3], [0, 1, 1, 2, 2, 3, 3, 3, 3])
"""Two townships; one with a village without grids, the other with a grid right below it."""


def people(tree: Tree, n_classes: int, *, a_leaf: float, seed: int) -> np.ndarray:
    """Return counts by leaf as people live: many nearly empty places and a few crowded ones."""
    rng = np.random.default_rng(seed)
    living = rng.gamma(0.6, a_leaf / 0.6, (len(tree.leaves), 1))
    shares = rng.dirichlet(np.full(n_classes, 4.0), len(tree.leaves))
    return rng.poisson(living * shares).astype(np.int64)

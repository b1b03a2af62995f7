"""Matrix products that round alike on every x86-64 processor with AVX2 and FMA.

TensorFlow multiplies with kernels that oneDNN writes for the processor it finds, and cuts matrices
into blocks by the size of its caches.  Where a block ends beside a kernel's stride its last rows
are added up in another order, and so end in other bits.  ``regalloc.rl`` holds the kernels to AVX2;
here every product has a shape whose blocks end where strides do.  Found by comparison, and kept
true by tests/rl/test_processors.py, which learns on an emulated processor.
"""

from __future__ import annotations

from typing import Any

from regalloc.rl.deterministic_tf import Tensor, tf

GROUP = 192
"""Rows of a group: a multiple of every stride, and so few that their products are summed in one go
where the first cache holds 32 KiB, which has room for 288."""

STRIDE = 48
"""A multiple of the 16 and 24 rows that kernels for AVX2 take at once."""


def fill_groups(rows: Tensor) -> Tensor:
    """Return rows ``(n, ...)`` with zeros below, so that they make whole groups."""
    missing = -tf.shape(rows)[0] % GROUP
    return tf.pad(rows, [[0, missing], *([0, 0] for _ in rows.shape[1:])])


@tf.custom_gradient  # type: ignore[untyped-decorator]
def multiply(rows: Tensor, kernel: Tensor) -> Any:
    """Return the product of rows float32 ``(n, a)`` in whole groups with a kernel ``(a, b)``.

    ``a`` and ``b`` are no larger than a group.
    """
    kernel = tf.convert_to_tensor(kernel)

    def differentiate(upstream: Tensor, variables: Any = None) -> Any:
        del variables
        outer = _multiply_columns(rows, upstream)
        return tf.matmul(upstream, kernel, transpose_b=True), outer

    return tf.matmul(rows, kernel), differentiate


def _multiply_columns(left: Tensor, right: Tensor) -> Tensor:
    """Return the transpose of left ``(n, a)`` times right ``(n, b)``, group by group."""
    width = left.shape[1]
    left = tf.pad(left, [[0, 0], [0, -width % STRIDE]])
    groups = [tf.reshape(rows, [-1, GROUP, rows.shape[1]]) for rows in (left, right)]
    return tf.reduce_sum(tf.matmul(*groups, transpose_a=True), 0)[:width]

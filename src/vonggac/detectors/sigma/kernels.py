"""The inner loops of boolean algebra over sets of rows.

A set of rows is a row of a table of 64-bit words, one bit per event.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

PUSH, PUSH_NOT, AND_ITEM, AND_NOT_ITEM, OR_ITEM, OR_NOT_ITEM, AND, OR, JUMP_IF_EMPTY = range(9)


@njit(cache=True)
def mark_rows(rows: NDArray[np.int32], words: NDArray[np.uint64]) -> None:
    """Set the bits of ``rows`` in ``words``."""
    for i in range(len(rows)):
        words[rows[i] >> 6] |= np.uint64(1) << np.uint64(rows[i] & 63)


@njit(cache=True)
def rows_of(words: NDArray[np.uint64]) -> NDArray[np.int32]:
    """The rows of a set, ascending."""
    found = np.empty(64 * len(words), np.int32)
    n = 0
    for w in range(len(words)):
        word = words[w]
        if word:
            for b in range(64):
                if (word >> np.uint64(b)) & np.uint64(1):
                    found[n] = 64 * w + b
                    n += 1
    return found[:n].copy()


@njit(cache=True)
def inside(rows: NDArray[np.int32], words: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Which of ``rows`` are in a set."""
    found = np.empty(len(rows), np.int64)
    n = 0
    for i in range(len(rows)):
        if (words[rows[i] >> 6] >> np.uint64(rows[i] & 63)) & np.uint64(1):
            found[n] = i
            n += 1
    return found[:n].copy()


@njit(cache=True)
def join_entries(
    active: NDArray[np.int32],
    first: int,
    n_active: int,
    starts: NDArray[np.int32],
    items_of: NDArray[np.int32],
    item_slots: NDArray[np.int32],
    shared: NDArray[np.bool_],
    bits: NDArray[np.uint64],
    n_slots: int,
) -> int:
    """Give every item the union of its entries' rows; returns the new number of slots in use.

    An item of one active entry shares that entry's slot; with a second one it gets a slot of its own.
    """
    for i in range(first, n_active):
        e = active[i]
        for k in range(starts[e], starts[e + 1]):
            item = items_of[k]
            slot = item_slots[item]
            if slot < 0:
                item_slots[item] = i
                shared[item] = True
            elif shared[item]:
                for w in range(bits.shape[1]):
                    bits[n_slots, w] = bits[slot, w] | bits[i, w]
                item_slots[item] = n_slots
                shared[item] = False
                n_slots += 1
            else:
                for w in range(bits.shape[1]):
                    bits[slot, w] |= bits[i, w]
    return n_slots


@njit(cache=True)
def _apply(
    op: int,
    top: NDArray[np.uint64],
    item: int,
    item_slots: NDArray[np.int32],
    deferred: NDArray[np.int8],
    exact_slots: NDArray[np.int32],
    exact: bool,
    bits: NDArray[np.uint64],
) -> None:
    """``top = top op item`` for the four operations on an item; the upper bound of a deferred one unless ``exact``."""
    negated = op == AND_NOT_ITEM or op == OR_NOT_ITEM
    is_and = op == AND_ITEM or op == AND_NOT_ITEM
    ones = False
    slot = item_slots[item]
    if deferred[item]:
        if exact:
            slot = exact_slots[item]
        elif negated or deferred[item] == 2:
            ones = True
    if not ones and slot < 0:
        ones = negated
        if not negated:
            if is_and:
                for w in range(len(top)):
                    top[w] = np.uint64(0)
            return
    if ones:
        if not is_and:
            for w in range(len(top)):
                top[w] = ~np.uint64(0)
        return
    for w in range(len(top)):
        word = bits[slot, w]
        if negated:
            word = ~word
        if is_and:
            top[w] &= word
        else:
            top[w] |= word


@njit(cache=True)
def evaluate(
    program: NDArray[np.int32],
    start: int,
    end: int,
    base: NDArray[np.uint64],
    stack: NDArray[np.uint64],
    item_slots: NDArray[np.int32],
    deferred: NDArray[np.int8],
    exact_slots: NDArray[np.int32],
    exact: bool,
    bits: NDArray[np.uint64],
) -> bool:
    """Run ``program[start:end]`` (pairs of operation and argument) over ``base``; the result is ``stack[0]``.

    Returns whether any row is left. Unless ``exact``, deferred items count as their upper bound, so that the result
    holds every row of the exact one.
    """
    top = 0
    n_words = stack.shape[1]
    for w in range(n_words):
        stack[0, w] = base[w]
    pc = start
    while pc < end:
        op = program[pc]
        argument = program[pc + 1]
        pc += 2
        if op == JUMP_IF_EMPTY:
            if not _any(stack[top]):
                pc = argument
        elif op == AND:
            for w in range(n_words):
                stack[top - 1, w] &= stack[top, w]
            top -= 1
        elif op == OR:
            for w in range(n_words):
                stack[top - 1, w] |= stack[top, w]
            top -= 1
        else:
            if op == PUSH or op == PUSH_NOT:
                top += 1
                for w in range(n_words):
                    stack[top, w] = np.uint64(0)
                op = OR_ITEM if op == PUSH else OR_NOT_ITEM
            _apply(op, stack[top], argument, item_slots, deferred, exact_slots, exact, bits)
    return _any(stack[0])


@njit(cache=True)
def _any(words: NDArray[np.uint64]) -> bool:
    for w in range(len(words)):
        if words[w]:
            return True
    return False


@njit(cache=True)
def run_rules(
    rules: NDArray[np.int32],
    program: NDArray[np.int32],
    starts: NDArray[np.int32],
    bases: NDArray[np.int32],
    base_bits: NDArray[np.uint64],
    base_live: NDArray[np.bool_],
    stack: NDArray[np.uint64],
    item_slots: NDArray[np.int32],
    deferred: NDArray[np.int8],
    exact_slots: NDArray[np.int32],
    bits: NDArray[np.uint64],
    found: NDArray[np.int32],
    found_bits: NDArray[np.uint64],
) -> int:
    """Evaluate ``rules``; those with rows left go to ``found`` with their rows in ``found_bits``; returns how many."""
    n = 0
    exact = False
    for i in range(len(rules)):
        rule = rules[i]
        base = bases[rule]
        if base_live[base] and evaluate(
            program,
            starts[rule],
            starts[rule + 1],
            base_bits[base],
            stack,
            item_slots,
            deferred,
            exact_slots,
            exact,
            bits,
        ):
            found[n] = rule
            for w in range(stack.shape[1]):
                found_bits[n, w] = stack[0, w]
            n += 1
    return n

"""The inner loops: finding all literals of all rules in a column, and boolean algebra over sets of rows.

A set of rows is a row of a table of 64-bit words, one bit per event. Literals are found by their *keys*, a few bytes of
each, and then compared whole. Keys live in tries that share one table of transitions ``nxt``. A *state* is twice the place
of a node's first transition, plus one when keys end there, so that a step is one load and one test:
``state = nxt[(state >> 1) + class_of[byte]]``. State 0 is dead. ASCII case is folded by ``class_of`` itself, and all bytes
over 127 are one class: the comparison tells them apart. Per field there are up to three tries: forward (prefixes),
backward (exact values and suffixes) and Aho-Corasick (substrings; Aho and Corasick, CACM 18(6), 1975), whose ``outlink``
leads to the next shorter key that ends here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

EXACT, PREFIX, SUFFIX, CONTAINS = 0, 1, 2, 3
TOKEN_MULTI, TOKEN_SINGLE = -1, -2

PUSH, PUSH_NOT, AND_ITEM, AND_NOT_ITEM, OR_ITEM, OR_NOT_ITEM, AND, OR, JUMP_IF_EMPTY = range(9)


@njit(cache=True)
def build_tries(
    keys: NDArray[np.uint8],
    bounds: NDArray[np.int64],
    modes: NDArray[np.int8],
    fields: NDArray[np.int32],
    n_fields: int,
    class_of: NDArray[np.uint8],
    n_classes: int,
    capacity: int,
) -> Any:
    """Build the tries of all fields.

    Key i is ``keys[bounds[i]:bounds[i + 1]]`` (folded; reversed for exact values and suffixes), for field ``fields[i]``
    in mode ``modes[i]``. Returns (roots[n_fields, 3], nxt, head, next_entry, outlink): ``roots`` and ``nxt`` hold states;
    ``head[node]`` is the first entry that ends at a node, -1 none; ``next_entry`` chains the others.
    """
    n = len(modes)
    roots = np.zeros((n_fields, 3), np.int32)
    nxt = np.zeros(capacity * n_classes, np.int32)
    head = np.full(capacity, -1, np.int32)
    next_entry = np.full(n, -1, np.int32)
    n_nodes = 1
    for e in range(n):
        mode = modes[e]
        kind = 0 if mode == PREFIX else (2 if mode == CONTAINS else 1)
        node = roots[fields[e], kind]
        if node == 0:
            node = n_nodes
            n_nodes += 1
            roots[fields[e], kind] = node
        for j in range(bounds[e], bounds[e + 1]):
            at = node * n_classes + class_of[keys[j]]
            child = nxt[at]
            if child == 0:
                child = n_nodes
                n_nodes += 1
                nxt[at] = child
            node = child
        next_entry[e] = head[node]
        head[node] = e
    outlink = np.zeros(n_nodes, np.int32)
    fail = np.zeros(n_nodes, np.int32)
    queue = np.empty(n_nodes, np.int32)
    for f in range(n_fields):
        root = roots[f, 2]
        if root:
            _close(root, nxt, n_classes, head, outlink, fail, queue)
    states = np.zeros(n_nodes, np.int32)
    for node in range(1, n_nodes):
        states[node] = 2 * node * n_classes + (1 if head[node] >= 0 or outlink[node] else 0)
    packed = np.empty(n_nodes * n_classes, np.int32)
    for at in range(len(packed)):
        packed[at] = states[nxt[at]]
    for f in range(n_fields):
        for kind in range(3):
            roots[f, kind] = states[roots[f, kind]]
    return roots, packed, head[:n_nodes].copy(), next_entry, outlink


@njit(cache=True)
def _close(
    root: int,
    nxt: NDArray[np.int32],
    n_classes: int,
    head: NDArray[np.int32],
    outlink: NDArray[np.int32],
    fail: NDArray[np.int32],
    queue: NDArray[np.int32],
) -> None:
    """Turn the trie below ``root`` into the automaton: every transition defined, failures resolved."""
    first = 0
    last = 0
    for c in range(n_classes):
        child = nxt[root * n_classes + c]
        if child == 0:
            nxt[root * n_classes + c] = root
        else:
            fail[child] = root
            queue[last] = child
            last += 1
    while first < last:
        node = queue[first]
        first += 1
        back = fail[node]
        outlink[node] = back if head[back] >= 0 else outlink[back]
        for c in range(n_classes):
            child = nxt[node * n_classes + c]
            if child == 0:
                nxt[node * n_classes + c] = nxt[back * n_classes + c]
            else:
                fail[child] = nxt[back * n_classes + c]
                queue[last] = child
                last += 1


@njit(cache=True)
def glob_match(
    data: NDArray[np.uint8], a: int, b: int, tokens: NDArray[np.int32], p: int, end: int, fold_ascii: int
) -> bool:
    """Whether ``data[a:b]`` is ``tokens[p:end]``: -1 any characters, -2 one character, else a length and its bytes."""
    i = a
    star_p = -1
    star_i = 0
    while True:
        ok = False
        if p == end:
            if i == b:
                return True
        elif tokens[p] == TOKEN_MULTI:
            star_p = p + 1
            star_i = i
            p += 1
            if p == end:
                return True
            ok = True
        elif tokens[p] == TOKEN_SINGLE:
            if i < b:
                i = _next_character(data, i, b)
                p += 1
                ok = True
        else:
            n = tokens[p]
            if i + n <= b:
                same = True
                for j in range(n):
                    byte = data[i + j]
                    if fold_ascii == 1 and 65 <= byte <= 90:
                        byte += 32
                    if byte != tokens[p + 1 + j]:
                        same = False
                        break
                if same:
                    i += n
                    p += n + 1
                    ok = True
        if not ok:
            if star_p < 0 or star_i >= b:
                return False
            star_i = _next_character(data, star_i, b)
            i = star_i
            p = star_p


@njit(cache=True)
def _next_character(data: NDArray[np.uint8], i: int, b: int) -> int:
    i += 1
    while i < b and (data[i] & 0xC0) == 0x80:
        i += 1
    return i


@njit(cache=True)
def _confirm(
    data: NDArray[np.uint8], a: int, b: int, found: int, mode: int, literals: NDArray[np.uint8], first: int, last: int
) -> bool:
    """Whether the whole literal ``literals[first:last]`` stands where its key was found in the value ``data[a:b]``.

    ``found``: the position after the key, of a substring; a substring's key is its last bytes.
    """
    length = last - first
    if mode == CONTAINS:
        start = found - length
    elif mode == PREFIX:
        start = a
    else:
        start = b - length
    if start < a or start + length > b or (mode == EXACT and start != a):
        return False
    for j in range(length - 1, -1, -1):
        byte = data[start + j]
        if 65 <= byte <= 90:
            byte += 32
        if byte != literals[first + j]:
            return False
    return True


@njit(cache=True)
def scan(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    plain: NDArray[np.uint8],
    plain_offsets: NDArray[np.int64],
    rows: NDArray[np.int32],
    wanted: NDArray[np.uint64],
    roots: NDArray[np.int32],
    nxt: NDArray[np.int32],
    n_classes: int,
    class_of: NDArray[np.uint8],
    head: NDArray[np.int32],
    next_entry: NDArray[np.int32],
    outlink: NDArray[np.int32],
    modes: NDArray[np.int8],
    literals: NDArray[np.uint8],
    bounds: NDArray[np.int64],
    programs: NDArray[np.int64],
    cased: NDArray[np.bool_],
    tokens: NDArray[np.int32],
    slots: NDArray[np.int32],
    bits: NDArray[np.uint64],
    active: NDArray[np.int32],
    n_active: int,
) -> int:
    """Set the bits of every entry found in a column; returns the new number of active entries.

    ``data, offsets``: folded values; ``plain, plain_offsets``: the same values as they are. Only rows with a bit in
    ``wanted`` are looked at. ``programs[e]:programs[e + 1]`` are the tokens that entry e's value must be, empty when
    finding the literal is enough.
    """
    found = np.empty(16, np.int64)  # (state, position) of the keys met in one value, resolved when full or at its end
    n_found = 0
    for v in range(len(rows)):
        row = rows[v]
        if not wanted[row >> 6] & (np.uint64(1) << np.uint64(row & 63)):
            continue
        a = offsets[v]
        b = offsets[v + 1]
        for direction in range(3):
            state = roots[direction]
            if state == 0:
                continue
            at = a
            while True:
                if state & 1:
                    found[n_found] = state
                    found[n_found + 1] = at
                    n_found += 2
                    if n_found == len(found):
                        n_active = _resolve(
                            found,
                            n_found,
                            direction,
                            v,
                            row,
                            data,
                            offsets,
                            plain,
                            plain_offsets,
                            n_classes,
                            head,
                            next_entry,
                            outlink,
                            modes,
                            literals,
                            bounds,
                            programs,
                            cased,
                            tokens,
                            slots,
                            bits,
                            active,
                            n_active,
                        )
                        n_found = 0
                if at == b:
                    break
                if direction == 1:
                    state = nxt[(state >> 1) + class_of[data[b - 1 - (at - a)]]]
                else:
                    state = nxt[(state >> 1) + class_of[data[at]]]
                at += 1
                if direction == 2:
                    while at < b and not state & 1:
                        state = nxt[(state >> 1) + class_of[data[at]]]
                        at += 1
                elif state == 0:
                    break
            if n_found:
                n_active = _resolve(
                    found,
                    n_found,
                    direction,
                    v,
                    row,
                    data,
                    offsets,
                    plain,
                    plain_offsets,
                    n_classes,
                    head,
                    next_entry,
                    outlink,
                    modes,
                    literals,
                    bounds,
                    programs,
                    cased,
                    tokens,
                    slots,
                    bits,
                    active,
                    n_active,
                )
                n_found = 0
    return n_active


@njit(cache=True)
def _resolve(
    found: NDArray[np.int64],
    n_found: int,
    direction: int,
    v: int,
    row: int,
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    plain: NDArray[np.uint8],
    plain_offsets: NDArray[np.int64],
    n_classes: int,
    head: NDArray[np.int32],
    next_entry: NDArray[np.int32],
    outlink: NDArray[np.int32],
    modes: NDArray[np.int8],
    literals: NDArray[np.uint8],
    bounds: NDArray[np.int64],
    programs: NDArray[np.int64],
    cased: NDArray[np.bool_],
    tokens: NDArray[np.int32],
    slots: NDArray[np.int32],
    bits: NDArray[np.uint64],
    active: NDArray[np.int32],
    n_active: int,
) -> int:
    """Set the bits of the entries whose keys were met and that hold; returns the new number of active entries."""
    word = row >> 6
    bit = np.uint64(1) << np.uint64(row & 63)
    a = offsets[v]
    b = offsets[v + 1]
    for k in range(0, n_found, 2):
        node = (found[k] >> 1) // n_classes
        out = node if head[node] >= 0 else outlink[node]
        while out:
            e = head[out]
            while e >= 0:
                slot = slots[e]
                if (slot < 0 or not bits[slot, word] & bit) and _confirm(
                    data, a, b, found[k + 1], modes[e], literals, bounds[e], bounds[e + 1]
                ):
                    p, end = programs[e], programs[e + 1]
                    hit = p == end
                    if not hit:
                        if cased[e]:
                            hit = glob_match(plain, plain_offsets[v], plain_offsets[v + 1], tokens, p, end, 0)
                        else:
                            hit = glob_match(data, a, b, tokens, p, end, 1)
                    if hit:
                        if slot < 0:
                            slot = n_active
                            slots[e] = slot
                            active[n_active] = e
                            n_active += 1
                            for w in range(bits.shape[1]):
                                bits[slot, w] = np.uint64(0)
                        bits[slot, word] |= bit
                e = next_entry[e]
            out = outlink[out] if direction == 2 else 0
    return n_active


@njit(cache=True)
def beyond_ascii(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which values have a byte over 127."""
    found = np.empty(len(offsets) - 1, np.int64)
    n = 0
    for v in range(len(offsets) - 1):
        union = np.uint8(0)
        for i in range(offsets[v], offsets[v + 1]):
            union |= data[i]
        if union & 0x80:
            found[n] = v
            n += 1
    return found[:n]


@njit(cache=True)
def mark_rows(rows: NDArray[np.int32], words: NDArray[np.uint64]) -> None:
    """Set the bits of ``rows`` in ``words``."""
    for i in range(len(rows)):
        words[rows[i] >> 6] |= np.uint64(1) << np.uint64(rows[i] & 63)


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

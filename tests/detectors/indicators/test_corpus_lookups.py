"""Real lists against plain sets and ``ipaddress``."""

from __future__ import annotations

import ipaddress
import os
import random
from pathlib import Path

import numpy as np
import pytest

from vonggac.detectors.indicators.addresses import AddressIndex
from vonggac.detectors.indicators.domains import DomainIndex

CORPORA = Path(os.environ.get("VONGGAC_CORPORA", Path(__file__).parents[4] / "shared" / "data")) / "ioc"
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPORA.is_dir(), reason=f"no corpora in {CORPORA}: set VONGGAC_CORPORA"),
]


def test_addresses_and_networks() -> None:
    listed = [line.split()[0] for line in (CORPORA / "ipsum" / "3.txt").read_text().splitlines() if line[:1].isdigit()]
    blocks = (CORPORA / "vn-networks" / "ipv4.cidr").read_text().split()
    index = AddressIndex.of_texts([*listed, *blocks])
    networks = [ipaddress.ip_network(block) for block in blocks]
    known = set(listed)
    draw = random.Random(1)
    asked = draw.sample(listed, 300) + [
        str(net[draw.randrange(net.num_addresses)]) for net in draw.sample(networks, 200)
    ]
    asked += [str(ipaddress.IPv4Address(draw.randrange(1 << 32))) for _ in range(300)]
    found = index.find4(np.array([int(ipaddress.ip_address(text)) for text in asked], np.uint32))
    for text, segment in zip(asked, found.tolist(), strict=True):
        covering = {index.entries[number] for number in index.covering(segment)} if segment >= 0 else set()
        one = ipaddress.ip_address(text)
        expected = ({text} if text in known else set()) | {str(net) for net in networks if one in net}
        assert len(covering) == len(expected), text


def test_domains() -> None:
    names = list(dict.fromkeys(
        line.split()[1].lower() for line in (CORPORA / "hostsvn" / "hosts").read_text("utf-8").splitlines()
        if line[:1].isdigit() and len(line.split()) > 1
    ))  # fmt: skip
    index, known = DomainIndex.of(names), {name: number for number, name in enumerate(names)}
    for name in random.Random(1).sample(names, 2000):
        for asked in (name, "a." + name.upper(), "x" + name):
            parts = asked.lower().split(".")
            suffixes = [".".join(parts[n:]) for n in range(len(parts))]
            assert index.find_text(asked) == [known[one] for one in suffixes if one in known]

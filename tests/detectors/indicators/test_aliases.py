"""Names of malware."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.detectors.indicators.aliases import resolve, table
from vonggac.jobs.priority import default


@pytest.mark.parametrize(
    ("name", "family", "kind"),
    [
        ("mirai", "Mirai", "botnet"), ("MIRAI ", "Mirai", "botnet"), ("Backdoor:Linux/Mirai.B!MTB", "Mirai", "botnet"),
        ("Win32/Sality", "Sality", "worm"), ("Pinkslipbot", "Qakbot", "banker"), ("Downadup", "Conficker", "worm"),
        ("Kido", "Conficker", "worm"), ("Gamarue", "Andromeda", "loader"), ("Heodo", "Emotet", "loader"), ("ISFB", "Gozi", "banker"),
        ("cobalt-strike", "CobaltStrike", "backdoor"), ("Bladabindi", "njRAT", "backdoor"), ("Korplug", "PlugX", "apt"),
        ("Socks5 Systemz", "Socks5Systemz", "proxy"), ("botnet Mozi", "Mozi", "botnet"), ("Mã độc Mirai", "Mirai", "botnet"),
        ("Ransom.Unheard", "Ransom.Unheard", "ransomware"), ("Unheard Stealer", "Unheard Stealer", "stealer"),
        ("Trojan.Generic", "Trojan.Generic", "unknown"), ("", "", "unknown"), ("mira", "mira", "unknown"),
    ],
)  # fmt: skip
def test_names(name, family, kind):
    assert resolve(name) == (family, kind)


def test_every_kind_is_a_class_of_the_priorities():
    assert {malware.kind for malware in table().values()} <= set(default().classes)


def test_every_family_is_found_under_its_own_name():
    for malware in set(table().values()):
        assert resolve(malware.family) == malware


@given(st.text(max_size=80))
def test_any_text_has_a_family_and_resolving_twice_changes_nothing(name):
    found = resolve(name)
    assert resolve(found.family).family == found.family
    assert found.kind in default().classes

"""What rules cost, what they find, and which could match nothing: measured on small logs."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.detectors.sigma import SigmaDetector, compile_rules
from vonggac.detectors.sigma.coverage import could_match
from vonggac.events.batch import EventBatch
from vonggac.jobs.rule_stats import REASONS, RuleCost, measure
from vonggac.jobs.scan import Reading

ACCESS = b'192.0.2.%d - - [14/Feb/2026:08:00:00 +0700] "GET /%s HTTP/1.1" 200 17 "-" "curl/8"\n'
RULE = "title: {title}\nlogsource: {{{source}}}\ndetection: {{s: {{{what}}}, n: {{nothing: x}}, condition: {condition}}}\n---\n"


def rule(title: str, what: str, source: str = "category: webserver", condition: str = "s") -> str:
    return RULE.format(title=title, what=what, source=source, condition=condition)


def costs(text: str, log: bytes, source: str = "web_access") -> dict[str, RuleCost]:
    ruleset = compile_rules([("rules.yml", text.removesuffix("---\n"))])
    assert list(ruleset.faults) == []
    found = measure([("a.log", io.BytesIO(log))], ruleset, Reading(source=source))
    assert found.summary.n_events == log.count(b"\n")
    return {cost.info.title: cost for cost in found.rules}


LOG = b"".join(ACCESS % (n, b"shell.php" if n % 10 == 0 else b"a") for n in range(100))


def test_findings_events_and_values_are_counted() -> None:
    found = costs(
        rule("literal", "cs-uri-stem|endswith: shell.php")
        + rule("costly", "cs-uri-stem|re: 'sh[e]ll'")
        + rule("behind", "cs-uri-stem|re: 'sh[e]ll', cs-method: POST"),
        LOG,
    )
    assert {title: (cost.n_findings, cost.n_events) for title, cost in found.items()} == {
        "literal": (10, 100), "costly": (10, 100), "behind": (0, 100),
    }  # fmt: skip
    assert (found["literal"].n_literals, found["literal"].n_costly, found["literal"].n_values) == (1, 0, 0)
    assert (found["costly"].n_costly, found["costly"].n_values >= 10) == (1, True)
    assert found["costly"].costly_s > 0
    assert found["literal"].costly_s == 0
    assert all(cost.share_s > 0 for cost in found.values())


def test_a_costly_leaf_that_many_values_reach_costs_more() -> None:
    found = costs(
        rule("many", "c-ip|cidr: 198.51.100.0/24") + rule("few", "c-ip|cidr: 203.0.113.0/24, cs-uri-stem: /none"), LOG
    )
    assert found["many"].n_values == 100
    assert found["few"].n_values == 0
    assert found["many"].costly_s > found["few"].costly_s == 0


def test_what_could_match_nothing_is_named_with_the_reason() -> None:
    found = costs(
        rule("fits", "cs-uri-stem: /never-asked")
        + rule("windows", "a: b", "product: windows")
        + rule("no field", "absent: x")
        + rule("one of two", "absent: x, cs-method: GET")
        + rule("negated", "absent: x", condition="not s")
        + rule("either", "cs-method: PUT", condition="s or n")
        + rule("alias", "c-useragent: nothing")
        + rule("keyword", "'|contains': x").replace("{'|contains': x}", "[word]"),
        LOG,
    )
    assert {title: cost.never for title, cost in found.items()} == {
        "fits": "", "windows": "no_source", "no field": "no_fields", "one of two": "no_fields", "negated": "", "either": "",
        "alias": "", "keyword": "",
    }  # fmt: skip


def test_no_event_of_the_log_source_is_another_reason() -> None:
    found = costs(
        rule("sshd", "message: x", "product: linux, service: sshd") + rule("any", "message: x", "product: linux"),
        b"Nov 20 01:02:03 cong-01 cron[1]: x\n",
        "syslog",
    )
    assert {title: cost.never for title, cost in found.items()} == {"sshd": "no_events", "any": ""}


def test_rules_behind_correlations_are_measured_too() -> None:
    found = costs(
        "title: many\ncorrelation: {type: event_count, rules: [base], timespan: 1m, condition: {gte: 3}}\n---\n"
        + rule("literal", "cs-uri-stem|endswith: shell.php").replace("title: literal", "title: literal\nname: base"),
        LOG,
    )
    assert found["literal"].n_findings == 10


NAMES = ("a", "b", "c")
CONDITIONS = st.recursive(
    st.sampled_from(
        [["glob", name, [text], 0] for name in NAMES for text in ("x", "y")] + [["any", name] for name in NAMES]
    ),
    lambda inner: st.one_of(
        st.tuples(st.just("not"), inner).map(list),
        st.tuples(st.sampled_from(["and", "or"]), inner, inner).map(list),
        st.tuples(st.just("is"), st.just("s"), inner).map(list),
    ),
    max_leaves=6,
)
EVENTS = st.lists(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["x", "y"])), min_size=1, max_size=6)


@given(CONDITIONS, EVENTS)
def test_a_rule_that_is_said_to_match_nothing_matches_nothing(condition: list, events: list[dict[str, str]]) -> None:
    ruleset = compile_rules([("r", rule("r", "a: x", "product: linux").removesuffix("---\n"))])
    changed = type(ruleset.rules[0])(ruleset.rules[0].info, ruleset.rules[0].logsource, condition, "r")
    batch = EventBatch.from_dicts("syslog", enumerate(events, 1))
    hits = SigmaDetector(type(ruleset)([changed]), route=False).detect(batch)
    present = {name for event in events for name in event}
    if hits:
        assert could_match(condition, present.__contains__)


@pytest.mark.corpus
def test_no_rule_that_found_something_is_said_to_match_nothing(corpora) -> None:
    texts = [
        (str(path), path.read_text("utf-8")) for path in sorted((corpora / "sigma" / "rules" / "web").rglob("*.yml"))
    ]
    ruleset = compile_rules(texts)
    with (corpora / "logs" / "apache" / "access.log").open("rb") as stream:
        found = measure([("access.log", stream)], ruleset, Reading())
    assert sum(cost.n_findings for cost in found.rules) > 10
    assert [cost.info.title for cost in found.rules if cost.never and cost.n_findings] == []
    assert {cost.never for cost in found.rules} - {""} <= REASONS.keys()
    assert sum(cost.seconds for cost in found.rules) == pytest.approx(found.judging_s, rel=0.05)

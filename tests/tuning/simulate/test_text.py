"""What is printed: the whole of an outage, and the sentences of other ends."""

import dataclasses
from typing import Any

import pytest

from tests.tuning.simulate.examples import a_mended_outage, a_quiet_answer, an_outage
from tuning.simulate.answer import Executions, Shade
from tuning.simulate.table import differences
from tuning.simulate.text import report, report_against
from tuning.simulate.verdict import verdict

OUTAGE = """\
Promise broken: of 36,000 acknowledged requests 28,105 got a picture, 6,914 were told why not, 841 were lost and 140 \
could not be reached at any time; it recovered 6 min 42 s after the fault; at most 10,000 of 10,000 executions at \
once; $141.52 at the prices of 2026-04-10.

requests            sent 36,000 · refused 0 · acknowledged 36,000
replies             pictures 28,105 · told why not 6,914 · late 0 · lost 841 · unreachable 140 · shown twice 0
time to reply       p50 41 s · p95 10 min 44 s · p99 13 min 1 s · max 13 min 49 s
recovered           after the fault 6 min 42 s
calls a request     generate 14.3 · reply 13.9
executions          at once 10,000 · queued 14,120 · steps a request 212
create-image-queue  waiting at once 212 · longest wait 5.3 s
instances           at once 4 · hours 2.6
cost                total $141.52 · for a million $3,931 · Workflows $141.20 · App Engine $0.26 · Cloud Tasks $0.06

                       ├─ Discord down ─┤
arrivals       ██████████████████████████▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁  40/s at most
in the queues  ██████████████████████████▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁  212 at most
queued         ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▂▂▃▃▄▅▅▆▇▇██▇▆▅▅▄▃▂▂▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁  14,120 at most
asleep         ▁▁▁▁▁▁▁▁▂▂▃▄▅▆▇█████████████████████▆▅▄▃▂▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁  9,940 at most
executions     ▂▂▂▂▂▂▂▂▂▂▃▄▅▆▇█████████████████████▆▅▄▃▂▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁  10,000 of 10,000 at most
instances      ████████████████████████████████████████████████████████████  4 at most
errors         ▁▁▁▁▁▁▁▁▂▂▂▂▃▃▄▄▄▅▅▆▆▆▇▇██▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁  953/s at most
p95 to reply   ▁▁▁▁▁▁▁▁█████████▇▇▇▇▇▇▇▆▆                                    0.96 s to 10 min 31 s, log scale
               0                                                     35 min"""

LIMITS = {"executions": 10_000, "queued": 100_000}

DIFFERENT = """\
                                           before        after   difference    90 % of the seeds
replies: pictures                          28,105       35,860       +7,755                       better
replies: told why not                       6,914            0       −6,914                       better
replies: lost                                 841            0         −841          −900 … −700  better
time to reply: p50                           41 s         38 s         −3 s                       better
time to reply: p95                    10 min 44 s   9 min 50 s        −54 s                       better
time to reply: p99                     13 min 1 s  10 min 55 s   −2 min 6 s  −2 min 10 s … +12 s
"""


def test_an_answer_is_a_sentence_a_table_and_sparklines_below_the_outage() -> None:
    assert report(an_outage()) == OUTAGE


def test_two_answers_stand_side_by_side_with_their_differences() -> None:
    bands = {("lost",): (-900.0, -700.0), ("s_to_reply", "p99"): (-130.0, 12.0)}
    printed = report_against(an_outage(), a_mended_outage(), ("before", "after"), bands)
    assert DIFFERENT in printed
    assert "The same in both: requests sent 36,000, requests refused 0" in printed
    assert "\nreply-discord-queue: waiting at once            –       23,900            –\n" in printed
    assert printed.startswith("Promise kept: of 36,000 acknowledged requests 35,860 got a picture and 140 could not")
    assert " With before: promise broken: of 36,000" in printed
    assert printed.count("Discord down") == 2


def test_a_difference_whose_band_holds_zero_is_neither_better_nor_worse() -> None:
    found = {one.row.path: one for one in differences(an_outage(), a_mended_outage(), {("lost",): (-900.0, 3.0)})}
    assert found["lost",].verdict == "same"
    assert found["pictures",].verdict == "better"
    assert found["cost_usd", "Cloud Tasks"].verdict == "worse"
    assert found["unreachable",].is_equal


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "Promise kept: each of 36,000 acknowledged requests got its picture; at most 29 of 10,000 executions"),
        ({"refused": 12}, "got its picture (12 were refused at once); at most"),
        ({"pictures": 35_990, "late": 10}, "35,990 got a picture and 10 came late, from the bot; at most"),
        ({"duplicates": 2, "kept": False}, "Promise broken: of 36,000 acknowledged requests 36,000 got a picture and"),
        ({"acknowledged": 0, "pictures": 0, "refused": 36_000}, "no request was acknowledged (36,000 were refused"),
        ({"limits": {}}, "got its picture; $3.10 at the prices of 2026-04-10."),
        ({"executions": Executions(50, 90_000, 8.0), "limits": LIMITS}, "at most 90,000 of 100,000 executions queued"),
    ],
)
def test_the_sentence_says_how_the_requests_ended(changed: dict[str, Any], said: str) -> None:
    assert said in verdict(dataclasses.replace(a_quiet_answer(), **changed))


@pytest.mark.parametrize(
    ("after_s", "said"),
    [(None, "it did not recover after the fault"), (0.0, "as soon as the fault ended"), (61, "1 min 1 s after the")],
)
def test_the_sentence_says_when_it_recovered(after_s: float | None, said: str) -> None:
    assert said in verdict(dataclasses.replace(an_outage(), recovered_after_s=after_s))


def test_a_fault_that_outlasts_the_load_says_nothing_of_the_recovery() -> None:
    answer = dataclasses.replace(an_outage(), recovered_after_s=0.0, faults=[Shade(300, 9_000, "down")])
    assert "; no request came after the fault; at most" in verdict(answer)


def test_without_a_fault_nothing_is_said_of_recovery() -> None:
    assert "recover" not in verdict(a_quiet_answer())


def test_a_fault_after_the_last_reply_is_not_marked() -> None:
    faults = [Shade(300, 9_000, "down"), Shade(8_000, 9_000, "down again")]
    printed = report(dataclasses.replace(an_outage(), faults=faults))
    assert "─ down ─" in printed
    assert "─→\n" in printed
    assert "down again" not in printed


def test_a_bill_of_many_items_is_summed_by_service() -> None:
    items = {
        "functions_vcpu": 0.5,
        "functions_memory": 0.25,
        "storage_write": 1.0,
        "total": 1.75,
        "per_million": 1750.0,
    }
    printed = report(dataclasses.replace(a_quiet_answer(), cost_usd=items))
    assert "total $1.75 · for a million $1,750 · Cloud Run functions $0.75 · Cloud Storage $1.00\n" in printed


def test_a_long_group_goes_on_below() -> None:
    items = {f"item{number}": 1.0 for number in range(20)} | {"total": 20.0, "per_million": 20.0}
    lines = report(dataclasses.replace(a_quiet_answer(), cost_usd=items)).splitlines()
    (first,) = (number for number, line in enumerate(lines) if line.startswith("cost "))
    assert lines[first + 1].startswith(" " * lines[first].index("total") + "item")
    assert max(map(len, lines[2:])) <= 120

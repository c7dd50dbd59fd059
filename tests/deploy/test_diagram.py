"""The diagram in docs/architecture.md shows workflows/mando.yaml, and any other workflow could be drawn as well."""

import re

import pytest

from deploy.diagram import PAGE, WORKFLOW, diagram_of, page_with
from local.workflows.compile.workflow import compile_workflow
from local.workflows.errors import WorkflowSyntaxError
from tests.conformance.cases import all_cases


def a_main(steps: str) -> str:
    """The diagram of a main with these steps, without its frame: lines, stripped."""
    lines = [line.strip() for line in diagram_of(f"main:\n  steps:\n{steps}").splitlines()]
    return "\n".join(line for line in lines[lines.index('subgraph main["main()"]') :] if line != "direction TB")


def test_the_page_shows_the_workflow_as_it_is() -> None:
    page = PAGE.read_text()
    assert page_with(page, diagram_of(WORKFLOW.read_text())) == page, "run `make docs`"


def test_every_step_of_the_workflow_is_in_it() -> None:
    steps = re.findall(
        r"^ +- (\w+):(?: +#.*)?\n +(?:assign|call|for|return|switch|try|raise):", WORKFLOW.read_text(), re.M
    )
    assert len(steps) > 20
    shown = diagram_of(WORKFLOW.read_text())
    assert [step for step in steps if f"__{step}" not in shown] == []


def test_another_wait_or_condition_is_another_diagram() -> None:
    source = WORKFLOW.read_text()
    shown = diagram_of(source)
    for old, new in (
        ('"code") == 410', '"code") == 411'),
        ("next: as_long_as_it_is_old", "next: permanent"),
        ("max_retries: ${knobs.hiccup_retries}", "max_retries: 3"),
        ("next: draw ", "next: show "),
    ):
        assert old in source
        assert diagram_of(source.replace(old, new, 1)) != shown


def test_a_switch_has_its_conditions_at_its_arrows_and_what_is_otherwise() -> None:
    shown = a_main(
        """
    - choose:
        switch:
          - condition: ${1 < 2}
            next: last
          - condition: ${"a" == "b"}
            return: 5
    - middle: {assign: [{x: 1}]}
    - last: {return: '${x}'}
"""
    )
    assert 'main__choose{"choose"}' in shown
    assert 'main__choose -->|"1. 1 #lt; 2"| main__last' in shown
    assert 'main__choose -->|"2. #quot;a#quot; == #quot;b#quot;"| main__choose__case_2' in shown
    assert 'main__choose__case_2(["return 5"])' in shown
    assert 'main__choose -->|"otherwise"| main__middle' in shown
    assert "main__middle --> main__last" in shown


def test_what_is_tried_again_and_what_catches_are_frames() -> None:
    shown = a_main(
        """
    - call_it:
        try: {call: http.get, args: {url: "https://example.com"}, result: found}
        retry: {predicate: '${http.default_retry_predicate}', max_retries: 3, backoff: {initial_delay: 2}}
        except:
          as: e
          raise: ${e}
    - after: {return: '${found}'}
"""
    )
    title = "retry: predicate<br/>http.default_retry_predicate,<br/>max_retries 3, initial_delay 2"
    assert f'subgraph main__call_it__try["try<br/>{title}"]' in shown
    assert 'found = http.get https://example.com"]' in shown
    assert 'subgraph main__call_it__except["except as e"]' in shown
    assert 'main__call_it__try -.->|"error"| main__call_it__except' in shown
    assert "main__call_it --> main__after" in shown


def test_nothing_leads_on_from_what_never_ends_that_way() -> None:
    shown = a_main(
        """
    - first: {try: {return: 1}, except: {raise: gone}}
    - second: {return: 2}
"""
    )
    assert "main__first -->" not in shown


def test_a_jump_back_to_a_frame_around_is_a_box_that_says_so() -> None:
    shown = a_main(
        """
    - group:
        steps:
          - again: {next: group}
"""
    )
    assert 'main__again__to__main__group(["again: group"])' in shown
    assert "main__again --> main__again__to__main__group" in shown


def test_subworkflows_are_pointed_at_by_calls_and_by_expressions() -> None:
    main = "main:\n  steps:\n    - a: {call: sub}\n    - b: {return: '${1 + sub()}'}\n"
    shown = diagram_of(f"{main}sub:\n  steps:\n    - c: {{return: 1}}\n")
    assert 'main__a[["a<br/>sub"]]' in shown
    assert "main__a -.-> sub" in shown
    assert "main__b -.-> sub" in shown


def test_loops_and_branches_are_frames_and_what_leaves_them_is_drawn() -> None:
    shown = a_main(
        """
    - each:
        for: {value: one, in: '${[1, 2]}', steps: [{stop: {next: break}}]}
    - both:
        parallel:
          branches:
            - left: {steps: [{l: {assign: [{a: 1}]}}]}
            - right: {steps: [{r: {assign: [{b: 1}]}}]}
    - done: {next: end}
"""
    )
    assert 'subgraph main__each["each: for one in [1, 2]"]' in shown
    assert "main__stop --> main__stop__break__0" in shown
    assert 'subgraph main__both__left["left"]' in shown
    assert "main__each --> main__both\nmain__both --> main__done" in shown
    assert 'main__done__end__0(["end"])' in shown


def is_right(source: str) -> bool:
    try:
        compile_workflow(source)
    except WorkflowSyntaxError:
        return False
    return True


def test_any_workflow_is_drawn_with_all_that_its_arrows_name() -> None:
    sources = sorted({case.source for case in all_cases()})
    right = [source for source in sources if len(source) < 20_000 and is_right(source)]
    assert len(right) > 200
    for source in right:
        lines = [line.strip() for line in diagram_of(source).splitlines()]
        ids = [found[1] for line in lines if (found := re.match(r'(?:subgraph )?(\w+)(?:\["|\{"|\[\["|\(\[")', line))]
        arrows = [found for line in lines if (found := re.fullmatch(r'(\w+) -\.?->(?:\|"[^"]*"\|)? (\w+)', line))]
        assert len(ids) == len(set(ids)), source
        assert {one for arrow in arrows for one in arrow.groups()} <= set(ids), source
        assert sum(line.startswith("subgraph ") for line in lines) == lines.count("end"), source
        known = len(ids) + len(arrows) + lines.count("end") + lines.count("direction TB")
        assert known + 2 == len(lines), source  # every line is one of these, but for the two on top


def test_a_text_that_is_no_workflow_is_refused_with_its_place() -> None:
    with pytest.raises(WorkflowSyntaxError, match="unknown function"):
        diagram_of("main:\n  steps:\n    - a: {call: nothing.here}\n")

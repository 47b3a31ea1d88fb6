"""What acts on what, and the loops in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.vensim import make_model
from urbsim.model.graph import Graph, components, graph_of, loop_through, reached, shortest_path


@pytest.fixture
def graph(tmp_path: Path) -> Graph:
    return graph_of(
        make_model(
            tmp_path,
            """
            hares = INTEG(births - deaths, first hares)
            births = hares * fertility
            deaths = hares * lynxes * bite
            lynxes = INTEG(growth - starving, 3)
            growth = hares * lynxes * bite
            starving = lynxes / lynx life
            first hares = 2 * hares at the start
            hares at the start = INITIAL(bite * 4)
            kept = INITIAL(hares)
            doubled = 2 * kept
            fertility = 0.5
            bite = 0.01
            lynx life = 4
            """,
        )
    )


def test_variables_that_act_on_each_other_are_one_component(graph: Graph) -> None:
    (only,) = components(graph)

    assert sorted(only) == ["births", "deaths", "growth", "hares", "lynxes", "starving"]


def test_the_shortest_loop_has_the_sign_of_its_links(graph: Graph) -> None:
    births = loop_through(graph, ["hares", "births"])
    deaths = loop_through(graph, ["hares", "deaths"])
    hunt = loop_through(graph, ["hares", "growth", "lynxes", "deaths"])
    shortest = shortest_path(graph, "lynxes", "lynxes")

    assert births is not None
    assert (births.keys, births.polarity) == (("hares", "births", "hares"), 1)
    assert deaths is not None
    assert deaths.polarity == -1
    assert hunt is not None
    assert hunt.keys == ("hares", "growth", "lynxes", "deaths", "hares")
    assert hunt.polarity == -1  # the cycle of hunter and prey
    assert shortest is not None
    assert len(shortest.keys) == 3


def test_what_is_read_at_the_start_only_closes_no_loop(graph: Graph) -> None:
    assert shortest_path(graph, "hares", "kept") is None
    assert shortest_path(graph, "first hares", "hares") is None
    assert loop_through(graph, ["hares", "doubled"]) is None
    assert "first hares" in graph.causes["hares"]


def test_a_constant_reaches_what_is_computed_from_it(graph: Graph) -> None:
    steps = reached(graph, ["lynx life"])

    assert steps["starving"] == 1
    assert steps["hares"] == 4
    assert "fertility" not in steps

from __future__ import annotations

from urbsim.errors import suggestion


def test_a_few_names_are_listed_and_many_are_pointed_to() -> None:
    names = [f"lever_{i}" for i in range(20)]

    assert suggestion("x", names[:2]) == "known names: lever_0, lever_1"
    assert suggestion("x", names, "`urbsim list levers`") == (
        "known names: lever_0, lever_1, lever_2, lever_3, … see `urbsim list levers`"
    )
    assert suggestion("x", []) == "there are none"
    assert suggestion("LEVER_7", names, "`urbsim list levers`").startswith("did you mean 'lever_7")

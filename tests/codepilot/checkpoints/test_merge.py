"""Two changes of one text: both, where they do not touch."""

from hypothesis import given
from hypothesis import strategies as st

from codepilot.checkpoints.merge import merged

BASE = "1\n2\n3\n4\n5\n"


def test_both_changes_stand_where_they_do_not_touch():
    assert merged(BASE, "0\n1\n2\n3\n4\n5\n", "1\n2\n3\n4\nfive\n") == "0\n1\n2\n3\n4\nfive\n"
    assert merged(BASE, "1\n2\n4\n5\n", "1\n2\n3\n4\n5\n6\n") == "1\n2\n4\n5\n6\n"


def test_the_same_change_counts_once():
    assert merged(BASE, "1\ntwo\n3\n4\n5\n", "1\ntwo\n3\n4\nfive\n") == "1\ntwo\n3\n4\nfive\n"


def test_changes_that_overlap_or_touch_are_for_a_person():
    assert merged(BASE, "1\ntwo\n3\n4\n5\n", "1\nzwei\n3\n4\n5\n") is None
    assert merged(BASE, "1\ntwo\n3\n4\n5\n", "1\n2\ndrei\n4\n5\n") is None
    assert merged(BASE, BASE + "mine\n", BASE + "theirs\n") is None
    assert merged("1\n2\n3", "1\n2\n3\nmine\n", "0\n1\n2\n3") == "0\n1\n2\n3\nmine\n"


TEXTS = st.lists(st.sampled_from("abcd"), max_size=8).map(
    lambda lines: "".join(f"{line}\n" for line in lines)
)


@given(TEXTS, TEXTS, TEXTS)
def test_any_texts(base, mine, other):
    assert merged(base, base, other) == other
    assert merged(base, mine, base) == mine
    assert merged(base, mine, mine) == mine
    both = merged(base, mine, other)
    assert both == merged(base, other, mine)
    if both is not None:  # no line that one of them added is missing
        for each in (mine, other):
            added = [line for line in each.split("\n") if each.count(line) > base.count(line)]
            assert all(line in both.split("\n") for line in added)

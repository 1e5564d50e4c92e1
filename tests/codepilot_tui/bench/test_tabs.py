from codepilot_tui.bench.tabs import OpenSession, labels


def test_a_tab_says_what_its_agent_does():
    made = labels(
        [
            OpenSession("inventory", "Fix it", "working", 4),
            OpenSession("docs", "Write it", "asks", 2),
            OpenSession("api", "", "working"),
            OpenSession("web", "Done"),
        ],
        shown=1,
    )
    assert [each.words for each in made] == ["step 4", "asks", "working", ""]
    assert [each.name for each in made] == ["inventory", "docs", "api", "web"]
    assert [each.shown for each in made] == [False, True, False, False]


def test_two_sessions_of_one_folder_are_told_apart_by_their_first_words():
    made = labels(
        [OpenSession("shop", "Fix\nthe test"), OpenSession("shop"), OpenSession("docs", "Write it")], shown=0
    )
    assert [each.name for each in made] == ["Fix the test", "shop", "docs"]


def test_a_session_with_a_title_has_that_beside_others_and_alone():
    made = labels([OpenSession("shop", "Fix it", title="The\nstock"), OpenSession("docs")], shown=0)
    assert [each.name for each in made] == ["The stock", "docs"]
    (long,) = labels([OpenSession("shop", title="a title that is longer than a tab is")], shown=0)
    assert len(long.name) == 24


def names(*titles):
    return [each.name for each in labels([OpenSession("shop", title=each) for each in titles], shown=0)]


def test_names_that_are_cut_alike_show_where_they_differ():
    """Found by use: a session and its fork had the same name in the row."""
    long = "edit a.txt and line 3 and line 4"
    assert names(long, f"{long} (fork)") == ["edit a.txt and line 3 a…", "edit a.txt and l… (fork)"]
    made = names(long, f"{long} (fork)", f"{long} (fork) (fork)")
    assert len(set(made)) == 3 and all(len(each) <= 24 for each in made)
    assert names("Look at the module of the stock", "Look at the module of the orders") == [
        "Look at the modul… stock",
        "Look at the modu… orders",
    ]
    late = [f"{'a' * 40} {'b' * 40} {end}" for end in ("one", "two", "three")] + ["a" * 40 + " then"]
    assert len(set(names(*late))) == 4


def test_names_that_are_the_same_in_whole_are_told_apart_by_their_numbers_alone():
    title = "the same title, which is too long for a tab"
    assert names(title, title) == ["the same title, which i…"] * 2
    assert names("short", "short") == ["short"] * 2

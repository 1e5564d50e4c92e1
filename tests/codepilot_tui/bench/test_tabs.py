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

"""`codepilot stats`: as a table, as JSON."""


def done(summary):
    return f"I look at it.\n\n```completion\n{summary}\n```\n"


def test_what_was_used_is_told(shop):
    assert "No sessions yet" in shop.main("stats").err
    shop.play(done("The first."), done("The second."))
    shop.run("a")
    shop.run("b")
    result = shop.main("stats", "--days", "1")
    assert (result.code, "2 of 2 replies" in result.err) == (0, True)
    heads = [line.split() for line in result.out.splitlines() if "tasks" in line]
    assert [head[0] for head in heads] == ["day", "model", "folder"]
    assert result.out.splitlines()[-1].startswith("total (2 sessions)") and result.out.splitlines()[
        -1
    ].endswith("–")
    told = shop.main("stats", "--json").object
    assert (told["sessions"], told["total"]["tasks"], list(told["models"])) == (2, 2, ["openai:scripted"])
    assert list(told["folders"]) == [str(shop.work)]
    assert shop.main("stats", "--dir", str(shop.folder), "--json").object["sessions"] == 0
    assert shop.main("stats", "--days", "0").code == 2
    assert shop.main("stats", "--days", "99999999999999999999").code == 2

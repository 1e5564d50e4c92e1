"""`codepilot` alone, and mistyped."""


def test_alone_it_shows_what_there_is(shop):
    result = shop.main()
    assert result.code == 0 and "work on one task and exit" in result.out and result.err == ""


def test_a_mistyped_command_names_the_one_that_was_meant(shop):
    result = shop.main("rum", "fix it")
    assert result.code == 2 and "there is no command 'rum'. Did you mean: codepilot run" in result.err


def test_a_word_that_is_near_nothing_lists_the_commands(shop):
    result = shop.main("frobnicate")
    assert result.code == 2 and "run" in result.err and "attach" in result.err

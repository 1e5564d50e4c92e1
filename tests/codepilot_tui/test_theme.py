from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.widgets import Static

from codepilot_tui.colours_256 import contrast_of
from codepilot_tui.theme import (
    ANSI,
    SYNTAX,
    TOKENS,
    ThemeError,
    install_themes,
    load_theme,
    plain_mapping,
    read_theme,
    register_themes,
    theme_names,
    tokens_for,
)

SHIPPED = ("dusk", "paper")
PLANES = ("ground", "panel-plane", "raised", "terminal-ground")


def contrast(theme, ink, plane):
    one, other = (tuple(bytes.fromhex(theme[name][1:])) for name in (ink, plane))
    return contrast_of(one, other)


def test_both_themes_are_found():
    assert set(SHIPPED) <= set(theme_names())


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("ink", ["ink", "muted"])
def test_text_can_be_read_on_every_plane(name, plane, ink):
    assert contrast(load_theme(name), ink, plane) >= 4.5


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("plane", ["added", "added-word", "removed", "removed-word"])
def test_a_diff_can_be_read(name, plane):
    assert contrast(load_theme(name), "ink", plane) >= 4.5


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("plane", ["ground", "panel-plane", "raised", "line", "added", "removed"])
@pytest.mark.parametrize("meaning", ["muted", "you", "agent", "ok", "warn", "bad", "code"])
def test_a_meaning_can_be_read_on_every_plane(name, meaning, plane):
    """`line` is the plane of the row under a cursor, and of fields."""
    assert contrast(load_theme(name), meaning, plane) >= 4.5


@pytest.mark.parametrize("name", ["dusk", "paper"])
def test_a_selection_can_be_seen_and_read(name):
    """Report, "Looks": it differed by a few percent of grey."""
    theme = load_theme(name)
    assert contrast(theme, "ink", "selection") >= 4.5
    assert all(
        contrast(theme, "selection", plane) >= 1.5
        for plane in ("ground", "panel-plane", "raised", "terminal-ground")
    )


def test_all_names_are_there():
    tokens = load_theme("dusk")
    assert set(tokens) == {*TOKENS, *(f"syntax-{n}" for n in SYNTAX), *(f"ansi-{n}" for n in ANSI)}
    assert len(tokens.ansi) == 16


def test_the_glossary_names_every_token():
    text = (Path(__file__).parents[2] / "themes" / "README.md").read_text()
    for token in (*TOKENS, *SYNTAX):
        assert token in text


def written(tmp_path, change):
    data = yaml.safe_load((Path(__file__).parents[2] / "themes" / "dusk.yaml").read_text())
    data["name"] = "mine"
    change(data)
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(data))
    return path


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda d: d["tokens"].pop("ink"), "tokens.ink"),
        (lambda d: d["tokens"].update(inky="#000000"), "tokens.inky"),
        (lambda d: d["tokens"].update(ink="blue"), "tokens.ink"),
        (lambda d: d["syntax"].update(keyword=7), "syntax.keyword"),
        (lambda d: d["ansi"].pop("bright-red"), "ansi.bright-red"),
        (lambda d: d.update(dark="yes please"), "dark"),
        (lambda d: d.update(name="other"), "name"),
        (lambda d: d.update(extra=1), "extra"),
        (lambda d: d.update(tokens=[1]), "tokens"),
    ],
)
def test_a_mistake_is_named(tmp_path, change, key):
    path = written(tmp_path, change)
    with pytest.raises(ThemeError) as caught:
        read_theme(path)
    assert str(path) in str(caught.value)
    assert f"{key}:" in str(caught.value) and caught.value.message.endswith(".")


def test_broken_yaml_is_named(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("tokens: [")
    with pytest.raises(ThemeError, match="mine.yaml"):
        read_theme(path)


def test_an_unknown_theme_names_the_known_ones():
    with pytest.raises(ThemeError) as caught:
        load_theme("nowhere")
    names = ", ".join(theme_names())
    assert caught.value.told == f"There is no theme 'nowhere'. Themes that can be loaded: {names}."
    assert "dusk" in names and "paper" in names


def test_a_theme_of_a_person_is_read(tmp_path):
    written(tmp_path, lambda d: d["tokens"].update(ink="#FFFFFF"))
    assert load_theme("mine", (tmp_path,))["ink"] == "#ffffff"


def test_style_is_made_of_tokens():
    style = load_theme("dusk").style("ink", "raised", bold=True)
    assert style.color.name == "#d5dbe3"
    assert style.bgcolor.name == "#1c232c"
    assert style.bold


class Small(App):
    CSS = "Static { background: $panel-plane; color: $removed-word; }"

    def __init__(self):
        super().__init__()
        install_themes(self)
        register_themes(self)

    def compose(self) -> ComposeResult:
        yield Static("x")


async def test_style_sheets_know_the_tokens_of_each_theme():
    app = Small()
    async with app.run_test() as pilot:
        await pilot.pause()
        static = app.query_one(Static)
        assert static.styles.background.hex.lower() == load_theme("dusk")["panel-plane"]
        app.theme = "paper"
        await pilot.pause()
        assert static.styles.background.hex.lower() == load_theme("paper")["panel-plane"]
        assert tokens_for(app).name == "paper"


def test_under_a_foreign_theme_lines_are_drawn_in_our_default():
    app = App()
    app.theme = "textual-dark"
    assert tokens_for(app).name == "dusk"


@pytest.mark.parametrize(
    "path", sorted(Path(__file__).parents[2].joinpath("themes").glob("*.yaml")), ids=lambda p: p.stem
)
def test_our_themes_are_read_without_a_yaml_parser_as_one_would_read_them(path):
    text = path.read_text()
    assert plain_mapping(text) == yaml.safe_load(text)


@pytest.mark.parametrize(
    "text",
    [
        "a: [1]\n", "a: &x b\n", "a: 3\n", "- a\n", "a: b: c\n", "  a: b\n", "a: b\na: c\n", "a: yes\n", "a: null\n",
        "a:\n  b:\n", "a: |\n  b\n", 'a: "\\n"\n', "a:\n\tb: c\n", "a: b c\n",
    ],
)  # fmt: skip
def test_what_is_not_plain_is_left_to_the_parser(text):
    assert plain_mapping(text) is None


@given(
    st.dictionaries(
        st.sampled_from("abc"), st.sampled_from(("x", "#123456", "true", "y z", "'", '"', "no", "1"))
    )
)
def test_what_is_taken_for_plain_means_the_same(data):
    text = yaml.safe_dump(data)
    found = plain_mapping(text)
    assert found is None or found == yaml.safe_load(text) or not data

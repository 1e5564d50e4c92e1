from codepilot.terminal.screen import Cursor, Row, Run, ScreenUpdate
from codepilot_tui.widgets.terminal.buffer import ScreenBuffer
from codepilot_tui.widgets.terminal.viewport import Viewport


def window(columns: int = 120, lines: int = 40, width: int = 30, height: int = 10) -> Viewport:
    buffer = ScreenBuffer()
    buffer.apply(ScreenUpdate(columns=columns, lines=lines, history=100, full=True))
    viewport = Viewport(buffer)
    viewport.width, viewport.height = width, height
    viewport.settle()
    return viewport


def move(viewport: Viewport, x: int, y: int) -> None:
    viewport.buffer.apply(ScreenUpdate(columns=120, lines=40, cursor=Cursor(x, y), history=100))
    viewport.settle()


def test_it_follows_the_cursor_and_moves_no_more_than_it_must() -> None:
    viewport = window()
    assert (viewport.top, viewport.left) == (100, 0)
    move(viewport, 0, 20)
    assert viewport.top == 111
    move(viewport, 0, 15)
    assert viewport.top == 111
    move(viewport, 0, 3)
    assert viewport.top == 103
    move(viewport, 119, 3)
    assert viewport.left == 90
    move(viewport, 5, 3)
    assert viewport.left == 0


def test_scrolling_leaves_the_cursor_and_comes_back() -> None:
    viewport = window()
    assert viewport.scroll(-7) and not viewport.following and viewport.behind == 7
    viewport.scroll(-1000)
    assert viewport.top == 0
    viewport.scroll(1000)
    assert viewport.following, "it stops where it would follow"
    viewport.scroll(1000)
    assert viewport.top == 130 and not viewport.following, "and goes on to the lower lines when asked again"
    assert viewport.follow() and viewport.top == 100


def test_a_window_larger_than_the_grid_starts_at_its_top() -> None:
    viewport = window(80, 24, 200, 60)
    assert (viewport.top, viewport.left) == (100, 0)
    assert not viewport.pan(8)


def test_the_buffer_knows_what_to_draw_and_what_it_lacks() -> None:
    buffer = ScreenBuffer()
    assert buffer.apply(ScreenUpdate(columns=10, lines=3, history=5, full=True)) is None
    row = Row((Run("x", 1),))
    assert buffer.apply(ScreenUpdate(columns=10, lines=3, rows={1: row}, cursor=Cursor(1, 2), history=5)) == {
        0,
        1,
        2,
    }
    assert buffer.row(6) is row and buffer.row(2) is None and buffer.row(8) is None
    assert buffer.missing(range(-3, 20)) == (0, 5)
    buffer.keep_history(1, [row, row])
    assert buffer.row(2) is row and buffer.missing(range(1, 3)) is None and buffer.missing(range(9)) == (0, 5)
    buffer.apply(ScreenUpdate(columns=10, lines=3, history=2))
    assert buffer.row(1) is None, "after lines are dropped, old numbers mean other lines"

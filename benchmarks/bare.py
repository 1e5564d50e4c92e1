"""A bare Textual application with a prompt: what every figure of the screen is held against."""

from textual.app import App, ComposeResult
from textual.widgets import Input


class Bare(App[None]):
    def compose(self) -> ComposeResult:
        prompt = Input(placeholder="Say something")
        prompt.cursor_blink = False
        yield prompt


if __name__ == "__main__":
    Bare().run()

"""What opens over the body for one choice: the palette, the models, the themes, the leader's letters."""

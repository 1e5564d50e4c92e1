"""The full-screen workbench: a reader of the library's event stream, and the person's hands on it."""

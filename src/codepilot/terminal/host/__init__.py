"""The terminal host: a process of its own that owns every PTY and every screen, and serves its clients."""

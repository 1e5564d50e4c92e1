"""One terminal in the host: its process on a PTY, what runs there, who holds it, and what the agent gets of it."""

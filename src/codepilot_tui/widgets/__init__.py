"""What stands on the screen. Each widget shows what it is handed and posts messages; none drives the runtime."""

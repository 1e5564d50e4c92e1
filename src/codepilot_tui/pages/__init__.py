"""What takes the whole screen but the top bar and the status line: files, changes, keys, the welcome."""

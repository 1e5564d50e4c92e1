"""The session screen and its parts."""

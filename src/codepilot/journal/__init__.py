"""The journal: everything that happened in a session, one record a line, written before anybody is told of it."""

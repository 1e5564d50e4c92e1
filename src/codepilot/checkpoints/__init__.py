"""What the agent changes in the work folder, so that it can be undone: captured, planned, restored."""

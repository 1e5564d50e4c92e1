"""Whole screens: the workbench, and the welcome where no model is configured."""

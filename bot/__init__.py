"""Leadbell: a LinkedIn lead becomes an alert that a sales rep claims."""

__version__ = "0.1.0"

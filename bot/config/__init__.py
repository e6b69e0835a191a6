"""The text of config.yaml becomes one frozen Config, or every problem with its line and column."""

"""Who tells us that a lead exists, and what was answered: one package per platform, each a `bot.ports.Source`."""

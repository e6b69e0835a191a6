"""Who is told: one package per kind of channel, each with a `bot.ports.Destination`."""

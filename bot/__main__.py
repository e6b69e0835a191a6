"""`python -m bot` is the same command as `leadbell`."""

from bot.cli import main

if __name__ == "__main__":
    main()

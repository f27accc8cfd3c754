"""``python -m logparse``."""

from logparse.cli import main

if __name__ == "__main__":
    main()

"""`python -m darkwake`: the command line."""

from darkwake.cli import main

if __name__ == "__main__":
    main()

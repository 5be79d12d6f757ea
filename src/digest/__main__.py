"""What `python -m digest` runs: the command `digest`."""

from digest.cli import main

if __name__ == "__main__":
    main(prog_name="digest")

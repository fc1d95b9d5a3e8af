"""`helpdesk` and `python -m helpdesk`."""

from helpdesk.cli import cli


def main() -> None:
    """Run the command line."""
    cli(prog_name="helpdesk")


if __name__ == "__main__":
    main()

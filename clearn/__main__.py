"""`python -m clearn doctor`: is everything here that the course needs?"""

import argparse
import sys


def main(arguments=None):
    """Run a sub-command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m clearn", description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("doctor", help="check Python, packages, data, device and JupyterLab, and say how to mend them")
    parser.parse_args(arguments)

    from . import doctor

    return doctor.main()


if __name__ == "__main__":
    sys.exit(main())

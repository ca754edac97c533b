"""The command line: `python -m clearn doctor`, is all here?  `pretrain METHOD`, a long run;  `study NAME`, a table."""

import argparse
import sys
from pathlib import Path

from clearn.course import classroom


def main(arguments=None):
    """Run a sub-command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m clearn", description="The command line of the course.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("doctor", help="check Python, packages, data, device and JupyterLab, and say how to mend them")
    run = commands.add_parser("pretrain", help="train a method for long and keep the encoder", description="Train a method "
                              "by its recipe. Interrupt it and start it again: it goes on. In several processes: torchrun "
                              "--nproc-per-node N -m clearn pretrain …")  # fmt: skip
    run.add_argument("method", help="simclr, moco, byol or simsiam; or supervised, to compare with")
    run.add_argument("--data", default="scattered", help="scattered (default) or fashion")
    run.add_argument("--steps", type=int, default=4000, help="how many batches (default 4000)")
    run.add_argument("--seed", type=int, default=0)
    run.add_argument(
        "--out", required=True, help="the .safetensors file to write; a .json beside it says what was done"
    )
    table = commands.add_parser("study", help="make anew a table that a chapter shows, of runs with several seeds",
                                description="Train what a chapter compares, and write the table. Interrupt it and start "
                                "it again: it goes on.")  # fmt: skip
    table.add_argument("name", help="start, head, simclr, moco or byol")
    table.add_argument("--out", type=Path, help="the .json file to write (default: the one in data/studies)")
    room = commands.add_parser("classroom", help="hand out, collect, grade and return assignments, with nbgrader")
    classroom.arguments_of(room)
    options = parser.parse_args(arguments)
    commands = {"doctor": doctor, "pretrain": pretrain, "study": study, "classroom": classroom.main}
    return commands[options.command](options)


def doctor(options):
    from clearn.course import doctor

    return doctor.main()


def pretrain(options):
    from . import distributed, recipes

    with distributed.group() as device:
        try:
            card = recipes.train(options.method, options.data, steps=options.steps, out=options.out, seed=options.seed,
                                 device=device)  # fmt: skip
        except (OSError, ValueError, FloatingPointError) as error:
            print(error, file=sys.stderr)
            return 1
        if distributed.place()[0] == 0:
            again = f"{options.out}: interrupted; the same command goes on from here"
            print(
                again
                if card is None
                else f"{options.out}: " + ", ".join(f"{k} {v:.3f}" for k, v in card["metrics"].items())
            )
    return 130 if card is None else 0


def study(options):
    from clearn.course import studies

    try:
        studies.run(options.name, options.out)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from here")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The files that the course ships in data/: their sizes and checksums, and how they are read."""

import gzip
import hashlib
from pathlib import Path

import torch

DATA = Path(__file__).resolve().parents[2] / "data"
FILES = {  # name below data/: (bytes, sha256), as in data/README.md
    "fashion-mnist/train-images-idx3-ubyte.gz": (
        26421856, "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7"),
    "fashion-mnist/train-labels-idx1-ubyte.gz": (
        29491, "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056"),
    "fashion-mnist/t10k-images-idx3-ubyte.gz": (
        4422079, "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa"),
    "fashion-mnist/t10k-labels-idx1-ubyte.gz": (
        5125, "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05"),
}  # fmt: skip


def verify(root=None):
    """Check every shipped file: a list of (name, what is wrong or None)."""
    return [(name, problem(Path(root or DATA), name)) for name in FILES]


def problem(root, name):
    """What is wrong with the file `name` below `root`, in words, or None."""
    path, (size, sha256) = root / name, FILES[name]
    if not path.is_file():
        return "is missing"
    if path.stat().st_size < size:
        return f"is truncated: {path.stat().st_size:,} of {size:,} bytes"
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    return None if found == sha256 else f"has been altered: sha256 {found[:12]}…, expected {sha256[:12]}…"


def read_idx(root, name, header):
    """The bytes of a compressed idx file after its header, as uint8. Raises FileNotFoundError or ValueError, with the mend."""
    wrong = problem(root, name)
    if wrong:
        error = FileNotFoundError if wrong == "is missing" else ValueError
        raise error(f"{root / name} {wrong}; restore it with `git checkout -- data`, or unpack the course again")
    raw = bytearray(gzip.decompress((root / name).read_bytes()))
    return torch.frombuffer(raw, dtype=torch.uint8, offset=header)

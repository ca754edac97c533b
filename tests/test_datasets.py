"""The shipped files are what data/README.md says, and a damaged one is named with its mend."""

import gzip
import hashlib
import os
import pickle
import re
import shutil
import subprocess
import sys
import tarfile
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from io import BytesIO
from threading import Thread

import numpy as np
import pytest
import torch

from clearn import datasets
from clearn.datasets import DATA, ImageSet, draw_factors, load, scatter
from clearn.datasets.files import FILES

TEST_LABELS = "fashion-mnist/t10k-labels-idx1-ubyte.gz"
TEST_IMAGES = "fashion-mnist/t10k-images-idx3-ubyte.gz"


@pytest.fixture(scope="module")
def scattered():
    return load("scattered", "test")


@pytest.fixture
def small_root(tmp_path):
    """A data folder with the test split only."""
    (tmp_path / "fashion-mnist").mkdir()
    for name in (TEST_LABELS, TEST_IMAGES):
        shutil.copy(DATA / name, tmp_path / name)
    return tmp_path


def test_readme_code_and_files_agree():
    written = dict(re.findall(r"\| `(.+?)` \| \d+ \| `(\w{64})` \|", (DATA / "README.md").read_text("utf8")))
    written = {
        name: sha for name, sha in written.items() if not name.startswith(("checkpoints/", "studies/"))
    }  # tests/test_checkpoints.py, tests/test_studies.py
    assert written == {name: sha for name, (_, sha) in FILES.items()}
    assert {name: hashlib.sha256((DATA / name).read_bytes()).hexdigest() for name in FILES} == written
    on_disk = {path.relative_to(DATA).as_posix() for path in DATA.rglob("*.gz")} & set(FILES)
    assert on_disk == set(FILES)
    assert datasets.verify() == [(name, None) for name in FILES]


def test_uncompressed_files_are_the_published_ones():
    published = {"train-images": "f4a8712d7a061bf5bd6d2ca38dc4d50a", "train-labels": "9018921c3c673c538a1fc5bad174d6f9",
                 "t10k-images": "8181f5470baa50b63fa0f6fddb340f0a", "t10k-labels": "15d484375f8d13e6eb1aabb0c3f46965"}  # fmt: skip
    for name in FILES:
        digest = hashlib.md5(gzip.decompress((DATA / name).read_bytes())).hexdigest()
        assert digest == published["-".join(name.split("/")[1].split("-")[:2])]


@pytest.mark.parametrize("split, n", [("train", 60000), ("test", 10000)])
def test_fashion_is_what_torchvision_reads(split, n, tmp_path):
    from torchvision.datasets import FashionMNIST

    raw = tmp_path / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for name in FILES:
        (raw / name.split("/")[1].removesuffix(".gz")).write_bytes(gzip.decompress((DATA / name).read_bytes()))
    theirs, ours = FashionMNIST(tmp_path, train=split == "train"), load("fashion", split)
    assert len(ours) == n and ours.images.shape == (n, 1, 28, 28)
    assert torch.equal(ours.images[:, 0], theirs.data) and torch.equal(ours.labels, theirs.targets)
    assert ours.classes == tuple(theirs.classes)
    assert ours.labels.bincount().tolist() == [n // 10] * 10


@pytest.mark.long
def test_scattered_is_the_same_bits_on_any_machine():
    program = ("import hashlib; from clearn.datasets import load;"
               "print(hashlib.sha256(load('scattered', 'test').images.numpy().tobytes()).hexdigest())")  # fmt: skip
    settings = [{}, {"ATEN_CPU_CAPABILITY": "default", "OMP_NUM_THREADS": "1"}, {"ATEN_CPU_CAPABILITY": "avx2"}]
    runs = [subprocess.run([sys.executable, "-c", program], env=os.environ | s, capture_output=True, text=True, check=True)
            for s in settings]  # fmt: skip
    assert {run.stdout.strip() for run in runs} == {SCATTERED_TEST_SHA256}


SCATTERED_TEST_SHA256 = "e7833699894dd3c0bc50c62331b77028d8a95877a11c7eb4c0bbaaf3fb820359"


def test_scattered_factors_say_what_was_done(scattered):
    assert set(scattered.factors) == {"scale", "angle", "x", "y", "flip", "tint"}
    images, f = scattered.images.double(), scattered.factors
    assert scattered.images.dtype == torch.uint8 and scattered.images.shape == (10000, 3, 32, 32)
    # tint: channels are proportional to the gains
    total = images.sum((2, 3))
    gains = f["tint"] / f["tint"].sum(1, keepdim=True)
    assert torch.allclose(total / total.sum(1, keepdim=True), gains, atol=0.02)
    # position: the centre of mass follows x and y (garments are not symmetric, so on average)
    grid = torch.arange(32).double() - 15.5
    mass = images.sum(1)
    cx = (mass.sum(1) * grid).sum(1) / mass.sum((1, 2))
    cy = (mass.sum(2) * grid).sum(1) / mass.sum((1, 2))
    for centre, factor in ((cx, f["x"]), (cy, f["y"])):
        assert np.corrcoef(centre, factor)[0, 1] > 0.9
    # scale: lit area grows with its square
    lit = (mass > 30).sum((1, 2)).double()
    assert np.corrcoef(lit, f["scale"] ** 2)[0, 1] > 0.6


@pytest.mark.parametrize("flip", [False, True])
def test_scatter_undone_with_its_factors_gives_the_garment_back(flip):
    """Oracle: SciPy's affine transform with the inverse map, an independent implementation."""
    from scipy.ndimage import affine_transform

    garments = load("fashion", "test").images[:20]
    factors = draw_factors(20, seed=3) | {"flip": torch.full((20,), flip), "tint": torch.ones(20, 3).double()}
    ours = scatter(garments, factors)
    for i in range(20):
        s, a, x, y = (float(factors[name][i]) for name in ("scale", "angle", "x", "y"))
        mirror = -1 if flip else 1
        # canvas (row, column) from its centre -> garment (row, column) from its centre
        inverse = np.array([[np.cos(a), np.sin(a)], [-mirror * np.sin(a), mirror * np.cos(a)]]) / s
        offset = 13.5 - inverse @ np.array([15.5 + y, 15.5 + x])
        theirs = affine_transform(
            garments[i, 0].double().numpy(), inverse, offset, (32, 32), order=1, mode="grid-constant"
        )
        assert np.abs(ours[i, 0].numpy() - theirs).mean() < 1.0  # of 255: positions are rounded to 1/64 px


def test_positive_angle_turns_counter_clockwise():
    bar = torch.zeros(1, 1, 28, 28, dtype=torch.uint8)
    bar[:, :, 13:15, :] = 255  # horizontal; turned counter-clockwise its right end goes up
    factors = {"scale": torch.ones(1), "angle": torch.full((1,), 0.4), "x": torch.zeros(1), "y": torch.zeros(1),
               "flip": torch.zeros(1, dtype=torch.bool), "tint": torch.ones(1, 3)}  # fmt: skip
    picture = scatter(bar, {name: f.double() if f.dtype != torch.bool else f for name, f in factors.items()})[0, 0]
    rows = torch.arange(32).double()
    right, left = ((picture[:, c].double() * rows).sum() / picture[:, c].sum() for c in (26, 5))
    assert right < left - 4


def test_seed_split_and_range_of_factors():
    a, b = draw_factors(5000, seed=0), draw_factors(5000, seed=0)
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert not torch.equal(a["x"], draw_factors(5000, seed=1)["x"])
    assert 0.5 <= a["scale"].min() and a["scale"].max() <= 1 and a["angle"].abs().max() <= 0.5
    assert (a["x"].abs() <= (32 - 28 * a["scale"]) / 2).all() and 0.45 < a["flip"].double().mean() < 0.55
    assert 0.3 <= a["tint"].min() + 1 / 512 and a["tint"].max() <= 1
    assert not torch.equal(load("scattered", "test", seed=1).images, load("scattered", "test").images)


def test_slices_keep_everything_together(scattered):
    part = scattered[torch.tensor([5, 2])]
    assert isinstance(part, ImageSet) and len(part) == 2
    assert torch.equal(part.images[1], scattered.images[2]) and part.labels[1] == scattered.labels[2]
    assert part.factors["tint"].shape == (2, 3) and torch.equal(part.factors["x"][0], scattered.factors["x"][5])


@pytest.mark.parametrize("damage, error, word", [("delete", FileNotFoundError, "is missing"),
                                                 ("truncate", ValueError, "is truncated"),
                                                 ("alter", ValueError, "has been altered")])  # fmt: skip
def test_damaged_file_is_named_with_its_mend(damage, error, word, small_root):
    path = small_root / TEST_LABELS
    raw = bytearray(path.read_bytes())
    raw[100] ^= 1
    {"delete": path.unlink, "truncate": lambda: path.write_bytes(raw[:100]), "alter": lambda: path.write_bytes(raw)}[
        damage
    ]()
    with pytest.raises(error, match=word) as caught:
        load("fashion", "test", root=small_root)
    assert path.name in str(caught.value) and "git checkout -- data" in str(caught.value)
    assert word in dict(datasets.verify(small_root))[TEST_LABELS]


@pytest.mark.parametrize("name, split, words", [("mnist", "train", "choose one of fashion, scattered, cifar10, stl10"),
                                                ("fashion", "valid", "choose one of train, validation, test"),
                                                ("cifar10", "unlabeled", "choose one of train, test")])  # fmt: skip
def test_unknown_names_are_answered_with_the_known(name, split, words):
    with pytest.raises(ValueError, match=words):
        load(name, split)


def md5(path):
    return hashlib.md5(path.read_bytes()).hexdigest()


def test_cifar10_in_its_format(tmp_path, monkeypatch):
    from torchvision.datasets import CIFAR10

    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    rng = np.random.default_rng(0)
    pixels = {}
    for name in (f"data_batch_{i}" for i in range(1, 6)):
        pixels[name] = rng.integers(0, 256, (3, 3072), dtype=np.uint8)
        (folder / name).write_bytes(pickle.dumps({"data": pixels[name], "labels": [3, 1, 9]}))
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": [f"class {i}" for i in range(10)]}))
    monkeypatch.setattr(CIFAR10, "train_list", [[name, md5(folder / name)] for name in pixels])
    monkeypatch.setattr(CIFAR10, "test_list", [])
    monkeypatch.setattr(CIFAR10, "meta", CIFAR10.meta | {"md5": md5(folder / "batches.meta")})
    found = load("cifar10", root=tmp_path)
    assert found.images.shape == (15, 3, 32, 32) and found.images.dtype == torch.uint8 and len(found.classes) == 10
    assert torch.equal(found.images[0].flatten(), torch.from_numpy(pixels["data_batch_1"][0]))
    assert found.labels.tolist() == [3, 1, 9] * 5


@pytest.mark.parametrize("split, labels", [("train", [0, 9]), ("unlabeled", [-1, -1])])
def test_stl10_in_its_format(split, labels, tmp_path, monkeypatch):
    from torchvision.datasets import STL10

    folder = tmp_path / "stl10_binary"
    folder.mkdir()
    raw = np.random.default_rng(0).integers(0, 256, (2, 3, 96, 96), dtype=np.uint8)
    for name in ("train_X.bin", "unlabeled_X.bin"):
        (folder / name).write_bytes(raw.tobytes())
    (folder / "train_y.bin").write_bytes(np.array([1, 10], dtype=np.uint8).tobytes())
    (folder / "class_names.txt").write_text("\n".join(f"class {i}" for i in range(10)) + "\n")
    listed = [[name, md5(folder / name)] for name in ("train_X.bin", "train_y.bin", "unlabeled_X.bin")]
    monkeypatch.setattr(STL10, "train_list", listed)
    monkeypatch.setattr(STL10, "test_list", [])
    found = load("stl10", split, root=tmp_path)
    assert found.images.shape == (2, 3, 96, 96) and found.labels.tolist() == labels
    assert torch.equal(found.images[0], torch.from_numpy(raw[0]).transpose(1, 2))  # stored column by column


@pytest.mark.parametrize("name", ["cifar10", "stl10"])
def test_sets_for_those_online_say_how_to_fetch_them(name, tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match=rf'load\("{name}", download=True\)'):
        load(name, root=tmp_path)

    def no_network(*args, **kwargs):
        raise OSError("no network")

    monkeypatch.setattr(f"torchvision.datasets.{name[:5].rstrip('1')}.download_and_extract_archive", no_network)
    with pytest.raises(OSError, match=f"could not fetch '{name}'.*no network"):
        load(name, root=tmp_path, download=True)


def test_download_path_fetches_and_reads(tmp_path, monkeypatch):
    """The real download code of torchvision, from a server on this machine."""
    from torchvision.datasets import CIFAR10

    batch = pickle.dumps({"data": np.zeros((2, 3072), np.uint8), "labels": [0, 1]})
    meta = pickle.dumps({"label_names": ["a", "b"]})
    archive = tmp_path / "small.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for name, data in (("test_batch", batch), ("batches.meta", meta)):
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(data)
            tar.addfile(member, BytesIO(data))
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    server = HTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(CIFAR10, "url", f"http://127.0.0.1:{server.server_port}/{archive.name}")
    monkeypatch.setattr(CIFAR10, "tgz_md5", md5(archive))
    monkeypatch.setattr(CIFAR10, "train_list", [])
    monkeypatch.setattr(CIFAR10, "test_list", [["test_batch", hashlib.md5(batch).hexdigest()]])
    monkeypatch.setattr(CIFAR10, "meta", CIFAR10.meta | {"md5": hashlib.md5(meta).hexdigest()})
    try:
        found = load("cifar10", "test", root=tmp_path / "new", download=True)
    finally:
        server.shutdown()
    assert found.labels.tolist() == [0, 1] and found.classes == ("a", "b")


@pytest.mark.parametrize("name", ["fashion", "scattered"])
def test_validation_is_the_end_of_the_training_pictures(name):
    train, held_out = load(name), load(name, "validation")
    assert len(held_out) == 10_000 and torch.equal(held_out.images, train.images[50_000:])
    assert torch.equal(held_out.labels, train.labels[50_000:]) and held_out.classes == train.classes
    assert set(held_out.factors) == set(train.factors)
    for key, values in held_out.factors.items():
        assert torch.equal(values, train.factors[key][50_000:]), key

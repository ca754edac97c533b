"""Long runs: one command makes an encoder and its card, in one process or several, killed or not."""

import json
import os
import random
import subprocess
import sys
import time

import pytest
import torch
from safetensors.torch import load_file
from test_distributed import torchrun

import clearn
from clearn import datasets, recipes
from clearn.__main__ import main
from clearn.datasets import ImageSet

METHODS = ["simclr", "moco", "byol", "simsiam", "supervised"]
SMALL = """
import sys
from clearn import datasets, distributed, recipes
whole = datasets.load("scattered", "test")
datasets.load = lambda name, split="train": whole[:512] if split == "train" else whole[512:700]
"""
PROGRAM = SMALL + 'recipes.train("moco", steps=30, out=sys.argv[1], checkpoint_every=0.0)'


def small(name, split="train"):
    draw = torch.Generator().manual_seed(len(split))
    images = torch.randint(0, 256, (300, recipes.DATA[name], 32, 32), dtype=torch.uint8, generator=draw)
    return ImageSet(images, torch.arange(300) % 3, ("a", "b", "c"))


@pytest.fixture
def on_small_data(monkeypatch, tmp_path):
    monkeypatch.setattr(datasets, "load", small)
    monkeypatch.setattr(recipes, "CHECKPOINTS", tmp_path)
    return tmp_path


@pytest.mark.long
@pytest.mark.parametrize("name", METHODS)
def test_a_run_leaves_an_encoder_and_a_card_that_is_true(name, on_small_data):
    out = on_small_data / f"{name}.safetensors"
    card = recipes.train(name, steps=2, out=out, seed=3)
    assert sorted(path.name for path in on_small_data.iterdir()) == [f"{name}.json", f"{name}.safetensors"]
    assert json.loads(out.with_suffix(".json").read_text()) == json.loads(json.dumps(card))
    assert card["steps"] == 2 and card["seed"] == 3 and card["versions"]["torch"] == torch.__version__
    loaded = clearn.pretrained(name)
    assert not loaded.training and loaded.card["method"] == name
    assert recipes.measure(loaded) == pytest.approx(card["metrics"])
    started = recipes.make(name, seed=3).encoder
    assert not torch.equal(loaded.encoder[0].weight, started[0].weight), "nothing was trained"
    assert recipes.RECIPES[name].method.__name__.lower() == name


def test_the_seed_draws_the_first_weights():
    first = [recipes.make("byol", seed=seed).encoder[0].weight for seed in (0, 0, 1)]
    assert torch.equal(first[0], first[1]) and not torch.equal(first[0], first[2])


@pytest.mark.long
def test_the_seed_decides_the_encoder_and_nothing_else_moves(on_small_data):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    paths = [on_small_data / f"{i}.safetensors" for i in range(3)]
    for path, seed in zip(paths, (0, 0, 1)):
        recipes.train("simsiam", "fashion", steps=2, out=path, seed=seed)
    a, b, c = (path.read_bytes() for path in paths)
    assert a == b != c and torch.equal(torch.get_rng_state(), before)
    assert load_file(paths[0])["0.weight"].shape[1] == 1


@pytest.mark.parametrize("change, error, words", [
    ({"name": "mocca"}, ValueError, "unknown method 'mocca'; choose one of simclr, moco, byol, simsiam, supervised"),
    ({"data": "shoes"}, ValueError, "unknown data set 'shoes'"),
    ({"out": "x.pt"}, ValueError, "out must be the name of a .safetensors file, got 'x.pt'"),
    ({"out": "there.safetensors"}, FileExistsError, "is there already; delete it or choose another name"),
    ({"steps": 0}, ValueError, "steps must be"),
])  # fmt: skip
def test_bad_orders_are_refused_and_nothing_is_written(change, error, words, on_small_data, monkeypatch):
    monkeypatch.chdir(on_small_data)
    (on_small_data / "there.safetensors").write_bytes(b"precious")
    options = {"name": "simclr", "data": "scattered", "steps": 1, "out": "x.safetensors"} | change
    with pytest.raises(error, match=words):
        recipes.train(options.pop("name"), options.pop("data"), **options)
    assert [(path.name, path.read_bytes()) for path in on_small_data.iterdir()] == [("there.safetensors", b"precious")]


def test_pretrained_says_what_is_missing(on_small_data):
    with pytest.raises(FileNotFoundError, match="moco.safetensors is missing; .* python -m clearn pretrain moco"):
        clearn.pretrained("moco")
    with pytest.raises(ValueError, match="unknown method 'dino'"):
        clearn.pretrained("dino")


def test_the_command_line(on_small_data, capsys, monkeypatch):
    out = on_small_data / "new" / "simsiam.safetensors"
    command = ["pretrain", "simsiam", "--steps", "2", "--out", str(out)]
    assert main(command) == 0 and out.exists()
    assert "simsiam.safetensors: knn_10000 " in capsys.readouterr().out
    assert main(command) == 1
    assert "is there already" in capsys.readouterr().err
    monkeypatch.setattr(recipes, "train", lambda *args, **options: None)  # as after Ctrl-C
    assert main(command) == 130
    assert "interrupted; the same command goes on from here" in capsys.readouterr().out


@pytest.mark.long
def test_two_processes_write_one_encoder(tmp_path):
    program, out = tmp_path / "program.py", tmp_path / "simclr.safetensors"
    program.write_text(SMALL + "with distributed.group():\n    recipes.train('simclr', steps=3, out=sys.argv[1])\n")
    result = torchrun(program, out)
    assert result.returncode == 0, result.stderr[-3000:]
    assert result.stdout.count("SimCLR: 3 steps of 256 images") == 1
    card = json.loads(out.with_suffix(".json").read_text())
    assert card["processes"] == 2 and sorted(p.suffix for p in tmp_path.iterdir()) == [".json", ".py", ".safetensors"]


@pytest.mark.long
@pytest.mark.parametrize("times", [3, pytest.param(10, marks=pytest.mark.elsewhere)])
def test_kill_9_some_times_then_the_same_bits(times, tmp_path):
    """Real processes, real training in the hardware's own precision, with queue and moving average to restore."""
    straight, killed = tmp_path / "straight.safetensors", tmp_path / "killed.safetensors"
    state = tmp_path / "killed.safetensors.part"
    environment = os.environ | {"OMP_NUM_THREADS": "1"}

    def run(path):
        return subprocess.Popen([sys.executable, "-c", PROGRAM, path], env=environment, stderr=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL)  # fmt: skip

    assert run(straight).wait(300) == 0
    rng, kills = random.Random(0), 0
    for _ in range(times):
        process, seen = run(killed), state.stat().st_mtime_ns if state.exists() else 0
        while process.poll() is None and not (state.exists() and state.stat().st_mtime_ns > seen):
            time.sleep(0.005)  # until it has got one step further than the last one did
        time.sleep(rng.uniform(0, 0.3))
        kills += process.poll() is None
        process.kill()
        process.wait()
    assert kills >= 0.6 * times, "the runs ended before they could be killed"
    assert run(killed).wait(300) == 0
    assert killed.read_bytes() == straight.read_bytes()
    one, other = (json.loads(path.with_suffix(".json").read_text()) for path in (killed, straight))
    assert one | {"seconds": 0} == other | {"seconds": 0}

"""A training run on disk: written in one move, read back to the bit, refused when it belongs to another run."""

import os

import torch


def save(path, recipe, method, optimizer, history):
    """Write beside the file, then move over it: whoever kills us finds the old file or the new one, never half of one."""
    state = {"recipe": recipe, "method": method.state_dict(), "optimizer": optimizer.state_dict(), "history": history}
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except (OSError, RuntimeError) as error:
        part.unlink(missing_ok=True)
        raise OSError(f"could not write the checkpoint {path}: {error}; the one before it, if any, is whole") from error


def resume(path, recipe, method, optimizer, device):
    """Put method and optimizer back into the state that `path` holds; return its history, a dict.

    Raises ValueError, with the mend, for a file that is no checkpoint or whose recipe is another.
    """
    try:
        state = torch.load(path, map_location=device, weights_only=True)
        found = state["recipe"]
    except Exception as error:  # torch raises many kinds for a file that is not its own
        raise ValueError(f"{path} is not a checkpoint of pretrain; delete it or choose another name") from error
    different = [
        f"{key} was {found.get(key)!r}, now {value!r}" for key, value in recipe.items() if found.get(key) != value
    ]
    if different:
        raise ValueError(f"{path} belongs to another run: {'; '.join(different)}. Delete it or choose another name")
    method.load_state_dict(state["method"])
    optimizer.load_state_dict(state["optimizer"])
    return state["history"]

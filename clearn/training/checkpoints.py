"""A training run on disk: written in one move, read back to the bit, refused when it belongs to another run."""

import hashlib
import os

import torch

PART = 2**24  # bytes that are hashed at a time


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


def fingerprint(images):
    """Shape, type and a checksum of images (N, C, H, W), or of an ImageSet with its labels, read part by part."""
    pixels, labels = getattr(images, "images", images), getattr(images, "labels", None)
    digest = hashlib.blake2b(digest_size=16)
    for x in (pixels,) if labels is None else (pixels, labels):
        rows = max(1, PART // max(1, x[:1].nbytes))
        for part in x.split(rows):
            digest.update(part.detach().cpu().contiguous().view(torch.uint8).numpy())
    return f"{tuple(pixels.shape)} {pixels.dtype}, checksum {digest.hexdigest()}"


def resume(path, recipe, method, optimizer, device):
    """Put method and optimizer back into the state that `path` holds; return its history, a dict.

    Raises ValueError, with the mend, for a file that is no checkpoint or whose recipe is another.
    """
    try:
        state = torch.load(path, map_location=device, weights_only=True)
        found = state["recipe"]
    except Exception as error:  # torch raises many kinds for a file that is not its own
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise ValueError(f"{path} cannot be read as a checkpoint of pretrain ({reason}); choose another name, or delete it if "
                         "nobody needs it") from error  # fmt: skip
    different = [
        f"{key} was {found.get(key)!r}, now {value!r}" for key, value in recipe.items() if found.get(key) != value
    ]
    if different:
        raise ValueError(f"{path} belongs to another run: {'; '.join(different)}. Delete it or choose another name")
    method.load_state_dict(state["method"])
    optimizer.load_state_dict(state["optimizer"])
    return state["history"]

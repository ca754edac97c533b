"""Encoders and heads: shapes, the CIFAR stem against torchvision, and where batch norm stands."""

import pytest
import torch
from torch import nn

from clearn.models import prediction_head, projection_head, resnet18_encoder, tiny_encoder


@pytest.mark.parametrize("make, dim, most", [(tiny_encoder, 128, 0.32e6), (resnet18_encoder, 512, 11.2e6)])
@pytest.mark.parametrize("channels, side", [(1, 28), (3, 32)])
def test_encoder_shapes_and_size(make, dim, most, channels, side):
    encoder = make(channels).eval()
    assert encoder.dim == dim
    assert encoder(torch.rand(2, channels, side, side)).shape == (2, dim)
    assert 0.9 * most < sum(p.numel() for p in encoder.parameters()) < most


def test_resnet18_keeps_small_images_large():
    """CIFAR stem: a 32 px image is still 32 px wide before the first block and 4 px after the last."""
    sizes = []
    encoder = resnet18_encoder(3).eval()
    for layer in encoder:
        layer.register_forward_hook(lambda _m, _i, out: sizes.append(tuple(out.shape[1:])))
    encoder(torch.rand(1, 3, 32, 32))
    assert sizes[0] == (64, 32, 32) and (512, 4, 4) in sizes and sizes[-1] == (512,)


def test_resnet18_body_is_torchvisions():
    from torchvision.models import resnet18

    theirs, ours = resnet18(), resnet18_encoder(3)
    theirs.conv1, theirs.maxpool, theirs.fc = nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.Identity(), nn.Identity()
    theirs.load_state_dict(dict(zip(theirs.state_dict(), ours.state_dict().values(), strict=True)))
    x = torch.rand(2, 3, 32, 32)
    assert torch.allclose(theirs.eval()(x), ours.eval()(x), atol=1e-5)


@pytest.mark.parametrize("layers, output_norm, kinds", [
    (1, False, "Linear"),
    (2, False, "Linear BatchNorm1d ReLU Linear"),
    (3, True, "Linear BatchNorm1d ReLU Linear BatchNorm1d ReLU Linear BatchNorm1d"),
])  # fmt: skip
def test_projection_head_layers(layers, output_norm, kinds):
    head = projection_head(8, hidden=16, out=4, layers=layers, output_norm=output_norm)
    assert [type(layer).__name__ for layer in head] == kinds.split()
    assert head(torch.rand(3, 8)).shape == (3, 4)
    for layer, following in zip(head, [*head[1:], None]):  # a bias before a batch norm would do nothing
        if isinstance(layer, nn.Linear):
            assert (layer.bias is None) == isinstance(following, nn.BatchNorm1d)


def test_prediction_head_maps_a_space_to_itself():
    head = prediction_head(16, hidden=4)
    assert [type(layer).__name__ for layer in head] == ["Linear", "BatchNorm1d", "ReLU", "Linear"]
    assert head(torch.rand(3, 16)).shape == (3, 16) and head[0].out_features == 4


@pytest.mark.parametrize("call, error, word", [
    (lambda: tiny_encoder(0), ValueError, "channels must be at least 1, got 0"),
    (lambda: resnet18_encoder("RGB"), TypeError, "channels must be a whole number, got str"),
    (lambda: projection_head(8.5), TypeError, "dim must be a whole number"),
    (lambda: projection_head(8, hidden=0), ValueError, "hidden must be at least 1"),
    (lambda: projection_head(8, layers=0), ValueError, "layers must be at least 1"),
    (lambda: prediction_head(8, hidden=True), TypeError, "hidden must be a whole number"),
])  # fmt: skip
def test_bad_sizes_are_refused(call, error, word):
    with pytest.raises(error, match=word):
        call()

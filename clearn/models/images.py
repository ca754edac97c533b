"""Encoders that turn images into features."""

from torch import nn

from clearn.validate import whole


class Encoder(nn.Sequential):
    """Images (N, C, H, W), float in [0, 1] -> features (N, dim)."""

    def __init__(self, *layers, dim):
        super().__init__(*layers)
        self.dim = dim


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions beside a shortcut. He et al. 2016, "Deep residual learning", fig. 2."""

    def __init__(self, channels_in, channels, stride=1):
        super().__init__()
        self.convolutions = nn.Sequential(
            nn.Conv2d(channels_in, channels, 3, stride, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))  # fmt: skip
        self.shortcut = nn.Identity()
        if stride != 1 or channels_in != channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels_in, channels, 1, stride, bias=False), nn.BatchNorm2d(channels))  # fmt: skip

    def forward(self, x):
        return (self.convolutions(x) + self.shortcut(x)).relu()


def tiny_encoder(channels=3):
    """A ResNet of three blocks that learns in under a minute on two CPU cores; dim 128, 0.3 million parameters.

    Args: channels of the images, 1 or 3. For images of 28 to 40 px.

    >>> tiny_encoder(channels=1).dim
    128
    """
    channels = whole("channels", channels)
    return Encoder(
        nn.Conv2d(channels, 32, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
        ResidualBlock(32, 32), ResidualBlock(32, 64, stride=2), ResidualBlock(64, 128, stride=2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), dim=128)  # fmt: skip


def resnet18_encoder(channels=3):
    """torchvision's ResNet-18 with the stem for small images: 3×3, stride 1, no max-pool; dim 512.

    With the ImageNet stem, 7×7 with stride 2 and a pool, a 32 px image is 8 px wide before the first block, and
    CIFAR-10 accuracy falls by some 20 points. Chen et al. 2020, "SimCLR", appendix B.9.

    >>> resnet18_encoder().dim
    512
    """
    from torchvision.models import resnet18

    network = resnet18(weights=None)
    network.conv1 = nn.Conv2d(whole("channels", channels), 64, 3, padding=1, bias=False)
    network.maxpool = nn.Identity()
    *body, _classifier = network.children()
    return Encoder(*body, nn.Flatten(), dim=512)

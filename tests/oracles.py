"""What tests compare with: the numbers in a caption, and what the panels of chapters 10 and 11 say, in plain loops."""

import math

import numpy as np
from compare_outputs import parts_of_text, read


def numbers(text):
    """All numbers in a caption, as floats; a percentage as a share."""
    return [float(value) for *_, value in read(parts_of_text(text))[1]]


def unit_rows(z):
    return np.array([[x / math.sqrt(sum(y * y for y in row)) for x in row] for row in z.double().tolist()])


def spread(z):
    """Standard deviation of each column of the unit rows, averaged, times √D."""
    u, total = unit_rows(z), 0.0
    for column in u.T:
        mean = sum(column) / len(column)
        total += math.sqrt(sum((x - mean) ** 2 for x in column) / len(column))
    return total / len(u.T) * math.sqrt(len(u.T))


def rank(z):
    """The exponential of the entropy of the singular values, which are roots of the eigenvalues of UᵀU."""
    u = unit_rows(z)
    sigma = [math.sqrt(max(value, 0)) for value in np.linalg.eigvalsh(u.T @ u)]
    return math.exp(-sum(s / sum(sigma) * math.log(s / sum(sigma)) for s in sigma if s > 0))

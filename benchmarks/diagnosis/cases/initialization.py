"""Starts that no depth profile tells: all units alike, all zero, or outputs far off."""

from benchmarks.diagnosis.bodies import (
    BLOBS,
    CIRCLES,
    DIGITS,
    HE,
    IRIS,
    MOONS,
    WINE,
    adam,
    body,
    dense,
    gaussian,
    init,
    linear,
    sgd,
)
from benchmarks.diagnosis.case import SCORE, TUNE, accuracy, loss, sick

SYMMETRIC = "equal weights get equal gradients, so every layer stays one unit wide (Goodfellow et al. 2016, § 8.4)"
ZEROS = "weights of zero hand on neither signal nor gradient; only the last biases ever move"
ALIKE = "poor_initialization"
NOTHING = "poor_initialization vanishing_gradient"
FAR = "logits of thousands at the start: the loss is hundreds of times that of guessing, and stays above it"
LITTLE = accuracy(0.6)

CASES = (
    sick("constant-relu", TUNE, ALIKE, "initialization", SYMMETRIC,
         body(DIGITS, dense("relu", 2, 48), sgd(0.05), init("constant", value=0.02)), LITTLE),
    sick("constant-tanh", SCORE, ALIKE, "initialization", SYMMETRIC,
         body(DIGITS, dense("tanh", 2, 48), sgd(0.1), init("constant", value=0.1)), LITTLE),
    sick("constant-tanh-adam", TUNE, ALIKE, "initialization", SYMMETRIC,
         body(CIRCLES, dense("tanh", 2, 16), adam(0.01), init("constant", value=0.2)), accuracy(0.85)),
    sick("constant-sigmoid", SCORE, ALIKE + " vanishing_gradient", "initialization", SYMMETRIC,
         body(DIGITS, dense("sigmoid", 1, 48), adam(0.01), init("constant", value=0.1)), LITTLE),
    sick("constant-relu-on-blobs", SCORE, ALIKE, "initialization", SYMMETRIC,
         body(BLOBS.of(centers=6).but(6), dense("relu", 1, 32), adam(0.01), init("constant", value=0.05)),
         accuracy(0.8)),
    sick("constant-gelu", TUNE, ALIKE, "initialization", SYMMETRIC,
         body(DIGITS, dense("gelu", 1, 64), adam(5e-3), init("constant", value=0.03)), accuracy(0.7)),
    sick("zeros-relu", TUNE, NOTHING, "initialization", ZEROS,
         body(DIGITS, dense("relu", 3, 32), sgd(0.1), init("constant", value=0.0)), LITTLE),
    sick("zeros-tanh", SCORE, NOTHING, "initialization", ZEROS,
         body(MOONS, dense("tanh", 2, 16), adam(0.01), init("constant", value=0.0)), LITTLE),
    sick("zeros-leaky-relu", SCORE, NOTHING, "initialization", ZEROS,
         body(WINE, dense("leaky_relu", 3, 24), sgd(0.1), init("constant", value=0.0), batch=16), LITTLE),
    sick("zero-std", TUNE, NOTHING, "initialization", ZEROS,
         body(IRIS, dense("gelu", 2, 16), adam(0.01), gaussian(0.0), batch=16), LITTLE),
    sick("huge-shallow", TUNE, "poor_initialization exploding_gradient", "initialization", FAR,
         body(DIGITS, dense("relu", 2, 64), sgd(1e-3), gaussian(10.0)), loss(2.3)),
    sick("huge-last-layer", SCORE, "poor_initialization exploding_gradient", "initialization", FAR,
         body(DIGITS, dense("tanh", 2, 64), adam(1e-4), HE, end=[linear(10, init=gaussian(300.0))]), accuracy(0.8)),
    sick("tiny-two-layers", SCORE, "poor_initialization vanishing_gradient loss_not_decreasing", "initialization",
         "δ at the first layer is 10⁻⁸ of the last one's, and each layer's gradient is the other's smallness",
         body(DIGITS, dense("tanh", 2, 32), sgd(0.1), gaussian(1e-5)), LITTLE),
    sick("tiny-one-layer", TUNE, "poor_initialization vanishing_gradient loss_not_decreasing", "initialization",
         "weights near 0 are a saddle: each gradient is proportional to the other layer's weights (Saxe et al. 2014)",
         body(DIGITS, dense("relu", 1, 48), sgd(0.05), gaussian(1e-6)), LITTLE),
)  # fmt: skip

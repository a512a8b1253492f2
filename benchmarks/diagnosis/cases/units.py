"""Units that are dead, and units on the flat ends of their function."""

from benchmarks.diagnosis.bodies import (
    BLOBS,
    CIRCLES,
    DIGITS,
    MOONS,
    TUMORS,
    XAVIER,
    act,
    adam,
    body,
    conv,
    dense,
    gaussian,
    init,
    kind,
    linear,
    optimizer,
    repeat,
    sgd,
)
from benchmarks.diagnosis.case import SCORE, TUNE, accuracy, sick

BORN = "dead_units"
BORN_CAUSES = "born_dead width"
NARROW = "P(born dead) ≥ 1 − (1 − 2⁻ᴺ)ᴸ (Lu et al. 2019); reference run"
CUT = "dead_units"
"""Dead from the start because of the biases, and nothing else."""
BIASED = "every unit starts so far below zero that no sample reaches it"
DIED = "dead_units learning_rate_too_high exploding_gradient non_finite"
DIED_CAUSES = "died_in_training learning_rate"
TOO_FAST = "healthy at a hundredth of this learning rate; reference run: most units die, and it stays at chance"
SATURATED = "saturated_activations poor_initialization"
WIDE = "pre-activations of a standard deviation ≫ 3 lie on the flat ends (Glorot & Bengio 2010)"
DRIVEN = "saturated_activations learning_rate_too_high exploding_gradient"
LITTLE = accuracy(0.6)
NOT_HALF = accuracy(0.5)

CASES = (
    # Born dead
    sick("5-wide-relu-30", TUNE, BORN, BORN_CAUSES, NARROW, body(CIRCLES, dense("relu", 30, 5), sgd(0.1)), LITTLE),
    sick("4-wide-relu-60-on-blobs", SCORE, BORN, BORN_CAUSES, NARROW, body(BLOBS, dense("relu", 60, 4), adam(3e-3)),
         NOT_HALF),
    sick("4-wide-relu-30", TUNE, BORN, BORN_CAUSES, NARROW, body(MOONS, dense("relu", 30, 4), adam(3e-3)), LITTLE),
    sick("3-wide-relu-20", SCORE, BORN, BORN_CAUSES, NARROW, body(TUMORS, dense("relu", 20, 3), sgd(0.05)),
         accuracy(0.8)),
    sick("2-wide-relu-12", SCORE, BORN, BORN_CAUSES, NARROW, body(CIRCLES, dense("relu", 12, 2), adam(5e-3)), LITTLE),
    sick("negative-biases", TUNE, CUT, "born_dead initialization", BIASED,
         body(DIGITS, dense("relu", 3, 48), sgd(0.1), init("he", bias={"scheme": "constant", "value": -8.0})),
         NOT_HALF),
    sick("negative-biases-on-blobs", SCORE, CUT, "born_dead initialization", BIASED,
         body(BLOBS, dense("relu", 4, 24), adam(1e-3), init("he", bias={"scheme": "constant", "value": -6.0})), LITTLE),
    sick("negative-biases-in-a-cnn", SCORE, CUT, "born_dead initialization", BIASED,
         body(DIGITS, [repeat(2, conv(8), act("relu"))], sgd(0.05),
              init("he", bias={"scheme": "constant", "value": -15.0}), batch=32, steps=100,
              end=[kind("flatten"), linear(10)]), NOT_HALF),
    # Died in training
    sick("dying-relu-sgd", TUNE, DIED, DIED_CAUSES, TOO_FAST, body(DIGITS, dense("relu", 5, 48), sgd(3.0)), NOT_HALF,
         rate=0.01),
    sick("dying-relu-adam", SCORE, DIED, DIED_CAUSES, TOO_FAST, body(DIGITS, dense("relu", 4, 48), adam(0.3)), NOT_HALF,
         rate=0.01),
    sick("dying-relu-adam-8", TUNE, DIED, DIED_CAUSES, TOO_FAST, body(DIGITS, dense("relu", 8, 32), adam(0.1)),
         NOT_HALF, rate=0.01),
    sick("dying-relu-rmsprop", SCORE, DIED, DIED_CAUSES, TOO_FAST,
         body(DIGITS, dense("relu", 4, 32), optimizer("rmsprop", 0.5)), NOT_HALF, rate=0.01),
    sick("dying-relu-momentum", TUNE, DIED, DIED_CAUSES, TOO_FAST,
         body(DIGITS, dense("relu", 6, 32), sgd(0.5, momentum=0.95)), NOT_HALF, rate=0.01),
    sick("dying-relu-on-rings", SCORE, DIED, DIED_CAUSES, TOO_FAST, body(CIRCLES, dense("relu", 6, 16), adam(0.5)),
         LITTLE, rate=0.01),
    sick("dying-relu-cnn", SCORE, DIED, DIED_CAUSES, TOO_FAST,
         body(DIGITS, [repeat(3, conv(8), act("relu"))], adam(0.3), batch=32, steps=100,
              end=[kind("flatten"), linear(10)]), NOT_HALF, rate=0.01),
    # Saturated from the start
    sick("tanh-5-saturated", TUNE, SATURATED, "initialization", WIDE,
         body(DIGITS, dense("tanh", 5, 64), sgd(0.1), gaussian(1.0)), accuracy(0.8)),
    sick("tanh-8-gain", SCORE, "saturated_activations exploding_gradient poor_initialization", "initialization", WIDE,
         body(DIGITS, dense("tanh", 8, 64), sgd(0.1), init("xavier", gain=8.0)), NOT_HALF),
    sick("sigmoid-4-saturated", TUNE, SATURATED, "initialization", WIDE,
         body(DIGITS, dense("sigmoid", 4, 48), sgd(0.1), gaussian(4.0)), accuracy(0.75)),
    sick("sigmoid-3-saturated", SCORE, SATURATED, "initialization", WIDE,
         body(DIGITS, dense("sigmoid", 3, 64), adam(1e-3), gaussian(6.0)), accuracy(0.8)),
    sick("hardtanh-6-saturated", SCORE, SATURATED + " exploding_gradient", "initialization", WIDE,
         body(DIGITS, dense("hardtanh", 6, 48), sgd(0.05), init("uniform", low=-3.0, high=3.0)), accuracy(0.75)),
    sick("tanh-6-uniform-saturated", SCORE, SATURATED + " exploding_gradient", "initialization", WIDE,
         body(DIGITS, dense("tanh", 6, 48), sgd(0.02), init("uniform", low=-4.0, high=4.0)), accuracy(0.8)),
    # Driven there
    sick("tanh-driven-by-adam", TUNE, DRIVEN, "learning_rate",
         "each weight moves by about 1 at every step, 64 of them add up",
         body(DIGITS, dense("tanh", 4, 64), adam(1.0), XAVIER), LITTLE, rate=0.003),
    sick("tanh-driven-by-sgd", SCORE, DRIVEN, "learning_rate",
         "reference run: stuck, and it learns at a hundredth of the rate",
         body(DIGITS, dense("tanh", 4, 48), sgd(20.0), XAVIER), NOT_HALF, rate=0.01),
    sick("sigmoid-driven-by-adam", SCORE, DRIVEN, "learning_rate",
         "each weight moves by about 2 at every step, 48 of them add up",
         body(DIGITS, dense("sigmoid", 2, 48), adam(2.0), XAVIER), accuracy(0.85), rate=0.01),
)  # fmt: skip

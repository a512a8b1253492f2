"""Trained well, and to no use: nothing to learn with, nothing to learn, or learned by heart."""

from benchmarks.diagnosis.bodies import (
    BLOBS,
    CIRCLES,
    DIABETES,
    LECUN,
    MOONS,
    TEACHER,
    XAVIER,
    XOR,
    adam,
    body,
    dense,
    sgd,
)
from benchmarks.diagnosis.case import SCORE, TUNE, accuracy, loss, sick, validation_loss, validation_rise

STILL = "loss_not_decreasing"
LINE = "no line parts these classes (Minsky & Papert 1969), and this network is linear"
NOTHING = "the classes lie on each other: no network does better than guessing"
HEART = "overfitting"
MORE_WEIGHTS = "more weights than samples, trained far below what the noise allows (Zhang et al. 2017); reference run"
CHANCE = accuracy(0.7)

CASES = (
    # The loss stays
    sick("line-through-xor", TUNE, STILL, "capacity unknown", LINE, body(XOR, [], sgd(0.1), XAVIER), CHANCE),
    sick("line-through-rings", SCORE, STILL, "capacity unknown", LINE, body(CIRCLES, [], adam(0.01), XAVIER), CHANCE),
    sick("deep-line-through-xor", SCORE, STILL, "capacity activation unknown", LINE,
         body(XOR, dense("identity", 3, 16), adam(3e-3), XAVIER), CHANCE),
    sick("deep-line-through-rings", TUNE, STILL, "capacity activation unknown", LINE,
         body(CIRCLES, dense("identity", 2, 16), sgd(0.05), XAVIER), CHANCE),
    sick("nothing-to-learn", TUNE, STILL, "data capacity unknown", NOTHING,
         body(BLOBS.of(cluster_std=1000.0, n_samples=4000), dense("tanh", 1, 8), sgd(0.05), XAVIER), accuracy(0.4)),
    sick("nothing-to-learn-in-moons", SCORE, STILL, "data capacity unknown", NOTHING,
         body(MOONS.of(noise=50.0, n_samples=4000), dense("relu", 1, 8), adam(1e-3), LECUN), accuracy(0.6)),
    sick("noise-for-a-teacher", SCORE, STILL, "data capacity unknown", "99 % of the target is noise",
         body(TEACHER.of(noise=0.99, n_samples=4000), dense("tanh", 1, 8), sgd(0.05), XAVIER), loss(0.85)),
    # Learned by heart
    sick("diabetes-by-heart", TUNE, HEART, "capacity data", MORE_WEIGHTS,
         body(DIABETES, dense("relu", 2, 128), adam(5e-3), steps=600), validation_rise(1.2)),
    sick("diabetes-by-heart-tanh", SCORE, HEART, "capacity data", MORE_WEIGHTS,
         body(DIABETES, dense("tanh", 2, 96), adam(0.01), XAVIER, steps=500), validation_rise(1.2)),
    sick("noisy-moons-by-heart", SCORE, HEART, "capacity data", MORE_WEIGHTS,
         body(MOONS.of(noise=0.8, n_samples=100), dense("relu", 3, 96), adam(5e-3), steps=400, batch=32),
         validation_loss(0.7)),
    sick("noisy-rings-by-heart", TUNE, HEART, "capacity data", MORE_WEIGHTS,
         body(CIRCLES.of(noise=0.5, n_samples=100), dense("relu", 3, 96), adam(5e-3), steps=400, batch=32),
         validation_loss(0.7)),
    sick("noise-by-heart", TUNE, HEART, "capacity data", MORE_WEIGHTS,
         body(TEACHER.of(noise=0.8, n_samples=120), dense("relu", 2, 128), adam(3e-3), steps=400, batch=32),
         validation_loss(0.85)),
    sick("noisy-xor-by-heart", SCORE, HEART, "capacity data", MORE_WEIGHTS,
         body(XOR.of(n_features=20, noise=1.0, n_samples=100), dense("relu", 2, 96), adam(3e-3), steps=300, batch=32),
         validation_loss(0.7)),
    sick("overlapping-blobs-by-heart", SCORE, HEART, "capacity data", MORE_WEIGHTS,
         body(BLOBS.of(cluster_std=12.0, n_samples=120), dense("gelu", 2, 96), adam(5e-3), steps=400, batch=32),
         validation_loss(1.39)),
)  # fmt: skip

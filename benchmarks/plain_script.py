"""The contract's example as a plain script: on every line of standard input it trains once and prints the seconds."""

import sys
import time

import torch
from sklearn.datasets import load_digits
from torch import nn


def train(inputs: torch.Tensor, classes: torch.Tensor) -> None:
    torch.manual_seed(0)
    parts: list[nn.Module] = []
    for _ in range(20):
        linear = nn.Linear(64, 64)
        nn.init.xavier_normal_(linear.weight)
        nn.init.zeros_(linear.bias)
        parts += [linear, nn.Sigmoid()]
    model = nn.Sequential(*parts, nn.Linear(64, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    training, validation = slice(0, 1438), slice(1438, None)
    order = torch.randperm(1438)
    for step in range(300):
        if step and step % 11 == 0:
            order = torch.randperm(1438)
        chosen = order[step % 11 * 128 : (step % 11 + 1) * 128]
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(inputs[training][chosen]), classes[training][chosen])
        loss.backward()
        optimizer.step()
        if (step + 1) % 15 == 0:
            with torch.no_grad():
                (model(inputs[validation]).argmax(1) == classes[validation]).float().mean().item()


def main() -> None:
    samples, labels = load_digits(return_X_y=True)
    inputs, classes = torch.tensor(samples, dtype=torch.float32), torch.tensor(labels)
    inputs = (inputs - inputs.mean(0)) / inputs.std(0).clamp_min(1e-8)
    for _ in sys.stdin:
        start = time.perf_counter()
        train(inputs, classes)
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()

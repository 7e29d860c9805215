"""The program of bench/programs/dcgan.ts in PyTorch, line by line. Prints milliseconds a step as JSON.

usage: python3 bench/peers/dcgan.py [--threads 2] [--steps 20] [--device cpu|cuda]
"""

import argparse
import json
import time

import torch
import torch.nn.functional as F

BATCH, LATENT, WIDTH = 32, 100, 64


def parameters(device):
    random = torch.Generator().manual_seed(1)

    def weight(*shape):
        return ((torch.rand(*shape, generator=random) * 2 - 1) * 0.02).to(device).requires_grad_()

    def norm(size):
        return [torch.ones(size, device=device, requires_grad=True), torch.zeros(size, device=device, requires_grad=True)]

    g = [weight(LATENT, 64 * WIDTH), *norm(4 * WIDTH), weight(4 * WIDTH, 2 * WIDTH, 4, 4), *norm(2 * WIDTH)]
    g += [weight(2 * WIDTH, WIDTH, 4, 4), *norm(WIDTH), weight(WIDTH, 3, 4, 4)]
    d = [weight(WIDTH, 3, 4, 4), weight(2 * WIDTH, WIDTH, 4, 4), weight(4 * WIDTH, 2 * WIDTH, 4, 4), weight(64 * WIDTH, 1)]
    return g, d


def generator(g, z):
    def norm(x, scale, shift):
        return F.relu(F.batch_norm(x, None, None, scale, shift, training=True))

    h = norm((z @ g[0]).view(-1, 4 * WIDTH, 4, 4), g[1], g[2])
    h = norm(F.conv_transpose2d(h, g[3], stride=2, padding=1), g[4], g[5])
    h = norm(F.conv_transpose2d(h, g[6], stride=2, padding=1), g[7], g[8])
    return torch.tanh(F.conv_transpose2d(h, g[9], stride=2, padding=1))


def discriminator(d, x):
    for weight in d[:3]:
        x = F.leaky_relu(F.conv2d(x, weight, stride=2, padding=1), 0.2)
    return x.flatten(1) @ d[3]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--steps", type=int, default=20)
    arguments.add_argument("--device", default="cpu")
    options = arguments.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    device = options.device
    g, d = parameters(device)
    adam = {"lr": 2e-4, "betas": (0.5, 0.999)}
    optimizer_g, optimizer_d = torch.optim.Adam(g, **adam), torch.optim.Adam(d, **adam)
    real = torch.rand(BATCH, 3, 32, 32, device=device)

    def step():
        fake = generator(g, torch.rand(BATCH, LATENT, device=device))
        optimizer_d.zero_grad()
        loss_d = F.softplus(-discriminator(d, real)).mean() + F.softplus(discriminator(d, fake.detach())).mean()
        loss_d.backward()
        optimizer_d.step()
        optimizer_g.zero_grad()
        loss_g = F.softplus(-discriminator(d, fake)).mean()
        loss_g.backward()
        optimizer_g.step()
        return loss_d.detach(), loss_g.detach()

    times = []
    for _ in range(options.steps + 3):
        started = time.perf_counter()
        step()
        if device != "cpu":
            torch.cuda.synchronize()
        times.append((time.perf_counter() - started) * 1000)
    times = sorted(times[3:])
    print(json.dumps({"torch": torch.__version__, "device": device, "threads": options.threads, "msPerStep": times[len(times) // 2], "best": times[0]}))


if __name__ == "__main__":
    main()

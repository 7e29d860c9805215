"""The steps of bench/programs/dcgan.ts and of recipes/mnist-mlp.json in PyTorch, set up for speed: fused optimizers, weights
in channels_last where asked, compiled where asked. Prints what it is as one line of JSON, then answers each line with a
number of steps by the milliseconds that one took, so that bench/torch.ts can let it take turns.

usage: python3 bench/peers/gan.py dcgan|paper [--threads 2] [--device cpu|cuda] [--channels-last] [--compile]
"""

import argparse
import json
import sys
import time

import torch
import torch.nn.functional as F


def uniform(shape, scale, device, random):
    return ((torch.rand(*shape, generator=random) * 2 - 1) * scale).to(device).requires_grad_()


def maybe_compiled(function, options):
    return torch.compile(function) if options.compile else function


def dcgan(options):
    """32×32×3 images, three convolutions a side, batch norm in G, Adam for both."""
    batch, latent, width, device = 32, 100, 64, options.device
    random = torch.Generator().manual_seed(1)
    layout = torch.channels_last if options.channels_last else torch.contiguous_format

    def weight(*shape):
        made = uniform(shape, 0.02, device, random).detach()
        return (made.to(memory_format=layout) if len(shape) == 4 else made).requires_grad_()

    def norm(size):
        return [torch.ones(size, device=device, requires_grad=True), torch.zeros(size, device=device, requires_grad=True)]

    g = [weight(latent, 64 * width), *norm(4 * width), weight(4 * width, 2 * width, 4, 4), *norm(2 * width)]
    g += [weight(2 * width, width, 4, 4), *norm(width), weight(width, 3, 4, 4)]
    d = [weight(width, 3, 4, 4), weight(2 * width, width, 4, 4), weight(4 * width, 2 * width, 4, 4), weight(64 * width, 1)]

    def generator(g, z):
        def normed(x, scale, shift):
            return F.relu(F.batch_norm(x, None, None, scale, shift, training=True))

        h = normed((z @ g[0]).view(-1, 4 * width, 4, 4).contiguous(memory_format=layout), g[1], g[2])
        h = normed(F.conv_transpose2d(h, g[3], stride=2, padding=1), g[4], g[5])
        h = normed(F.conv_transpose2d(h, g[6], stride=2, padding=1), g[7], g[8])
        return torch.tanh(F.conv_transpose2d(h, g[9], stride=2, padding=1))

    def discriminator(d, x):
        for filters in d[:3]:
            x = F.leaky_relu(F.conv2d(x, filters, stride=2, padding=1), 0.2)
        return x.flatten(1) @ d[3]

    generate, judge = maybe_compiled(generator, options), maybe_compiled(discriminator, options)
    adam = {"lr": 2e-4, "betas": (0.5, 0.999), "fused": True}
    optimizer_g, optimizer_d = torch.optim.Adam(g, **adam), torch.optim.Adam(d, **adam)
    real = torch.rand(batch, 3, 32, 32, generator=random).to(device, memory_format=layout)
    z = torch.rand(batch, latent, generator=random).to(device)

    def step():
        fake = generate(g, z)
        optimizer_d.zero_grad()
        loss_d = F.softplus(-judge(d, real)).mean() + F.softplus(judge(d, fake.detach())).mean()
        loss_d.backward()
        optimizer_d.step()
        optimizer_g.zero_grad()
        F.softplus(-judge(d, fake)).mean().backward()
        optimizer_g.step()

    return step


def paper(options):
    """The 2014 paper's MNIST game, batch 100: maxout D with dropout, both players moved from one forward pass."""
    batch, device = 100, options.device
    random = torch.Generator().manual_seed(1)

    def layers(widths, scale):
        made = []
        for fan_in, fan_out in widths:
            made += [uniform((fan_in, fan_out), scale, device, random), torch.zeros(fan_out, device=device, requires_grad=True)]
        return made

    g = layers([(100, 1200), (1200, 1200), (1200, 784)], 0.05)
    d = layers([(784, 1200), (240, 1200), (240, 1)], 0.005)
    keeps = [(784, 0.8), (240, 0.5), (240, 0.5)]

    def masks():
        return [(torch.rand(batch, width, generator=random) < keep).to(device) for width, keep in keeps]

    def generator(g, z):
        return torch.sigmoid(torch.addmm(g[5], F.relu(torch.addmm(g[3], F.relu(torch.addmm(g[1], z, g[0])), g[2])), g[4]))

    def discriminator(d, x, kept):
        for i, (mask, (_, keep)) in enumerate(zip(kept, keeps)):
            x = torch.addmm(d[2 * i + 1], x * (mask * (1 / keep)), d[2 * i])
            if i < 2:
                x = x.view(-1, 5, 240).amax(1)
        return x

    def losses(g, d, z, real, kept_real, kept_fake):
        judged = discriminator(d, generator(g, z), kept_fake)
        loss_d = F.softplus(-discriminator(d, real, kept_real)).mean() + F.softplus(judged).mean()
        return 0.5 * loss_d, F.softplus(-judged).mean()

    both = maybe_compiled(losses, options)
    momentum = {"lr": 0.1, "momentum": 0.5, "fused": True}
    optimizer_g, optimizer_d = torch.optim.SGD(g, **momentum), torch.optim.SGD(d, **momentum)
    real, z = torch.rand(batch, 784, generator=random).to(device), torch.rand(batch, 100, generator=random).to(device)
    kept_real, kept_fake = masks(), masks()

    def step():
        loss_d, loss_g = both(g, d, z, real, kept_real, kept_fake)
        for parameters, loss, keep_graph in ((d, loss_d, True), (g, loss_g, False)):
            for parameter, grad in zip(parameters, torch.autograd.grad(loss, parameters, retain_graph=keep_graph)):
                parameter.grad = grad
        optimizer_d.step()
        optimizer_g.step()

    return step


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program", choices=["dcgan", "paper"])
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--device", default="cpu")
    arguments.add_argument("--channels-last", action="store_true")
    arguments.add_argument("--compile", action="store_true")
    options = arguments.parse_args()
    if options.device == "cuda" and not torch.cuda.is_available():
        sys.exit("this PyTorch finds no CUDA device")
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    step = {"dcgan": dcgan, "paper": paper}[options.program](options)
    for _ in range(3):
        step()  # compiles, and lets cuDNN and oneDNN choose
    card = torch.cuda.get_device_name() if options.device == "cuda" else None
    print(json.dumps({"torch": torch.__version__, "card": card}), flush=True)
    for line in sys.stdin:
        steps = int(line)
        started = time.perf_counter()
        for _ in range(steps):
            step()
        if options.device == "cuda":
            torch.cuda.synchronize()
        print(json.dumps({"msPerStep": (time.perf_counter() - started) * 1000 / steps}), flush=True)


if __name__ == "__main__":
    main()

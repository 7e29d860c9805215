# Samples a model that was written by `npx ganymede export MODEL --for python`, without Ganymede:
#
#     pip install onnxruntime numpy pillow
#     python sample.py 0 16 pictures      # seeds 0 to 15, into the folder pictures; all three may be left out
#
# A seed gives the picture that `npx ganymede sample` gives for it.
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image


def words(seed, stream, count):
    """The first 32-bit words of a seed by Philox 4x32-10 (Salmon et al. 2011)."""
    a = np.arange(-(-count // 4), dtype=np.uint64)  # counts blocks of four words
    b, c, d = np.zeros_like(a), np.zeros_like(a), np.zeros_like(a)
    low, key0, key1 = np.uint64(2**32 - 1), seed, stream
    for _ in range(10):
        x, y = a * np.uint64(0xD2511F53), c * np.uint64(0xCD9E8D57)
        a, b, c, d = (y >> np.uint64(32)) ^ b ^ np.uint64(key0), y & low, (x >> np.uint64(32)) ^ d ^ np.uint64(key1), x & low
        key0, key1 = (key0 + 0x9E3779B9) % 2**32, (key1 + 0xBB67AE85) % 2**32
    return np.stack([a, b, c, d], axis=1).ravel()[:count].astype(np.float64)


def latent(seed, size, prior):
    if prior["kind"] == "uniform":
        share = np.floor(words(seed, 0, size) / 2**8) / 2**24
        return prior["low"] + (prior["high"] - prior["low"]) * share
    radius, angle = words(seed, 0, size + size % 2).reshape(-1, 2).T  # Box and Muller
    radius, angle = np.sqrt(-2 * np.log((radius + 1) / 2**32)), 2 * np.pi * angle / 2**32
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).ravel()[:size]


given = sys.argv[1:] + ["0", "16", "."][len(sys.argv) - 1 :]
first, count, folder = int(given[0]), int(given[1]), Path(given[2])
seeds = range(first, first + count)
generate = onnxruntime.InferenceSession(Path(__file__).parent / "generate.onnx")
about = generate.get_modelmeta().custom_metadata_map
feeds = {"z": [latent(seed, int(about["latent_size"]), json.loads(about["prior"])) for seed in seeds]}
if "labels" in about:
    classes = len(json.loads(about["labels"]))
    feeds["label"] = np.eye(classes)[[int(words(seed, 1, 1)[0] * classes / 2**32) for seed in seeds]]
feeds["truncation"] = np.ones(count)
taken = [one.name for one in generate.get_inputs()]
made = generate.run(None, {name: np.asarray(feeds[name], np.float32) for name in taken})[0]

folder.mkdir(parents=True, exist_ok=True)
if "image" in about:
    low, high = json.loads(about["image"])["range"]
    pixels = np.rint(255 * np.clip((made - low) / (high - low), 0, 1)).astype(np.uint8)
    for seed, picture in zip(seeds, pixels):
        rows = picture[0] if len(picture) == 1 else np.moveaxis(picture, 0, -1)
        Image.fromarray(rows).save(folder / f"seed{seed:04}.png")
else:
    np.savetxt(folder / "points.csv", made, delimiter=",")
print(f"{count} {'pictures' if 'image' in about else 'points'} in {folder}, of {about['title']} ({about['license']})")

"""What every serving peer has in common: the two graphs of a checkpoint on onnxruntime, the latents that seeds have, and
PNG files. Written for speed: whole batches in NumPy, and PNG by hand, which is many times as fast as Pillow here."""

import json
import os
import struct
import zlib

import numpy as np
import onnxruntime

CHECKPOINTS = os.environ.get("CHECKPOINTS") or os.path.join(os.path.dirname(__file__), "../../../checkpoints")
STORED_BYTES = 1024


def philox(seeds, blocks):
    """Philox 4×32-10 with key (seed, 0) and counters (block, 0, 0, 0): [seeds, 4 · blocks] words."""
    low = np.uint64(0xFFFFFFFF)
    half = np.uint64(32)
    shape = (len(seeds), blocks)
    x0 = np.broadcast_to(np.arange(blocks, dtype=np.uint64), shape)
    x1 = x2 = x3 = np.zeros(shape, np.uint64)
    k0 = np.asarray(seeds, np.uint64)[:, None]
    k1 = np.uint64(0)
    for _ in range(10):
        p0 = x0 * np.uint64(0xD2511F53)
        p2 = x2 * np.uint64(0xCD9E8D57)
        x0, x1, x2, x3 = (p2 >> half) ^ x1 ^ k0, p2 & low, (p0 >> half) ^ x3 ^ k1, p0 & low
        k0 = (k0 + np.uint64(0x9E3779B9)) & low
        k1 = (k1 + np.uint64(0xBB67AE85)) & low
    return np.stack([x0, x1, x2, x3], axis=2).reshape(len(seeds), 4 * blocks)


class Gan:
    def __init__(self, name):
        folder = f"{CHECKPOINTS}/{name}/{max(map(int, filter(str.isdigit, os.listdir(f'{CHECKPOINTS}/{name}'))))}"
        with open(f"{folder}/manifest.json", encoding="utf-8") as file:
            manifest = json.load(file)
        self.size = manifest["latent"]["size"]
        self.prior = manifest["latent"]["prior"]
        self.low, self.high = manifest["image"]["range"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(os.environ.get("THREADS", "1"))
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        load = lambda graph: onnxruntime.InferenceSession(f"{folder}/{graph}.onnx", options, providers=["CPUExecutionProvider"])
        self._generate = load("generate")
        self._score = load("scorer" if "scorer" in manifest["graphs"] else "score")

    def latents(self, seeds):
        words = philox(seeds, -(-self.size // 4))[:, : self.size + self.size % 2]
        if self.prior["kind"] == "uniform":
            low, high = self.prior["low"], self.prior["high"]
            return (low + (high - low) / 2**24 * (words >> np.uint64(8)).astype(np.float64))[:, : self.size].astype(np.float32)
        radius = np.sqrt(-2 * np.log((words[:, 0::2] + np.uint64(1)).astype(np.float64) / 2**32))
        angle = words[:, 1::2].astype(np.float64) * (2 * np.pi / 2**32)
        pairs = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=2)
        return pairs.reshape(len(seeds), -1)[:, : self.size].astype(np.float32)

    def images(self, z):
        """[n, 1, H, W] in the network's range."""
        return self._generate.run(["image"], {"z": z})[0]

    def logits(self, images):
        return self._score.run(["logit"], {"image": images})[0]

    def pngs(self, images):
        levels = np.rint(np.clip((images - self.low) * (255 / (self.high - self.low)), 0, 255)).astype(np.uint8)
        count, _, height, width = levels.shape
        rows = np.zeros((count, height, width + 1), np.uint8)  # each row behind its filter: none
        rows[:, :, 1:] = levels[:, 0]
        return [png(row.tobytes(), width, height) for row in rows]


def png(rows, width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    packed = zlib.compress(rows, 0 if len(rows) <= STORED_BYTES else 3)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")

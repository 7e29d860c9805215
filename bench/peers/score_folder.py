"""Scores a folder as somebody would who writes it in Python: Pillow decodes, ONNX Runtime scores batches, csv writes a
row a picture. `write` makes the folders of pictures that bench/score-folder.ts scores. `loop` loads the model, prints
what it is as one line of JSON, then answers each line with the milliseconds that one picture took.

usage: python3 bench/peers/score_folder.py write DATA OUT COUNT
       python3 bench/peers/score_folder.py loop FOLDER CHECKPOINT [--once]
"""

import csv
import gzip
import json
import os
import sys
import time
import zipfile

import numpy as np
from PIL import Image

BATCH = 64


def write(data, out, count):
    """MNIST as PNG, and CIFAR-10's JPEG files as they are, in folders named after their classes."""
    digits = gzip.open(f"{data}/mnist/train-images-idx3-ubyte.gz").read()[16:]
    os.makedirs(f"{out}/png", exist_ok=True)
    for i, image in enumerate(np.frombuffer(digits, np.uint8).reshape(-1, 28, 28)[:count]):
        Image.fromarray(image).save(f"{out}/png/{i:05d}.png")
    archive = zipfile.ZipFile(f"{data}/cifar10-jpeg/train.zip")
    names = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
    for name in names[:: len(names) // count][:count]:
        os.makedirs(f"{out}/jpg/{os.path.dirname(name)}", exist_ok=True)
        with open(f"{out}/jpg/{name}", "wb") as file:
            file.write(archive.read(name))


class Scorer:
    def __init__(self, checkpoint):
        import onnxruntime

        self.manifest = json.load(open(f"{checkpoint}/manifest.json"))
        graphs = self.manifest["graphs"]
        file = graphs.get("scorer", graphs["score"])["file"]
        self.session = onnxruntime.InferenceSession(f"{checkpoint}/{file}", providers=["CPUExecutionProvider"])
        self.takes_label = any(given.name == "label" for given in self.session.get_inputs())
        # A fitted scorer names its ln p/q of each class, in one pass for all.
        self.outputs = [given.name for given in self.session.get_outputs()]
        self.version = onnxruntime.__version__

    def image(self, path):
        shape = self.manifest["image"]
        low, high = shape["range"]
        image = Image.open(path).convert("L" if shape["channels"] == 1 else "RGB")
        size = (shape["width"], shape["height"])
        if image.size != size:
            image = image.resize(size, Image.LANCZOS)
        values = np.asarray(image, np.float32) * ((high - low) / 255) + low
        return values[None] if values.ndim == 2 else values.transpose(2, 0, 1)

    def folder(self, folder, out):
        files = sorted(os.path.join(at, name) for at, _, names in os.walk(folder) for name in names)
        labels = self.manifest.get("labels", [])
        with open(out, "w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["file", "logit", "probability"])
            for start in range(0, len(files), BATCH):
                part = files[start : start + BATCH]
                feeds = {"image": np.stack([self.image(path) for path in part])}
                by_class = "given" in self.outputs
                if self.takes_label or by_class:
                    classes = [labels.index(os.path.basename(os.path.dirname(path))) for path in part]
                if self.takes_label:
                    feeds["label"] = np.eye(len(labels), dtype=np.float32)[classes]
                (logits,) = self.session.run(["given" if by_class else "logit"], feeds)
                if by_class:
                    logits = logits[np.arange(len(part)), classes]
                chances = 1 / (1 + np.exp(-logits))
                rows.writerows(zip(part, logits.tolist(), chances.tolist()))
        return len(files)


def loop(folder, checkpoint, once):
    scorer = Scorer(checkpoint)
    if once:
        scorer.folder(folder, os.devnull)
        return
    print(json.dumps({"onnxruntime": scorer.version, "pillow": Image.__version__, "numpy": np.__version__}), flush=True)
    for out in sys.stdin:
        began = time.perf_counter()
        count = scorer.folder(folder, out.strip())
        print(1000 * (time.perf_counter() - began) / count, flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        loop(sys.argv[2], sys.argv[3], "--once" in sys.argv)

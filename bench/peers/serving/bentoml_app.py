"""BentoML: adaptive batching. usage: bentoml serve bentoml_app:Gans --port N"""

import os
from base64 import b64encode

import bentoml
import numpy as np
from gan import Gan


@bentoml.service(workers=1, traffic={"timeout": 60})
class Gans:
    def __init__(self):
        self.gan = Gan(os.environ["MODEL"])

    @bentoml.api(batchable=True, max_batch_size=64, max_latency_ms=60_000)
    def pictures(self, seeds: list[int]) -> list[str]:
        images = self.gan.images(self.gan.latents(np.array(seeds)))
        return [b64encode(file).decode() for file in self.gan.pngs(images)]

    @bentoml.api(batchable=True, max_batch_size=64, max_latency_ms=60_000)
    def numbers(self, seeds: list[int]) -> list[dict]:
        z = self.gan.latents(np.array(seeds))
        logits = self.gan.logits(self.gan.images(z)).ravel().tolist()
        return [{"z": row, "logit": logit} for row, logit in zip(z.tolist(), logits)]

"""Triton's Python backend: what its dynamic batcher has gathered is one batch, of which is computed what is asked for."""

import os
import sys

sys.path[:0] = os.environ["PEER_PATH"].split(os.pathsep)  # Triton keeps PYTHONPATH from its stub

import numpy as np
import triton_python_backend_utils as pb_utils
from gan import Gan


class TritonPythonModel:
    def initialize(self, args):
        self.gan = Gan(os.environ["MODEL"])

    def execute(self, requests):
        seeds = [pb_utils.get_input_tensor_by_name(request, "SEED").as_numpy()[:, 0] for request in requests]
        wanted = {name for request in requests for name in request.requested_output_names()}
        z = self.gan.latents(np.concatenate(seeds))
        images = self.gan.images(z) if wanted & {"PNG", "LOGIT"} else None
        rows = {"Z": z}
        if "PNG" in wanted:
            rows["PNG"] = np.array(self.gan.pngs(images), dtype=np.object_)[:, None]
        if "LOGIT" in wanted:
            rows["LOGIT"] = self.gan.logits(images).reshape(-1, 1)
        responses, at = [], 0
        for request, own in zip(requests, seeds):
            tensors = [pb_utils.Tensor(name, rows[name][at : at + len(own)]) for name in request.requested_output_names()]
            responses.append(pb_utils.InferenceResponse(tensors))
            at += len(own)
        return responses

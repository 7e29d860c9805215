"""LitServe: batches of up to 64 requests, one worker; a request may ask for several seeds. usage: litserve_app.py PORT"""

import os
import sys
from base64 import b64encode

import litserve
import numpy as np
from gan import Gan


class Api(litserve.LitAPI):
    def setup(self, device):
        self.gan = Gan(os.environ["MODEL"])

    def decode_request(self, request):
        return request["seed"] + np.arange(request.get("count", 1)), request.get("numbers", False)

    def batch(self, inputs):
        return inputs

    def predict(self, inputs):
        z = self.gan.latents(np.concatenate([seeds for seeds, _ in inputs]))
        images = self.gan.images(z)
        logits = self.gan.logits(images).ravel() if any(numbers for _, numbers in inputs) else None
        outputs, at = [], 0
        for seeds, numbers in inputs:
            rows = slice(at, at + len(seeds))
            at += len(seeds)
            if numbers:
                outputs.append({"z": z[rows].tolist(), "logit": logits[rows].tolist()})
            else:
                outputs.append({"png": [b64encode(file).decode() for file in self.gan.pngs(images[rows])]})
        return outputs

    def unbatch(self, output):
        return output

    def encode_response(self, output):
        return output


if __name__ == "__main__":
    api = Api(max_batch_size=64, batch_timeout=0.001)
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1, fast_queue=True)
    server.run(port=int(sys.argv[1]), host="127.0.0.1", num_api_servers=1, log_level="error", generate_client_file=False)

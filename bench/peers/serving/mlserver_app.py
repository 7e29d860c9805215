"""MLServer: a runtime of its own kind, with adaptive batching. usage: mlserver start mlserver"""

import os
from base64 import b64encode

from gan import Gan
from mlserver import MLModel
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Gans(MLModel):
    async def load(self) -> bool:
        self.gan = Gan(os.environ["MODEL"])
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        seeds = NumpyCodec.decode_input(payload.inputs[0]).ravel()
        wanted = {output.name for output in payload.outputs or []}
        z = self.gan.latents(seeds)
        images = self.gan.images(z)
        if "PNG" in wanted:
            outputs = [StringCodec.encode_output("PNG", [b64encode(file).decode() for file in self.gan.pngs(images)])]
        else:
            outputs = [NumpyCodec.encode_output("Z", z), NumpyCodec.encode_output("LOGIT", self.gan.logits(images).reshape(-1, 1))]
        return InferenceResponse(model_name=self.name, outputs=outputs)

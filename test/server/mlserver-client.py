# Asks a server by MLServer's codecs and types, and prints what it was told as JSON. argv[1]: host:port.
import json
import sys
from urllib.request import Request, urlopen

import numpy as np
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse

z = np.random.default_rng(1).normal(size=(3, 4)).astype(np.float32)
body = InferenceRequest(id="mine", inputs=[NumpyCodec.encode_input("z", z)]).model_dump_json().encode()
headers = {"content-type": "application/json"}
reply = urlopen(Request(f"http://{sys.argv[1]}/v2/models/ring8.generate/infer", body, headers)).read()
answer = InferenceResponse.model_validate_json(reply)
point = NumpyCodec.decode_output(answer.outputs[0])
print(json.dumps({"id": answer.id, "z": z.tolist(), "point": point.astype(np.float32).tolist()}))

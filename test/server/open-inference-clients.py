# Asks a server by Triton's own client, and prints what it was told as JSON. argv[1]: host:port.
import json
import sys

import numpy as np
import tritonclient.http as triton

client = triton.InferenceServerClient(sys.argv[1])
name = "ring8.generate"
metadata = client.get_model_metadata(name)
z = np.random.default_rng(1).normal(size=(3, metadata["inputs"][0]["shape"][1])).astype(np.float32)


def points(binary):
    sent = triton.InferInput("z", list(z.shape), "FP32")
    sent.set_data_from_numpy(z, binary_data=binary)
    asked = triton.InferRequestedOutput("point", binary_data=binary)
    return client.infer(name, [sent], outputs=[asked], request_id="mine")


def refusal():
    try:
        client.get_model_metadata("ring8.nothing")
    except triton.InferenceServerException as error:
        return error.message()


in_bytes, in_json = points(True), points(False)
print(
    json.dumps(
        {
            "live": client.is_server_live(),
            "ready": client.is_server_ready() and client.is_model_ready(name),
            "server": client.get_server_metadata()["name"],
            "index": [one["name"] for one in client.get_model_repository_index()],
            "id": in_bytes.get_response()["id"],
            "z": z.tolist(),
            "bytes": in_bytes.as_numpy("point").tolist(),
            "json": in_json.as_numpy("point").tolist(),
            "refusal": refusal(),
            "loaded": client.load_model(name) is None and client.unload_model(name) is None,
            "after": points(True).as_numpy("point").tolist(),
        }
    )
)

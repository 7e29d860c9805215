# Runs exported graphs in other runtimes, and prints how far each is from what it should give, as JSON: file → runtime →
# the largest difference as a share of 1 or of the largest number of its output, or why there is none. argv: a folder with <name>.onnx, and <name>.json of "inputs" and
# "outputs", each {name: {"shape", "data"}}; then the runtimes.
import json
import sys
import traceback
from pathlib import Path

import numpy as np


def with_onnxruntime(file, feeds, names):
    import onnxruntime

    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    return dict(zip(names, session.run(names, feeds)))


def with_openvino(file, feeds, names):
    import openvino

    # Some processors compute in bfloat16 unless told otherwise.
    model = openvino.Core().compile_model(file, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    results = model(feeds)
    return {name: results[name] for name in names}


def with_opencv(file, feeds, names):
    import cv2

    net = cv2.dnn.readNetFromONNX(file)
    for name, value in feeds.items():
        net.setInput(value, name)
    return dict(zip(names, net.forward(names)))


def with_onnx2torch(file, feeds, names):
    import onnx
    import onnx2torch
    import torch

    model = onnx.load(file)
    with torch.no_grad():
        results = onnx2torch.convert(model).eval()(*(torch.from_numpy(feeds[one.name]) for one in model.graph.input))
    results = results if isinstance(results, (list, tuple)) else [results]
    return {one.name: result.numpy() for one, result in zip(model.graph.output, results)}


RUNTIMES = {
    "onnxruntime": with_onnxruntime,
    "openvino": with_openvino,
    "opencv": with_opencv,
    "onnx2torch": with_onnx2torch,
}


def tensors(given):
    return {name: np.array(of["data"], np.float32).reshape(of["shape"]) for name, of in given.items()}


def difference(run, file, feeds, wanted):
    try:
        given = run(str(file), feeds, list(wanted))
        for name, value in wanted.items():
            if given[name].shape != value.shape:
                return f"{name} of shape {given[name].shape} instead of {value.shape}"
        return max(float(np.abs(given[name] - value).max() / max(1, np.abs(value).max())) for name, value in wanted.items())
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1].name
        return f"{type(error).__name__} in {where}: {str(error).strip()[-400:]}"


folder, *runtimes = sys.argv[1:]
told = {}
for file in sorted(Path(folder).glob("*.onnx")):
    case = json.loads(file.with_suffix(".json").read_text())
    feeds, wanted = tensors(case["inputs"]), tensors(case["outputs"])
    told[file.stem] = {each: difference(RUNTIMES[each], file, feeds, wanted) for each in runtimes}
print(json.dumps(told))

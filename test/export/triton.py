# Reads every config.pbtxt of a repository with Triton's own protobuf, and prints what it holds as JSON: folder → config.
import json
import sys
from pathlib import Path

from google.protobuf import json_format, text_format
from tritonclient.grpc import model_config_pb2

told = {}
for file in sorted(Path(sys.argv[1]).glob("*/config.pbtxt")):
    config = text_format.Parse(file.read_text(), model_config_pb2.ModelConfig())
    told[file.parent.name] = json_format.MessageToDict(config, preserving_proto_field_name=True)
print(json.dumps(told))

# A runtime of MLServer for our graphs: the file at `uri`, as onnxruntime runs it.
import onnxruntime
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse


class OnnxModel(MLModel):
    async def load(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(self.settings.parameters.uri, options)
        self.names = [output.name for output in self.session.get_outputs()]
        return True

    async def predict(self, payload):
        feeds = {one.name: NumpyCodec.decode_input(one) for one in payload.inputs}
        made = zip(self.names, self.session.run(self.names, feeds))
        outputs = [NumpyCodec.encode_output(name, values) for name, values in made]
        return InferenceResponse(model_name=self.name, model_version=self.version, outputs=outputs)

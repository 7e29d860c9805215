// ONNX Runtime from 1.29 on reports its use to its makers, and keeps a number for the device, unless this variable is
// set when its library loads. We report to nobody. Imported before the runtime, and before threads start: what a worker
// thread sets in `process.env` never reaches a library.

process.env['ORT_DISABLE_TELEMETRY'] ??= '1';

// Steps on native TensorFlow.js, with stand-ins that behave as its packages do: what works, what is refused and why.

import { describe, expect, it } from 'vitest';
import { nativeProject, runIn, type StandIns, WITHOUT_BINDING, working } from './native-project.js';

/** A step that the programs below train: w ← w − ½ ∂ mean(tanh(x·w)²) / ∂w. */
const TRAINING = `
  const step = (s, i) => {
    const loss = (w) => tf.mean(tf.square(tf.tanh(tf.matMul(i.x, w))));
    const { value, grad } = tf.valueAndGrad(loss)(s.w);
    return { state: { w: tf.sub(s.w, tf.mul(grad, 0.5)) }, outputs: { loss: value } };
  };
  const options = {
    state: { w: { dtype: 'float32', shape: [3, 2], data: Float32Array.of(0.1, -0.2, 0.3, 0.4, -0.5, 0.6) } },
    inputs: { x: { dtype: 'float32', shape: [4, 3] } },
  };
  const x = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i + 1));
  const train = async (device, threads) => {
    const opened = await openStep(step, { ...options, device, ...(threads ? { threads } : {}) });
    for (let i = 0; i < 3; i++) await opened.run({ x });
    return [...opened.state().w.data];
  };`;

/** A step without state that gives one op's value, run once on tfjs-node. */
const ONCE = `
  const once = (op) => attempt(async () => {
    const inputs = { image: { dtype: 'float32', shape: [1, 4, 4, 4] } };
    const opened = await openStep((s, i) => ({ state: {}, outputs: { y: op(i.image) } }), { state: {}, inputs, device: 'tfjs-node' });
    const { y } = await opened.run({ image: new Float32Array(64).fill(1) });
    return y.shape;
  });
  const filter = tf.ones([2, 2, 4, 1]);`;

const train = async (packages: StandIns, body: string) => runIn(await nativeProject(packages), `${TRAINING}${body}`);
const refusal = (code: string, message: RegExp) => ({ code, message: expect.stringMatching(message) });

/** Each test starts up to four processes that load TensorFlow.js, which takes a busy machine a while. */
const timeout = 180_000;

describe('a step on native TensorFlow.js', { timeout }, () => {
  it('trains as on the cpu, within 1e-5', async () => {
    const [native, cpu] = (await train(
      { 'tfjs-node': working() },
      `print([await train('tfjs-node'), await train('cpu')]);`,
    )) as [number[], number[]];
    for (const [i, value] of native.entries()) expect(value).toBeCloseTo(cpu[i]!, 5);
  });

  it('is refused where the GPU package finds no GPU, and what ran before still runs', async () => {
    const result = await train(
      { 'tfjs-node-gpu': working({ gpuPackage: true }) },
      `await tf.setBackend('cpu');
       print([await attempt(() => train('tfjs-node-gpu')), tf.getBackend()]);`,
    );
    expect(result).toEqual([
      refusal('DEVICE_UNAVAILABLE', /tfjs-node-gpu.*finds no GPU.*CUDA.*or use device tfjs-node/),
      'cpu',
    ]);
  });

  it('runs on a GPU that the package finds', async () => {
    const result = await train(
      { 'tfjs-node-gpu': working({ gpuPackage: true, usesGpu: true }) },
      `print((await train('tfjs-node-gpu')).length);`,
    );
    expect(result).toBe(6);
  });

  it('is refused when the process has loaded the other package, whoever loaded it', async () => {
    const both = { 'tfjs-node': working(), 'tfjs-node-gpu': working({ gpuPackage: true, usesGpu: true }) };
    const other = refusal('DEVICE_UNAVAILABLE', /tfjs-node.*other package.*process of its own/);
    expect(
      await train(both, `print([(await train('tfjs-node')).length, await attempt(() => train('tfjs-node-gpu'))]);`),
    ).toEqual([6, other]);
    expect(
      await train(both, `await import('@tensorflow/tfjs-node-gpu'); print(await attempt(() => train('tfjs-node')));`),
    ).toEqual(other);
    expect(
      await train(
        both,
        `print((await Promise.all(['tfjs-node', 'tfjs-node-gpu'].map((d) => attempt(() => train(d)))))[1]);`,
      ),
    ).toEqual(other);
  });

  it('tells TensorFlow the number of threads before it loads, and refuses another number afterwards', async () => {
    const also = `globalThis.threadsAtImport = ['TF_NUM_INTRAOP_THREADS', 'OMP_NUM_THREADS'].map((name) => process.env[name]);`;
    const result = await train(
      { 'tfjs-node': working({ also }) },
      `await train('tfjs-node', 3);
       print([threadsAtImport, (await train('tfjs-node', 3)).length, (await train('tfjs-node')).length,
         await attempt(() => train('tfjs-node', 2))]);`,
    );
    expect(result).toEqual([['3', '3'], 6, 6, refusal('CONFIG_INVALID', /Expected 3 threads .* received 2/)]);
  });

  it('has the helpers of util that Node 23 removed and the package calls', async () => {
    const result = await train(
      { 'tfjs-node': working() },
      `delete util.isNullOrUndefined; delete util.isArray; print((await train('tfjs-node')).length);`,
    );
    expect(result).toBe(6);
  });

  it('leaves those helpers as they are where Node has them', async () => {
    const result = await train(
      { 'tfjs-node': working() },
      `const own = util.isNullOrUndefined = (value) => value == null; await train('tfjs-node'); print(util.isNullOrUndefined === own);`,
    );
    expect(result).toBe(true);
  });

  it('says how to install a package that is missing, and how to rebuild one without its library', async () => {
    const missing = refusal('DEVICE_UNAVAILABLE', /not installed.* npm install --save-peer .*@tensorflow\/tfjs-node\./);
    expect(await train({}, `print(await attempt(() => train('tfjs-node')));`)).toEqual(missing);
    const broken = refusal('DEVICE_UNAVAILABLE', /tfjs_binding.*npm rebuild .*@tensorflow\/tfjs-node-gpu\./);
    expect(
      await train({ 'tfjs-node-gpu': WITHOUT_BINDING }, `print(await attempt(() => train('tfjs-node-gpu')));`),
    ).toEqual(broken);
  });

  it('can use the other package after one that is missing', async () => {
    const result = await train(
      { 'tfjs-node': working() },
      `await attempt(() => train('tfjs-node-gpu')); print((await train('tfjs-node')).length);`,
    );
    expect(result).toBe(6);
  });

  it('is refused at its first run where the library would answer wrongly without a word', async () => {
    const wrong = await runIn(
      await nativeProject({ 'tfjs-node': working() }),
      `${ONCE}
       const halfPixel = (resize) => (x) => tf.grad((image) => resize(image, [8, 8], false, true))(x);
       print([
         await once((x) => tf.depthwiseConv2d(x, filter, 1, 'same', 'NHWC', 2)),
         await once((x) => tf.depthwiseConv2d(x, filter, 1, 'valid', 'NHWC', [2, 1])),
         await once((x) => tf.fused.depthwiseConv2d({ x, filter, strides: 1, pad: 'same', dilations: 2 })),
         await once((x) => tf.depthwiseConv2d(x, filter, 1, 'same', 'NCHW')),
         await once(halfPixel(tf.image.resizeBilinear)),
         await once(halfPixel(tf.image.resizeNearestNeighbor)),
       ]);`,
    );
    const ignored = (kernel: string, attribute: string) =>
      refusal('TRACE_UNSUPPORTED', new RegExp(`tfjs-node.* received ${kernel} with ${attribute}`));
    expect(wrong).toEqual([
      ignored('DepthwiseConv2dNative', 'dilations'),
      ignored('DepthwiseConv2dNative', 'dilations'),
      ignored('FusedDepthwiseConv2D', 'dilations'),
      ignored('DepthwiseConv2dNative', 'dataFormat NCHW'),
      ignored('ResizeBilinearGrad', 'halfPixelCenters'),
      ignored('ResizeNearestNeighborGrad', 'halfPixelCenters'),
    ]);
  });

  it('runs those kernels where nothing is left out', async () => {
    const right = await runIn(
      await nativeProject({ 'tfjs-node': working() }),
      `${ONCE}
       print([
         await once((x) => tf.depthwiseConv2d(x, filter, 1, 'same')),
         await once((x) => tf.grad((image) => tf.image.resizeBilinear(image, [8, 8], true))(x)),
         await once((x) => tf.grad((image) => tf.depthwiseConv2d(image, filter, 1, 'same'))(x)),
       ]);`,
    );
    expect(right).toEqual(Array(3).fill({ result: [1, 4, 4, 4] }));
  });

  it('turns a refusal of the library itself into one that names the device', async () => {
    const also = `
      const conv = tf.getKernel('Conv2D', 'tensorflow');
      tf.unregisterKernel('Conv2D', 'tensorflow');
      const kernelFunc = () => { throw new Error("TF Backend supports only 'valid' and 'same' padding while padding was NUMBER"); };
      tf.registerKernel({ ...conv, kernelFunc });`;
    const result = await runIn(
      await nativeProject({ 'tfjs-node': working({ also }) }),
      `${ONCE} print(await once((x) => tf.conv2d(x, tf.ones([2, 2, 4, 1]), 1, 1)));`,
    );
    expect(result).toEqual(refusal('ENGINE_FAILED', /device tfjs-node.*padding was NUMBER.*docs\/devices\.md/));
  });
});

describe('the list of devices', { timeout }, () => {
  /** What it says of the two native devices. */
  const reports = async (packages: StandIns, options = '') =>
    runIn(
      await nativeProject(packages),
      `print((await probeDevices(${options})).filter(({ name }) => name.startsWith('tfjs')).map(({ usable, detail }) => [usable, detail]));`,
    );
  const no = (why: RegExp) => [false, expect.stringMatching(why)];
  const yes = [true, expect.not.stringContaining('to use it')];

  it('says yes to a native package that multiplies right, on a GPU only where there is one', async () => {
    expect(await reports({ 'tfjs-node': working(), 'tfjs-node-gpu': working({ gpuPackage: true }) })).toEqual([
      yes,
      no(/to use it, .*CUDA.* \(it finds no GPU/),
    ]);
  });

  it('says no to one without its library, and to one that is not installed, with what to do', async () => {
    expect(await reports({ 'tfjs-node': WITHOUT_BINDING })).toEqual([
      no(/to use it, run: npm rebuild .*@tensorflow\/tfjs-node \(.*tfjs_binding\.node/),
      no(/to use it, run: npm install .*@tensorflow\/tfjs-node-gpu \(it is not installed\)/),
    ]);
  });

  it('outlives a library that ends the process, and one that multiplies wrongly', async () => {
    const wrong = `tf.unregisterKernel('BatchMatMul', 'tensorflow');
      tf.registerKernel({ kernelName: 'BatchMatMul', backendName: 'tensorflow', kernelFunc: ({ inputs }) => tf.zeros(inputs.a.shape) });`;
    expect(
      await reports({
        'tfjs-node': 'process.abort();',
        'tfjs-node-gpu': working({ gpuPackage: true, usesGpu: true, also: wrong }),
      }),
    ).toEqual([no(/to use it, .*\(its library ended the process with SIGABRT\)/), no(/multiplies wrongly/)]);
  });

  it('does not wait for ever for a library that hangs', async () => {
    const [report] = (await reports({ 'tfjs-node': 'for (;;);' }, '{ nativeTimeoutMs: 300 }')) as unknown[];
    expect(report).toEqual(no(/to use it, .*had not multiplied two small matrices after 0\.3 s/));
  });
});

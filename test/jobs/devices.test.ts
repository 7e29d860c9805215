import { expect, test, vi } from 'vitest';
import type { DeviceReport } from '../../src/engine/devices.js';
import { Devices } from '../../src/jobs/devices.js';

const REPORTS: readonly DeviceReport[] = [
  { name: 'cpu', usable: true, detail: 'cores' },
  { name: 'webgpu', usable: true, detail: 'a GPU' },
  { name: 'cuda', usable: false, detail: 'NVIDIA GPUs; to use it, install CUDA 12' },
];

test('are tried once for all who ask within a minute, and anew after it', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const probe = vi.fn(async () => REPORTS);
  const devices = new Devices(probe);
  expect(await Promise.all([devices.list(), devices.list()])).toEqual([REPORTS, REPORTS]);
  expect(probe).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(60_000);
  await devices.list();
  expect(probe).toHaveBeenCalledTimes(2);
  vi.useRealTimers();
});

test('one that is absent is refused with why, and with what there is', async () => {
  const devices = new Devices(async () => REPORTS);
  await devices.require('webgpu');
  await expect(devices.require('cuda')).rejects.toMatchObject({
    code: 'DEVICE_UNAVAILABLE',
    message:
      'Expected a device that this server has, cpu or webgpu, but received cuda: NVIDIA GPUs; to use it, install CUDA 12.',
    details: { device: 'cuda', available: ['cpu', 'webgpu'] },
  });
});

test('the CPU is there without a look', async () => {
  const probe = vi.fn(async () => REPORTS);
  await new Devices(probe).require('cpu');
  expect(probe).not.toHaveBeenCalled();
});

test('a look that failed is tried anew by the next who asks', async () => {
  const probe = vi.fn(async () => REPORTS).mockRejectedValueOnce(new Error('died'));
  const devices = new Devices(probe);
  await expect(devices.list()).rejects.toThrow('died');
  expect(await devices.list()).toEqual(REPORTS);
});

// Event files, byte by byte against values worked out by hand and the vectors of RFC 3720, and as TensorBoard reads
// them.
import { readFile, truncate } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { crc32c, EventFile, recordOf } from '../../src/files/event-file.js';
import { encodePng } from '../../src/images/png.js';
import { temporaryFolder } from '../training/helpers.js';
import { recordsOf, sessionsIn, shownByTensorBoard, withoutTensorBoard } from './events.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

it.each([
  ['123456789', Buffer.from('123456789'), 0xe3069283],
  ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
  ['32 times 255', Buffer.alloc(32, 255), 0x62a8ab43],
  ['0 to 31', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
])('the checksum of %s is that of RFC 3720', (_, bytes, checksum) => {
  expect(crc32c(bytes)).toBe(checksum);
});

it('a record is its length and the data, each with its masked checksum', () => {
  const record = recordOf(Buffer.from('123456789'));
  expect(record.readBigUInt64LE()).toBe(9n);
  expect(record.subarray(12, 21).toString()).toBe('123456789');
  // e3069283 turned right by 15 bits is 2507c60d; plus a282ead8 it is c78ab0e5.
  expect(record.readUInt32LE(21)).toBe(0xc78ab0e5);
  // The first bytes of every file that TensorFlow writes: 24 bytes follow, and their checksum.
  expect(hex(recordOf(Buffer.alloc(24)).subarray(0, 12))).toBe('1800000000000000a37f4b22');
});

describe('an event file', () => {
  it('begins with its version, and holds a number as the wire format has it', async () => {
    const folder = await temporaryFolder();
    const file = EventFile.create(folder);
    file.add(300, [{ tag: 'loss/D', number: 0.5 }]);
    const [version, event] = recordsOf(await readFile(file.path)).map(hex);
    // Field 1 is the time, 8 bytes; field 3 a text of 13 bytes.
    expect(version).toMatch(new RegExp(`^09[0-9a-f]{16}1a0d${hex(Buffer.from('brain.Event:2'))}$`));
    // Step 300 is ac 02; the summary has one value of 13 bytes: the tag, and 0.5 as a float.
    expect(event).toMatch(new RegExp(`^09[0-9a-f]{16}10ac022a0f0a0d0a06${hex(Buffer.from('loss/D'))}150000003f$`));
  });

  it('that is begun within the same second is read after the one before', async () => {
    const folder = await temporaryFolder();
    const paths = [1, 2, 3].map(() => EventFile.create(folder).path);
    expect([...paths].sort()).toEqual(paths);
    expect(new Set(paths)).toHaveLength(3);
  });

  it.skipIf(withoutTensorBoard)(
    `that broke off spoils neither what it held nor the next${withoutTensorBoard}`,
    async () => {
      const folder = await temporaryFolder();
      const png = await encodePng({ width: 3, height: 2, channels: 3, data: new Uint8Array(18).fill(200) });
      const first = EventFile.create(folder);
      first.startAt(0);
      first.add(10, [
        { tag: 'loss/D', number: 0 },
        { tag: 'previews', png },
      ]);
      const whole = (await readFile(first.path)).length;
      first.add(20, [{ tag: 'loss/D', number: 0.25 }]);
      await truncate(first.path, whole + 20);
      const second = EventFile.create(folder);
      second.startAt(11);
      second.add(20, [
        { tag: 'loss/D', number: 0.125 },
        { tag: 'warning/collapse', text: 'all samples are *alike*, é' },
      ]);

      expect(shownByTensorBoard(folder)).toEqual({
        scalars: {
          'loss/D': [
            [10, 0],
            [20, 0.125],
          ],
        },
        images: { previews: [[10, 3, 2]] },
        texts: { 'warning/collapse': [[20, 'all samples are *alike*, é']] },
      });
      expect((await sessionsIn(folder)).map(({ from }) => from)).toEqual([0, 11]);
    },
  );
});

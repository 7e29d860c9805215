// Work on many things, some of them at a time.

/**
 * Runs `work` on 0 … count − 1, `width` at a time. After a failure nothing new begins, and the call fails once what was
 * running is done (p-map would fail at once): reads write into their caller's array, which must not change afterwards.
 */
export async function forEachConcurrently(
  count: number,
  width: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failed = false;
  const lane = async () => {
    while (next < count && !failed) {
      try {
        await work(next++);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(width, count) }, lane));
  const failure = lanes.find((result) => result.status === 'rejected');
  if (failure) throw failure.reason;
}

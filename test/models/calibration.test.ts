import { describe, expect, it } from 'vitest';
import { CALIBRATION, calibrated, calibrationIn } from '../../src/models/calibration.js';
import type { Evaluation } from '../../src/models/evaluations.js';
import type { Scorer } from '../../src/models/scoring.js';

const game: Scorer = { kind: 'GAME', graph: 'score', densityRatio: 'logit', sha256: 'aa' };
const fitted: Scorer = { kind: 'FITTED', graph: 'scorer', densityRatio: 'logit', sha256: 'bb' };

const quality = { logLoss: 0.6, auc: 0.7, ece: 0.01, reliability: [] };

function measured(slope: number, changes: Partial<Evaluation> = {}): Evaluation {
  return {
    protocol: CALIBRATION,
    seed: 3,
    date: '2026-01-02T03:04:05.000Z',
    dataset: { name: 'digits', sha256: 'ab', note: 'Held out from training.' },
    figures: {
      ...{ slope, standardError: 0.1, offset: 0.5, temperature: 1 / slope },
      ...{ before: quality, after: quality, fitted: 50, measured: 50 },
    },
    ...changes,
  };
}

describe('calibrated', () => {
  it('lies on the line, and its probability is the sigmoid of that', () => {
    expect(calibrated(2, { slope: 0.5, offset: -1 })).toEqual({ probability: 0.5, logDensityRatio: 0 });
    expect(calibrated(0, { slope: 1, offset: Math.log(3) }).probability).toBeCloseTo(0.75, 12);
  });

  it('is finite for any finite ratio and line', () => {
    expect(calibrated(1e300, { slope: 1e300, offset: 0 })).toEqual({ probability: 1, logDensityRatio: 87 });
    expect(calibrated(1e300, { slope: -1e300, offset: 0 }).logDensityRatio).toBe(-87);
  });
});

describe('calibrationIn', () => {
  it('takes the newest among other results', () => {
    const others = { ...measured(9), protocol: 'parzen' };
    const { result, reason } = calibrationIn([measured(2), measured(4), others], game);
    expect(result).toMatchObject({ slope: 4, temperature: 0.25, seed: 3, data: { name: 'digits' } });
    expect(reason).toBeNull();
  });

  it('says why there is none', () => {
    expect(calibrationIn([], game).reason).toContain('npx ganymede evaluate --protocol calibration');
    expect(calibrationIn([measured(1)], { ...game, densityRatio: 'none' }).reason).toContain(
      'determines no density ratio',
    );
  });

  it.each([
    ['figures that are none', { figures: { slope: 'steep' } }],
    ['data that is not named', { dataset: {} }],
    ['a name of a megabyte', { dataset: { name: 'x'.repeat(1e6), sha256: '', note: '' } }],
  ])('does without a record of %s, and says so', (_, changes) => {
    const { result, reason } = calibrationIn([measured(1), measured(1, changes as Partial<Evaluation>)], game);
    expect(result).toBeNull();
    expect(reason).toContain('measures it again');
  });
});

describe('a calibration belongs to the scorer that it was measured on', () => {
  const of = (slope: number, scorer: object): Evaluation => {
    const { figures, ...rest } = measured(slope);
    return { ...rest, figures: { ...figures, ...scorer } };
  };
  const slopeFor = (scorer: Scorer, ...all: readonly Evaluation[]) => calibrationIn(all, scorer).result?.slope;

  it('so one that names no scorer, from before there were fitted ones, is that of the discriminator', () => {
    expect(slopeFor(game, measured(2))).toBe(2);
    expect(slopeFor(fitted, measured(2))).toBeUndefined();
  });

  it('so a fitted scorer has its own, whichever came last', () => {
    const both = [of(3, { scorer: 'FITTED', graph: 'bb' }), of(2, { scorer: 'GAME', graph: 'aa' })];
    expect(slopeFor(fitted, ...both)).toBe(3);
    expect(slopeFor(game, ...both)).toBe(2);
  });

  it('so one that was fitted anew has none of the one before it, and the reason says so', () => {
    const before = [of(3, { scorer: 'FITTED', graph: 'cc' })];
    expect(slopeFor(fitted, ...before)).toBeUndefined();
    expect(calibrationIn(before, fitted).reason).toMatch(/of another scorer.*--protocol calibration measures this one/);
  });
});

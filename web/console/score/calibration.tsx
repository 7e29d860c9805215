// Whether probabilities are what they say: of pictures that were given 70 %, 70 % should have been real.

import { useMemo } from 'preact/hooks';
import type uPlot from 'uplot';
import type { Scoring } from './documents';
import { axisOf, type Ink, Plot } from './plot';

type Bin = NonNullable<Scoring['measured']>['reliability'][number];

export function Calibration({ bins, of }: { bins: readonly Bin[]; of: string }) {
  const data = useMemo((): uPlot.AlignedData => alignedOf(bins), [bins]);
  return (
    <>
      <Plot
        title="Whether its probabilities hold: on the line they are what they say"
        words={bins.map(wordsOf).join('; ')}
        data={data}
        options={optionsOf}
      />
      <details>
        <summary>The same in numbers</summary>
        <table>
          <caption>{of}</caption>
          <thead>
            <tr>
              <th scope="col">it said</th>
              <th scope="col">it was real</th>
              <th scope="col">of</th>
            </tr>
          </thead>
          <tbody>
            {bins.map((bin) => (
              <tr key={bin.low}>
                <th scope="row">{percent(bin.predicted)}</th>
                <td>{percent(bin.observed)}</td>
                <td>{bin.count.toLocaleString('en')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

const wordsOf = ({ predicted, observed, count }: Bin) =>
  `of ${count} given about ${percent(predicted)}, ${percent(observed)} were real`;

/** The diagonal has its ends, and the curve its bins. */
function alignedOf(bins: readonly Bin[]): uPlot.AlignedData {
  const inOrder = [...bins].sort((a, b) => a.predicted - b.predicted);
  const x = [0, ...inOrder.map(({ predicted }) => predicted), 1];
  return [x, x, [null, ...inOrder.map(({ observed }) => observed), null]];
}

const optionsOf = (ink: Ink): Omit<uPlot.Options, 'width' | 'height'> => ({
  scales: { x: { time: false, range: [0, 1] }, y: { range: [0, 1] } },
  axes: [axisOf(ink, 'probability that it said'), axisOf(ink, 'share that was real')],
  cursor: { show: false },
  series: [
    {},
    { label: 'as it should be', stroke: ink.faint, dash: [4, 4], width: 1, points: { show: false } },
    { label: 'this scorer', stroke: ink.accent, width: 2, points: { show: true, size: 7, fill: ink.accent } },
  ],
  legend: { live: false },
});

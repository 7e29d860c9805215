// Where the scores of one's own pictures lie, against those of data that nobody was trained on and of fresh samples:
// as they were measured with the version, or, where that was not kept, of samples that are scored now.

import { useMemo } from 'preact/hooks';
import uPlot from 'uplot';
import { useAnswer } from '../api/use-answer';
import { Problem } from '../parts/problem';
import { BINS, type Bins, binsOf, countsOf, medianOf } from './bins';
import { FRESH, type JudgedModel } from './documents';
import { axisOf, type Ink, Plot } from './plot';
import { ratioOf } from './words';

interface Props {
  readonly model: JudgedModel;
  readonly ratios: readonly number[];
}

interface Measured extends Bins {
  readonly data: readonly number[];
  readonly samples: readonly number[];
}

export function Histogram({ model, ratios }: Props) {
  const { calibration, measured } = model.scoring ?? {};
  const kept = measured?.histogram ?? calibration?.before.histogram ?? null;
  if (!kept) return <AgainstFresh model={model} ratios={ratios} />;
  return (
    <>
      <Against measured={kept} ratios={ratios} />
      {model.scoring?.takesLabel && (
        <p class="faint">Held-out data and samples were each taken for the class that they are of.</p>
      )}
    </>
  );
}

function Against({ measured, ratios }: { measured: Measured; ratios: readonly number[] }) {
  const yours = useMemo(() => countsOf(ratios, measured, measured.data.length), [ratios, measured]);
  const series = useMemo(
    () => [
      { name: 'held-out data', counts: measured.data, colour: '#009e73' },
      { name: 'samples of the model', counts: measured.samples, colour: '#d55e00' },
      { name: 'your pictures', counts: yours, colour: '' },
    ],
    [measured, yours],
  );
  return <Steps bins={measured} series={series} />;
}

function AgainstFresh({ model: { name, version }, ratios }: Props) {
  const { data, problem } = useAnswer(FRESH, { model: name, version });
  const fresh = useMemo(() => data?.sample.flatMap(({ score }) => (score ? ratioOf(score) : [])) ?? [], [data]);
  const bins = useMemo(() => binsOf([...fresh, ...ratios]), [fresh, ratios]);
  const series = useMemo(
    () => [
      { name: 'fresh samples of the model', counts: countsOf(fresh, bins, BINS), colour: '#d55e00' },
      { name: 'your pictures', counts: countsOf(ratios, bins, BINS), colour: '' },
    ],
    [fresh, ratios, bins],
  );
  return (
    <>
      <Steps bins={bins} series={series} />
      <Problem of={problem} />
      <p class="faint">
        No scores of held-out data were kept with this version:{' '}
        <code>npx ganymede evaluate --protocol calibration</code> keeps them where some of its data was held out.{' '}
        {data ? `The ${fresh.length} samples were made and scored just now.` : 'Samples are being made and scored.'}
      </p>
    </>
  );
}

interface Series {
  readonly name: string;
  readonly counts: readonly number[];
  /** "" for the accent of the page. */
  readonly colour: string;
}

function Steps({ bins, series }: { bins: Bins; series: readonly Series[] }) {
  const data = useMemo(() => alignedOf(bins, series), [bins, series]);
  const options = useMemo(() => optionsOf(series), [series]);
  const title = 'Where your pictures lie: to the left like a sample, to the right like the data';
  return (
    <>
      <Plot title={title} words={wordsOf(bins, series)} data={data} options={options} />
      <p class="faint">
        Each curve is drawn to the same height: what counts is where it lies. ln p/q is the logarithm of how many times
        as much data as samples looks like that; at 0 there is as much of either.
      </p>
    </>
  );
}

/** A step a bin, as high as its share of the highest one; the last edge ends it. */
function alignedOf({ low, high }: Bins, series: readonly Series[]): uPlot.AlignedData {
  const bins = series[0]!.counts.length;
  const edges = Array.from({ length: bins + 1 }, (_, i) => low + (i * (high - low)) / bins);
  const heights = series.map(({ counts }) => {
    const highest = Math.max(1, ...counts);
    return [...counts.map((count) => count / highest), 0];
  });
  return [edges, ...heights];
}

const stepped = uPlot.paths.stepped!({ align: 1 });

const optionsOf = (series: readonly Series[]) => (ink: Ink) => ({
  scales: { x: { time: false }, y: { range: [0, 1.05] as [number, number] } },
  axes: [axisOf(ink, 'ln p/q'), { show: false }],
  cursor: { show: false },
  series: [
    {},
    ...series.map(({ name, colour }) => ({
      label: name,
      stroke: colour || ink.accent,
      fill: `${colour || ink.accent}33`,
      width: 2,
      points: { show: false },
      paths: stepped,
    })),
  ],
  legend: { live: false },
});

const wordsOf = (bins: Bins, series: readonly Series[]) =>
  series
    .map(({ name, counts }) => {
      const middle = medianOf(counts, bins);
      return middle === null ? `no ${name} yet` : `half of ${name} below ln p/q of ${middle.toFixed(1)}`;
    })
    .join('; ');

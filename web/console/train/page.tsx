// Training: runs and how they do, data and recipes for new ones, and which version of a model answers. What is shown is
// in the address: #/train is the list of runs, #/train/mnist the versions of a model, and settings name the rest.

import type { Page } from '../pages';
import { usePlace } from '../place';
import { Compare } from './compare';
import { DataPage } from './data-page';
import { NewRun } from './new-run';
import { Run } from './run';
import { Runs } from './runs';
import './train.css';
import { Versions } from './versions';

export const page: Page = {
  name: 'train',
  title: 'Train',
  order: 6,
  needs: 'ADMIN',
  needsJobs: true,
  linkOf: () => 'Versions',
  View: Train,
};

function Train() {
  return (
    <div class="train">
      <Shown />
    </div>
  );
}

function Shown() {
  const {
    rest: [model],
    query: { run, compare, data, onto, show },
  } = usePlace();
  if (model !== undefined) return <Versions key={model} model={model} />;
  if (run !== undefined) return <Run key={run} id={run} />;
  if (compare !== undefined) return <Compare key={compare} ids={compare.split(',')} />;
  if (show === 'data' && data !== undefined) return <DataPage key={data} name={data} />;
  if (show === 'new') return <NewRun key={onto} />;
  return <Runs />;
}

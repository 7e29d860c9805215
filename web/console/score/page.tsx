// The page "Score": pictures of one's own, from most to least real as a model's scorer sees them.

import { useEffect, useMemo, useState } from 'preact/hooks';
import { ask } from '../api/ask';
import { blobOf } from '../api/data-uri';
import { useAnswer } from '../api/use-answer';
import type { Page } from '../pages';
import { ModelChooser } from '../parts/model-chooser';
import { Problem } from '../parts/problem';
import { Progress } from '../parts/progress';
import { hrefOf, usePlace } from '../place';
import { ClassChooser } from './class-chooser';
import { type JudgedModel, MODEL, MODELS, type ModelName, SAMPLES } from './documents';
import { DropZone } from './drop-zone';
import { Meaning } from './meaning';
import { Results } from './results';
import './score.css';
import { type Judging, type Question, useJudging } from './use-judging';

export const page: Page = {
  name: 'score',
  title: 'Score',
  order: 3,
  needs: 'SCORER',
  linkOf: ({ image, capabilities }) => (image && capabilities.includes('score') ? 'Score' : undefined),
  View: Score,
};

function Score() {
  const { data, problem } = useAnswer(MODELS, {});
  const models = useMemo(() => data?.models.filter(canJudge) ?? [], [data]);
  const { rest, query } = usePlace();
  const name = rest[0] ?? mostAble(models)?.name;
  const found = useAnswer(MODEL, name === undefined ? null : { model: name });
  const model = found.data?.model.name === name ? found.data?.model : undefined;
  const question = useMemo(() => model && questionOf(model, query['class']), [model, query['class']]);
  const judging = useJudging(question);
  return (
    <>
      <h1>Score</h1>
      <p class="lead">
        How real do pictures look? A scorer tells pictures of the data that a model learned from, from pictures that the
        model makes. Show it yours: nothing is kept on the server.
      </p>
      <Problem of={problem ?? found.problem} />
      <div class="choices">
        {name !== undefined && (
          <ModelChooser
            models={models}
            value={name}
            onChange={(chosen) => {
              location.hash = hrefOf('score', [chosen], { sort: query['sort'] });
            }}
          />
        )}
        {model && <ClassChooser model={model} value={question?.taken ?? null} />}
      </div>
      <DropZone onFiles={judging.add}>{model && <TrySamples model={model} onFiles={judging.add} />}</DropZone>
      <Doing {...judging} />
      {model && <Results model={model} judging={judging} />}
      {model && <Meaning model={model} />}
    </>
  );
}

const canJudge = ({ image, capabilities }: ModelName) =>
  image !== null && ['score', 'scorer'].some((needed) => capabilities.includes(needed));

/** The one to begin with. */
function mostAble(models: readonly ModelName[]): ModelName | undefined {
  return [...models].sort((a, b) => b.capabilities.length - a.capabilities.length)[0];
}

function questionOf({ name, version, labels, scoring }: JudgedModel, asked: string | undefined): Question {
  const known = scoring?.takesLabel ? (labels ?? null) : null;
  const taken = known === null ? null : (asked ?? (scoring?.needsLabel ? known[0]! : null));
  return { model: name, version, labels: known, taken };
}

const TRIED = 64;

/** For who has no picture at hand. */
function TrySamples({ model: { name, version }, onFiles }: { model: JudgedModel; onFiles: (files: File[]) => void }) {
  const [problem, setProblem] = useState<Error>();
  const take = async () => {
    setProblem(undefined);
    const seed = Math.floor(Math.random() * 2 ** 31);
    const { sample } = await ask(SAMPLES, { model: name, version, seed, count: TRIED });
    onFiles(
      sample.flatMap(({ seed, label, image }) => {
        if (!image) return [];
        return new File([blobOf(image.dataUri)], `${label === null ? '' : `${label}/`}seed-${seed}.png`, {
          type: 'image/png',
        });
      }),
    );
  };
  return (
    <>
      <button type="button" onClick={() => take().catch(setProblem)}>
        Try {TRIED} samples of the model
      </button>
      <Problem of={problem} />
    </>
  );
}

/** What is under way, how far it is, and what stopped it. */
function Doing({ doing, pictures, judged, problem, waits, stop, goOn }: Judging) {
  useEffect(() => {
    if (doing === 'nothing') return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, [doing]);
  return (
    <div class="doing">
      {doing === 'reading' && <Progress label="Reading files" />}
      {doing === 'scoring' && (
        <Progress
          label="Scoring"
          done={judged.length}
          total={pictures.length}
          shown={`${judged.length.toLocaleString('en')} of ${pictures.length.toLocaleString('en')}`}
        />
      )}
      {(doing === 'reading' || doing === 'scoring') && (
        <button type="button" onClick={stop}>
          Cancel
        </button>
      )}
      {doing === 'stopped' && (
        <p>
          Stopped after {judged.length.toLocaleString('en')} of {pictures.length.toLocaleString('en')}.{' '}
          <button type="button" onClick={goOn}>
            Go on
          </button>
        </p>
      )}
      {waits && <p role="status">{waits}</p>}
      <Problem of={problem} />
    </div>
  );
}

// Images of the visitor's own, dropped or chosen, and how real the model's scorer takes them for, whether they are of the
// class asked about, and whether they are of anything that it knows. One that the server cannot read has its reason in
// its place; the others have their scores.

import { type DragEvent, useState } from 'react';
import type { Model } from './App';
import { ClassChoice } from './ClassChoice';
import { graphql } from './gql';
import type { ScoreQuery } from './gql/graphql';
import { Problem } from './Problem';
import { percent } from './percent';
import { useAnswer } from './useAnswer';

const SCORE = graphql(`
  query Score($model: String!, $images: [ImageSource!]!, $labels: [String!]) {
    score(model: $model, images: $images, labels: $labels) {
      ... on Score {
        probability
        logit
        familiarity
        label {
          name
          matches
          likeliest
        }
      }
      ... on ImageError {
        code
        message
      }
    }
  }
`);

interface Picture {
  readonly name: string;
  /** As a data URI. */
  readonly source: string;
}

export function Score({ model }: { model: Model }) {
  const { needsLabel = false, takesLabel = false } = model.scoring ?? {};
  const classes = takesLabel ? model.labels : null;
  const [pictures, setPictures] = useState<readonly Picture[]>([]);
  const [label, setLabel] = useState((needsLabel && classes?.[0]) || null);
  const take = async (files: FileList | null) => setPictures(await Promise.all(Array.from(files ?? [], read)));
  const drop = (event: DragEvent) => {
    event.preventDefault();
    void take(event.dataTransfer.files);
  };
  return (
    <>
      <label className="drop" onDragOver={(event) => event.preventDefault()} onDrop={drop}>
        Drop images here, or choose them
        <input type="file" accept="image/*" multiple onChange={({ target }) => void take(target.files)} />
      </label>
      {classes && (
        <ClassChoice
          name="Taken for class"
          labels={classes}
          {...(!needsLabel && { any: 'any' })}
          value={label}
          onChange={setLabel}
        />
      )}
      {pictures.length > 0 && <Scores model={model} pictures={pictures} label={label} />}
    </>
  );
}

const read = (file: File) =>
  new Promise<Picture>((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve({ name: file.name, source: String(reader.result) });
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });

interface ScoresProps {
  readonly model: Model;
  readonly pictures: readonly Picture[];
  readonly label: string | null;
}

function Scores({ model, pictures, label }: ScoresProps) {
  const { data, problem, waiting } = useAnswer(SCORE, {
    model: model.name,
    images: pictures.map(({ source }) => source),
    labels: label === null ? null : [label],
  });
  return (
    <>
      <Problem text={problem} />
      <ul className="scores" aria-busy={waiting}>
        {pictures.map(({ name, source }, i) => {
          const result = data?.score[i];
          return (
            <li key={name}>
              <img src={source} alt="" />
              <span>{name}</span>
              {result && <Verdict result={result} name={name} />}
            </li>
          );
        })}
      </ul>
    </>
  );
}

function Verdict({ result, name }: { result: ScoreQuery['score'][number]; name: string }) {
  if ('message' in result) return <strong className="problem">{result.message}</strong>;
  if (result.probability === null) return <strong>logit {result.logit.toFixed(2)}</strong>;
  const remark = remarkOn(result);
  return (
    <>
      <meter value={result.probability} aria-label={`How real ${name} looks`} />
      <strong>{percent(result.probability)} real</strong>
      {remark && <small>{remark}</small>}
    </>
  );
}

/** What to know before that percentage is believed. A model whose game left its scorer says neither. */
function remarkOn({ familiarity, label }: Extract<ScoreQuery['score'][number], { logit: number }>): string | null {
  if (familiarity !== null && familiarity < 0.5) return 'It looks like nothing that the model knows.';
  return label && !label.matches ? `It is no ${label.name}: it looks more like ${label.likeliest}.` : null;
}

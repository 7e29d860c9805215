// One picture, with all that the scorer says of it and what each number means.

import type { ComponentChildren } from 'preact';
import { Picture } from '../parts/picture';
import type { JudgedModel } from './documents';
import type { Judged } from './judge';
import { isFamiliar, isScore, percent } from './words';

export function Detail({ model, judged: { picture, answer } }: { model: JudgedModel; judged: Judged }) {
  if (!isScore(answer)) return null;
  const { logit, logDensityRatio, probability, calibrated, familiarity, label } = answer;
  return (
    <article class="detail">
      <h2>{picture.name}</h2>
      <Picture blob={picture.file} alt={picture.name} />
      <dl>
        {calibrated && (
          <Figure name="Probability that it is real" value={percent(calibrated.probability)}>
            If as many samples as real pictures are about, and as measurements correct it. It says nothing of what is
            neither.
          </Figure>
        )}
        {probability !== null && (
          <Figure
            name={calibrated ? 'The same, uncorrected' : 'Probability that it is real'}
            value={percent(probability)}
          >
            As the scorer gave it, if as many samples as real pictures are about.
          </Figure>
        )}
        <Figure name={logDensityRatio === null ? 'Score' : 'ln p/q'} value={(logDensityRatio ?? logit).toFixed(2)}>
          {logDensityRatio === null
            ? 'Higher is more real. The objective of its training gives it no other meaning.'
            : 'p is how dense the data is there and q how dense the samples are. Above 0 there is more data. By it pictures are put in order.'}
        </Figure>
        {familiarity !== null && (
          <Figure name="Familiarity" value={percent(familiarity)}>
            {isFamiliar(answer)
              ? 'It looks like data or samples, so the numbers above mean what they say.'
              : `It looks like nothing that ${model.name} knows: do not act on the numbers above.`}
          </Figure>
        )}
        {label && (
          <Figure name={`Probability that it is of class ${label.name}`} value={percent(label.probability)}>
            {label.matches ? 'No other class is likelier.' : `It is likelier of class ${label.likeliest}.`}
          </Figure>
        )}
      </dl>
    </article>
  );
}

function Figure({ name, value, children }: { name: string; value: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>
        {name} <strong>{value}</strong>
      </dt>
      <dd>{children}</dd>
    </div>
  );
}

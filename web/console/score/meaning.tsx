// What the scores of a version mean, and how well it was found to score: a sentence each.

import { Calibration } from './calibration';
import type { JudgedModel, Scoring } from './documents';
import { measuredOn, percent } from './words';

export function Meaning({ model }: { model: JudgedModel }) {
  const { scoring } = model;
  if (!scoring) return null;
  const { measured, calibration } = scoring;
  const quality = measured ?? calibration;
  const bins = calibration?.reliability ?? measured?.reliability;
  return (
    <section aria-labelledby="meaning" class="meaning">
      <h2 id="meaning">What the scores of {model.name} mean</h2>
      <div class="halves">
        <ul class="sentences">
          <li>
            The percentage is the <strong>probability that it is real</strong>: that a picture is of the data and not
            made by the model, if as many of either are about. It tells these two apart and nothing else.
          </li>
          <li>{BY[scoring.scorer]}</li>
          {scoring.scorer === 'FITTED' && (
            <li>
              <strong>Unfamiliar</strong> stands where a picture looks like neither: its other numbers mean nothing.
            </li>
          )}
          {scoring.takesLabel && (
            <li>
              <strong>Taken for</strong> a class, a picture is held against data and samples of that class alone, and it
              is said whether it looks like another.
            </li>
          )}
          <Found quality={quality} />
          {measured?.label && (
            <li>
              It names the class of a held-out example right in {percent(measured.label.right)} of cases; guessing gets{' '}
              {percent(measured.label.chance)}.
            </li>
          )}
          <Rivals measured={measured} />
          <li>
            {measuredOn(model) ??
              `Nobody has measured it, so nobody knows how far to trust it. ${scoring.unmeasured ?? ''}`}
          </li>
          {scoring.uncalibrated !== null && <li>Its probabilities are as it gave them. {scoring.uncalibrated}</li>}
        </ul>
        {bins && bins.length > 0 && (
          <div>
            <Calibration bins={bins} of={measuredOn(model) ?? ''} />
          </div>
        )}
      </div>
    </section>
  );
}

const BY = {
  FITTED:
    'They are given by a scorer that was fitted, after the training, to tell this model’s pictures from its data.',
  GAME: 'They are given by the discriminator that the training left. It fought the model of the last steps, and may be too sure.',
};

function Found({ quality }: { quality: Scoring['measured'] | Scoring['calibration'] }) {
  if (!quality) return null;
  return (
    <li>
      Of a held-out example and a sample it puts the example above the sample in {percent(quality.auc)} of cases; who
      knows nothing gets 50 %. Its probabilities are off by {percent(quality.ece)} on average.
    </li>
  );
}

function Rivals({ measured }: { measured: Scoring['measured'] }) {
  const best = measured?.rivals.reduce((a, b) => (b.logLoss < a.logLoss ? b : a), measured.rivals[0]!);
  if (!measured || !best) return null;
  return (
    <li>
      Of {measured.rivals.length} other classifiers that learned to tell the same two apart, the best ({best.name}) gets{' '}
      {percent(best.auc)}.
    </li>
  );
}

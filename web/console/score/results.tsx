// What came of it: the wall from most to least real, each picture by itself, what was left out, and where all lie.

import { useMemo, useRef, useState } from 'preact/hooks';
import { Picture } from '../parts/picture';
import { setSettings, usePlace } from '../place';
import { csvOf } from './csv';
import { Detail } from './detail';
import type { JudgedModel, Score } from './documents';
import type { LeftOut } from './gather';
import { Histogram } from './histogram';
import type { Judged } from './judge';
import type { Judging } from './use-judging';
import { Wall } from './wall';
import { caution, isScore, ratioOf, ratioText, verdict } from './words';

interface Scored extends Judged {
  readonly answer: Score;
}

const SORTS = {
  real: { title: 'most real first', by: ({ answer }: Scored) => -answer.logit },
  fake: { title: 'least real first', by: ({ answer }: Scored) => answer.logit },
  unfamiliar: { title: 'least familiar first', by: ({ answer }: Scored) => answer.familiarity ?? 0 },
} as const;

export function Results({ model, judging }: { model: JudgedModel; judging: Judging }) {
  const { judged, doing, clear } = judging;
  const sort = sortOf(usePlace().query['sort']);
  const scored = useMemo(() => {
    const { by } = SORTS[sort];
    return judged.filter((one): one is Scored => isScore(one.answer)).sort((a, b) => by(a) - by(b));
  }, [judged, sort]);
  const refused = useMemo(
    () =>
      judged.flatMap(({ picture: { name }, answer }): LeftOut[] =>
        isScore(answer) ? [] : [{ name, reason: `${answer.message} (${answer.code})` }],
      ),
    [judged],
  );
  const ratios = useMemo(() => scored.map(({ answer }) => ratioOf(answer)), [scored]);
  const leftOut = [...judging.leftOut, ...refused];
  if (judged.length + leftOut.length === 0) return null;
  return (
    <>
      <section aria-labelledby="wall">
        <div class="title">
          <h2 id="wall">
            {scored.length.toLocaleString('en')} scored{leftOut.length > 0 && `, ${leftOut.length} left out`}
          </h2>
          <div class="choices">
            <SortChooser value={sort} familiarity={model.scoring?.scorer === 'FITTED'} />
            <Download
              judged={scored}
              refused={judged.filter(({ answer }) => !isScore(answer))}
              leftOut={judging.leftOut}
            />
            <button type="button" onClick={clear} disabled={doing === 'reading'}>
              Clear
            </button>
          </div>
        </div>
        {scored.length > 0 && <Pictures model={model} scored={scored} order={SORTS[sort].title} />}
      </section>
      {leftOut.length > 0 && <Rejected all={leftOut} />}
      {scored.length > 0 && (
        <section aria-label="Where they lie">
          <Histogram model={model} ratios={ratios} />
        </section>
      )}
    </>
  );
}

const sortOf = (asked: string | undefined): keyof typeof SORTS =>
  asked !== undefined && Object.hasOwn(SORTS, asked) ? (asked as keyof typeof SORTS) : 'real';

function SortChooser({ value, familiarity }: { value: keyof typeof SORTS; familiarity: boolean }) {
  const names = (Object.keys(SORTS) as (keyof typeof SORTS)[]).filter((name) => familiarity || name !== 'unfamiliar');
  return (
    <label class="chooser">
      Order
      <select value={value} onChange={({ currentTarget }) => setSettings({ sort: currentTarget.value })}>
        {names.map((name) => (
          <option key={name} value={name}>
            {SORTS[name].title}
          </option>
        ))}
      </select>
    </label>
  );
}

function Pictures({ model, scored, order }: { model: JudgedModel; scored: readonly Scored[]; order: string }) {
  const [open, setOpen] = useState<Scored>();
  const dialog = useRef<HTMLDialogElement>(null);
  const keys = useRef(new WeakMap<object, string>());
  const keyOf = ({ picture }: Scored) => {
    const key = keys.current.get(picture) ?? `${nextKey++}`;
    keys.current.set(picture, key);
    return key;
  };
  return (
    <>
      <Wall label={`Pictures, ${order}`} items={scored} keyOf={keyOf}>
        {(one) => (
          <button
            type="button"
            class="tile"
            onClick={() => {
              setOpen(one);
              dialog.current?.showModal();
            }}
          >
            <Picture blob={one.picture.file} alt={one.picture.name} />
            <span>{verdict(one.answer)}</span>
            <span class="faint">{ratioText(one.answer)}</span>
            <span class="caution">{caution(one.answer)}</span>
          </button>
        )}
      </Wall>
      <dialog ref={dialog} aria-label={open?.picture.name ?? 'A picture'} onClose={() => setOpen(undefined)}>
        {open && <Detail model={model} judged={open} />}
        <form method="dialog">
          <button type="submit">Close</button>
        </form>
      </dialog>
    </>
  );
}

let nextKey = 0;

function Download(all: { judged: readonly Judged[]; refused: readonly Judged[]; leftOut: readonly LeftOut[] }) {
  const save = () => {
    const file = new Blob([csvOf([...all.judged, ...all.refused], all.leftOut)], { type: 'text/csv' });
    const link = document.createElement('a');
    link.href = URL.createObjectURL(file);
    link.download = 'scores.csv';
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000); // the browser has begun to read it by then
  };
  return (
    <button type="button" onClick={save}>
      Download CSV
    </button>
  );
}

/** Of many, the first so many are listed; the CSV has all. */
const SHOWN = 200;

function Rejected({ all }: { all: readonly LeftOut[] }) {
  return (
    <details class="left-out" open>
      <summary>
        Left out: {all.length.toLocaleString('en')}
        {all.length > SHOWN && `, of which ${SHOWN} are listed here and all in the CSV`}
      </summary>
      <table>
        <thead>
          <tr>
            <th scope="col">file</th>
            <th scope="col">why</th>
          </tr>
        </thead>
        <tbody>
          {all.slice(0, SHOWN).map(({ name, reason }, i) => (
            <tr key={`${i} ${name}`}>
              <th scope="row">{name}</th>
              <td>{reason}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

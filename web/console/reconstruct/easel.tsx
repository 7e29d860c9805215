// The picture, and all that a person may do to it: draw, erase, hide; take a sample or a file; clear, centre, invert.

import { useEffect, useRef, useState } from 'preact/hooks';
import { ask } from '../api/ask';
import { blobOf } from '../api/data-uri';
import { ClassOptions } from '../parts/class-options';
import { Problem } from '../parts/problem';
import { Slider } from '../parts/slider';
import { setSettings, usePlace } from '../place';
import { type Model, SAMPLE } from './documents';
import { Paint } from './paint';
import { centred, inverted, isBlank, type Point, type Raster, rasterOf } from './raster';
import type { Pen, Picture } from './use-picture';

interface Props {
  readonly model: Model;
  readonly picture: Picture;
}

/** Where MNIST has its digits: 20 of 28 pixels. */
const FRAME = 20 / 28;

const PENS: Readonly<Record<Pen, string>> = { draw: 'Draw', erase: 'Erase', hide: 'Hide' };

const HALVES = ['top half', 'bottom half', 'left half', 'right half', 'middle', 'nothing'] as const;

export function Easel({ model, picture }: Props) {
  const { raster, mask, pen, setPen, width, setWidth } = picture;
  const [problem, setProblem] = useState<Error>();
  const pens = (Object.keys(PENS) as Pen[]).filter((each) => each !== 'hide' || model.capabilities.includes('inpaint'));
  const take = (taking: Promise<Raster>) => {
    setProblem(undefined);
    taking.then(picture.replace, setProblem);
  };
  const takeFile = (file: File | undefined) => file && take(rasterOf(file, raster));
  const isDigit = model.image!.width === 28 && model.image!.height === 28 && model.image!.channels === 1;
  return (
    <section
      aria-label="Your picture"
      class="easel"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        takeFile(event.dataTransfer?.files[0]);
      }}
    >
      <fieldset class="choices">
        <legend class="visually-hidden">Pen</legend>
        {pens.map((each) => (
          <label key={each} class="choice">
            <input type="radio" name="pen" checked={pen === each} onChange={() => setPen(each)} />
            {PENS[each]}
          </label>
        ))}
        <button type="button" disabled={!picture.canUndo} onClick={picture.undo}>
          Undo
        </button>
      </fieldset>
      <Paint
        raster={raster}
        mask={mask}
        frame={isDigit ? FRAME : undefined}
        label={`${PENS[pen]} here, ${raster.width} by ${raster.height} pixels.`}
        onStroke={(from: Point, to: Point, isFirst) => picture.stroke(from, to, isFirst)}
        onLifted={picture.lift}
      />
      <Slider
        label="Width of the pen"
        value={width}
        min={1}
        max={8}
        step={1}
        shown={`${width} px`}
        onChange={setWidth}
      />
      <div class="choices">
        <button type="button" disabled={isBlank(raster)} onClick={() => picture.replace(centred(raster))}>
          Centre it
        </button>
        <button type="button" onClick={() => picture.replace(inverted(raster))}>
          Invert
        </button>
        <button type="button" onClick={picture.clear}>
          Clear
        </button>
      </div>
      {isDigit && (
        <p class="faint">
          Digits that the model knows are white on black and fill the dashed frame: “Centre it” brings yours there.
        </p>
      )}
      {model.capabilities.includes('inpaint') && (
        <fieldset class="choices">
          <legend class="visually-hidden">Hide a part</legend>
          <span aria-hidden="true">Hide the</span>
          {HALVES.map((part) => (
            <button key={part} type="button" onClick={() => picture.hide(hiddenBy(part, raster))}>
              {part}
            </button>
          ))}
        </fieldset>
      )}
      <h2>Or begin with</h2>
      <div class="choices">
        <BySeed model={model} onTaken={take} />
        <FileChooser onFile={takeFile} />
      </div>
      <Problem of={problem} />
    </section>
  );
}

/** Which pixels. */
function hiddenBy(part: (typeof HALVES)[number], { width, height }: Raster): (x: number, y: number) => boolean {
  switch (part) {
    case 'top half':
      return (_, y) => y < height / 2;
    case 'bottom half':
      return (_, y) => y >= height / 2;
    case 'left half':
      return (x) => x < width / 2;
    case 'right half':
      return (x) => x >= width / 2;
    case 'middle':
      return (x, y) => Math.abs(x + 0.5 - width / 2) < width / 4 && Math.abs(y + 0.5 - height / 2) < height / 4;
    case 'nothing':
      return () => false;
    default:
      return part satisfies never;
  }
}

/** A sample of the model. Its seed and class are in the address of the page, which so restores it. */
function BySeed({ model, onTaken }: { model: Model; onTaken: (taking: Promise<Raster>) => void }) {
  const { query } = usePlace();
  const [typed, setTyped] = useState(query['seed'] ?? '7');
  const isTold = model.graphs.some(({ capability, takesLabel }) => capability === 'GENERATE' && takesLabel);
  const label = isTold && model.labels?.includes(query['class'] ?? '') ? query['class']! : null;
  const seed = query['seed'];
  useEffect(() => {
    if (seed !== undefined) onTaken(sampleOf(model, Number(seed), label));
  }, [model, seed, label]);
  return (
    <form
      class="choices"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed === seed) onTaken(sampleOf(model, Number(seed), label));
        else setSettings({ seed: typed });
      }}
    >
      <label class="chooser">
        Seed
        <input
          type="number"
          min={0}
          max={4_294_967_295}
          step={1}
          required
          value={typed}
          onInput={({ currentTarget }) => setTyped(currentTarget.value)}
        />
      </label>
      {isTold && (
        <label class="chooser">
          of class
          <select
            value={label ?? ''}
            onChange={({ currentTarget }) => setSettings({ class: currentTarget.value || undefined, seed: typed })}
          >
            <option value="">as drawn</option>
            <ClassOptions labels={model.labels!} />
          </select>
        </label>
      )}
      <button type="submit">Take this sample</button>
    </form>
  );
}

async function sampleOf({ name, version, image }: Model, seed: number, label: string | null): Promise<Raster> {
  const { sample } = await ask(SAMPLE, { model: name, version, seed, label });
  return rasterOf(blobOf(sample[0]!.image!.dataUri), image!);
}

function FileChooser({ onFile }: { onFile: (file: File | undefined) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <label class="button">
      Choose a picture
      <input
        ref={input}
        type="file"
        class="visually-hidden"
        accept="image/*"
        onChange={({ currentTarget }) => {
          onFile(currentTarget.files?.[0]);
          currentTarget.value = ''; // the same may be chosen again
        }}
      />
    </label>
  );
}

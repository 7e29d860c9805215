// The pictures that a run makes of the same latents, to be scrubbed through. It follows the newest until it is moved.

import { useState } from 'preact/hooks';
import { here } from '../api/addresses';
import { Picture } from '../parts/picture';
import { Slider } from '../parts/slider';

interface Props {
  readonly previews: readonly { readonly at: number; readonly url: string }[];
}

export function Previews({ previews }: Props) {
  const [asked, setAsked] = useState<number>();
  const last = previews.length - 1;
  const place = asked === undefined ? last : Math.min(asked, last);
  const shown = previews[place];
  if (!shown) return null;
  return (
    <section aria-labelledby="previews">
      <h2 id="previews">The same samples while it learns</h2>
      <div class="previews">
        <Picture address={here(shown.url)} alt={`Samples at step ${shown.at.toLocaleString('en')}`} />
        {last > 0 && (
          <Slider
            label="Step"
            min={0}
            max={last}
            step={1}
            value={place}
            shown={shown.at.toLocaleString('en')}
            onChange={(value) => setAsked(value === last ? undefined : value)}
          />
        )}
      </div>
    </section>
  );
}

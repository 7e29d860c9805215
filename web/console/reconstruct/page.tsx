// The page "Reconstruct": a picture of one's own, drawn or brought, and what a model sees in it: its class, what it is
// as the model would make it, and how it may go on where it is hidden.

import { useMemo } from 'preact/hooks';
import { useAnswer } from '../api/use-answer';
import type { Page } from '../pages';
import { ModelChooser } from '../parts/model-chooser';
import { Problem } from '../parts/problem';
import { hrefOf, usePlace } from '../place';
import { Classes, useClasses } from './classes';
import { Completions } from './completions';
import { MODELS, type Model } from './documents';
import { Easel } from './easel';
import { Reconstruction } from './reconstruction';
import './reconstruct.css';
import { usePicture } from './use-picture';

export const page: Page = {
  name: 'reconstruct',
  title: 'Reconstruct',
  order: 4,
  needs: 'SCORER',
  linkOf: ({ image, capabilities }) => (image && capabilities.includes('encode') ? 'Reconstruct' : undefined),
  View: Reconstruct,
};

function Reconstruct() {
  const { data, problem } = useAnswer(MODELS, {});
  const models = useMemo(
    () => data?.models.filter(({ image, capabilities }) => image && capabilities.includes('generate')) ?? [],
    [data],
  );
  const { rest } = usePlace();
  const model = models.find(({ name }) => name === rest[0]) ?? (rest[0] === undefined ? mostAble(models) : undefined);
  return (
    <>
      <h1>Reconstruct and complete</h1>
      <p class="lead">
        Draw something, or bring a picture: see what the model takes it for, what it would have made in its place, and
        how it goes on where you hide it.
      </p>
      <Problem of={problem} />
      {model && (
        <ModelChooser
          models={models}
          value={model.name}
          onChange={(chosen) => {
            location.hash = hrefOf('reconstruct', [chosen]);
          }}
        />
      )}
      {data && !model && <p>No model of images {rest[0] !== undefined && `called ${rest[0]}`} is served here.</p>}
      {model && <Studio key={`${model.name} ${model.version}`} model={model} models={models} />}
    </>
  );
}

const mostAble = (models: readonly Model[]): Model | undefined =>
  [...models].sort((a, b) => b.capabilities.length - a.capabilities.length)[0];

function Studio({ model, models }: { model: Model; models: readonly Model[] }) {
  const picture = usePicture(model.image!);
  const taken = useClasses(model, picture.raster);
  const { settled } = picture;
  const can = (needed: string) => model.capabilities.includes(needed);
  return (
    <div class="reconstruct">
      <Easel model={model} picture={picture} />
      <div>
        {can('classify') ? (
          <Classes taken={taken} model={model} whole={picture.whole} raster={picture.raster} />
        ) : (
          <Lacking what="names no classes" needed="classify" fit="classifier" model={model} models={models} />
        )}
        <Reconstruction model={model} raster={settled.raster} taken={taken} />
        {can('inpaint') ? (
          <Completions model={model} raster={settled.raster} mask={settled.mask} />
        ) : (
          <Lacking what="completes nothing" needed="inpaint" fit="inpainter" model={model} models={models} />
        )}
      </div>
    </div>
  );
}

interface LackingProps {
  readonly what: string;
  readonly needed: string;
  readonly fit: string;
  readonly model: Model;
  readonly models: readonly Model[];
}

/** What this model cannot do, which one can, and how it is added. */
function Lacking({ what, needed, fit, model, models }: LackingProps) {
  const able = models.filter(({ capabilities }) => capabilities.includes(needed));
  return (
    <p class="faint">
      {model.name} {what}.{' '}
      {able.map(({ name }) => (
        <span key={name}>
          <a href={hrefOf('reconstruct', [name])}>{name}</a> does.{' '}
        </span>
      ))}
      <code>npx ganymede fit {fit}</code> adds it.
    </p>
  );
}

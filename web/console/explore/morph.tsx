// A path through latent space: frames to play, and the whole as a file.

import { useState } from 'preact/hooks';
import { here } from '../api/addresses';
import { useAnswer } from '../api/use-answer';
import { graphql } from '../gql';
import type { InterpolationMethod, MorphQueryVariables } from '../gql/graphql';
import { Problem } from '../parts/problem';
import { Progress } from '../parts/progress';
import { Save } from '../parts/save';
import type { Model } from './page';
import { Player } from './player';

const MORPH = graphql(`
  query Morph(
    $model: String!
    $version: Int!
    $waypoints: [Waypoint!]!
    $truncation: Float!
    $method: InterpolationMethod!
    $loop: Boolean!
    $steps: Int!
  ) {
    interpolate(
      model: $model
      version: $version
      waypoints: $waypoints
      truncation: $truncation
      method: $method
      loop: $loop
      steps: $steps
    ) {
      frames {
        image {
          dataUri
        }
      }
    }
  }
`);

const FILES = graphql(`
  query MorphFiles(
    $model: String!
    $version: Int!
    $waypoints: [Waypoint!]!
    $truncation: Float!
    $method: InterpolationMethod!
    $loop: Boolean!
    $steps: Int!
    $fps: Int!
    $size: Int!
  ) {
    interpolate(
      model: $model
      version: $version
      waypoints: $waypoints
      truncation: $truncation
      method: $method
      loop: $loop
      steps: $steps
    ) {
      webp: animation(format: WEBP, fps: $fps, size: $size) {
        url
      }
      gif: animation(format: GIF, fps: $fps, size: $size) {
        url
      }
      strip(size: $size) {
        url
      }
    }
  }
`);

/** All that a path follows from. */
export type Path = MorphQueryVariables;

interface Props {
  readonly model: Model;
  readonly path: Path;
  readonly name: string;
  readonly shown?: (position: number) => string;
}

export const pathOf = (
  { name, version }: Model,
  waypoints: Path['waypoints'],
  settings: { truncation: number; method: InterpolationMethod; loop: boolean; steps: number },
): Path => ({ model: name, version, waypoints, ...settings });

export function Morph({ model, path, name, shown }: Props) {
  const { data, problem, waiting } = useAnswer(MORPH, path);
  const [fps, setFps] = useState(12);
  const frames = data?.interpolate.frames.flatMap(({ image }) => image?.dataUri ?? []) ?? [];
  return (
    <>
      <Problem of={problem} />
      {waiting && frames.length === 0 && <Progress label="Making the frames" />}
      {frames.length > 0 && (
        <Player
          {...{ frames, name, fps, shown }}
          width={model.image!.width}
          height={model.image!.height}
          loop={path.loop === true}
        />
      )}
      {frames.length > 0 && (
        <p class="links">
          <label>
            Frames a second{' '}
            <input
              type="number"
              min={1}
              max={50}
              value={fps}
              onInput={({ currentTarget: { validity, value } }) =>
                validity.valid && value !== '' && setFps(Number(value))
              }
            />
          </label>
          <Files model={model} path={path} fps={fps} />
        </p>
      )}
    </>
  );
}

/** At a size that can be seen: a whole multiple, so that pixels stay square. */
const sizeOf = ({ height }: { height: number }) => height * Math.max(1, Math.round(280 / height));

function Files({ model, path, fps }: { model: Model; path: Path; fps: number }) {
  const { data, problem } = useAnswer(FILES, { ...path, fps, size: Math.min(1024, sizeOf(model.image!)) });
  const files = [
    ['WebP', 'morph.webp', data?.interpolate.webp?.url],
    ['GIF', 'morph.gif', data?.interpolate.gif?.url],
    ['Strip as PNG', 'morph.png', data?.interpolate.strip?.url],
  ] as const;
  return (
    <>
      {files.map(
        ([title, file, url]) =>
          url && (
            <Save key={title} address={here(url)} name={`${model.name}-${file}`}>
              {title}
            </Save>
          ),
      )}
      {problem && <Problem of={problem} />}
    </>
  );
}

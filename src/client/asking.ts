// What all commands that ask have in common: whom they ask about what, and how their work ends.

import { GanymedeError } from '../errors.js';
import type { Reporter, Work, WorkContext } from '../work.js';
import { working } from '../work.js';
import { type Client, openClient } from './client.js';

/** Options of every such command. */
export interface Asking {
  readonly model: string;
  /** Left out, the active version. */
  readonly modelVersion?: number;
  /** Address of a server; left out, the models are asked in this process. */
  readonly server?: string;
  /** A key of that server, or a token. */
  readonly key?: string;
  /** Folders of models, for this process. */
  readonly checkpoints?: string;
}

/** How many of what a command was given came to something. */
export interface Tally {
  readonly done: number;
  readonly failed: number;
}

/** What a command needs to know of the model; asking for it also refuses a wrong name before anything else is done. */
export interface ModelFacts {
  readonly latentSize: number;
  readonly labels: readonly string[] | null;
  readonly image: { readonly width: number; readonly height: number } | null;
}

export interface Asked {
  readonly client: Client;
  readonly facts: ModelFacts;
  readonly report: Reporter;
  /** The arguments `model` and `version` of any query. */
  readonly variables: { readonly model: string; readonly version: number | null };
}

const MODEL = `query Model($model: String!, $version: Int) {
  model(name: $model, version: $version) { latentSize labels image { width height } }
}`;

/** A work that has a client for as long as it takes. */
export function asks<Options extends Asking>(
  body: (options: Options, asked: Asked) => Promise<Tally>,
): Work<Options, Tally | null> {
  return (options, context?: WorkContext) =>
    working(context, async (report) => {
      const { model, modelVersion, server, key, checkpoints } = options;
      const { signal } = report;
      const onProblem = (message: string) => report.warning('skipped', message);
      const client = await openClient({ model, server, key, checkpoints, signal, onProblem });
      report.atEnd(() => client.close());
      const variables = { model, version: modelVersion ?? null };
      const { data } = await client.ask<{ model: ModelFacts }>(MODEL, variables);
      const tally = await body(options, { client, facts: data.model, report, variables });
      const { done, failed } = tally;
      report.endsWith({ done: `${done - failed} of ${done} done${failed > 0 ? `, ${failed} failed` : ''}.` });
      return tally;
    });
}

/** For a model of points, where pictures are needed. */
export function imageOf({ image }: ModelFacts, { model }: Asking): NonNullable<ModelFacts['image']> {
  if (image) return image;
  throw new GanymedeError('CAPABILITY_MISSING', `Expected a model of images but ${model} makes points.`, {
    details: { model },
  });
}

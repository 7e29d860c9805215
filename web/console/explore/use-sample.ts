// The sample that the sliders are about: it follows them.

import { here } from '../api/addresses';
import { useLatest } from '../api/use-latest';
import { graphql } from '../gql';
import type { SampledQuery } from '../gql/graphql';
import type { Model } from './page';
import { classArguments, editsOf, type Settings } from './settings';

const SAMPLED = graphql(`
  query Sampled(
    $model: String!
    $version: Int!
    $seed: Seed!
    $truncation: Float!
    $label: String
    $labels: [LabelWeight!]
  ) {
    sample(model: $model, version: $version, seed: $seed, truncation: $truncation, label: $label, labels: $labels) {
      label
      zBase64
      image {
        url
        dataUri
      }
    }
  }
`);

const EDITED = graphql(`
  query Edited(
    $model: String!
    $version: Int!
    $seed: Seed!
    $truncation: Float!
    $label: String
    $labels: [LabelWeight!]
    $edits: [EditInput!]!
  ) {
    edit(
      model: $model
      version: $version
      seed: $seed
      truncation: $truncation
      label: $label
      labels: $labels
      edits: $edits
    ) {
      label
      zBase64
      image {
        url
        dataUri
      }
    }
  }
`);

export type Shown = SampledQuery['sample'][number];

export interface SampleShown {
  readonly shown: Shown | undefined;
  /** Relative. */
  readonly address: string | undefined;
  /** Its mixture of classes as addresses have it; empty if it is of one class. */
  readonly mixture: string;
  readonly isEdited: boolean;
  readonly problem: Error | undefined;
}

export function useSample({ name, version, labels }: Model, settings: Settings): SampleShown {
  const { seed, truncation, choice } = settings;
  const edits = editsOf(settings);
  const asked = { model: name, version, seed, truncation, ...classArguments(choice, labels) };
  const isEdited = edits.length > 0;
  const plain = useLatest(SAMPLED, isEdited ? null : asked, ({ sample }) => decoded(sample));
  const edited = useLatest(EDITED, isEdited ? { ...asked, edits } : null, ({ edit }) => decoded(edit));
  const shown = isEdited ? (edited.data?.edit[0] ?? plain.data?.sample[0]) : plain.data?.sample[0];
  const url = shown?.image?.url;
  const address = url ? here(url) : undefined;
  return {
    shown,
    address,
    mixture: address?.match(/[?&]labels=([^&]+)/)?.[1] ?? '',
    isEdited,
    problem: isEdited ? edited.problem : plain.problem,
  };
}

/** Before it is shown, so that its pixels come with the next frame. */
async function decoded([sample]: readonly Shown[]): Promise<void> {
  if (!sample?.image) return;
  const image = new Image();
  image.src = sample.image.dataUri;
  await image.decode();
}

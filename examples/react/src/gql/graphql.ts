/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type ModelsQueryVariables = Exact<{ [key: string]: never; }>;


export type ModelsQuery = { models: Array<{ name: string, title: string, labels: Array<string> | null, image: { width: number, height: number } | null }> };

export type MorphQueryVariables = Exact<{
  model: string;
  label?: string | null | undefined;
  truncation: number;
  from: number;
  to: number;
}>;


export type MorphQuery = { interpolate: { frames: Array<{ image: { url: string | null } | null }>, animation: { url: string | null } | null } };

export type SamplesQueryVariables = Exact<{
  model: string;
  label?: string | null | undefined;
  truncation: number;
  seed: number;
}>;


export type SamplesQuery = { sample: Array<{ seed: number | null, label: string | null, image: { url: string | null } | null, score: { probability: number | null } | null }> };

export type ScoreQueryVariables = Exact<{
  model: string;
  images: Array<string> | string;
  labels?: Array<string> | string | null | undefined;
}>;


export type ScoreQuery = { score: Array<
    | { code: string, message: string }
    | { probability: number | null, logit: number }
  > };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}

export const ModelsDocument = new TypedDocumentString(`
    query Models {
  models {
    name
    title
    labels
    image {
      width
      height
    }
  }
}
    `, {"hash":"sha256:f2ad08522d406a3998ece2140cb90f9667c1d85e827a9af06c3e24d608f8dee1"}) as unknown as TypedDocumentString<ModelsQuery, ModelsQueryVariables>;
export const MorphDocument = new TypedDocumentString(`
    query Morph($model: String!, $label: String, $truncation: Float!, $from: Seed!, $to: Seed!) {
  interpolate(
    model: $model
    label: $label
    truncation: $truncation
    waypoints: [{seed: $from}, {seed: $to}]
    steps: 25
  ) {
    frames {
      image {
        url
      }
    }
    animation(size: 224) {
      url
    }
  }
}
    `, {"hash":"sha256:4b7d99af58028302aff8265cbf8572da43208125ec4146912f0018121484c7b0"}) as unknown as TypedDocumentString<MorphQuery, MorphQueryVariables>;
export const SamplesDocument = new TypedDocumentString(`
    query Samples($model: String!, $label: String, $truncation: Float!, $seed: Seed!) {
  sample(
    model: $model
    label: $label
    truncation: $truncation
    seed: $seed
    count: 12
  ) {
    seed
    label
    image {
      url
    }
    score {
      probability
    }
  }
}
    `, {"hash":"sha256:e58e8fbbef66294bd8d11ca86b856d63eae63c815fde8c64bf2b14af5cc2b9dd"}) as unknown as TypedDocumentString<SamplesQuery, SamplesQueryVariables>;
export const ScoreDocument = new TypedDocumentString(`
    query Score($model: String!, $images: [ImageSource!]!, $labels: [String!]) {
  score(model: $model, images: $images, labels: $labels) {
    ... on Score {
      probability
      logit
    }
    ... on ImageError {
      code
      message
    }
  }
}
    `, {"hash":"sha256:deee2d18c9cb9a3c5edf60444b6c6198390f98c3913e98174ebc68e0a082b399"}) as unknown as TypedDocumentString<ScoreQuery, ScoreQueryVariables>;
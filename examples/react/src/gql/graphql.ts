/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** A class of a mixture and how much it weighs there. */
export type LabelWeight = {
  /** One of `Model.labels`. */
  label: string;
  /** At least 0; only its proportion to the others counts. */
  weight: number;
};

/** A point that an interpolation passes: exactly one of seed, z and image, and for a conditional model its class. One that has only a class is where the waypoint before it is, and one that has only a place is of the class of that waypoint. */
export type Waypoint = {
  /** Its z is what the model’s encoder finds for it. CAPABILITY_MISSING for a model without one. */
  image?: string | null | undefined;
  /** One of `Model.labels`, instead of a label of the path. */
  label?: string | null | undefined;
  /** A mixture, as that of a path. */
  labels?: Array<LabelWeight> | null | undefined;
  /** In [0, 4294967295]. */
  seed?: number | null | undefined;
  /** Finite numbers. */
  z?: number[] | string | null | undefined;
};

export type ModelsQueryVariables = Exact<{ [key: string]: never; }>;


export type ModelsQuery = { models: Array<{ name: string, title: string, labels: Array<string> | null, image: { width: number } | null, scoring: { needsLabel: boolean, takesLabel: boolean } | null }> };

export type MorphQueryVariables = Exact<{
  model: string;
  truncation: number;
  waypoints: Array<Waypoint> | Waypoint;
}>;


export type MorphQuery = { interpolate: { frames: Array<{ image: { url: string | null } | null }>, animation: { url: string | null } | null } };

export type SamplesQueryVariables = Exact<{
  model: string;
  label?: string | null | undefined;
  truncation: number;
  seed: number;
  scored: boolean;
}>;


export type SamplesQuery = { sample: Array<{ seed: number | null, label: string | null, image: { url: string | null } | null, score?: { probability: number | null } | null }> };

export type ScoreQueryVariables = Exact<{
  model: string;
  images: Array<string> | string;
  labels?: Array<string> | string | null | undefined;
}>;


export type ScoreQuery = { score: Array<
    | { code: string, message: string }
    | { probability: number | null, logit: number, familiarity: number | null, label: { name: string, matches: boolean, likeliest: string } | null }
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
    }
    scoring {
      needsLabel
      takesLabel
    }
  }
}
    `, {"hash":"sha256:c931e5fe1522974eca374c8e70e5f0eeff28e9ecefeedf82e2dca60f995646c2"}) as unknown as TypedDocumentString<ModelsQuery, ModelsQueryVariables>;
export const MorphDocument = new TypedDocumentString(`
    query Morph($model: String!, $truncation: Float!, $waypoints: [Waypoint!]!) {
  interpolate(
    model: $model
    truncation: $truncation
    waypoints: $waypoints
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
    `, {"hash":"sha256:6d4af4de0434089b0dafdacaa7674e6d7ddc53d594c15d5675909763d3e1021d"}) as unknown as TypedDocumentString<MorphQuery, MorphQueryVariables>;
export const SamplesDocument = new TypedDocumentString(`
    query Samples($model: String!, $label: String, $truncation: Float!, $seed: Seed!, $scored: Boolean!) {
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
    score @include(if: $scored) {
      probability
    }
  }
}
    `, {"hash":"sha256:1c829827fd6121047818f2df690ceef2a0b59f7fc4072a4195ccf9ecbc309f8b"}) as unknown as TypedDocumentString<SamplesQuery, SamplesQueryVariables>;
export const ScoreDocument = new TypedDocumentString(`
    query Score($model: String!, $images: [ImageSource!]!, $labels: [String!]) {
  score(model: $model, images: $images, labels: $labels) {
    ... on Score {
      probability
      logit
      familiarity
      label {
        name
        matches
        likeliest
      }
    }
    ... on ImageError {
      code
      message
    }
  }
}
    `, {"hash":"sha256:6cda582eb168f1bce1771493d41fb044b6217a057a543cc9c6f4b002811a506a"}) as unknown as TypedDocumentString<ScoreQuery, ScoreQueryVariables>;
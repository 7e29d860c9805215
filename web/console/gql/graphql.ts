/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { Json } from '../api/json';
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** A graph that a version of a model may have. */
export type Capability =
  | 'CLASSIFY'
  | 'ENCODE'
  | 'FEATURES'
  | 'GENERATE'
  | 'INPAINT'
  | 'MAP'
  | 'SCORE'
  | 'SCORER'
  | 'SYNTHESIZE';

/** The distribution of each number of a latent. */
export type PriorKind =
  | 'NORMAL'
  | 'UNIFORM';

/** What somebody may do: each may what those before it may. */
export type Role =
  /** Train, promote, and see jobs and the audit log. */
  | 'ADMIN'
  /** Send images, to have them scored, encoded, classified or completed. */
  | 'SCORER'
  /** Look at what models make. */
  | 'VIEWER';

/** What gives the scores of a version. */
export type Scorer =
  /** A discriminator of its own, fitted to the generator as it is served, with classes and familiarity; measured on examples that it was not fitted to. */
  | 'FITTED'
  /** The discriminator that training left. It fought the generators of the last steps, and not the averaged one that is served; that of an objective whose `densityRatio` is NONE only orders examples. */
  | 'GAME';

export type WhoQueryVariables = Exact<{ [key: string]: never; }>;


export type WhoQuery = { server: { codeVersion: string, device: string, caller: { name: string, role: Role, anonymous: boolean }, jobs: { engine: string } | null } };

export type DetailsQueryVariables = Exact<{
  model: string;
}>;


export type DetailsQuery = { model: { figures: Array<{ protocol: string, name: string, value: number, date: string }>, evaluations: { nodes: Array<{ protocol: string, dataset: Json }> }, trainingCurve: Array<{ name: string, steps: Array<number>, values: Array<number> }> | null, trainingAnimation: { url: string } | null } };

export type ModelsQueryVariables = Exact<{ [key: string]: never; }>;


export type ModelsQuery = { models: Array<{ name: string, version: number, versions: Array<number>, title: string, description: string, license: string, created: string, capabilities: Array<string>, latentSize: number, pointSize: number | null, labels: Array<string> | null, prior: { kind: PriorKind }, image: { width: number, height: number, channels: number } | null, styles: { layers: number } | null, lineage: { dataset: string | null, examples: number | null, steps: number | null, kimg: number | null, seed: number | null, codeVersion: string | null, parent: { name: string, version: number } | null } }> };

export type GridQueryVariables = Exact<{
  model: string;
  seed: number;
  rows: number;
  columns: number;
}>;


export type GridQuery = { sampleGrid: { url: string | null, width: number, height: number } | null };

export type PointsQueryVariables = Exact<{
  model: string;
  seed: number;
  count: number;
}>;


export type PointsQuery = { sample: Array<{ point: Array<number> | null }> };

export type PerceivingModelsQueryVariables = Exact<{ [key: string]: never; }>;


export type PerceivingModelsQuery = { models: Array<{ name: string, version: number, title: string, labels: Array<string> | null, capabilities: Array<string>, image: { width: number, height: number, channels: number } | null, graphs: Array<{ capability: Capability, takesLabel: boolean }> }> };

export type TakenForQueryVariables = Exact<{
  model: string;
  version: number;
  images: Array<string | Blob> | string | Blob;
}>;


export type TakenForQuery = { classify: Array<
    | { label: string, classes: Array<{ label: string, probability: number }> }
    | { code: string, message: string }
  > };

export type ReconstructQueryVariables = Exact<{
  model: string;
  version: number;
  images: Array<string | Blob> | string | Blob;
  labels?: Array<string> | string | null | undefined;
  refine?: number | null | undefined;
}>;


export type ReconstructQuery = { encode: Array<
    | { error: number | null, label: string | null, refined: { steps: number, before: number, after: number } | null, reconstruction: { image: { dataUri: string } | null } }
    | { code: string, message: string }
  > };

export type CompleteQueryVariables = Exact<{
  model: string;
  version: number;
  image: string | Blob;
  hidden: string | Blob;
  count: number;
  seed: number;
  label?: string | null | undefined;
}>;


export type CompleteQuery = { inpaint: Array<
    | { seed: number, label: string | null, image: { dataUri: string } }
    | { code: string, message: string }
  > };

export type OneSampleQueryVariables = Exact<{
  model: string;
  version: number;
  seed: number;
  label?: string | null | undefined;
}>;


export type OneSampleQuery = { sample: Array<{ label: string | null, image: { dataUri: string } | null }> };

export type JudgedModelsQueryVariables = Exact<{ [key: string]: never; }>;


export type JudgedModelsQuery = { models: Array<{ name: string, title: string, capabilities: Array<string>, image: { width: number, height: number } | null }> };

export type JudgedModelQueryVariables = Exact<{
  model: string;
}>;


export type JudgedModelQuery = { model: { name: string, version: number, labels: Array<string> | null, scoring: { scorer: Scorer, needsLabel: boolean, takesLabel: boolean, uncalibrated: string | null, unmeasured: string | null, calibration: { protocol: string, slope: number, offset: number, auc: number, logLoss: number, ece: number, measuredOn: { data: string, note: string, measured: number }, reliability: Array<{ low: number, high: number, count: number, predicted: number, observed: number }>, before: { histogram: { low: number, high: number, data: Array<number>, samples: Array<number> } | null } } | null, measured: { date: string, auc: number, logLoss: number, baselineLogLoss: number, ece: number, rivals: Array<{ name: string, logLoss: number, auc: number }>, label: { right: number, chance: number } | null, familiarity: Array<{ negatives: string, auc: number }> | null, measuredOn: { data: string, note: string, measured: number }, reliability: Array<{ low: number, high: number, count: number, predicted: number, observed: number }>, histogram: { low: number, high: number, data: Array<number>, samples: Array<number> } | null } | null } | null } };

export type JudgeQueryVariables = Exact<{
  model: string;
  version: number;
  images: Array<string | Blob> | string | Blob;
  labels?: Array<string> | string | null | undefined;
}>;


export type JudgeQuery = { score: Array<
    | { code: string, message: string }
    | { logit: number, probability: number | null, logDensityRatio: number | null, familiarity: number | null, calibrated: { probability: number, logDensityRatio: number } | null, label: { name: string, probability: number, matches: boolean, likeliest: string } | null }
  > };

export type SamplesToJudgeQueryVariables = Exact<{
  model: string;
  version: number;
  seed: number;
  count: number;
}>;


export type SamplesToJudgeQuery = { sample: Array<{ seed: number | null, label: string | null, image: { dataUri: string } | null }> };

export type FreshScoresQueryVariables = Exact<{
  model: string;
  version: number;
}>;


export type FreshScoresQuery = { sample: Array<{ score: { logit: number } | null }> };

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

export const WhoDocument = new TypedDocumentString(`
    query Who {
  server {
    codeVersion
    device
    caller {
      name
      role
      anonymous
    }
    jobs {
      engine
    }
  }
}
    `) as unknown as TypedDocumentString<WhoQuery, WhoQueryVariables>;
export const DetailsDocument = new TypedDocumentString(`
    query Details($model: String!) {
  model(name: $model) {
    figures {
      protocol
      name
      value
      date
    }
    evaluations(first: 100) {
      nodes {
        protocol
        dataset
      }
    }
    trainingCurve(points: 200) {
      name
      steps
      values
    }
    trainingAnimation {
      url
    }
  }
}
    `) as unknown as TypedDocumentString<DetailsQuery, DetailsQueryVariables>;
export const ModelsDocument = new TypedDocumentString(`
    query Models {
  models {
    name
    version
    versions
    title
    description
    license
    created
    capabilities
    latentSize
    prior {
      kind
    }
    image {
      width
      height
      channels
    }
    pointSize
    labels
    styles {
      layers
    }
    lineage {
      dataset
      examples
      steps
      kimg
      seed
      codeVersion
      parent {
        name
        version
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ModelsQuery, ModelsQueryVariables>;
export const GridDocument = new TypedDocumentString(`
    query Grid($model: String!, $seed: Seed!, $rows: Int!, $columns: Int!) {
  sampleGrid(model: $model, seed: $seed, rows: $rows, columns: $columns) {
    url
    width
    height
  }
}
    `) as unknown as TypedDocumentString<GridQuery, GridQueryVariables>;
export const PointsDocument = new TypedDocumentString(`
    query Points($model: String!, $seed: Seed!, $count: Int!) {
  sample(model: $model, seed: $seed, count: $count) {
    point
  }
}
    `) as unknown as TypedDocumentString<PointsQuery, PointsQueryVariables>;
export const PerceivingModelsDocument = new TypedDocumentString(`
    query PerceivingModels {
  models {
    name
    version
    title
    labels
    image {
      width
      height
      channels
    }
    capabilities
    graphs {
      capability
      takesLabel
    }
  }
}
    `) as unknown as TypedDocumentString<PerceivingModelsQuery, PerceivingModelsQueryVariables>;
export const TakenForDocument = new TypedDocumentString(`
    query TakenFor($model: String!, $version: Int!, $images: [ImageSource!]!) {
  classify(model: $model, version: $version, images: $images) {
    ... on Classification {
      label
      classes {
        label
        probability
      }
    }
    ... on ImageError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<TakenForQuery, TakenForQueryVariables>;
export const ReconstructDocument = new TypedDocumentString(`
    query Reconstruct($model: String!, $version: Int!, $images: [ImageSource!]!, $labels: [String!], $refine: Int) {
  encode(
    model: $model
    version: $version
    images: $images
    labels: $labels
    refine: $refine
  ) {
    ... on Encoding {
      error
      label
      refined {
        steps
        before
        after
      }
      reconstruction {
        image {
          dataUri
        }
      }
    }
    ... on ImageError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<ReconstructQuery, ReconstructQueryVariables>;
export const CompleteDocument = new TypedDocumentString(`
    query Complete($model: String!, $version: Int!, $image: ImageSource!, $hidden: ImageSource!, $count: Int!, $seed: Seed!, $label: String) {
  inpaint(
    model: $model
    version: $version
    image: $image
    mask: {hidden: $hidden}
    count: $count
    seed: $seed
    label: $label
  ) {
    ... on Completion {
      seed
      label
      image {
        dataUri
      }
    }
    ... on ImageError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<CompleteQuery, CompleteQueryVariables>;
export const OneSampleDocument = new TypedDocumentString(`
    query OneSample($model: String!, $version: Int!, $seed: Seed!, $label: String) {
  sample(model: $model, version: $version, seed: $seed, count: 1, label: $label) {
    label
    image {
      dataUri
    }
  }
}
    `) as unknown as TypedDocumentString<OneSampleQuery, OneSampleQueryVariables>;
export const JudgedModelsDocument = new TypedDocumentString(`
    query JudgedModels {
  models {
    name
    title
    image {
      width
      height
    }
    capabilities
  }
}
    `) as unknown as TypedDocumentString<JudgedModelsQuery, JudgedModelsQueryVariables>;
export const JudgedModelDocument = new TypedDocumentString(`
    query JudgedModel($model: String!) {
  model(name: $model) {
    name
    version
    labels
    scoring {
      scorer
      needsLabel
      takesLabel
      uncalibrated
      unmeasured
      calibration {
        protocol
        slope
        offset
        auc
        logLoss
        ece
        measuredOn {
          data
          note
          measured
        }
        reliability {
          low
          high
          count
          predicted
          observed
        }
        before {
          histogram {
            low
            high
            data
            samples
          }
        }
      }
      measured {
        date
        auc
        logLoss
        baselineLogLoss
        ece
        rivals {
          name
          logLoss
          auc
        }
        label {
          right
          chance
        }
        familiarity {
          negatives
          auc
        }
        measuredOn {
          data
          note
          measured
        }
        reliability {
          low
          high
          count
          predicted
          observed
        }
        histogram {
          low
          high
          data
          samples
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<JudgedModelQuery, JudgedModelQueryVariables>;
export const JudgeDocument = new TypedDocumentString(`
    query Judge($model: String!, $version: Int!, $images: [ImageSource!]!, $labels: [String!]) {
  score(model: $model, version: $version, images: $images, labels: $labels) {
    ... on Score {
      logit
      probability
      logDensityRatio
      familiarity
      calibrated {
        probability
        logDensityRatio
      }
      label {
        name
        probability
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
    `) as unknown as TypedDocumentString<JudgeQuery, JudgeQueryVariables>;
export const SamplesToJudgeDocument = new TypedDocumentString(`
    query SamplesToJudge($model: String!, $version: Int!, $seed: Seed!, $count: Int!) {
  sample(model: $model, version: $version, seed: $seed, count: $count) {
    seed
    label
    image {
      dataUri
    }
  }
}
    `) as unknown as TypedDocumentString<SamplesToJudgeQuery, SamplesToJudgeQueryVariables>;
export const FreshScoresDocument = new TypedDocumentString(`
    query FreshScores($model: String!, $version: Int!) {
  sample(model: $model, version: $version, seed: 1000000, count: 256) {
    score {
      logit
    }
  }
}
    `) as unknown as TypedDocumentString<FreshScoresQuery, FreshScoresQueryVariables>;
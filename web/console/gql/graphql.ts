/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { Json } from '../api/json';
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
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
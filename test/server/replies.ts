// What the fields of the schema hold in a reply, as far as a query selects them. What may be null, or an element that
// may be missing, is written as if it were there: a test that expects it not to be says so itself, and any other fails
// on it.

/** The first elements without a check. */
export type List<T> = readonly [T, T, T, ...T[]];

export interface Reply {
  readonly models: List<ModelReply>;
  readonly model: ModelReply;
  readonly sample: List<SampleReply>;
  readonly sampleGrid: ImageReply;
  readonly interpolate: InterpolationReply;
  readonly latentDirections: List<DirectionReply>;
  readonly edit: List<SampleReply>;
  readonly mixStyles: StyleMixReply;
  readonly mixStylesGrid: ImageReply;
  readonly score: List<ScoreReply & ImageErrorReply>;
  readonly encode: List<EncodingReply>;
  readonly classify: List<ClassificationReply>;
  readonly features: List<FeaturesReply>;
  readonly inpaint: List<CompletionReply>;
}

export interface StyleMixReply {
  readonly sources: List<{ readonly seed: number; readonly label: string; readonly layers: readonly number[] }>;
  readonly image: ImageReply;
  readonly tensor: { readonly shape: readonly number[]; readonly data: string };
}

export interface CompletionReply {
  readonly seed: number;
  readonly label: string;
  readonly image: ImageReply;
}

export interface EncodingReply {
  readonly z: List<number>;
  readonly zBase64: string;
  readonly label: string;
  readonly error: number;
  readonly refined: { readonly steps: number; readonly before: number; readonly after: number };
  readonly reconstruction: SampleReply;
}

export interface ClassificationReply {
  readonly label: string;
  readonly classes: List<{ readonly label: string; readonly probability: number }>;
}

export interface FeaturesReply {
  readonly size: number;
  readonly values: readonly number[];
  readonly valuesBase64: string;
}

export interface ModelReply {
  readonly name: string;
  readonly version: number;
  readonly versions: readonly number[];
  readonly capabilities: readonly string[];
  readonly latentSize: number;
  readonly styles: { readonly layers: number; readonly size: number };
  readonly image: { readonly width: number; readonly height: number; readonly channels: number };
  readonly pointSize: number;
  readonly labels: readonly string[];
}

export interface SampleReply {
  readonly seed: number;
  readonly z: readonly number[];
  readonly zBase64: string;
  readonly label: string;
  readonly labels: List<{ readonly label: string; readonly weight: number }>;
  readonly point: readonly number[];
  readonly image: ImageReply;
  readonly tensor: TensorReply;
  readonly score: ScoreReply;
}

export interface TensorReply {
  readonly data: string;
  readonly shape: readonly number[];
  readonly range: readonly number[];
}

export interface DirectionReply {
  readonly method: string;
  readonly index: number;
  readonly vector: readonly number[];
  readonly eigenvalue: number;
  readonly share: number;
}

export interface ImageReply {
  readonly url: string;
  readonly dataUri: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly format: string;
}

export interface ScoreReply {
  readonly probability: number;
  readonly logit: number;
  readonly logDensityRatio: number;
}

export interface ImageErrorReply {
  readonly index: number;
  readonly code: string;
  readonly message: string;
}

export interface InterpolationReply {
  readonly frames: List<SampleReply>;
  readonly animation: ImageReply;
  readonly strip: ImageReply;
}

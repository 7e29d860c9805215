/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { Json, JsonObject } from '../api/json';
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** Which way a figure is better. */
export type Better =
  | 'HIGHER'
  | 'LOWER';

/** Data on the line, in the plane or in a space that is built in: RING8 is `builtin:ring8`. */
export type BuiltinPoints =
  | 'DIRAC'
  | 'GAUSSIAN1D'
  | 'GAUSSIAN64D'
  | 'GRID25'
  | 'RING8'
  | 'SEGMENT'
  | 'SWISSROLL'
  | 'TWO_GAUSSIANS';

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

/** One of the directions that `latentDirections` gives. */
export type DirectionInput = {
  /** From 0, the strongest first. */
  index: number;
  method: DirectionMethod;
};

/** How directions of a latent space are found. */
export type DirectionMethod =
  /** What the generator’s first layer enlarges most (SeFa: Shen and Zhou 2021). */
  | 'FACTORISED'
  /** Principal components of the first activations of a fixed sample (GANSpace: Härkönen et al. 2020), carried over to z. */
  | 'PCA';

/** How far to move along a direction: exactly one of direction and vector. */
export type EditInput = {
  direction?: DirectionInput | null | undefined;
  /** In standard deviations of the prior, each in [-20, 20]; [1, 64] of them, one a sample. One alone is that of all samples. */
  strengths: Array<number>;
  /** A direction of your own; its length does not matter. */
  vector?: number[] | string | null | undefined;
};

/** How latents between two waypoints are found. */
export type InterpolationMethod =
  /** Along one smooth curve through all waypoints, a Catmull–Rom spline; it has no corners at them. */
  | 'CUBIC'
  /** Along the straight line. */
  | 'LINEAR'
  /** Along the great circle, which keeps the length typical of the prior. */
  | 'SLERP';

/** What a job does. */
export type JobKind =
  | 'EVALUATE'
  | 'FINE_TUNE'
  | 'FIT_CLASSIFIER'
  | 'FIT_ENCODER'
  | 'FIT_INPAINTER'
  | 'FIT_SCORER'
  | 'INDEX'
  | 'TRAIN';

/** PAUSING and CANCELLING: it was told to, and saves. SUCCEEDED, FAILED and CANCELLED are ends. */
export type JobState =
  | 'CANCELLED'
  | 'CANCELLING'
  | 'FAILED'
  | 'PAUSED'
  | 'PAUSING'
  | 'QUEUED'
  | 'RUNNING'
  | 'SUCCEEDED';

/** A class of a mixture and how much it weighs there. */
export type LabelWeight = {
  /** One of `Model.labels`. */
  label: string;
  /** At least 0; only its proportion to the others counts. */
  weight: number;
};

/** How a training goes on while somebody watches, whole: what is left out is null. It computes the same. */
export type PaceInput = {
  /** It shows itself each so many steps (`jobViews`), and where it begins, waits and ends; null: never. In [1, 1000000]. */
  showEvery?: number | null | undefined;
  /** At most so many; null: as many as it can. In [0.1, 100000]. */
  stepsPerSecond?: number | null | undefined;
  /** It waits once so many steps of the whole run are made, until its pace is another; null: it goes on. In [0, 100000000]; one that is past: at once, so 0 stops it where it is. */
  until?: number | null | undefined;
};

/** The distribution of each number of a latent. */
export type PriorKind =
  | 'NORMAL'
  | 'UNIFORM';

/** When the version that a job makes becomes the active one. */
export type PromoteInput = {
  /** For IF: which way it is better. */
  better?: Better | null | undefined;
  /** For IF: one of its figures. */
  figure?: string | null | undefined;
  /** For IF: by how much it may be worse than the active version’s. */
  notWorseBy?: number | null | undefined;
  /** For IF: a protocol of evaluation, such as frechet. */
  protocol?: string | null | undefined;
  when?: PromoteWhen;
};

/** NEVER: it waits for `promote`. ALWAYS: once it is loaded. IF: if a figure says so. */
export type PromoteWhen =
  | 'ALWAYS'
  | 'IF'
  | 'NEVER';

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

/** A sample and the layers that have its styles. */
export type StylePart = {
  /** One of `Model.labels`, for a conditional model only. Left out: drawn from the seed, evenly. */
  label?: string | null | undefined;
  /** Instead of label: a mixture of [1, 64] different classes. Weights are divided by their sum and kept to 10⁻⁹. A mixture in which only one class weighs anything is that class. */
  labels?: Array<LabelWeight> | null | undefined;
  /** Different ones, from 0 to one less than `Model.styles.layers`. Left out: all of them. */
  layers?: Array<number> | null | undefined;
  /** In [0, 4294967295]. */
  seed?: number | null | undefined;
  /** A conditional model needs label or labels beside it. */
  z?: number[] | string | null | undefined;
};

/** What the steps of a training run on. */
export type TrainingDevice =
  | 'CPU'
  | 'CUDA'
  | 'TFJS_NODE'
  | 'TFJS_NODE_GPU'
  | 'WEBGPU';

/** A point that an interpolation passes: exactly one of seed, z and image, and for a conditional model its class. One that has only a class is where the waypoint before it is, and one that has only a place is of the class of that waypoint. */
export type Waypoint = {
  /** Its z is what the model’s encoder finds for it. CAPABILITY_MISSING for a model without one. */
  image?: string | Blob | null | undefined;
  /** One of `Model.labels`, instead of a label of the path. */
  label?: string | null | undefined;
  /** A mixture, as that of a path. */
  labels?: Array<LabelWeight> | null | undefined;
  /** In [0, 4294967295]. */
  seed?: number | null | undefined;
  /** Finite numbers. */
  z?: number[] | string | null | undefined;
};

export type WhoQueryVariables = Exact<{ [key: string]: never; }>;


export type WhoQuery = { server: { codeVersion: string, device: string, caller: { name: string, role: Role, anonymous: boolean }, jobs: { engine: string } | null } };

export type CloudQueryVariables = Exact<{
  model: string;
  version: number;
  seed: number;
  count: number;
  truncation: number;
  label?: string | null | undefined;
  labels?: Array<LabelWeight> | LabelWeight | null | undefined;
}>;


export type CloudQuery = { sample: Array<{ seed: number | null, point: Array<number> | null }>, whole: Array<{ point: Array<number> | null }> };

export type DirectionsQueryVariables = Exact<{
  model: string;
  version: number;
  method: DirectionMethod;
}>;


export type DirectionsQuery = { latentDirections: Array<{ index: number, share: number }> };

export type MorphQueryVariables = Exact<{
  model: string;
  version: number;
  waypoints: Array<Waypoint> | Waypoint;
  truncation: number;
  method: InterpolationMethod;
  loop: boolean;
  steps: number;
}>;


export type MorphQuery = { interpolate: { frames: Array<{ image: { dataUri: string } | null }> } };

export type MorphFilesQueryVariables = Exact<{
  model: string;
  version: number;
  waypoints: Array<Waypoint> | Waypoint;
  truncation: number;
  method: InterpolationMethod;
  loop: boolean;
  steps: number;
  fps: number;
  size: number;
}>;


export type MorphFilesQuery = { interpolate: { webp: { url: string | null } | null, gif: { url: string | null } | null, strip: { url: string | null } | null } };

export type CornersQueryVariables = Exact<{
  model: string;
  version: number;
  truncation: number;
  label?: string | null | undefined;
  labels?: Array<LabelWeight> | LabelWeight | null | undefined;
  a: number;
  b: number;
  c: number;
}>;


export type CornersQuery = { a: Array<{ zBase64: string, labels: Array<{ label: string, weight: number }> | null, image: { url: string | null } | null }>, b: Array<{ zBase64: string, labels: Array<{ label: string, weight: number }> | null, image: { url: string | null } | null }>, c: Array<{ zBase64: string, labels: Array<{ label: string, weight: number }> | null, image: { url: string | null } | null }> };

export type CornerFragment = { zBase64: string, labels: Array<{ label: string, weight: number }> | null, image: { url: string | null } | null };

export type AtLatentQueryVariables = Exact<{
  model: string;
  version: number;
  z: Array<number[] | string> | number[] | string;
  labels?: Array<LabelWeight> | LabelWeight | null | undefined;
}>;


export type AtLatentQuery = { sample: Array<{ zBase64: string, label: string | null, image: { url: string | null, dataUri: string } | null }> };

export type ExplorableQueryVariables = Exact<{ [key: string]: never; }>;


export type ExplorableQuery = { models: Array<{ name: string, version: number, title: string, capabilities: Array<string>, latentSize: number, pointSize: number | null, labels: Array<string> | null, prior: { kind: PriorKind, low: number | null, high: number | null }, image: { width: number, height: number, channels: number } | null, styles: { layers: number } | null }> };

export type ExplorableVersionQueryVariables = Exact<{
  name: string;
  version: number;
}>;


export type ExplorableVersionQuery = { model: { name: string, version: number, title: string, capabilities: Array<string>, latentSize: number, pointSize: number | null, labels: Array<string> | null, prior: { kind: PriorKind, low: number | null, high: number | null }, image: { width: number, height: number, channels: number } | null, styles: { layers: number } | null } };

export type MixedQueryVariables = Exact<{
  model: string;
  version: number;
  styles: Array<StylePart> | StylePart;
  truncation: number;
}>;


export type MixedQuery = { mixStyles: { image: { url: string | null, width: number, height: number } | null } };

export type WholeQueryVariables = Exact<{
  model: string;
  version: number;
  seed: number;
  label?: string | null | undefined;
  labels?: Array<LabelWeight> | LabelWeight | null | undefined;
}>;


export type WholeQuery = { sample: Array<{ label: string | null, zBase64: string }> };

export type SampledQueryVariables = Exact<{
  model: string;
  version: number;
  seed: number;
  truncation: number;
  label?: string | null | undefined;
  labels?: Array<LabelWeight> | LabelWeight | null | undefined;
}>;


export type SampledQuery = { sample: Array<{ label: string | null, zBase64: string, image: { url: string | null, dataUri: string } | null }> };

export type EditedQueryVariables = Exact<{
  model: string;
  version: number;
  seed: number;
  truncation: number;
  label?: string | null | undefined;
  labels?: Array<LabelWeight> | LabelWeight | null | undefined;
  edits: Array<EditInput> | EditInput;
}>;


export type EditedQuery = { edit: Array<{ label: string | null, zBase64: string, image: { url: string | null, dataUri: string } | null }> };

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

export type AuditQueryVariables = Exact<{
  first: number;
  action?: string | null | undefined;
}>;


export type AuditQuery = { audit: { totalCount: number, nodes: Array<{ seq: number, at: string, by: string, action: string, about: JsonObject }> } };

export type AuditCheckQueryVariables = Exact<{ [key: string]: never; }>;


export type AuditCheckQuery = { auditCheck: { entries: number, intact: boolean | null, brokenAt: number | null } };

export type CountedQueryVariables = Exact<{
  names: Array<string> | string;
}>;


export type CountedQuery = { metrics: Array<{ name: string, series: Array<{ labels: JsonObject, value: number | null, spread: { count: number, mean: number | null, median: number | null, most: number | null, nearlyAll: number | null } | null }> }> };

export type WorkingQueryVariables = Exact<{ [key: string]: never; }>;


export type WorkingQuery = { jobs: { totalCount: number, nodes: Array<{ id: string, kind: JobKind, state: JobState, model: string, version: number | null, dataset: string, device: string, progress: { phase: string, done: number, total: number | null, unit: string, perSecond: number | null, secondsLeft: number | null } | null }> } };

export type ServedLatentQueryVariables = Exact<{
  model: string;
}>;


export type ServedLatentQuery = { model: { latentSize: number } };

export type ServedGameQueryVariables = Exact<{
  model: string;
  data: BuiltinPoints;
  z: Array<number[] | string> | number[] | string;
}>;


export type ServedGameQuery = { model: { title: string, version: number, capabilities: Array<string> }, points: { size: number, data: string }, samples: Array<{ point: Array<number> | null }>, more: Array<{ point: Array<number> | null }>, mapped: Array<{ point: Array<number> | null }> };

export type ScoredPlacesQueryVariables = Exact<{
  model: string;
  places: Array<Array<number> | number> | Array<number> | number;
}>;


export type ScoredPlacesQuery = { score: Array<
    | { message: string }
    | { probability: number | null, familiarity: number | null }
  > };

export type PlaneDataQueryVariables = Exact<{
  data: BuiltinPoints;
}>;


export type PlaneDataQuery = { points: { size: number, data: string } };

export type BeginGameMutationVariables = Exact<{
  model: string;
  recipe: string;
  dataset: string;
  seed: number;
  overrides: JsonObject;
  pace: PaceInput;
}>;


export type BeginGameMutation = { train: { id: string } | null };

export type PaceGameMutationVariables = Exact<{
  id: string | number;
  pace: PaceInput;
}>;


export type PaceGameMutation = { paceJob: { state: JobState } | null };

export type ResumeGameMutationVariables = Exact<{
  id: string | number;
}>;


export type ResumeGameMutation = { resumeJob: { state: JobState } | null };

export type EndGameMutationVariables = Exact<{
  id: string | number;
}>;


export type EndGameMutation = { cancelJob: { state: JobState } | null };

export type GameRunQueryVariables = Exact<{
  id: string | number;
}>;


export type GameRunQuery = { job: { model: string, arguments: JsonObject } };

export type GameViewsSubscriptionVariables = Exact<{
  id: string | number;
}>;


export type GameViewsSubscription = { jobViews: { step: number, waiting: boolean, metrics: Array<{ name: string, values: Array<number> }>, game: { size: number, low: Array<number>, high: Array<number>, places: number, verdict: string, isProbability: boolean, boundary: number | null, samples: string, pulls: string, map: { columns: number, latents: string, points: string } | null } | null } };

export type GameNewsSubscriptionVariables = Exact<{
  id: string | number;
}>;


export type GameNewsSubscription = { jobProgress: { seq: number, kind: string | null, text: string | null, job: { state: JobState, made: number | null, error: { message: string } | null } } };

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


export type FreshScoresQuery = { sample: Array<{ score: { logit: number, logDensityRatio: number | null } | null }> };

export type TwoRunsQueryVariables = Exact<{
  a: string | number;
  b: string | number;
}>;


export type TwoRunsQuery = { a: { id: string, kind: JobKind, state: JobState, model: string, version: number | null, dataset: string, recipe: string | null, arguments: JsonObject, created: string, made: number | null, metrics: Array<{ name: string, at: Array<number>, values: Array<number> }>, previews: Array<{ at: number, url: string }> }, b: { id: string, kind: JobKind, state: JobState, model: string, version: number | null, dataset: string, recipe: string | null, arguments: JsonObject, created: string, made: number | null, metrics: Array<{ name: string, at: Array<number>, values: Array<number> }>, previews: Array<{ at: number, url: string }> } };

export type PauseRunMutationVariables = Exact<{
  id: string | number;
}>;


export type PauseRunMutation = { pauseJob: { id: string } | null };

export type ResumeRunMutationVariables = Exact<{
  id: string | number;
}>;


export type ResumeRunMutation = { resumeJob: { id: string } | null };

export type CancelRunMutationVariables = Exact<{
  id: string | number;
}>;


export type CancelRunMutation = { cancelJob: { id: string } | null };

export type RetryRunMutationVariables = Exact<{
  id: string | number;
}>;


export type RetryRunMutation = { retryJob: { id: string } | null };

export type DataToChooseQueryVariables = Exact<{ [key: string]: never; }>;


export type DataToChooseQuery = { datasets: { nodes: Array<{ name: string, examples: number }> }, builtinData: Array<{ name: string, what: string }> };

export type CreateDatasetMutationVariables = Exact<{
  name: string;
  files: Array<string | number> | string | number;
  settings?: string | null | undefined;
}>;


export type CreateDatasetMutation = { createDataset: { name: string } | null };

export type DeleteDatasetMutationVariables = Exact<{
  name: string | number;
}>;


export type DeleteDatasetMutation = { deleteDataset: boolean | null };

export type DatasetOfQueryVariables = Exact<{
  name: string | number;
}>;


export type DatasetOfQuery = { dataset: { name: string, source: string, examples: number, shape: Array<number>, width: number | null, height: number | null, channels: number | null, classCount: number, preview: string, rejectedCount: number, bytes: number, created: string, by: string, classes: Array<{ name: string, count: number }>, rejected: Array<{ name: string, reason: string }> } };

export type TrainingChoicesQueryVariables = Exact<{ [key: string]: never; }>;


export type TrainingChoicesQuery = { recipes: { schema: JsonObject, list: Array<{ name: string, title: string, description: string, settings: JsonObject }> }, models: Array<{ name: string, title: string, version: number }> };

export type TrainingPlanQueryVariables = Exact<{
  dataset: string;
  model: string;
  recipe?: string | null | undefined;
  steps?: number | null | undefined;
  overrides?: JsonObject | null | undefined;
}>;


export type TrainingPlanQuery = { plan: { recipe: JsonObject, reasons: Array<string>, examples: number, steps: number, seconds: number } };

export type FineTuningPlanQueryVariables = Exact<{
  dataset: string;
  model: string;
  into?: string | null | undefined;
  steps?: number | null | undefined;
  overrides?: JsonObject | null | undefined;
}>;


export type FineTuningPlanQuery = { plan: { recipe: JsonObject, reasons: Array<string>, examples: number, steps: number, seconds: number } };

export type TrainMutationVariables = Exact<{
  dataset: string;
  model: string;
  recipe?: string | null | undefined;
  steps?: number | null | undefined;
  overrides?: JsonObject | null | undefined;
  seed?: number | null | undefined;
  promote?: PromoteInput | null | undefined;
  device?: TrainingDevice | null | undefined;
  key: string;
}>;


export type TrainMutation = { job: { id: string } | null };

export type FineTuneMutationVariables = Exact<{
  dataset: string;
  model: string;
  into?: string | null | undefined;
  steps?: number | null | undefined;
  overrides?: JsonObject | null | undefined;
  seed?: number | null | undefined;
  promote?: PromoteInput | null | undefined;
  device?: TrainingDevice | null | undefined;
  key: string;
}>;


export type FineTuneMutation = { job: { id: string } | null };

export type RecipeOfQueryVariables = Exact<{
  model: string;
}>;


export type RecipeOfQuery = { model: { recipe: Json | null } };

export type RunQueryVariables = Exact<{
  id: string | number;
}>;


export type RunQuery = { job: { id: string, kind: JobKind, state: JobState, model: string, version: number | null, dataset: string, recipe: string | null, arguments: JsonObject, device: string, created: string, started: string | null, ended: string | null, attempt: number, by: string, made: number | null, log: Array<string>, progress: { phase: string, done: number, total: number | null, unit: string, perSecond: number | null, secondsLeft: number | null } | null, error: { code: string, message: string } | null, metrics: Array<{ name: string, at: Array<number>, values: Array<number> }>, warnings: Array<{ at: number, name: string, message: string }>, previews: Array<{ at: number, url: string }> } };

export type RunsQueryVariables = Exact<{
  first: number;
}>;


export type RunsQuery = { jobs: { totalCount: number, nodes: Array<{ id: string, kind: JobKind, state: JobState, model: string, version: number | null, dataset: string, recipe: string | null, created: string, by: string, made: number | null, progress: { phase: string, done: number, total: number | null, unit: string, perSecond: number | null, secondsLeft: number | null } | null, error: { code: string, message: string } | null }> }, datasets: { nodes: Array<{ name: string, examples: number }> }, models: Array<{ name: string, title: string, version: number, versions: Array<number> }> };

export type JobChangesSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type JobChangesSubscription = { jobsChanged: { id: string, state: JobState, made: number | null, progress: { phase: string, done: number, total: number | null, unit: string, perSecond: number | null, secondsLeft: number | null } | null } };

export type ActiveOfQueryVariables = Exact<{
  model: string;
}>;


export type ActiveOfQuery = { model: { version: number, versions: Array<number>, title: string, pointSize: number | null, capabilities: Array<string> } };

export type GridOfQueryVariables = Exact<{
  model: string;
  version: number;
  seed: number;
}>;


export type GridOfQuery = { sampleGrid: { url: string | null, width: number, height: number } | null };

export type PointsOfQueryVariables = Exact<{
  model: string;
  version: number;
  seed: number;
}>;


export type PointsOfQuery = { sample: Array<{ point: Array<number> | null }> };

export type PromoteMutationVariables = Exact<{
  model: string;
  version: number;
}>;


export type PromoteMutation = { promote: { model: string, version: number } | null };

export type RollBackMutationVariables = Exact<{
  model: string;
}>;


export type RollBackMutation = { rollback: { model: string, version: number } | null };

export type ActivationsSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type ActivationsSubscription = { modelActivated: { model: string, version: number } };

export type VersionsQueryVariables = Exact<{
  model: string;
}>;


export type VersionsQuery = { model: { name: string, title: string, versionsConnection: { totalCount: number, nodes: Array<{ version: number, active: boolean, created: string, capabilities: Array<string>, lineage: { dataset: string | null, examples: number | null, steps: number | null, parent: { name: string, version: number } | null }, figures: Array<{ protocol: string, name: string, value: number }> }> } }, jobs: { nodes: Array<{ id: string, kind: JobKind, state: JobState, model: string, version: number | null, dataset: string, created: string, made: number | null }> } };

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
export const CornerFragmentDoc = new TypedDocumentString(`
    fragment Corner on Sample {
  zBase64
  labels {
    label
    weight
  }
  image {
    url
  }
}
    `, {"fragmentName":"Corner"}) as unknown as TypedDocumentString<CornerFragment, unknown>;
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
export const CloudDocument = new TypedDocumentString(`
    query Cloud($model: String!, $version: Int!, $seed: Seed!, $count: Int!, $truncation: Float!, $label: String, $labels: [LabelWeight!]) {
  sample(
    model: $model
    version: $version
    seed: $seed
    count: $count
    truncation: $truncation
    label: $label
    labels: $labels
  ) {
    seed
    point
  }
  whole: sample(
    model: $model
    version: $version
    seed: $seed
    count: $count
    label: $label
    labels: $labels
  ) {
    point
  }
}
    `) as unknown as TypedDocumentString<CloudQuery, CloudQueryVariables>;
export const DirectionsDocument = new TypedDocumentString(`
    query Directions($model: String!, $version: Int!, $method: DirectionMethod!) {
  latentDirections(model: $model, version: $version, method: $method, count: 8) {
    index
    share
  }
}
    `) as unknown as TypedDocumentString<DirectionsQuery, DirectionsQueryVariables>;
export const MorphDocument = new TypedDocumentString(`
    query Morph($model: String!, $version: Int!, $waypoints: [Waypoint!]!, $truncation: Float!, $method: InterpolationMethod!, $loop: Boolean!, $steps: Int!) {
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
    `) as unknown as TypedDocumentString<MorphQuery, MorphQueryVariables>;
export const MorphFilesDocument = new TypedDocumentString(`
    query MorphFiles($model: String!, $version: Int!, $waypoints: [Waypoint!]!, $truncation: Float!, $method: InterpolationMethod!, $loop: Boolean!, $steps: Int!, $fps: Int!, $size: Int!) {
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
    `) as unknown as TypedDocumentString<MorphFilesQuery, MorphFilesQueryVariables>;
export const CornersDocument = new TypedDocumentString(`
    query Corners($model: String!, $version: Int!, $truncation: Float!, $label: String, $labels: [LabelWeight!], $a: Seed!, $b: Seed!, $c: Seed!) {
  a: sample(
    model: $model
    version: $version
    seed: $a
    truncation: $truncation
    label: $label
    labels: $labels
  ) {
    ...Corner
  }
  b: sample(
    model: $model
    version: $version
    seed: $b
    truncation: $truncation
    label: $label
    labels: $labels
  ) {
    ...Corner
  }
  c: sample(
    model: $model
    version: $version
    seed: $c
    truncation: $truncation
    label: $label
    labels: $labels
  ) {
    ...Corner
  }
}
    fragment Corner on Sample {
  zBase64
  labels {
    label
    weight
  }
  image {
    url
  }
}`) as unknown as TypedDocumentString<CornersQuery, CornersQueryVariables>;
export const AtLatentDocument = new TypedDocumentString(`
    query AtLatent($model: String!, $version: Int!, $z: [Latent!]!, $labels: [LabelWeight!]) {
  sample(model: $model, version: $version, z: $z, labels: $labels) {
    zBase64
    label
    image {
      url
      dataUri
    }
  }
}
    `) as unknown as TypedDocumentString<AtLatentQuery, AtLatentQueryVariables>;
export const ExplorableDocument = new TypedDocumentString(`
    query Explorable {
  models {
    name
    version
    title
    capabilities
    latentSize
    prior {
      kind
      low
      high
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
  }
}
    `) as unknown as TypedDocumentString<ExplorableQuery, ExplorableQueryVariables>;
export const ExplorableVersionDocument = new TypedDocumentString(`
    query ExplorableVersion($name: String!, $version: Int!) {
  model(name: $name, version: $version) {
    name
    version
    title
    capabilities
    latentSize
    prior {
      kind
      low
      high
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
  }
}
    `) as unknown as TypedDocumentString<ExplorableVersionQuery, ExplorableVersionQueryVariables>;
export const MixedDocument = new TypedDocumentString(`
    query Mixed($model: String!, $version: Int!, $styles: [StylePart!]!, $truncation: Float!) {
  mixStyles(
    model: $model
    version: $version
    styles: $styles
    truncation: $truncation
  ) {
    image {
      url
      width
      height
    }
  }
}
    `) as unknown as TypedDocumentString<MixedQuery, MixedQueryVariables>;
export const WholeDocument = new TypedDocumentString(`
    query Whole($model: String!, $version: Int!, $seed: Seed!, $label: String, $labels: [LabelWeight!]) {
  sample(
    model: $model
    version: $version
    seed: $seed
    label: $label
    labels: $labels
  ) {
    label
    zBase64
  }
}
    `) as unknown as TypedDocumentString<WholeQuery, WholeQueryVariables>;
export const SampledDocument = new TypedDocumentString(`
    query Sampled($model: String!, $version: Int!, $seed: Seed!, $truncation: Float!, $label: String, $labels: [LabelWeight!]) {
  sample(
    model: $model
    version: $version
    seed: $seed
    truncation: $truncation
    label: $label
    labels: $labels
  ) {
    label
    zBase64
    image {
      url
      dataUri
    }
  }
}
    `) as unknown as TypedDocumentString<SampledQuery, SampledQueryVariables>;
export const EditedDocument = new TypedDocumentString(`
    query Edited($model: String!, $version: Int!, $seed: Seed!, $truncation: Float!, $label: String, $labels: [LabelWeight!], $edits: [EditInput!]!) {
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
    `) as unknown as TypedDocumentString<EditedQuery, EditedQueryVariables>;
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
export const AuditDocument = new TypedDocumentString(`
    query Audit($first: Int!, $action: String) {
  audit(first: $first, filter: {action: $action}) {
    totalCount
    nodes {
      seq
      at
      by
      action
      about
    }
  }
}
    `) as unknown as TypedDocumentString<AuditQuery, AuditQueryVariables>;
export const AuditCheckDocument = new TypedDocumentString(`
    query AuditCheck {
  auditCheck {
    entries
    intact
    brokenAt
  }
}
    `) as unknown as TypedDocumentString<AuditCheckQuery, AuditCheckQueryVariables>;
export const CountedDocument = new TypedDocumentString(`
    query Counted($names: [String!]!) {
  metrics(names: $names) {
    name
    series {
      labels
      value
      spread {
        count
        mean
        median: quantile(share: 0.5)
        most: quantile(share: 0.95)
        nearlyAll: quantile(share: 0.99)
      }
    }
  }
}
    `) as unknown as TypedDocumentString<CountedQuery, CountedQueryVariables>;
export const WorkingDocument = new TypedDocumentString(`
    query Working {
  jobs(
    first: 20
    filter: {states: [QUEUED, RUNNING, PAUSING, PAUSED, CANCELLING]}
  ) {
    totalCount
    nodes {
      id
      kind
      state
      model
      version
      dataset
      device
      progress {
        phase
        done
        total
        unit
        perSecond
        secondsLeft
      }
    }
  }
}
    `) as unknown as TypedDocumentString<WorkingQuery, WorkingQueryVariables>;
export const ServedLatentDocument = new TypedDocumentString(`
    query ServedLatent($model: String!) {
  model(name: $model) {
    latentSize
  }
}
    `) as unknown as TypedDocumentString<ServedLatentQuery, ServedLatentQueryVariables>;
export const ServedGameDocument = new TypedDocumentString(`
    query ServedGame($model: String!, $data: BuiltinPoints!, $z: [Latent!]!) {
  model(name: $model) {
    title
    version
    capabilities
  }
  points(of: $data, first: 1024) {
    size
    data
  }
  samples: sample(model: $model, seed: 0, count: 256) {
    point
  }
  more: sample(model: $model, seed: 256, count: 256) {
    point
  }
  mapped: sample(model: $model, z: $z) {
    point
  }
}
    `) as unknown as TypedDocumentString<ServedGameQuery, ServedGameQueryVariables>;
export const ScoredPlacesDocument = new TypedDocumentString(`
    query ScoredPlaces($model: String!, $places: [[Float!]!]!) {
  score(model: $model, points: $places) {
    ... on Score {
      probability
      familiarity
    }
    ... on ImageError {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<ScoredPlacesQuery, ScoredPlacesQueryVariables>;
export const PlaneDataDocument = new TypedDocumentString(`
    query PlaneData($data: BuiltinPoints!) {
  points(of: $data, first: 1024) {
    size
    data
  }
}
    `) as unknown as TypedDocumentString<PlaneDataQuery, PlaneDataQueryVariables>;
export const BeginGameDocument = new TypedDocumentString(`
    mutation BeginGame($model: String!, $recipe: String!, $dataset: String!, $seed: Seed!, $overrides: JSONObject!, $pace: PaceInput!) {
  train(
    model: $model
    recipe: $recipe
    dataset: $dataset
    seed: $seed
    overrides: $overrides
    pace: $pace
  ) {
    id
  }
}
    `) as unknown as TypedDocumentString<BeginGameMutation, BeginGameMutationVariables>;
export const PaceGameDocument = new TypedDocumentString(`
    mutation PaceGame($id: ID!, $pace: PaceInput!) {
  paceJob(id: $id, pace: $pace) {
    state
  }
}
    `) as unknown as TypedDocumentString<PaceGameMutation, PaceGameMutationVariables>;
export const ResumeGameDocument = new TypedDocumentString(`
    mutation ResumeGame($id: ID!) {
  resumeJob(id: $id) {
    state
  }
}
    `) as unknown as TypedDocumentString<ResumeGameMutation, ResumeGameMutationVariables>;
export const EndGameDocument = new TypedDocumentString(`
    mutation EndGame($id: ID!) {
  cancelJob(id: $id) {
    state
  }
}
    `) as unknown as TypedDocumentString<EndGameMutation, EndGameMutationVariables>;
export const GameRunDocument = new TypedDocumentString(`
    query GameRun($id: ID!) {
  job(id: $id) {
    model
    arguments
  }
}
    `) as unknown as TypedDocumentString<GameRunQuery, GameRunQueryVariables>;
export const GameViewsDocument = new TypedDocumentString(`
    subscription GameViews($id: ID!) {
  jobViews(id: $id) {
    step
    waiting
    metrics {
      name
      values
    }
    game {
      size
      low
      high
      places
      verdict
      isProbability
      boundary
      samples
      pulls
      map {
        columns
        latents
        points
      }
    }
  }
}
    `) as unknown as TypedDocumentString<GameViewsSubscription, GameViewsSubscriptionVariables>;
export const GameNewsDocument = new TypedDocumentString(`
    subscription GameNews($id: ID!) {
  jobProgress(id: $id, from: 0) {
    seq
    kind
    text
    job {
      state
      made
      error {
        message
      }
    }
  }
}
    `) as unknown as TypedDocumentString<GameNewsSubscription, GameNewsSubscriptionVariables>;
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
      logDensityRatio
    }
  }
}
    `) as unknown as TypedDocumentString<FreshScoresQuery, FreshScoresQueryVariables>;
export const TwoRunsDocument = new TypedDocumentString(`
    query TwoRuns($a: ID!, $b: ID!) {
  a: job(id: $a) {
    id
    kind
    state
    model
    version
    dataset
    recipe
    arguments
    created
    made
    metrics(points: 300) {
      name
      at
      values
    }
    previews {
      at
      url
    }
  }
  b: job(id: $b) {
    id
    kind
    state
    model
    version
    dataset
    recipe
    arguments
    created
    made
    metrics(points: 300) {
      name
      at
      values
    }
    previews {
      at
      url
    }
  }
}
    `) as unknown as TypedDocumentString<TwoRunsQuery, TwoRunsQueryVariables>;
export const PauseRunDocument = new TypedDocumentString(`
    mutation PauseRun($id: ID!) {
  pauseJob(id: $id) {
    id
  }
}
    `) as unknown as TypedDocumentString<PauseRunMutation, PauseRunMutationVariables>;
export const ResumeRunDocument = new TypedDocumentString(`
    mutation ResumeRun($id: ID!) {
  resumeJob(id: $id) {
    id
  }
}
    `) as unknown as TypedDocumentString<ResumeRunMutation, ResumeRunMutationVariables>;
export const CancelRunDocument = new TypedDocumentString(`
    mutation CancelRun($id: ID!) {
  cancelJob(id: $id) {
    id
  }
}
    `) as unknown as TypedDocumentString<CancelRunMutation, CancelRunMutationVariables>;
export const RetryRunDocument = new TypedDocumentString(`
    mutation RetryRun($id: ID!) {
  retryJob(id: $id) {
    id
  }
}
    `) as unknown as TypedDocumentString<RetryRunMutation, RetryRunMutationVariables>;
export const DataToChooseDocument = new TypedDocumentString(`
    query DataToChoose {
  datasets(first: 100) {
    nodes {
      name
      examples
    }
  }
  builtinData {
    name
    what
  }
}
    `) as unknown as TypedDocumentString<DataToChooseQuery, DataToChooseQueryVariables>;
export const CreateDatasetDocument = new TypedDocumentString(`
    mutation CreateDataset($name: String!, $files: [ID!]!, $settings: String) {
  createDataset(name: $name, source: {upload: $files}, settings: $settings) {
    name
  }
}
    `) as unknown as TypedDocumentString<CreateDatasetMutation, CreateDatasetMutationVariables>;
export const DeleteDatasetDocument = new TypedDocumentString(`
    mutation DeleteDataset($name: ID!) {
  deleteDataset(name: $name)
}
    `) as unknown as TypedDocumentString<DeleteDatasetMutation, DeleteDatasetMutationVariables>;
export const DatasetOfDocument = new TypedDocumentString(`
    query DatasetOf($name: ID!) {
  dataset(name: $name) {
    name
    source
    examples
    shape
    width
    height
    channels
    classCount
    classes(first: 200) {
      name
      count
    }
    preview
    rejectedCount
    rejected(first: 100) {
      name
      reason
    }
    bytes
    created
    by
  }
}
    `) as unknown as TypedDocumentString<DatasetOfQuery, DatasetOfQueryVariables>;
export const TrainingChoicesDocument = new TypedDocumentString(`
    query TrainingChoices {
  recipes {
    list {
      name
      title
      description
      settings
    }
    schema
  }
  models {
    name
    title
    version
  }
}
    `) as unknown as TypedDocumentString<TrainingChoicesQuery, TrainingChoicesQueryVariables>;
export const TrainingPlanDocument = new TypedDocumentString(`
    query TrainingPlan($dataset: String!, $model: String!, $recipe: String, $steps: Int, $overrides: JSONObject) {
  plan: trainingPlan(
    dataset: $dataset
    model: $model
    recipe: $recipe
    steps: $steps
    overrides: $overrides
  ) {
    recipe
    reasons
    examples
    steps
    seconds
  }
}
    `) as unknown as TypedDocumentString<TrainingPlanQuery, TrainingPlanQueryVariables>;
export const FineTuningPlanDocument = new TypedDocumentString(`
    query FineTuningPlan($dataset: String!, $model: String!, $into: String, $steps: Int, $overrides: JSONObject) {
  plan: fineTuningPlan(
    dataset: $dataset
    model: $model
    into: $into
    steps: $steps
    overrides: {settings: $overrides}
  ) {
    recipe
    reasons
    examples
    steps
    seconds
  }
}
    `) as unknown as TypedDocumentString<FineTuningPlanQuery, FineTuningPlanQueryVariables>;
export const TrainDocument = new TypedDocumentString(`
    mutation Train($dataset: String!, $model: String!, $recipe: String, $steps: Int, $overrides: JSONObject, $seed: Seed, $promote: PromoteInput, $device: TrainingDevice, $key: String!) {
  job: train(
    dataset: $dataset
    model: $model
    recipe: $recipe
    steps: $steps
    overrides: $overrides
    seed: $seed
    promote: $promote
    device: $device
    idempotencyKey: $key
  ) {
    id
  }
}
    `) as unknown as TypedDocumentString<TrainMutation, TrainMutationVariables>;
export const FineTuneDocument = new TypedDocumentString(`
    mutation FineTune($dataset: String!, $model: String!, $into: String, $steps: Int, $overrides: JSONObject, $seed: Seed, $promote: PromoteInput, $device: TrainingDevice, $key: String!) {
  job: fineTune(
    dataset: $dataset
    model: $model
    into: $into
    steps: $steps
    overrides: {settings: $overrides}
    seed: $seed
    promote: $promote
    device: $device
    idempotencyKey: $key
  ) {
    id
  }
}
    `) as unknown as TypedDocumentString<FineTuneMutation, FineTuneMutationVariables>;
export const RecipeOfDocument = new TypedDocumentString(`
    query RecipeOf($model: String!) {
  model(name: $model) {
    recipe
  }
}
    `) as unknown as TypedDocumentString<RecipeOfQuery, RecipeOfQueryVariables>;
export const RunDocument = new TypedDocumentString(`
    query Run($id: ID!) {
  job(id: $id) {
    id
    kind
    state
    model
    version
    dataset
    recipe
    arguments
    device
    created
    started
    ended
    attempt
    by
    made
    progress {
      phase
      done
      total
      unit
      perSecond
      secondsLeft
    }
    error {
      code
      message
    }
    metrics(points: 400) {
      name
      at
      values
    }
    warnings {
      at
      name
      message
    }
    previews {
      at
      url
    }
    log(last: 200)
  }
}
    `) as unknown as TypedDocumentString<RunQuery, RunQueryVariables>;
export const RunsDocument = new TypedDocumentString(`
    query Runs($first: Int!) {
  jobs(first: $first) {
    totalCount
    nodes {
      id
      kind
      state
      model
      version
      dataset
      recipe
      created
      by
      made
      progress {
        phase
        done
        total
        unit
        perSecond
        secondsLeft
      }
      error {
        code
        message
      }
    }
  }
  datasets(first: 100) {
    nodes {
      name
      examples
    }
  }
  models {
    name
    title
    version
    versions
  }
}
    `) as unknown as TypedDocumentString<RunsQuery, RunsQueryVariables>;
export const JobChangesDocument = new TypedDocumentString(`
    subscription JobChanges {
  jobsChanged {
    id
    state
    made
    progress {
      phase
      done
      total
      unit
      perSecond
      secondsLeft
    }
  }
}
    `) as unknown as TypedDocumentString<JobChangesSubscription, JobChangesSubscriptionVariables>;
export const ActiveOfDocument = new TypedDocumentString(`
    query ActiveOf($model: String!) {
  model(name: $model) {
    version
    versions
    title
    pointSize
    capabilities
  }
}
    `) as unknown as TypedDocumentString<ActiveOfQuery, ActiveOfQueryVariables>;
export const GridOfDocument = new TypedDocumentString(`
    query GridOf($model: String!, $version: Int!, $seed: Seed!) {
  sampleGrid(model: $model, version: $version, seed: $seed, rows: 4, columns: 6) {
    url
    width
    height
  }
}
    `) as unknown as TypedDocumentString<GridOfQuery, GridOfQueryVariables>;
export const PointsOfDocument = new TypedDocumentString(`
    query PointsOf($model: String!, $version: Int!, $seed: Seed!) {
  sample(model: $model, version: $version, seed: $seed, count: 256) {
    point
  }
}
    `) as unknown as TypedDocumentString<PointsOfQuery, PointsOfQueryVariables>;
export const PromoteDocument = new TypedDocumentString(`
    mutation Promote($model: String!, $version: Int!) {
  promote(model: $model, version: $version) {
    model
    version
  }
}
    `) as unknown as TypedDocumentString<PromoteMutation, PromoteMutationVariables>;
export const RollBackDocument = new TypedDocumentString(`
    mutation RollBack($model: String!) {
  rollback(model: $model) {
    model
    version
  }
}
    `) as unknown as TypedDocumentString<RollBackMutation, RollBackMutationVariables>;
export const ActivationsDocument = new TypedDocumentString(`
    subscription Activations {
  modelActivated {
    model
    version
  }
}
    `) as unknown as TypedDocumentString<ActivationsSubscription, ActivationsSubscriptionVariables>;
export const VersionsDocument = new TypedDocumentString(`
    query Versions($model: String!) {
  model(name: $model) {
    name
    title
    versionsConnection(first: 50) {
      totalCount
      nodes {
        version
        active
        created
        capabilities
        lineage {
          dataset
          examples
          steps
          parent {
            name
            version
          }
        }
        figures {
          protocol
          name
          value
        }
      }
    }
  }
  jobs(first: 20, filter: {model: $model}) {
    nodes {
      id
      kind
      state
      model
      version
      dataset
      created
      made
    }
  }
}
    `) as unknown as TypedDocumentString<VersionsQuery, VersionsQueryVariables>;
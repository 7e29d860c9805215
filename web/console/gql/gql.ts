/* eslint-disable */
import * as types from './graphql';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  query Who {\n    server {\n      codeVersion\n      device\n      caller {\n        name\n        role\n        anonymous\n      }\n      jobs {\n        engine\n      }\n    }\n  }\n": typeof types.WhoDocument,
    "\n  query Details($model: String!) {\n    model(name: $model) {\n      figures {\n        protocol\n        name\n        value\n        date\n      }\n      evaluations(first: 100) {\n        nodes {\n          protocol\n          dataset\n        }\n      }\n      trainingCurve(points: 200) {\n        name\n        steps\n        values\n      }\n      trainingAnimation {\n        url\n      }\n    }\n  }\n": typeof types.DetailsDocument,
    "\n  query Models {\n    models {\n      name\n      version\n      versions\n      title\n      description\n      license\n      created\n      capabilities\n      latentSize\n      prior {\n        kind\n      }\n      image {\n        width\n        height\n        channels\n      }\n      pointSize\n      labels\n      styles {\n        layers\n      }\n      lineage {\n        dataset\n        examples\n        steps\n        kimg\n        seed\n        codeVersion\n        parent {\n          name\n          version\n        }\n      }\n    }\n  }\n": typeof types.ModelsDocument,
    "\n  query Grid($model: String!, $seed: Seed!, $rows: Int!, $columns: Int!) {\n    sampleGrid(model: $model, seed: $seed, rows: $rows, columns: $columns) {\n      url\n      width\n      height\n    }\n  }\n": typeof types.GridDocument,
    "\n  query Points($model: String!, $seed: Seed!, $count: Int!) {\n    sample(model: $model, seed: $seed, count: $count) {\n      point\n    }\n  }\n": typeof types.PointsDocument,
    "\n  query PerceivingModels {\n    models {\n      name\n      version\n      title\n      labels\n      image {\n        width\n        height\n        channels\n      }\n      capabilities\n      graphs {\n        capability\n        takesLabel\n      }\n    }\n  }\n": typeof types.PerceivingModelsDocument,
    "\n  query TakenFor($model: String!, $version: Int!, $images: [ImageSource!]!) {\n    classify(model: $model, version: $version, images: $images) {\n      ... on Classification {\n        label\n        classes {\n          label\n          probability\n        }\n      }\n      ... on ImageError {\n        code\n        message\n      }\n    }\n  }\n": typeof types.TakenForDocument,
    "\n  query Reconstruct($model: String!, $version: Int!, $images: [ImageSource!]!, $labels: [String!], $refine: Int) {\n    encode(model: $model, version: $version, images: $images, labels: $labels, refine: $refine) {\n      ... on Encoding {\n        error\n        label\n        refined {\n          steps\n          before\n          after\n        }\n        reconstruction {\n          image {\n            dataUri\n          }\n        }\n      }\n      ... on ImageError {\n        code\n        message\n      }\n    }\n  }\n": typeof types.ReconstructDocument,
    "\n  query Complete(\n    $model: String!\n    $version: Int!\n    $image: ImageSource!\n    $hidden: ImageSource!\n    $count: Int!\n    $seed: Seed!\n    $label: String\n  ) {\n    inpaint(\n      model: $model\n      version: $version\n      image: $image\n      mask: { hidden: $hidden }\n      count: $count\n      seed: $seed\n      label: $label\n    ) {\n      ... on Completion {\n        seed\n        label\n        image {\n          dataUri\n        }\n      }\n      ... on ImageError {\n        code\n        message\n      }\n    }\n  }\n": typeof types.CompleteDocument,
    "\n  query OneSample($model: String!, $version: Int!, $seed: Seed!, $label: String) {\n    sample(model: $model, version: $version, seed: $seed, count: 1, label: $label) {\n      label\n      image {\n        dataUri\n      }\n    }\n  }\n": typeof types.OneSampleDocument,
    "\n  query JudgedModels {\n    models {\n      name\n      title\n      image {\n        width\n        height\n      }\n      capabilities\n    }\n  }\n": typeof types.JudgedModelsDocument,
    "\n  query JudgedModel($model: String!) {\n    model(name: $model) {\n      name\n      version\n      labels\n      scoring {\n        scorer\n        needsLabel\n        takesLabel\n        uncalibrated\n        unmeasured\n        calibration {\n          protocol\n          slope\n          offset\n          auc\n          logLoss\n          ece\n          measuredOn {\n            data\n            note\n            measured\n          }\n          reliability {\n            low\n            high\n            count\n            predicted\n            observed\n          }\n          before {\n            histogram {\n              low\n              high\n              data\n              samples\n            }\n          }\n        }\n        measured {\n          date\n          auc\n          logLoss\n          baselineLogLoss\n          ece\n          rivals {\n            name\n            logLoss\n            auc\n          }\n          label {\n            right\n            chance\n          }\n          familiarity {\n            negatives\n            auc\n          }\n          measuredOn {\n            data\n            note\n            measured\n          }\n          reliability {\n            low\n            high\n            count\n            predicted\n            observed\n          }\n          histogram {\n            low\n            high\n            data\n            samples\n          }\n        }\n      }\n    }\n  }\n": typeof types.JudgedModelDocument,
    "\n  query Judge($model: String!, $version: Int!, $images: [ImageSource!]!, $labels: [String!]) {\n    score(model: $model, version: $version, images: $images, labels: $labels) {\n      ... on Score {\n        logit\n        probability\n        logDensityRatio\n        familiarity\n        calibrated {\n          probability\n          logDensityRatio\n        }\n        label {\n          name\n          probability\n          matches\n          likeliest\n        }\n      }\n      ... on ImageError {\n        code\n        message\n      }\n    }\n  }\n": typeof types.JudgeDocument,
    "\n  query SamplesToJudge($model: String!, $version: Int!, $seed: Seed!, $count: Int!) {\n    sample(model: $model, version: $version, seed: $seed, count: $count) {\n      seed\n      label\n      image {\n        dataUri\n      }\n    }\n  }\n": typeof types.SamplesToJudgeDocument,
    "\n  query FreshScores($model: String!, $version: Int!) {\n    sample(model: $model, version: $version, seed: 1000000, count: 256) {\n      score {\n        logit\n      }\n    }\n  }\n": typeof types.FreshScoresDocument,
};
const documents: Documents = {
    "\n  query Who {\n    server {\n      codeVersion\n      device\n      caller {\n        name\n        role\n        anonymous\n      }\n      jobs {\n        engine\n      }\n    }\n  }\n": types.WhoDocument,
    "\n  query Details($model: String!) {\n    model(name: $model) {\n      figures {\n        protocol\n        name\n        value\n        date\n      }\n      evaluations(first: 100) {\n        nodes {\n          protocol\n          dataset\n        }\n      }\n      trainingCurve(points: 200) {\n        name\n        steps\n        values\n      }\n      trainingAnimation {\n        url\n      }\n    }\n  }\n": types.DetailsDocument,
    "\n  query Models {\n    models {\n      name\n      version\n      versions\n      title\n      description\n      license\n      created\n      capabilities\n      latentSize\n      prior {\n        kind\n      }\n      image {\n        width\n        height\n        channels\n      }\n      pointSize\n      labels\n      styles {\n        layers\n      }\n      lineage {\n        dataset\n        examples\n        steps\n        kimg\n        seed\n        codeVersion\n        parent {\n          name\n          version\n        }\n      }\n    }\n  }\n": types.ModelsDocument,
    "\n  query Grid($model: String!, $seed: Seed!, $rows: Int!, $columns: Int!) {\n    sampleGrid(model: $model, seed: $seed, rows: $rows, columns: $columns) {\n      url\n      width\n      height\n    }\n  }\n": types.GridDocument,
    "\n  query Points($model: String!, $seed: Seed!, $count: Int!) {\n    sample(model: $model, seed: $seed, count: $count) {\n      point\n    }\n  }\n": types.PointsDocument,
    "\n  query PerceivingModels {\n    models {\n      name\n      version\n      title\n      labels\n      image {\n        width\n        height\n        channels\n      }\n      capabilities\n      graphs {\n        capability\n        takesLabel\n      }\n    }\n  }\n": types.PerceivingModelsDocument,
    "\n  query TakenFor($model: String!, $version: Int!, $images: [ImageSource!]!) {\n    classify(model: $model, version: $version, images: $images) {\n      ... on Classification {\n        label\n        classes {\n          label\n          probability\n        }\n      }\n      ... on ImageError {\n        code\n        message\n      }\n    }\n  }\n": types.TakenForDocument,
    "\n  query Reconstruct($model: String!, $version: Int!, $images: [ImageSource!]!, $labels: [String!], $refine: Int) {\n    encode(model: $model, version: $version, images: $images, labels: $labels, refine: $refine) {\n      ... on Encoding {\n        error\n        label\n        refined {\n          steps\n          before\n          after\n        }\n        reconstruction {\n          image {\n            dataUri\n          }\n        }\n      }\n      ... on ImageError {\n        code\n        message\n      }\n    }\n  }\n": types.ReconstructDocument,
    "\n  query Complete(\n    $model: String!\n    $version: Int!\n    $image: ImageSource!\n    $hidden: ImageSource!\n    $count: Int!\n    $seed: Seed!\n    $label: String\n  ) {\n    inpaint(\n      model: $model\n      version: $version\n      image: $image\n      mask: { hidden: $hidden }\n      count: $count\n      seed: $seed\n      label: $label\n    ) {\n      ... on Completion {\n        seed\n        label\n        image {\n          dataUri\n        }\n      }\n      ... on ImageError {\n        code\n        message\n      }\n    }\n  }\n": types.CompleteDocument,
    "\n  query OneSample($model: String!, $version: Int!, $seed: Seed!, $label: String) {\n    sample(model: $model, version: $version, seed: $seed, count: 1, label: $label) {\n      label\n      image {\n        dataUri\n      }\n    }\n  }\n": types.OneSampleDocument,
    "\n  query JudgedModels {\n    models {\n      name\n      title\n      image {\n        width\n        height\n      }\n      capabilities\n    }\n  }\n": types.JudgedModelsDocument,
    "\n  query JudgedModel($model: String!) {\n    model(name: $model) {\n      name\n      version\n      labels\n      scoring {\n        scorer\n        needsLabel\n        takesLabel\n        uncalibrated\n        unmeasured\n        calibration {\n          protocol\n          slope\n          offset\n          auc\n          logLoss\n          ece\n          measuredOn {\n            data\n            note\n            measured\n          }\n          reliability {\n            low\n            high\n            count\n            predicted\n            observed\n          }\n          before {\n            histogram {\n              low\n              high\n              data\n              samples\n            }\n          }\n        }\n        measured {\n          date\n          auc\n          logLoss\n          baselineLogLoss\n          ece\n          rivals {\n            name\n            logLoss\n            auc\n          }\n          label {\n            right\n            chance\n          }\n          familiarity {\n            negatives\n            auc\n          }\n          measuredOn {\n            data\n            note\n            measured\n          }\n          reliability {\n            low\n            high\n            count\n            predicted\n            observed\n          }\n          histogram {\n            low\n            high\n            data\n            samples\n          }\n        }\n      }\n    }\n  }\n": types.JudgedModelDocument,
    "\n  query Judge($model: String!, $version: Int!, $images: [ImageSource!]!, $labels: [String!]) {\n    score(model: $model, version: $version, images: $images, labels: $labels) {\n      ... on Score {\n        logit\n        probability\n        logDensityRatio\n        familiarity\n        calibrated {\n          probability\n          logDensityRatio\n        }\n        label {\n          name\n          probability\n          matches\n          likeliest\n        }\n      }\n      ... on ImageError {\n        code\n        message\n      }\n    }\n  }\n": types.JudgeDocument,
    "\n  query SamplesToJudge($model: String!, $version: Int!, $seed: Seed!, $count: Int!) {\n    sample(model: $model, version: $version, seed: $seed, count: $count) {\n      seed\n      label\n      image {\n        dataUri\n      }\n    }\n  }\n": types.SamplesToJudgeDocument,
    "\n  query FreshScores($model: String!, $version: Int!) {\n    sample(model: $model, version: $version, seed: 1000000, count: 256) {\n      score {\n        logit\n      }\n    }\n  }\n": types.FreshScoresDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Who {\n    server {\n      codeVersion\n      device\n      caller {\n        name\n        role\n        anonymous\n      }\n      jobs {\n        engine\n      }\n    }\n  }\n"): typeof import('./graphql').WhoDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Details($model: String!) {\n    model(name: $model) {\n      figures {\n        protocol\n        name\n        value\n        date\n      }\n      evaluations(first: 100) {\n        nodes {\n          protocol\n          dataset\n        }\n      }\n      trainingCurve(points: 200) {\n        name\n        steps\n        values\n      }\n      trainingAnimation {\n        url\n      }\n    }\n  }\n"): typeof import('./graphql').DetailsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Models {\n    models {\n      name\n      version\n      versions\n      title\n      description\n      license\n      created\n      capabilities\n      latentSize\n      prior {\n        kind\n      }\n      image {\n        width\n        height\n        channels\n      }\n      pointSize\n      labels\n      styles {\n        layers\n      }\n      lineage {\n        dataset\n        examples\n        steps\n        kimg\n        seed\n        codeVersion\n        parent {\n          name\n          version\n        }\n      }\n    }\n  }\n"): typeof import('./graphql').ModelsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Grid($model: String!, $seed: Seed!, $rows: Int!, $columns: Int!) {\n    sampleGrid(model: $model, seed: $seed, rows: $rows, columns: $columns) {\n      url\n      width\n      height\n    }\n  }\n"): typeof import('./graphql').GridDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Points($model: String!, $seed: Seed!, $count: Int!) {\n    sample(model: $model, seed: $seed, count: $count) {\n      point\n    }\n  }\n"): typeof import('./graphql').PointsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query PerceivingModels {\n    models {\n      name\n      version\n      title\n      labels\n      image {\n        width\n        height\n        channels\n      }\n      capabilities\n      graphs {\n        capability\n        takesLabel\n      }\n    }\n  }\n"): typeof import('./graphql').PerceivingModelsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query TakenFor($model: String!, $version: Int!, $images: [ImageSource!]!) {\n    classify(model: $model, version: $version, images: $images) {\n      ... on Classification {\n        label\n        classes {\n          label\n          probability\n        }\n      }\n      ... on ImageError {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql').TakenForDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Reconstruct($model: String!, $version: Int!, $images: [ImageSource!]!, $labels: [String!], $refine: Int) {\n    encode(model: $model, version: $version, images: $images, labels: $labels, refine: $refine) {\n      ... on Encoding {\n        error\n        label\n        refined {\n          steps\n          before\n          after\n        }\n        reconstruction {\n          image {\n            dataUri\n          }\n        }\n      }\n      ... on ImageError {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql').ReconstructDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Complete(\n    $model: String!\n    $version: Int!\n    $image: ImageSource!\n    $hidden: ImageSource!\n    $count: Int!\n    $seed: Seed!\n    $label: String\n  ) {\n    inpaint(\n      model: $model\n      version: $version\n      image: $image\n      mask: { hidden: $hidden }\n      count: $count\n      seed: $seed\n      label: $label\n    ) {\n      ... on Completion {\n        seed\n        label\n        image {\n          dataUri\n        }\n      }\n      ... on ImageError {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql').CompleteDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query OneSample($model: String!, $version: Int!, $seed: Seed!, $label: String) {\n    sample(model: $model, version: $version, seed: $seed, count: 1, label: $label) {\n      label\n      image {\n        dataUri\n      }\n    }\n  }\n"): typeof import('./graphql').OneSampleDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query JudgedModels {\n    models {\n      name\n      title\n      image {\n        width\n        height\n      }\n      capabilities\n    }\n  }\n"): typeof import('./graphql').JudgedModelsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query JudgedModel($model: String!) {\n    model(name: $model) {\n      name\n      version\n      labels\n      scoring {\n        scorer\n        needsLabel\n        takesLabel\n        uncalibrated\n        unmeasured\n        calibration {\n          protocol\n          slope\n          offset\n          auc\n          logLoss\n          ece\n          measuredOn {\n            data\n            note\n            measured\n          }\n          reliability {\n            low\n            high\n            count\n            predicted\n            observed\n          }\n          before {\n            histogram {\n              low\n              high\n              data\n              samples\n            }\n          }\n        }\n        measured {\n          date\n          auc\n          logLoss\n          baselineLogLoss\n          ece\n          rivals {\n            name\n            logLoss\n            auc\n          }\n          label {\n            right\n            chance\n          }\n          familiarity {\n            negatives\n            auc\n          }\n          measuredOn {\n            data\n            note\n            measured\n          }\n          reliability {\n            low\n            high\n            count\n            predicted\n            observed\n          }\n          histogram {\n            low\n            high\n            data\n            samples\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql').JudgedModelDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Judge($model: String!, $version: Int!, $images: [ImageSource!]!, $labels: [String!]) {\n    score(model: $model, version: $version, images: $images, labels: $labels) {\n      ... on Score {\n        logit\n        probability\n        logDensityRatio\n        familiarity\n        calibrated {\n          probability\n          logDensityRatio\n        }\n        label {\n          name\n          probability\n          matches\n          likeliest\n        }\n      }\n      ... on ImageError {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql').JudgeDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query SamplesToJudge($model: String!, $version: Int!, $seed: Seed!, $count: Int!) {\n    sample(model: $model, version: $version, seed: $seed, count: $count) {\n      seed\n      label\n      image {\n        dataUri\n      }\n    }\n  }\n"): typeof import('./graphql').SamplesToJudgeDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query FreshScores($model: String!, $version: Int!) {\n    sample(model: $model, version: $version, seed: 1000000, count: 256) {\n      score {\n        logit\n      }\n    }\n  }\n"): typeof import('./graphql').FreshScoresDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}

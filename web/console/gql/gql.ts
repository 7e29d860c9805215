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
};
const documents: Documents = {
    "\n  query Who {\n    server {\n      codeVersion\n      device\n      caller {\n        name\n        role\n        anonymous\n      }\n      jobs {\n        engine\n      }\n    }\n  }\n": types.WhoDocument,
    "\n  query Details($model: String!) {\n    model(name: $model) {\n      figures {\n        protocol\n        name\n        value\n        date\n      }\n      evaluations(first: 100) {\n        nodes {\n          protocol\n          dataset\n        }\n      }\n      trainingCurve(points: 200) {\n        name\n        steps\n        values\n      }\n      trainingAnimation {\n        url\n      }\n    }\n  }\n": types.DetailsDocument,
    "\n  query Models {\n    models {\n      name\n      version\n      versions\n      title\n      description\n      license\n      created\n      capabilities\n      latentSize\n      prior {\n        kind\n      }\n      image {\n        width\n        height\n        channels\n      }\n      pointSize\n      labels\n      styles {\n        layers\n      }\n      lineage {\n        dataset\n        examples\n        steps\n        kimg\n        seed\n        codeVersion\n        parent {\n          name\n          version\n        }\n      }\n    }\n  }\n": types.ModelsDocument,
    "\n  query Grid($model: String!, $seed: Seed!, $rows: Int!, $columns: Int!) {\n    sampleGrid(model: $model, seed: $seed, rows: $rows, columns: $columns) {\n      url\n      width\n      height\n    }\n  }\n": types.GridDocument,
    "\n  query Points($model: String!, $seed: Seed!, $count: Int!) {\n    sample(model: $model, seed: $seed, count: $count) {\n      point\n    }\n  }\n": types.PointsDocument,
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


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}

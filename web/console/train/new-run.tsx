// A new run: its data, what it begins with, its recipe, and how long. What would come of it is asked of the server as
// soon as the data is known, so the form shows what would be followed, and why.

import { useMemo, useRef, useState } from 'preact/hooks';
import { ask } from '../api/ask';
import type { Json, JsonObject } from '../api/json';
import { type Answer, useAnswer } from '../api/use-answer';
import { graphql } from '../gql';
import type {
  FineTuningPlanQueryVariables,
  TrainingChoicesQuery,
  TrainingPlanQuery,
  TrainingPlanQueryVariables,
} from '../gql/graphql';
import { ModelChooser } from '../parts/model-chooser';
import { Problem } from '../parts/problem';
import { TypedWithLabel } from '../parts/typed';
import { hrefOf, setSettings, usePlace } from '../place';
import { DataChooser } from './data-chooser';
import { DatasetCard } from './dataset-card';
import { faultsOf } from './faults';
import { count, duration, hrefOfRun } from './jobs';
import { type Overrides, RecipeForm } from './recipe-form';
import { isObject, type Schema } from './schema';

const CHOICES = graphql(`
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
`);

const PLAN = graphql(`
  query TrainingPlan(
    $dataset: String!
    $model: String!
    $recipe: String
    $steps: Int
    $overrides: JSONObject
  ) {
    plan: trainingPlan(dataset: $dataset, model: $model, recipe: $recipe, steps: $steps, overrides: $overrides) {
      recipe
      reasons
      examples
      steps
      seconds
    }
  }
`);

const TUNING_PLAN = graphql(`
  query FineTuningPlan($dataset: String!, $model: String!, $into: String, $steps: Int, $overrides: JSONObject) {
    plan: fineTuningPlan(
      dataset: $dataset
      model: $model
      into: $into
      steps: $steps
      overrides: { settings: $overrides }
    ) {
      recipe
      reasons
      examples
      steps
      seconds
    }
  }
`);

const TRAIN = graphql(`
  mutation Train(
    $dataset: String!
    $model: String!
    $recipe: String
    $steps: Int
    $overrides: JSONObject
    $seed: Seed
    $promote: PromoteInput
    $device: TrainingDevice
    $key: String!
  ) {
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
`);

const FINE_TUNE = graphql(`
  mutation FineTune(
    $dataset: String!
    $model: String!
    $into: String
    $steps: Int
    $overrides: JSONObject
    $seed: Seed
    $promote: PromoteInput
    $device: TrainingDevice
    $key: String!
  ) {
    job: fineTune(
      dataset: $dataset
      model: $model
      into: $into
      steps: $steps
      overrides: { settings: $overrides }
      seed: $seed
      promote: $promote
      device: $device
      idempotencyKey: $key
    ) {
      id
    }
  }
`);

const RECIPE_OF = graphql(`
  query RecipeOf($model: String!) {
    model(name: $model) {
      recipe
    }
  }
`);

type Plan = TrainingPlanQuery['plan'];

export function NewRun() {
  const { query } = usePlace();
  const choices = useAnswer(CHOICES, {});
  const { data, onto } = query;
  return (
    <>
      <p>
        <a href={hrefOf('train')}>All runs</a>
      </p>
      <h1>Train a model</h1>
      <Problem of={choices.problem} />
      <section aria-labelledby="step-data">
        <h2 id="step-data">1. Data</h2>
        {data === undefined ? (
          <DataChooser onChoose={(chosen) => setSettings({ data: chosen })} />
        ) : (
          <>
            <p>
              <strong>{data}</strong>{' '}
              <button type="button" class="small" onClick={() => setSettings({ data: undefined })}>
                Choose other data
              </button>
            </p>
            {!data.startsWith('builtin:') && <DatasetCard name={data} />}
          </>
        )}
      </section>
      {data !== undefined && choices.data && (
        <Order
          key={`${data} ${onto} ${query['recipe']}`}
          data={data}
          onto={onto}
          recipe={query['recipe']}
          choices={choices.data}
        />
      )}
    </>
  );
}

interface OrderProps {
  readonly data: string;
  /** The model to go on from; none: a new one. */
  readonly onto: string | undefined;
  readonly recipe: string | undefined;
  readonly choices: {
    readonly recipes: {
      readonly list: TrainingChoicesQuery['recipes']['list'];
      readonly schema: JsonObject;
    };
    readonly models: readonly { readonly name: string; readonly title: string; readonly version: number }[];
  };
}

function Order({ data, onto, recipe, choices: { recipes, models } }: OrderProps) {
  const [name, setName] = useState(() => (onto === undefined ? nameFor(data) : ''));
  const [steps, setSteps] = useState('');
  const [overrides, setOverrides] = useState<Overrides>({});
  const [checked, setChecked] = useState<Overrides>({});
  const [refused, setRefused] = useState<Error>();
  const common = { dataset: data, steps: numberOf(steps), overrides: { ...checked } as Json as JsonObject };
  const training = { ...common, model: name, recipe: recipe ?? null };
  const tuning = { ...common, model: onto ?? '', into: name === '' || name === onto ? null : name };
  const check = () => {
    setRefused(undefined);
    if (checked === overrides) plan.again();
    setChecked(overrides);
  };
  const plan = usePlan(onto === undefined ? training : null, onto === undefined ? null : tuning);
  const source = useAnswer(RECIPE_OF, onto === undefined ? null : { model: onto });
  const written =
    onto === undefined ? recipes.list.find((one) => one.name === recipe)?.settings : source.data?.model.recipe;
  // What is refused as it is written must be shown, to be changed.
  const recipeNow = plan.data?.recipe ?? (isObject(written) ? written : plan.problem && {});
  return (
    <>
      <section aria-labelledby="step-model">
        <h2 id="step-model">2. What it begins with</h2>
        <Beginning {...{ onto, models, recipe, recipes: recipes.list, name }} onName={setName} />
      </section>
      <section aria-labelledby="step-recipe">
        <h2 id="step-recipe">3. Recipe</h2>
        <Planned plan={plan} />
        {recipeNow && (
          <RecipeForm
            schema={recipes.schema as Schema}
            recipe={recipeNow}
            overrides={overrides}
            faults={faultsOf(refused ?? plan.problem)}
            onChange={setOverrides}
          />
        )}
        <button type="button" disabled={plan.waiting} onClick={check}>
          Check the recipe
        </button>
      </section>
      <section aria-labelledby="step-start">
        <h2 id="step-start">4. Start</h2>
        <Start
          onto={onto}
          variables={{ ...(onto === undefined ? training : tuning), overrides: { ...overrides } }}
          steps={steps}
          onSteps={setSteps}
          onRefused={setRefused}
        />
      </section>
    </>
  );
}

/** One of the two is null. What was refused stands until the next answer, so that nothing jumps under the hand. */
function usePlan(
  training: TrainingPlanQueryVariables | null,
  tuning: FineTuningPlanQueryVariables | null,
): Answer<Plan> {
  const trained = useAnswer(PLAN, training);
  const tuned = useAnswer(TUNING_PLAN, tuning);
  const { data, problem, ...answer } = training ? trained : tuned;
  const last = useRef<Error>(undefined);
  if (!answer.waiting) last.current = problem;
  return { ...answer, data: data?.plan, problem: last.current };
}

function Planned({ plan: { data, problem, waiting } }: { plan: Answer<Plan> }) {
  const hasFaults = Object.keys(faultsOf(problem)).length > 0;
  return (
    <>
      <p role="status" class="status">
        {waiting
          ? 'The server looks at the data and the recipe…'
          : data &&
            !problem &&
            `${count(data.steps)} steps on ${count(data.examples)} examples: about ${duration(data.seconds)} on this server’s CPU, if it has nothing else to do.`}
      </p>
      <Problem of={problem} />
      {hasFaults && <p>What is wrong is told at its setting below, too.</p>}
      {data && data.reasons.length > 0 && (
        <details open>
          <summary>What was chosen, and why</summary>
          <ul class="reasons">
            {data.reasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

interface BeginningProps {
  readonly onto: string | undefined;
  readonly models: OrderProps['choices']['models'];
  readonly recipe: string | undefined;
  readonly recipes: OrderProps['choices']['recipes']['list'];
  readonly name: string;
  readonly onName: (name: string) => void;
}

function Beginning({ onto, models, recipe, recipes, name, onName }: BeginningProps) {
  const about = recipes.find((one) => one.name === recipe);
  return (
    <>
      <div class="controls" role="radiogroup" aria-labelledby="step-model">
        <label>
          <input
            type="radio"
            name="beginning"
            checked={onto === undefined}
            onChange={() => setSettings({ onto: undefined })}
          />
          Nothing: a new model
        </label>
        <label>
          <input
            type="radio"
            name="beginning"
            checked={onto !== undefined}
            onChange={() => setSettings({ onto: models[0]?.name, recipe: undefined })}
          />
          A model that is here: it is trained on
        </label>
      </div>
      <div class="beginning">
        {onto === undefined ? (
          <label class="chooser">
            Recipe
            <select
              value={recipe ?? ''}
              onChange={({ currentTarget }) => setSettings({ recipe: currentTarget.value || undefined })}
            >
              <option value="">chosen for the data</option>
              {recipes.map((one) => (
                <option key={one.name} value={one.name}>
                  {one.name}: {one.title}
                </option>
              ))}
            </select>
          </label>
        ) : (
          <ModelChooser models={models} value={onto} onChange={(chosen) => setSettings({ onto: chosen })} />
        )}
        <TypedWithLabel
          label={onto === undefined ? 'Name of the model' : 'Name of another model to make of it'}
          value={name}
          placeholder={onto}
          onTyped={(typed) => onName(typed.trim())}
        />
      </div>
      {about && <p class="faint">{about.description}</p>}
      <p class="faint">
        {onto === undefined
          ? 'The run makes its next version, and the first one of a name that is new.'
          : `Left out, it makes the next version of ${onto}. Data of other classes needs another name.`}
      </p>
    </>
  );
}

interface StartProps {
  readonly onto: string | undefined;
  readonly variables: TrainingPlanQueryVariables | FineTuningPlanQueryVariables;
  readonly steps: string;
  readonly onSteps: (steps: string) => void;
  /** The form shows where. Undefined: not any more. */
  readonly onRefused: (refused: Error | undefined) => void;
}

function Start({ onto, variables, steps, onSteps, onRefused }: StartProps) {
  const [seed, setSeed] = useState('');
  const [atOnce, setAtOnce] = useState(false);
  const [problem, setProblem] = useState<Error>();
  const [isAsking, setAsking] = useState(false);
  const key = useMemo(anyKey, []);
  const refuse = (refused: Error | undefined) => {
    setProblem(refused);
    onRefused(refused);
  };
  const start = async () => {
    setAsking(true);
    refuse(undefined);
    const order = {
      ...variables,
      ...{ seed: numberOf(seed), promote: atOnce ? { when: 'ALWAYS' as const } : null, key },
    };
    try {
      const { job } = await (onto === undefined ? ask(TRAIN, order) : ask(FINE_TUNE, order));
      if (job) location.hash = hrefOfRun(job.id);
    } catch (error) {
      refuse(error as Error);
    }
    setAsking(false);
  };
  return (
    <form
      class="start"
      onSubmit={(event) => {
        event.preventDefault();
        void start();
      }}
    >
      <TypedWithLabel
        label="Steps"
        inputMode="numeric"
        value={steps}
        placeholder="as the recipe says"
        onTyped={onSteps}
      />
      <TypedWithLabel label="Seed" inputMode="numeric" value={seed} placeholder="1" onTyped={setSeed} />
      <label>
        <input type="checkbox" checked={atOnce} onChange={({ currentTarget }) => setAtOnce(currentTarget.checked)} />
        Let the new version answer as soon as it is made
      </label>
      <Problem of={problem} />
      <button type="submit" class="main" disabled={isAsking}>
        {isAsking ? 'The server looks at it…' : 'Start'}
      </button>
    </form>
  );
}

/** Null where nothing is said. What is no number goes to the server as NaN would, which says what it expects. */
const numberOf = (typed: string): number | null => (typed.trim() === '' ? null : Number(typed));

/** A model may be called like its data. */
const nameFor = (data: string): string => data.replace(/^builtin:/, '').replace(/[^a-z0-9-]+/g, '-');

/** However often the button is pressed, it is one run. */
const anyKey = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16)).join('-');

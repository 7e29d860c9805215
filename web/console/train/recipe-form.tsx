// A recipe as a form. It is built from the schema that the server gives, so each setting that the server knows is here
// with its own explanation, and nothing of a recipe is known to this page. What is wrong is told at its setting, in the
// server's words.

import { createContext } from 'preact';
import { useContext, useId } from 'preact/hooks';
import type { Json, JsonObject } from '../api/json';
import { Typed } from '../parts/typed';
import { words } from './run-curves';
import { alternativesOf, firstOf, isObject, kindOf, matching, nameOf, type Schema } from './schema';

/** Path → value, as an order overrides a recipe. */
export type Overrides = Readonly<Record<string, Json>>;

/** Path → what the server says of it. */
export type Faults = Readonly<Record<string, string>>;

interface Props {
  readonly schema: Schema;
  /** As it would be followed without the overrides, or with those of before. */
  readonly recipe: JsonObject;
  readonly overrides: Overrides;
  readonly faults: Faults;
  readonly onChange: (overrides: Overrides) => void;
}

interface Editing {
  readonly faults: Faults;
  readonly overrides: Overrides;
  readonly put: (path: string, value: Json) => void;
  readonly forget: (path: string) => void;
}

const Edited = createContext<Editing | undefined>(undefined);

export function RecipeForm({ schema, recipe, overrides, faults, onChange }: Props) {
  const shown = Object.entries(overrides).reduce((whole, [path, value]) => replaced(whole, path, value), recipe);
  const editing: Editing = {
    ...{ faults, overrides },
    put: (path, value) => onChange({ ...without(overrides, path), [path]: value }),
    forget: (path) => onChange(without(overrides, path)),
  };
  const all = Object.entries(schema.properties ?? {});
  const isSection = ([, inner]: [string, Schema]) =>
    inner.type === 'object' || inner.items?.type === 'object' || inner.items?.oneOf;
  return (
    <Edited.Provider value={editing}>
      <div class="fields">
        {all
          .filter((entry) => !isSection(entry))
          .map(([name, inner]) => (
            <Field key={name} name={name} path={name} schema={inner} value={shown[name]} />
          ))}
      </div>
      {all.filter(isSection).map(([name, inner]) => (
        <Section key={name} name={name} schema={inner} value={shown[name]} />
      ))}
    </Edited.Provider>
  );
}

/** An override replaces what was said below it. */
function without(overrides: Overrides, path: string): Overrides {
  const kept = Object.entries(overrides).filter(([other]) => other !== path && !other.startsWith(`${path}.`));
  return Object.fromEntries(kept);
}

function replaced(whole: JsonObject, path: string, value: Json): JsonObject {
  const [key = '', ...rest] = path.split('.');
  if (rest.length === 0) return { ...whole, [key]: value };
  const inner = whole[key];
  return { ...whole, [key]: replaced(isObject(inner) ? inner : {}, rest.join('.'), value) };
}

function useEditing(): Editing {
  const editing = useContext(Edited);
  if (!editing) throw new Error('Expected to be inside a recipe’s form.');
  return editing;
}

const within = (path: string) => (other: string) => other === path || other.startsWith(`${path}.`);

interface SectionProps {
  readonly name: string;
  readonly schema: Schema;
  readonly value: Json | undefined;
}

function Section({ name, schema, value }: SectionProps) {
  const { faults, overrides } = useEditing();
  const isWrong = Object.keys(faults).some(within(name));
  const isChanged = Object.keys(overrides).some(within(name));
  return (
    <details class="section" open={isWrong}>
      <summary>
        {words(name)} <span class="faint">{schema.description}</span>
        {isChanged && <strong> changed</strong>}
      </summary>
      <Field name={name} path={name} schema={schema} value={value} bare />
    </details>
  );
}

interface FieldProps {
  readonly name: string;
  readonly path: string;
  readonly schema: Schema;
  readonly value: Json | undefined;
  /** Without its own heading: a section has said it. */
  readonly bare?: boolean;
}

function Field({ name, path, schema, value, bare }: FieldProps) {
  const id = useId();
  const { faults, overrides, put, forget } = useEditing();
  const alternatives = alternativesOf(schema);
  const chosen = matching(alternatives, value);
  const isGroup = chosen.type === 'object' || chosen.type === 'array';
  const label = `${id}-label`;
  const heading = !bare && (
    <>
      {isGroup || value === undefined ? (
        <strong id={label}>{words(name)}</strong>
      ) : (
        <label for={id}>{words(name)}</label>
      )}
      {path in overrides && (
        <button type="button" class="small" onClick={() => forget(path)} aria-label={`Undo ${words(name)}`}>
          undo
        </button>
      )}
    </>
  );
  const said = [
    ...(bare || !schema.description ? [] : [schema.description]),
    ...(alternatives.length > 1 && chosen.description && chosen.description !== schema.description
      ? [chosen.description]
      : []),
  ];
  return (
    <div
      class={isGroup ? 'field group' : 'field'}
      {...(isGroup && !bare && { role: 'group', 'aria-labelledby': label })}
    >
      <div class="name">{heading}</div>
      {value === undefined ? (
        <p>
          left out{' '}
          <button
            type="button"
            class="small"
            aria-label={`Set ${words(name)}`}
            onClick={() => put(path, firstOf(schema))}
          >
            set it
          </button>
        </p>
      ) : (
        <>
          {alternatives.length > 1 && <Kind {...{ name, path, alternatives, chosen }} />}
          <Value {...{ id, name, path, value }} schema={chosen} />
        </>
      )}
      <p class="faint" id={`${id}-about`}>
        {said.join(' ')}
      </p>
      <p class="wrong" role="alert" id={`${id}-wrong`}>
        {faults[path]}
      </p>
    </div>
  );
}

interface KindProps {
  readonly name: string;
  readonly path: string;
  readonly alternatives: readonly Schema[];
  readonly chosen: Schema;
}

/** Which of several things a setting is. */
function Kind({ name, path, alternatives, chosen }: KindProps) {
  const { put } = useEditing();
  return (
    <select
      aria-label={`Kind of ${words(name).toLowerCase()}`}
      value={alternatives.indexOf(chosen)}
      onChange={({ currentTarget }) => put(path, firstOf(alternatives[Number(currentTarget.value)]!))}
    >
      {alternatives.map((one, i) => (
        <option key={nameOf(one)} value={i}>
          {nameOf(one)}
        </option>
      ))}
    </select>
  );
}

interface ValueProps {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly schema: Schema;
  readonly value: Json;
}

function Value(props: ValueProps) {
  const { schema, value, path } = props;
  if (schema.const !== undefined) return null;
  if (schema.type === 'object' && isObject(value)) {
    return (
      <div class="fields">
        {Object.entries(schema.properties ?? {})
          .filter(([name]) => name !== 'kind' || kindOf(schema) === undefined)
          .map(([name, inner]) => (
            <Field key={name} name={name} path={`${path}.${name}`} schema={inner} value={value[name]} />
          ))}
      </div>
    );
  }
  if (schema.items?.enum && Array.isArray(value))
    return <Several {...props} value={value} options={schema.items.enum} />;
  if (schema.items && alternativesOf(schema.items)[0]!.type === 'object' && Array.isArray(value)) {
    return <List {...props} value={value} items={schema.items} />;
  }
  return <Single {...props} />;
}

function Single({ id, path, schema, value }: ValueProps) {
  const { put, faults } = useEditing();
  const about = { 'aria-describedby': `${id}-about ${id}-wrong`, 'aria-invalid': path in faults };
  if (schema.enum) {
    return (
      <select id={id} {...about} value={String(value)} onChange={({ currentTarget }) => put(path, currentTarget.value)}>
        {schema.enum.map((one) => (
          <option key={String(one)}>{String(one)}</option>
        ))}
      </select>
    );
  }
  if (schema.type === 'boolean') {
    return (
      <input
        id={id}
        type="checkbox"
        {...about}
        checked={value === true}
        onChange={({ currentTarget }) => put(path, currentTarget.checked)}
      />
    );
  }
  const isNumber = schema.type === 'number' || schema.type === 'integer';
  return (
    <Typed
      id={id}
      {...about}
      inputMode={isNumber ? 'decimal' : 'text'}
      value={typeof value === 'string' ? value : JSON.stringify(value)}
      onTyped={(typed) => put(path, schema.type === 'string' ? typed : read(typed))}
    />
  );
}

/** What is no JSON goes as it was typed, so that the server says what it expects. */
function read(typed: string): Json {
  try {
    return JSON.parse(typed) as Json;
  } catch {
    return typed;
  }
}

interface ListProps extends ValueProps {
  readonly value: readonly Json[];
}

/** Any of some words. */
function Several({ path, value, options }: ListProps & { options: readonly Json[] }) {
  const { put } = useEditing();
  return (
    <div class="several">
      {options.map((one) => (
        <label key={String(one)}>
          <input
            type="checkbox"
            checked={value.includes(one)}
            onChange={({ currentTarget }) =>
              put(path, currentTarget.checked ? [...value, one] : value.filter((other) => other !== one))
            }
          />
          {String(one)}
        </label>
      ))}
    </div>
  );
}

/** Settings one after another: a change in one is a change of the whole list. */
function List({ name, path, value, items }: ListProps & { items: Schema }) {
  const editing = useEditing();
  const { put } = editing;
  const inItem: Editing = {
    ...editing,
    put: (inner, changed) => put(path, changedItem(value, inner.slice(path.length + 1), changed)),
    forget: () => editing.forget(path),
  };
  return (
    <>
      <Edited.Provider value={inItem}>
        <ol class="items">
          {value.map((item, i) => (
            <li key={i}>
              <Field name={`${name} ${i + 1}`} path={`${path}.${i}`} schema={items} value={item} />
              <button
                type="button"
                class="small"
                onClick={() =>
                  put(
                    path,
                    value.filter((_, other) => other !== i),
                  )
                }
                aria-label={`Take ${words(name).toLowerCase()} ${i + 1} away`}
              >
                take away
              </button>
            </li>
          ))}
        </ol>
      </Edited.Provider>
      <button type="button" class="small" onClick={() => put(path, [...value, firstOf(items)])}>
        Add one
      </button>
    </>
  );
}

function changedItem(list: readonly Json[], path: string, value: Json): Json[] {
  const [place = '', ...rest] = path.split('.');
  return list.map((item, i) => {
    if (i !== Number(place)) return item;
    return rest.length === 0 || !isObject(item) ? value : replaced(item, rest.join('.'), value);
  });
}

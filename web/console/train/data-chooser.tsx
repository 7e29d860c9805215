// The data of a run: what is here already, what Ganymede makes itself, or files that are dropped here now.

import { useRef, useState } from 'preact/hooks';
import { ask } from '../api/ask';
import { useAnswer } from '../api/use-answer';
import { graphql } from '../gql';
import { useDropping } from '../parts/dropping';
import { Problem } from '../parts/problem';
import { Progress } from '../parts/progress';
import { upload } from './upload';

const DATA = graphql(`
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
`);

const CREATE = graphql(`
  mutation CreateDataset($name: String!, $files: [ID!]!, $settings: String) {
    createDataset(name: $name, source: { upload: $files }, settings: $settings) {
      name
    }
  }
`);

interface Props {
  /** As an order names it. */
  readonly onChoose: (data: string) => void;
}

export function DataChooser({ onChoose }: Props) {
  const { data, problem } = useAnswer(DATA, {});
  return (
    <>
      <Problem of={problem} />
      <NewData taken={data?.datasets.nodes.map(({ name }) => name) ?? []} onChoose={onChoose} />
      {(data?.datasets.nodes.length ?? 0) > 0 && <p>Or data that was sent before:</p>}
      <div class="choices">
        {data?.datasets.nodes.map(({ name, examples }) => (
          <button key={name} type="button" onClick={() => onChoose(name)}>
            {name} <span class="faint">{examples.toLocaleString('en')} examples</span>
          </button>
        ))}
      </div>
      <details>
        <summary>Or data that Ganymede makes itself</summary>
        <ul class="builtin">
          {data?.builtinData.map(({ name, what }) => (
            <li key={name}>
              <button type="button" onClick={() => onChoose(`builtin:${name}`)}>
                {name}
              </button>{' '}
              {what}
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}

interface NewProps extends Props {
  readonly taken: readonly string[];
}

/** Files that were dropped, until they are data with a name. */
function NewData({ taken, onChoose }: NewProps) {
  const [files, setFiles] = useState<readonly File[]>([]);
  const take = (list: FileList | null | undefined) => setFiles([...(list ?? [])]);
  const { isOver, handlers } = useDropping((dropped) => take(dropped.files));
  return (
    <>
      <div class={`drop${isOver ? ' over' : ''}`} {...handlers}>
        <label>
          Drop a zip of pictures here, or choose it
          <input type="file" multiple onChange={({ currentTarget }) => take(currentTarget.files)} />
        </label>
        <p class="faint">
          A folder of the zip is a class. Single pictures, .tar, .npz and .parquet do as well;{' '}
          <a href="docs/datasets.md">the documents</a> list all.
        </p>
      </div>
      {files.length > 0 && (
        <Naming
          key={files.map(({ name, size }) => `${name} ${size}`).join()}
          {...{ files, taken, onChoose }}
          onCancel={() => setFiles([])}
        />
      )}
    </>
  );
}

interface NamingProps extends NewProps {
  readonly files: readonly File[];
  readonly onCancel: () => void;
}

function Naming({ files, taken, onChoose, onCancel }: NamingProps) {
  const [name, setName] = useState(() => freeName(files[0]!.name, taken));
  const [settings, setSettings] = useState('');
  const [sent, setSent] = useState<number>();
  const [problem, setProblem] = useState<Error>();
  const sending = useRef<AbortController>(undefined);
  const kept = useRef<readonly string[]>(undefined);
  const bytes = files.reduce((sum, { size }) => sum + size, 0);

  const send = async () => {
    setProblem(undefined);
    setSent(0);
    const leaving = new AbortController();
    sending.current = leaving;
    try {
      kept.current ??= await sendAll(files, setSent, leaving.signal);
      setSent(bytes);
      const { createDataset } = await ask(
        CREATE,
        { name, files: [...kept.current], settings: settings || null },
        leaving.signal,
      );
      if (createDataset) onChoose(createDataset.name);
    } catch (error) {
      if (!leaving.signal.aborted) setProblem(error as Error);
    }
    setSent(undefined);
  };

  return (
    <form
      class="naming card"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <p>
        {files.length === 1 ? files[0]!.name : `${files.length} files`}, {size(bytes)}
      </p>
      <label>
        Name of the data
        <input value={name} required onInput={({ currentTarget }) => setName(currentTarget.value)} />
      </label>
      <details>
        <summary>What to do with the pictures</summary>
        <label>
          Settings
          <input
            value={settings}
            placeholder="resize=64x64,channels=1"
            onInput={({ currentTarget }) => setSettings(currentTarget.value)}
          />
        </label>
        <p class="faint">
          Left out, they are taken as they are, or as the model needs them. <a href="docs/datasets.md">All settings</a>
        </p>
      </details>
      <Problem of={problem} />
      {sent === undefined ? (
        <div class="controls">
          <button type="submit" class="main">
            Send it
          </button>
          <button type="button" onClick={onCancel}>
            Not this
          </button>
        </div>
      ) : (
        <div class="controls">
          <Progress
            label={sent < bytes ? 'Sending' : 'The server looks through it'}
            done={sent}
            total={sent < bytes ? bytes : undefined}
          />
          <button type="button" onClick={() => sending.current?.abort(new Error('Stopped.'))}>
            Stop
          </button>
        </div>
      )}
    </form>
  );
}

/** One after another. */
async function sendAll(
  files: readonly File[],
  onSent: (bytes: number) => void,
  signal: AbortSignal,
): Promise<string[]> {
  const ids: string[] = [];
  let before = 0;
  for (const file of files) {
    ids.push(await upload({ file, signal, onProgress: (sent) => onSent(before + sent) }));
    before += file.size;
  }
  return ids;
}

/** "My Drawings.zip" → "my-drawings", and a number behind it where that is taken. */
function freeName(file: string, taken: readonly string[]): string {
  const stem = file.replace(/\.[^.]*$/, '').toLowerCase();
  const name =
    stem
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')
      .slice(0, 50) || 'data';
  const others = Array.from({ length: taken.length + 1 }, (_, i) => `${name}-${i + 2}`);
  return [name, ...others].find((one) => !taken.includes(one))!;
}

function size(bytes: number): string {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

// Pictures on their way from a person's disk to their scores, as the page shows them: what was found, what has its
// score, what was left out, and how to stop and go on.

import { useEffect, useRef, useState } from 'preact/hooks';
import { chosen, dropped, type Gathered, gather, type LeftOut, type Picture } from './gather';
import { type Entry, type Judged, judge } from './judge';

export interface Question {
  readonly model: string;
  readonly version: number;
  /** A class, or BY_FOLDER; null for none. */
  readonly taken: string | null;
  readonly labels: readonly string[] | null;
}

/** Each is taken for the class that its folder is named after. */
export const BY_FOLDER = '*folder';

export interface Judging {
  readonly pictures: readonly Picture[];
  readonly judged: readonly Judged[];
  readonly leftOut: readonly LeftOut[];
  readonly doing: 'nothing' | 'reading' | 'scoring' | 'stopped';
  readonly problem: Error | undefined;
  /** Why nothing comes for a while. */
  readonly waits: string | undefined;
  readonly add: (from: DataTransfer | Iterable<File>) => void;
  readonly stop: () => void;
  readonly goOn: () => void;
  readonly clear: () => void;
}

const NOTHING: Gathered = { pictures: [], leftOut: [] };

export function useJudging(question: Question | undefined): Judging {
  const [gathered, setGathered] = useState<Gathered>(NOTHING);
  const [doing, setDoing] = useState<Judging['doing']>('nothing');
  const [problem, setProblem] = useState<Error>();
  const [waits, setWaits] = useState<string>();
  const [round, setRound] = useState(0);
  const known = useKnown(JSON.stringify(question));
  const work = useRef(new AbortController());
  const { entries, misplaced } = entriesOf(gathered.pictures, question);

  useEffect(() => {
    const left = entries.filter(({ picture }) => !known.has(picture));
    if (!question || left.length === 0) return;
    const run = new AbortController();
    work.current = run;
    setDoing('scoring');
    setProblem(undefined);
    const { model, version } = question;
    judge(left, { model, version, signal: run.signal, onJudged: known.add, onWait: setWaits }).then(
      () => setDoing('nothing'),
      (error: Error) => {
        if (run.signal.aborted) return;
        run.abort(); // the others under way
        setDoing('stopped');
        setProblem(error);
      },
    );
    return () => run.abort();
  }, [gathered, known.of, round]);

  const add = (from: DataTransfer | Iterable<File>) => {
    const run = new AbortController();
    work.current = run;
    setDoing('reading');
    setProblem(undefined);
    const sources = from instanceof DataTransfer ? dropped(from) : chosen(from);
    gather(sources, { signal: run.signal, onFound: () => undefined }).then(
      (more) => {
        setDoing('nothing');
        setGathered(({ pictures, leftOut }) => ({
          pictures: [...pictures, ...more.pictures],
          leftOut: [...leftOut, ...more.leftOut],
        }));
      },
      (error: Error) => {
        setDoing('nothing');
        if (!run.signal.aborted) setProblem(error);
      },
    );
  };
  return {
    pictures: gathered.pictures,
    judged: known.list,
    leftOut: [...gathered.leftOut, ...misplaced],
    ...{ doing, problem, waits, add },
    stop() {
      setDoing(doing === 'reading' ? 'nothing' : 'stopped');
      work.current.abort();
    },
    goOn: () => setRound((last) => last + 1),
    clear() {
      work.current.abort();
      known.clear();
      setDoing('nothing');
      setProblem(undefined);
      setGathered(NOTHING);
    },
  };
}

/** Answers to one question; to another there are none yet. Drawn once a frame, however many come. */
function useKnown(of: string) {
  const [, draw] = useState({});
  const all = useRef({ of, answers: new Map<Picture, Judged>(), list: [] as readonly Judged[], frame: 0 });
  if (all.current.of !== of) all.current = { of, answers: new Map(), list: [], frame: all.current.frame };
  const show = () => {
    cancelAnimationFrame(all.current.frame);
    all.current.frame = requestAnimationFrame(() => {
      all.current.list = [...all.current.answers.values()];
      draw({});
    });
  };
  return {
    of,
    list: all.current.list,
    has: (picture: Picture) => all.current.answers.has(picture),
    add(some: readonly Judged[]) {
      if (all.current.of !== of) return; // to a question of before
      for (const one of some) all.current.answers.set(one.picture, one);
      show();
    },
    clear() {
      all.current.answers.clear();
      show();
    },
  };
}

/** Each with the class that it is taken for; a folder that names none is the picture's fault. */
function entriesOf(
  pictures: readonly Picture[],
  question: Question | undefined,
): { readonly entries: readonly Entry[]; readonly misplaced: readonly LeftOut[] } {
  const { taken = null, labels } = question ?? {};
  if (taken !== BY_FOLDER) return { entries: pictures.map((picture) => ({ picture, label: taken })), misplaced: [] };
  const entries: Entry[] = [];
  const misplaced: LeftOut[] = [];
  for (const picture of pictures) {
    const folder = picture.name.split('/').at(-2);
    if (folder !== undefined && labels?.includes(folder)) entries.push({ picture, label: folder });
    else misplaced.push({ name: picture.name, reason: `Its folder, ${folder ?? 'none'}, is called after no class.` });
  }
  return { entries, misplaced };
}

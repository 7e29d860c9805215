// A picture: an address of the server, or what a person sent. Small ones are enlarged as the pixels that they are.
// Where a key is in use, the picture is fetched with it, since a browser sends none for an <img>.

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { download } from '../api/ask';
import { key } from '../api/key';
import { Refusal } from '../api/refusal';
import { useStore } from '../api/store';
import { Problem } from './problem';

interface Props {
  /** Relative, as `here` gives it; or `data:`. */
  readonly address?: string | undefined;
  /** Instead of an address. */
  readonly blob?: Blob | undefined;
  /** What is to be seen. */
  readonly alt: string;
  /** Of the picture itself, so that its place is kept free until it is here. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly lazy?: boolean;
  /** Where there is no room for words: what is wrong is told by its code, and in full to who points at it. */
  readonly small?: boolean;
}

export function Picture({ address, blob, alt, width, height, lazy, small = false }: Props) {
  const [problem, setProblem] = useState<Error>();
  const { source, problem: refused } = useSource(address, blob);
  const image = useRef<HTMLImageElement>(null);
  useEffect(() => setProblem(undefined), [source]);
  // One that scrolled by is not waited for any more. It is told so before it leaves the page: an effect that runs later
  // would make Chromium keep the element (its listener to the viewport is set up anew and never taken away).
  useLayoutEffect(() => {
    const shown = image.current;
    return () => shown?.removeAttribute('src');
  }, []);
  const wrong = problem ?? refused;
  if (wrong) return small ? <Wrong of={wrong} alt={alt} /> : <Problem of={wrong} />;
  return (
    <img
      ref={image}
      class="picture"
      src={source}
      alt={alt}
      width={width}
      height={height}
      loading={lazy ? 'lazy' : 'eager'}
      decoding="async"
      onError={() => void whyNot(source).then(setProblem)}
    />
  );
}

function Wrong({ of: problem, alt }: { of: Error; alt: string }) {
  return (
    <span class="wrong" title={problem.message}>
      {alt}: {problem instanceof Refusal ? problem.code : problem.message}
    </span>
  );
}

/** What an <img> may show, and why not. The last source stays until the next is here. */
function useSource(address: string | undefined, blob: Blob | undefined) {
  const needsKey = useStore(key) !== null && address !== undefined && !/^(data|blob):/.test(address);
  const [fetched, setFetched] = useState<{ blob?: Blob; problem?: Error }>({});
  useEffect(() => {
    if (!needsKey || address === undefined) return;
    const leaving = new AbortController();
    download(address, leaving.signal).then(
      (bytes) => setFetched({ blob: bytes }),
      (problem: Error) => leaving.signal.aborted || setFetched({ problem }),
    );
    return () => leaving.abort();
  }, [address, needsKey]);
  const shown = useBlobAddress(needsKey ? fetched.blob : blob);
  return { source: needsKey || blob ? shown : address, problem: needsKey ? fetched.problem : undefined };
}

/** An address of bytes in this page, given back when they are no longer shown. */
export function useBlobAddress(blob: Blob | undefined): string | undefined {
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    if (!blob) return setAddress(undefined);
    const made = URL.createObjectURL(blob);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return address;
}

/** An <img> does not say why it failed. */
async function whyNot(source: string | undefined): Promise<Error> {
  const unreadable = new Error('This picture cannot be shown.');
  if (source === undefined || /^(data|blob):/.test(source)) return unreadable;
  return download(source).then(
    () => unreadable,
    (problem: Error) => problem,
  );
}

// A small picture of this page, enlarged as the pixels that it is, with what it is below.

import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Picture } from '../parts/picture';
import type { Raster } from './raster';

interface Props {
  readonly alt: string;
  readonly address?: string | undefined;
  readonly raster?: Raster | undefined;
  readonly children?: ComponentChildren;
}

export const Still = ({ alt, address, raster, children }: Props) => (
  <figure class="still">
    {raster ? <Shown raster={raster} alt={alt} /> : <Picture address={address} alt={alt} />}
    <figcaption>{children ?? alt}</figcaption>
  </figure>
);

function Shown({ raster: { width, height, data }, alt }: { raster: Raster; alt: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => canvas.current!.getContext('2d')!.putImageData(new ImageData(data, width, height), 0, 0), [data]);
  return <canvas ref={canvas} class="picture" width={width} height={height} role="img" aria-label={alt} />;
}

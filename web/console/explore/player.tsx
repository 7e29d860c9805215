// Frames that play, and that a person moves through by hand.

import { useEffect, useState } from 'preact/hooks';
import { Slider } from '../parts/slider';

interface Props {
  /** Addresses that need no key: `data:`. */
  readonly frames: readonly string[];
  /** What they are frames of. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Frames per second. */
  readonly fps: number;
  readonly loop: boolean;
  /** What the position means, in words. */
  readonly shown?: ((position: number) => string) | undefined;
}

export function Player({ frames, name, width, height, fps, loop, shown }: Props) {
  const [position, move] = useState(0);
  const [isPlaying, play] = useState(false);
  const last = frames.length - 1;
  const at = Math.min(position, last);
  usePlaying(isPlaying, fps, () =>
    move((now) => {
      if (now < last) return now + 1;
      if (!loop) play(false);
      return loop ? 0 : last;
    }),
  );
  const toggle = () => {
    if (!isPlaying && !loop && at === last) move(0);
    play(!isPlaying);
  };
  return (
    <div class="player">
      <img
        class="picture large"
        src={frames[at]}
        {...{ width, height }}
        alt={`${name}, frame ${at + 1} of ${frames.length}`}
      />
      <button type="button" onClick={toggle}>
        {isPlaying ? 'Pause' : 'Play'}
      </button>
      <Slider
        label="Frame"
        value={at}
        {...{ min: 0, max: last, step: 1 }}
        shown={shown?.(at) ?? `${at + 1} of ${frames.length}`}
        onChange={(chosen) => {
          play(false);
          move(chosen);
        }}
      />
    </div>
  );
}

/** Calls at the pace of the frames, as the screen is drawn. */
function usePlaying(isPlaying: boolean, fps: number, onFrame: () => void): void {
  useEffect(() => {
    if (!isPlaying) return;
    let shown = performance.now();
    let request = requestAnimationFrame(function draw(now) {
      if (now - shown >= 1000 / fps) {
        shown = now;
        onFrame();
      }
      request = requestAnimationFrame(draw);
    });
    return () => cancelAnimationFrame(request);
  }, [isPlaying, fps]);
}

import { useEffect, useMemo, useState } from 'preact/hooks';
import { Button, Slider } from './controls.tsx';
import { Picture } from './picture.tsx';
import { useLatest } from './use-latest.ts';

/** Frames of the animation; every so many stand in the strip. */
const FRAMES = 61;
const STRIP_EVERY = 6;
const FRAMES_PER_SECOND = 24;

/** Codes [n, latent] in, rows of pictures out. */
export type Decode = (codes: Float32Array) => Promise<Float32Array>;

interface FilmProps {
  /** Codes [latent]; undefined shows nothing yet. */
  readonly from: Float32Array | undefined;
  readonly to: Float32Array | undefined;
  /** Of one picture. */
  readonly shape: readonly number[];
  readonly decode: Decode;
  readonly onProblem: (message: string) => void;
}

/** The straight way from a code A to a code B: as a strip, and as an animation. */
export function Film({ from, to, shape, decode, onProblem }: FilmProps) {
  const codes = useMemo(() => from && to && between(from, to), [from, to]);
  const frames = useLatest(codes, decode, onProblem);
  const [frame, setFrame] = useState(0);
  const [playing, setPlaying] = useState(false);
  useEffect(() => {
    if (!playing) return undefined;
    let tick = frame;
    const timer = setInterval(() => setFrame(swing(++tick)), 1000 / FRAMES_PER_SECOND);
    return () => clearInterval(timer);
    // It goes on from where it stands
  }, [playing]);

  return (
    <div class="path">
      <div class="path-film">
        <Picture rows={frames} index={frame} shape={shape} label="The path from A to B, one picture at a time" />
        <Button pressed={playing} onClick={() => setPlaying(!playing)}>
          {playing ? 'Pause' : 'Play'}
        </Button>
      </div>
      <div class="path-strip">
        <div class="strip" role="img" aria-label="Pictures at even steps on the way from A to B">
          {Array.from({ length: (FRAMES - 1) / STRIP_EVERY + 1 }, (_, i) => (
            <Picture key={i} rows={frames} index={i * STRIP_EVERY} shape={shape} label={`Step ${i}`} />
          ))}
        </div>
        <Slider
          label="Way from A to B"
          value={frame}
          min={0}
          max={FRAMES - 1}
          step={1}
          format={(value) => `${Math.round((100 * value) / (FRAMES - 1))} %`}
          onInput={(value) => {
            setPlaying(false);
            setFrame(value);
          }}
        />
      </div>
    </div>
  );
}

/** Codes at even steps: [FRAMES, latent]. */
function between(from: Float32Array, to: Float32Array): Float32Array {
  const codes = new Float32Array(FRAMES * from.length);
  for (let i = 0; i < FRAMES; i++)
    codes.set(
      from.map((start, e) => start + (to[e]! - start) * (i / (FRAMES - 1))),
      i * from.length,
    );
  return codes;
}

/** There and back again. */
function swing(tick: number): number {
  const last = FRAMES - 1;
  const phase = tick % (2 * last);
  return phase <= last ? phase : 2 * last - phase;
}

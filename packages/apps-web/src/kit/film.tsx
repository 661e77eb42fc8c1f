import { useEffect, useMemo, useState } from 'preact/hooks';
import { Button, Slider } from './controls.tsx';
import { Picture } from './picture.tsx';
import { useLatest } from './use-latest.ts';

/** Frames of the animation; the strip shows every STRIP_EVERY-th. */
const FRAMES = 61;
const STRIP_EVERY = 6;
const FRAMES_PER_SECOND = 24;

/** Decodes codes [n, latent] to rows of pictures. */
export type Decode = (codes: Float32Array) => Promise<Float32Array>;

interface FilmProps {
  /** Codes [latent]; undefined shows nothing yet. */
  readonly from: Float32Array | undefined;
  readonly to: Float32Array | undefined;
  /** Shape of one picture. */
  readonly shape: readonly number[];
  readonly decode: Decode;
  readonly onProblem: (message: string) => void;
}

/** The straight line from code A to code B, as a strip and as an animation. */
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
    // Playback continues from the current frame
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
        <div class="strip" role="img" aria-label="Pictures at equal steps from A to B">
          {Array.from({ length: (FRAMES - 1) / STRIP_EVERY + 1 }, (_, i) => (
            <Picture key={i} rows={frames} index={i * STRIP_EVERY} shape={shape} label={`Step ${i}`} />
          ))}
        </div>
        <Slider
          label="Position from A to B"
          value={frame}
          min={0}
          max={FRAMES - 1}
          step={1}
          format={(value) => `${Math.round((100 * value) / (FRAMES - 1))}%`}
          onInput={(value) => {
            setPlaying(false);
            setFrame(value);
          }}
        />
      </div>
    </div>
  );
}

/** Codes at equal steps: [FRAMES, latent]. */
function between(from: Float32Array, to: Float32Array): Float32Array {
  const codes = new Float32Array(FRAMES * from.length);
  for (let i = 0; i < FRAMES; i++)
    codes.set(
      from.map((start, e) => start + (to[e]! - start) * (i / (FRAMES - 1))),
      i * from.length,
    );
  return codes;
}

/** The frame at a tick of an animation that runs forwards, then backwards. */
function swing(tick: number): number {
  const last = FRAMES - 1;
  const phase = tick % (2 * last);
  return phase <= last ? phase : 2 * last - phase;
}

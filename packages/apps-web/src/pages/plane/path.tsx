import { useEffect, useMemo, useState } from 'preact/hooks';
import type { ModelInfo } from '../../engine/api.ts';
import { Button, Slider } from '../../kit/controls.tsx';
import { Figure } from '../../kit/frames.tsx';
import { Picture } from '../../kit/picture.tsx';
import { useLatest } from '../../kit/use-latest.ts';
import type { Decode } from './tiles.ts';
import type { Point } from './viewport.ts';

/** Frames of the animation; every so many stand in the strip. */
const FRAMES = 61;
const STRIP_EVERY = 6;
const FRAMES_PER_SECOND = 24;

interface PathFigureProps {
  readonly model: ModelInfo;
  readonly decode: Decode;
  readonly from: Point;
  readonly to: Point;
  readonly onProblem: (message: string) => void;
}

/** The straight way from A to B: as a strip, and as an animation. */
export function PathFigure({ model, decode, from, to, onProblem }: PathFigureProps) {
  const [a1, a2, b1, b2] = [...from, ...to];
  const codes = useMemo(() => {
    const points = Array.from({ length: FRAMES }, (_, i) => {
      const way = i / (FRAMES - 1);
      return [a1 + (b1 - a1) * way, a2 + (b2 - a2) * way];
    });
    return Float32Array.from(points.flat());
  }, [a1, a2, b1, b2]);
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
    <Figure
      title="From A to B"
      caption="Halfway between two codes lies no blend of two pictures, but what the model finds halfway between two garments. Drag A and B on the map."
    >
      <div class="path">
        <div class="path-film">
          <Picture
            rows={frames}
            index={frame}
            shape={model.shape}
            label="The path from A to B, one picture at a time"
          />
          <Button pressed={playing} onClick={() => setPlaying(!playing)}>
            {playing ? 'Pause' : 'Play'}
          </Button>
        </div>
        <div class="path-strip">
          <div class="strip" role="img" aria-label="Pictures at even steps on the way from A to B">
            {Array.from({ length: (FRAMES - 1) / STRIP_EVERY + 1 }, (_, i) => (
              <Picture key={i} rows={frames} index={i * STRIP_EVERY} shape={model.shape} label={`Step ${i}`} />
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
    </Figure>
  );
}

/** There and back again. */
function swing(tick: number): number {
  const last = FRAMES - 1;
  const phase = tick % (2 * last);
  return phase <= last ? phase : 2 * last - phase;
}

import { useRef } from 'preact/hooks';
import { useWidth } from '../../kit/use-width.ts';
import { BINS, formatError, type Histograms, KINDS, type Kind } from './judgement.ts';

/** A bar of the histograms. */
export interface Bar {
  readonly kind: Kind;
  readonly bin: number;
}

interface HistogramFigureProps {
  readonly histograms: Histograms;
  /** The name of the error measure. */
  readonly measure: string;
  readonly threshold: number;
  readonly onThreshold: (threshold: number) => void;
  readonly chosen: Bar | undefined;
  readonly onChoose: (bar: Bar) => void;
}

/** In pixels: height of the upper and lower half, height of the axis below, width for the counts beside the bars. */
const HALF = 128;
const AXIS = 40;
const SIDE = 34;
/** Share of the visible range per press of an arrow key; Page keys move ten times as far. */
const KEY_STEP = 0.005;

/**
 * Both histograms on one axis, normal beats up and abnormal beats down, with a threshold to drag. Wrongly judged bars
 * have full colour, correctly judged ones are pale. Keys: arrows move the threshold, or from bar to bar.
 */
export function HistogramFigure({
  histograms,
  measure,
  threshold,
  onThreshold,
  chosen,
  onChoose,
}: HistogramFigureProps) {
  const place = useRef<HTMLDivElement>(null);
  const width = Math.max(240, useWidth(place));
  const { low, high, counts } = histograms;
  const most = Math.max(1, ...counts.normal, ...counts.abnormal);
  const x = (error: number): number => SIDE + ((error - low) / (high - low)) * (width - SIDE - 1);
  const errorAt = (px: number): number =>
    Math.min(high, Math.max(low, low + ((px - SIDE) / (width - SIDE - 1)) * (high - low)));
  const y = (count: number): number => (count / most) * (HALF - 14);
  const at = x(Math.min(high, Math.max(low, threshold)));
  const steps = ticks(0, most, 3);

  const drag = ({ currentTarget, clientX }: { currentTarget: Element; clientX: number }) => {
    const { left } = currentTarget.closest('svg')!.getBoundingClientRect();
    onThreshold(errorAt(clientX - left));
  };
  const onThresholdKey = (event: KeyboardEvent) => {
    const step = (high - low) * KEY_STEP;
    const moves: Record<string, number> = {
      ArrowLeft: threshold - step,
      ArrowDown: threshold - step,
      ArrowRight: threshold + step,
      ArrowUp: threshold + step,
      PageDown: threshold - 10 * step,
      PageUp: threshold + 10 * step,
      Home: low,
      End: high,
    };
    const next = moves[event.key];
    if (next === undefined) return;
    event.preventDefault();
    onThreshold(Math.min(high, Math.max(low, next)));
  };

  return (
    <div class="histograms" ref={place}>
      <svg width={width} height={2 * HALF + AXIS}>
        <title>Histograms of the reconstruction errors of normal and abnormal beats</title>
        <clipPath id="below-threshold">
          <rect x="0" y="0" width={at} height={2 * HALF} />
        </clipPath>
        <clipPath id="above-threshold">
          <rect x={at} y="0" width={width} height={2 * HALF} />
        </clipPath>
        {steps.flatMap((count) =>
          [HALF - y(count), HALF + y(count)].map((line) => (
            <g key={line} class="grid">
              <line x1={SIDE} x2={width} y1={line} y2={line} />
              <text x={SIDE - 8} y={line + 4} text-anchor="end">
                {count}
              </text>
            </g>
          )),
        )}
        {KINDS.map((kind) => (
          <g key={kind} class={`bars ${kind}`}>
            {(['below', 'above'] as const).map((side) => (
              <g
                key={side}
                class={(side === 'below') === (kind === 'normal') ? 'right' : 'wrong'}
                clip-path={`url(#${side}-threshold)`}
              >
                <path d={outline(counts[kind], kind, histograms, x, y)} />
              </g>
            ))}
          </g>
        ))}
        <BarButtons {...{ histograms, chosen, onChoose, x, y }} />
        <line class="base" x1={SIDE} x2={width} y1={HALF} y2={HALF} />
        <g class="axis">
          {ticks(low, high, Math.floor(width / 60)).map((error) => (
            <text key={error} x={x(error)} y={2 * HALF + 14} text-anchor="middle">
              {Number(error.toPrecision(3))}
            </text>
          ))}
          <text x={width} y={2 * HALF + 34} text-anchor="end">
            {measure} of the reconstruction
          </text>
        </g>
        <text class="half" x={width} y={HALF - y(most) + 4} text-anchor="end">
          normal beats
        </text>
        <text class="half" x={width} y={HALF + y(most) + 4} text-anchor="end">
          abnormal beats
        </text>
        <g
          class="threshold"
          role="slider"
          tabindex={0}
          aria-label="Threshold"
          aria-valuemin={low}
          aria-valuemax={high}
          aria-valuenow={threshold}
          aria-valuetext={formatError(threshold)}
          transform={`translate(${at} 0)`}
          onKeyDown={onThresholdKey}
          onPointerDown={(event) => {
            if (event.button === 0) event.currentTarget.setPointerCapture(event.pointerId);
          }}
          onPointerMove={(event) => {
            if (event.currentTarget.hasPointerCapture(event.pointerId)) drag(event);
          }}
        >
          <rect class="reach" x="-14" y="0" width="28" height={2 * HALF} />
          <line class="line" y1="0" y2={2 * HALF} />
          <rect class="grip" x="-5" y={HALF - 16} width="10" height="32" rx="5" />
        </g>
      </svg>
    </div>
  );
}

/** The path of one kind's bars, from the base line. */
function outline(
  counts: readonly number[],
  kind: Kind,
  { low, high }: Histograms,
  x: (error: number) => number,
  y: (count: number) => number,
): string {
  const sign = kind === 'normal' ? -1 : 1;
  const edge = (bin: number): number => x(low + (bin / BINS) * (high - low));
  return counts
    .flatMap((count, bin) => {
      const [left, right] = [edge(bin) + 0.5, edge(bin + 1) - 0.5];
      return count === 0 ? [] : [`M${left} ${HALF}V${HALF + sign * y(count)}H${right}V${HALF}Z`];
    })
    .join('');
}

type BarButtonsProps = Pick<HistogramFigureProps, 'histograms' | 'chosen' | 'onChoose'> & {
  readonly x: (error: number) => number;
  readonly y: (count: number) => number;
};

/** Clickable areas over the bars, as high as the bar, at least high enough to hit. One of them is in the tab order. */
function BarButtons({ histograms, chosen, onChoose, x, y }: BarButtonsProps) {
  const { low, high, counts } = histograms;
  const edge = (bin: number): number => low + (bin / BINS) * (high - low);
  const bars = KINDS.map((kind) => counts[kind].flatMap((count, bin) => (count > 0 ? [{ kind, bin, count }] : [])));
  const first = chosen ?? bars.flat()[0];
  const move = (event: KeyboardEvent, row: number, index: number) => {
    const own = bars[row]!;
    const other = bars[1 - row]!;
    const { bin } = own[index]!;
    const target =
      event.key === 'ArrowLeft'
        ? own[index - 1]
        : event.key === 'ArrowRight'
          ? own[index + 1]
          : event.key === 'ArrowUp' || event.key === 'ArrowDown'
            ? other.reduce<Bar | undefined>(
                (best, bar) => (best === undefined || Math.abs(bar.bin - bin) < Math.abs(best.bin - bin) ? bar : best),
                undefined,
              )
            : event.key === 'Enter' || event.key === ' '
              ? own[index]
              : undefined;
    if (target === undefined) return;
    event.preventDefault();
    onChoose(target);
    const buttons = (event.currentTarget as Element).closest('svg')!;
    buttons.querySelector<SVGElement>(`[data-bar="${target.kind}-${target.bin}"]`)?.focus();
  };
  return (
    <>
      {bars.map((row, number) =>
        row.map(({ kind, bin, count }, index) => {
          const height = Math.max(24, y(count));
          const current = chosen?.kind === kind && chosen.bin === bin;
          return (
            // biome-ignore lint/a11y/useSemanticElements: an SVG can't contain a button
            <rect
              key={`${kind}${bin}`}
              role="button"
              tabindex={first?.kind === kind && first.bin === bin ? 0 : -1}
              class={current ? 'bar chosen' : 'bar'}
              data-bar={`${kind}-${bin}`}
              aria-pressed={current}
              aria-label={`${count} ${kind} ${count === 1 ? 'beat' : 'beats'} with errors from ${formatError(edge(bin))} to ${formatError(edge(bin + 1))}`}
              x={x(edge(bin))}
              y={kind === 'normal' ? HALF - height : HALF}
              width={x(edge(bin + 1)) - x(edge(bin))}
              height={height}
              onClick={() => onChoose({ kind, bin })}
              onKeyDown={(event) => move(event, number, index)}
            />
          );
        }),
      )}
    </>
  );
}

/** About `count` round numbers in the range, spaced by 1, 2 or 5 times a power of ten. */
function ticks(from: number, to: number, count: number): number[] {
  const rough = (to - from) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.floor(from / step) + 1;
  return Array.from({ length: Math.max(0, Math.floor(to / step) - first + 1) }, (_, i) => (first + i) * step);
}

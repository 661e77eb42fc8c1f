import { styleOf } from '@hourglass/experiments';

interface LegendProps {
  readonly classes: readonly string[];
  /** Indices of the classes that are not shown. */
  readonly hidden: ReadonlySet<number>;
  readonly onChange: (hidden: ReadonlySet<number>) => void;
}

/** The classes with their colours and markers. A click shows or hides a class; a double click hides all others. */
export function Legend({ classes, hidden, onChange }: LegendProps) {
  const others = (index: number) => new Set([...classes.keys()].filter((other) => other !== index));
  const toggle = (index: number) => {
    const next = new Set(hidden);
    if (!next.delete(index)) next.add(index);
    onChange(next);
  };
  return (
    <fieldset class="legend">
      <legend class="quiet">Classes</legend>
      <div>
        {classes.map((name, index) => (
          <label key={name} onDblClick={() => onChange(others(index))}>
            <input type="checkbox" checked={!hidden.has(index)} onChange={() => toggle(index)} />
            <svg viewBox="-4 -4 8 8" width="14" height="14" aria-hidden="true">
              <path d={`M0,0${styleOf(index).marker}`} fill={`var(--class-${index})`} />
            </svg>
            <span>{name}</span>
          </label>
        ))}
      </div>
      <button
        type="button"
        class="link"
        onClick={() => onChange(hidden.size === 0 ? new Set(classes.keys()) : new Set())}
      >
        {hidden.size === 0 ? 'hide all' : 'show all'}
      </button>
    </fieldset>
  );
}

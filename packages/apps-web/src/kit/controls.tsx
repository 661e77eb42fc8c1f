import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly onInput: (value: number) => void;
  /** Formats the value; default `String`. */
  readonly format?: (value: number) => string;
  readonly disabled?: boolean;
}

export function Slider({ label, value, min, max, step, onInput, format = String, disabled }: SliderProps) {
  const id = useId();
  return (
    <div class="slider">
      <label for={id}>{label}</label>
      <output for={id}>{format(value)}</output>
      <input
        id={id}
        type="range"
        {...{ min, max, step, value, disabled }}
        aria-valuetext={format(value)}
        onInput={({ currentTarget }) => onInput(Number(currentTarget.value))}
      />
    </div>
  );
}

interface ToggleProps<Value extends string> {
  readonly label: string;
  readonly options: readonly { readonly value: Value; readonly title: string }[];
  readonly value: Value;
  readonly onChange: (value: Value) => void;
}

/** A choice between a few options, all visible. */
export function Toggle<Value extends string>({ label, options, value, onChange }: ToggleProps<Value>) {
  const name = useId();
  return (
    <fieldset class="toggle">
      <legend class="quiet">{label}</legend>
      <div>
        {options.map((option) => (
          <label key={option.value}>
            <input type="radio" name={name} checked={option.value === value} onChange={() => onChange(option.value)} />
            <span>{option.title}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface SelectProps<Value extends string> extends ToggleProps<Value> {
  readonly disabled?: boolean;
}

/** A choice between many options. */
export function Select<Value extends string>({ label, options, value, onChange, disabled }: SelectProps<Value>) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        disabled={disabled}
        onChange={({ currentTarget }) => onChange(currentTarget.value as Value)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.title}
          </option>
        ))}
      </select>
    </div>
  );
}

interface NumberFieldProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number | 'any';
  readonly onChange: (value: number) => void;
}

export function NumberField({ label, value, min, max, step, onChange }: NumberFieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="number"
        {...{ min, max, step, value }}
        onChange={({ currentTarget }) => {
          const next = currentTarget.valueAsNumber;
          if (next >= min && next <= max) onChange(next);
          else currentTarget.value = String(value);
        }}
      />
    </div>
  );
}

interface ButtonProps {
  readonly onClick: () => void;
  readonly children: ComponentChildren;
  /** Marks the main action. */
  readonly primary?: boolean;
  readonly disabled?: boolean;
  readonly pressed?: boolean;
}

export function Button({ onClick, children, primary, disabled, pressed }: ButtonProps) {
  return (
    <button
      type="button"
      class={primary ? 'primary' : undefined}
      disabled={disabled}
      aria-pressed={pressed}
      onClick={onClick}
    >
      {children}
    </button>
  );
}

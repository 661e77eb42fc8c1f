import { useEffect, useState } from 'preact/hooks';

/** A value once it has stayed the same for a while, for work too slow to follow every change. Starts as the value. */
export function useSettled<Value>(value: Value, milliseconds = 300): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(() => value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return settled;
}

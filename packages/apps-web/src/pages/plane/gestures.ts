import { useEffect } from 'preact/hooks';
import type { Handle, PlaneMapProps } from './map.tsx';
import { REACH } from './overlay.ts';
import { type Point, panned, type Size, toPlane, toScreen, zoomed } from './viewport.ts';

/**
 * One pointer drags a handle or the plane, two fingers pan and zoom; a click places the probe. The page stays
 * scrollable: one finger moves only handles, and the wheel zooms only with Ctrl, or after a click until the pointer
 * leaves the map.
 */
export function useGestures(
  canvas: { readonly current: HTMLCanvasElement | null },
  latest: { readonly current: PlaneMapProps },
): void {
  useEffect(() => {
    const element = canvas.current!;
    const size = (): Size => element.getBoundingClientRect();
    const pointers = new Map<number, Point>();
    let dragged: Handle | 'plane' | undefined;
    let moved = 0;
    let clicked = false;
    const place = (event: Pick<MouseEvent, 'clientX' | 'clientY'>): Point => {
      const { left, top } = element.getBoundingClientRect();
      return [event.clientX - left, event.clientY - top];
    };
    const handleAt = ([x, y]: Point): Handle | undefined => {
      const { handles, view } = latest.current;
      const distance = (handle: Handle): number => {
        const [hx, hy] = toScreen(view, size(), handles[handle]);
        return Math.hypot(hx - x, hy - y);
      };
      const nearest = (['probe', 'a', 'b'] as const).reduce((a, b) => (distance(b) < distance(a) ? b : a));
      return distance(nearest) <= REACH ? nearest : undefined;
    };
    const down = (event: PointerEvent) => {
      if (event.button !== 0) return;
      clicked = true;
      element.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, place(event));
      dragged = pointers.size === 1 ? (handleAt(place(event)) ?? 'plane') : 'plane';
      moved = pointers.size === 1 ? 0 : Number.POSITIVE_INFINITY;
      element.dataset.dragging = dragged;
    };
    const move = (event: PointerEvent) => {
      const before = pointers.get(event.pointerId);
      const now = place(event);
      if (before === undefined) {
        element.dataset.over = handleAt(now) ?? 'plane';
        return;
      }
      const { view, onView, onHandle } = latest.current;
      pointers.set(event.pointerId, now);
      moved += Math.hypot(now[0] - before[0], now[1] - before[1]);
      if (dragged !== 'plane' && dragged !== undefined) return onHandle(dragged, toPlane(view, size(), now));
      const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
      if (other === undefined && event.pointerType === 'touch') return;
      if (other === undefined) return onView(panned(view, size(), now[0] - before[0], now[1] - before[1]));
      const distance = (point: Point) => Math.hypot(point[0] - other[0], point[1] - other[1]);
      const middle: Point = [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2];
      const pannedView = panned(view, size(), (now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
      onView(zoomed(pannedView, size(), distance(before) / Math.max(1, distance(now)), middle));
    };
    const up = (event: PointerEvent) => {
      if (!pointers.delete(event.pointerId)) return;
      const { view, onHandle } = latest.current;
      if (event.type === 'pointerup' && dragged === 'plane' && moved < 4)
        onHandle('probe', toPlane(view, size(), place(event)));
      if (pointers.size === 0) dragged = undefined;
      element.dataset.dragging = dragged ?? '';
    };
    const touch = (event: TouchEvent) => {
      const [first, second] = event.touches;
      const holds = second !== undefined || (first !== undefined && handleAt(place(first)) !== undefined);
      if (event.cancelable && (holds || (dragged !== undefined && dragged !== 'plane'))) event.preventDefault();
    };
    const leave = () => {
      clicked = false;
    };
    const wheel = (event: WheelEvent) => {
      if (!clicked && !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const { view, onView } = latest.current;
      onView(zoomed(view, size(), Math.exp(Math.min(60, Math.max(-60, event.deltaY)) * 0.004), place(event)));
    };
    element.addEventListener('pointerdown', down);
    element.addEventListener('pointermove', move);
    element.addEventListener('pointerup', up);
    element.addEventListener('pointercancel', up);
    element.addEventListener('pointerleave', leave);
    element.addEventListener('touchstart', touch, { passive: false });
    element.addEventListener('touchmove', touch, { passive: false });
    element.addEventListener('wheel', wheel, { passive: false });
    return () => {
      element.removeEventListener('pointerdown', down);
      element.removeEventListener('pointermove', move);
      element.removeEventListener('pointerup', up);
      element.removeEventListener('pointercancel', up);
      element.removeEventListener('pointerleave', leave);
      element.removeEventListener('touchstart', touch);
      element.removeEventListener('touchmove', touch);
      element.removeEventListener('wheel', wheel);
    };
  }, [canvas, latest]);
}

/** Random faces, as training data. */

/** Height and width of a face in pixels. */
export const SIZE = 32;

/** `count` faces, one per row of SIZE * SIZE numbers from 0 (paper) to 1 (ink). Mood and eyes vary between faces. */
export function drawFaces(count: number): Float32Array {
  const context = new OffscreenCanvas(SIZE, SIZE).getContext('2d', { willReadFrequently: true })!;
  const rows = new Float32Array(count * SIZE * SIZE);
  for (let i = 0; i < count; i++) {
    drawFace(context, 2 * Math.random() - 1, Math.random());
    const { data } = context.getImageData(0, 0, SIZE, SIZE);
    for (let p = 0; p < SIZE * SIZE; p++) rows[i * SIZE * SIZE + p] = data[4 * p + 3]! / 255;
  }
  return rows;
}

/** `mood` is from -1 (sad) to 1 (happy), `awake` from 0 (eyes closed) to 1. */
function drawFace(context: OffscreenCanvasRenderingContext2D, mood: number, awake: number): void {
  context.clearRect(0, 0, SIZE, SIZE);
  context.lineWidth = 1.6;
  context.lineCap = 'round';
  context.beginPath();
  context.arc(16, 16, 13.5, 0, 2 * Math.PI);
  context.stroke();
  for (const side of [-1, 1]) {
    context.beginPath();
    context.ellipse(16 + 5 * side, 13, 2, 0.5 + 2.5 * awake, 0, 0, 2 * Math.PI);
    context.fill();
    context.beginPath(); // the brow
    context.moveTo(16 + 7.5 * side, 8 - 1.5 * awake + 1.2 * Math.max(0, -mood));
    context.lineTo(16 + 3 * side, 8 - 1.5 * awake - 1.2 * Math.max(0, -mood));
    context.stroke();
  }
  context.beginPath();
  context.moveTo(9.5, 21.5 - 2 * mood);
  context.quadraticCurveTo(16, 21.5 + 6 * mood, 22.5, 21.5 - 2 * mood);
  context.stroke();
}

import { type BatchSource, dense, relu, Sequential, sigmoid, squaredErrors, Trainer, Weights } from '@hourglass/nn';
import { gatherRows, shuffledIndices, type Tensor } from '@hourglass/tensor';
import { openDevice } from '@hourglass/tensor/web';
import { drawFaces, SIZE } from './faces.ts';

const [COUNT, PIXELS, EPOCHS] = [1024, SIZE * SIZE, 60];
/** The map shows the plane from -RANGE to RANGE in both directions, with TILES x TILES faces. */
const [RANGE, TILES] = [2.4, 9];

const element = <Kind extends HTMLElement>(id: string) => document.getElementById(id) as Kind;
const [plane, marker, status] = [element('plane'), element('point'), element('status')];

/** Paints `across` x `across` faces, row by row, in the colours of the page. */
function paint(canvas: HTMLCanvasElement, faces: Float32Array, across: number): void {
  const [paper, ink] = [
    [251, 247, 239],
    [34, 48, 79],
  ] as const;
  const width = across * SIZE;
  const image = new ImageData(width, width);
  for (let p = 0; p < width * width; p++) {
    const [row, column] = [Math.floor(p / width), p % width];
    const face = Math.floor(row / SIZE) * across + Math.floor(column / SIZE);
    const value = faces[face * PIXELS + (row % SIZE) * SIZE + (column % SIZE)]!;
    image.data.set([...paper.map((from, i) => from + value * (ink[i]! - from)), 255], 4 * p);
  }
  [canvas.width, canvas.height] = [width, width];
  canvas.getContext('2d')!.putImageData(image, 0, 0);
}

async function main(): Promise<void> {
  const device = await openDevice();

  // The encoder returns the mean and the log variance of each of two numbers; the decoder draws a face from two
  // numbers.
  const encoder = new Sequential('encoder', [PIXELS], [dense(128), relu(), dense(4)]);
  const decoder = new Sequential('decoder', [2], [dense(64), relu(), dense(128), relu(), dense(PIXELS), sigmoid()]);
  const weights = new Weights(device, [encoder, decoder], 0);
  const stored = device.tensor(drawFaces(COUNT), [COUNT, PIXELS]);
  const batches: BatchSource = {
    count: COUNT,
    batch: (batchSize, position) => gatherRows(stored, shuffledIndices(device, batchSize, COUNT, position)),
  };
  const trainer = new Trainer({
    weights,
    objective: (x, { weights: lookup, normal, ...pass }) => {
      const both = encoder.apply(x, lookup, pass);
      const [mean, logVariance] = [both.slice([0, 0], [x.shape[0]!, 2]), both.slice([0, 2], [x.shape[0]!, 4])];
      const z = mean.add(logVariance.mul(0.5).exp().mul(normal(mean.shape)));
      const kl = logVariance.add(1).sub(mean.square()).sub(logVariance.exp()).sum(1).mul(-0.5);
      return { picture: squaredErrors(decoder.apply(z, lookup, pass), x).mul(600), kl };
    },
    training: batches,
    validation: batches,
    batchSize: 64,
    learningRate: 3e-3,
    seed: 0,
  });

  /** Compiles the decoder once for codes [count, 2]; each run takes the current weights. */
  const decoding = (codes: Tensor) =>
    device.compile({}, () => ({
      outputs: { faces: decoder.apply(codes, (name) => weights.get(name), { training: false }) },
    }));
  const place = (i: number) => RANGE * ((2 * i + 1) / TILES - 1); // the middle of a tile
  const grid = Array.from({ length: TILES ** 2 }, (_, i) => [place(i % TILES), -place(Math.floor(i / TILES))]);
  const point = device.variable([[0, 0]]);
  const [allOver, atPoint] = [await decoding(device.tensor(grid)), await decoding(point)];

  const drawMap = async () => {
    allOver.run({});
    paint(element('map'), await allOver.read('faces'), TILES);
  };
  let [x, y, drawing, moved] = [0, 0, false, false];
  const drawFace = async () => {
    moved = true;
    if (drawing) return; // the loop below notices that the point has moved
    drawing = true;
    while (moved) {
      moved = false;
      point.write([x, y]);
      atPoint.run({});
      paint(element('face'), await atPoint.read('faces'), 1);
      element('code').textContent = `${x.toFixed(2)}, ${y.toFixed(2)}`;
    }
    drawing = false;
  };
  const moveTo = (newX: number, newY: number) => {
    [x, y] = [newX, newY].map((value) => Math.max(-RANGE, Math.min(RANGE, value))) as [number, number];
    marker.style.left = `${50 * (1 + x / RANGE)}%`;
    marker.style.top = `${50 * (1 - y / RANGE)}%`;
    return drawFace();
  };
  const follow = (event: PointerEvent) => {
    const { left, top, width } = plane.getBoundingClientRect();
    return moveTo(
      RANGE * ((2 * (event.clientX - left)) / width - 1),
      RANGE * (1 - (2 * (event.clientY - top)) / width),
    );
  };
  plane.addEventListener('pointerdown', (event) => {
    plane.setPointerCapture(event.pointerId);
    follow(event);
  });
  plane.addEventListener('pointermove', (event) => event.buttons && follow(event));
  const steps: Readonly<Record<string, readonly [number, number]>> = {
    ArrowLeft: [-0.1, 0],
    ArrowRight: [0.1, 0],
    ArrowUp: [0, 0.1],
    ArrowDown: [0, -0.1],
  };
  plane.addEventListener('keydown', (event) => {
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    moveTo(x + step[0], y + step[1]);
  });

  await Promise.all([drawMap(), moveTo(0.5, 0.5)]);
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    const { loss } = (await trainer.trainEpoch())!;
    status.textContent = `Epoch ${epoch} of ${EPOCHS}, loss ${loss!.toFixed(1)}`;
    await Promise.all([drawMap(), drawFace()]);
  }
  status.textContent += `: trained in ${trainer.time.seconds.toFixed(1)} s.`;
}

main().catch((error: Error) => {
  status.textContent = error.message;
});

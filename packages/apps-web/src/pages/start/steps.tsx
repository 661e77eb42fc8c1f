import type { TestCodes } from '../../engine/api.ts';
import { formatPoint, type Point, type Viewport } from '../plane/viewport.ts';
import { MiniPlane } from './mini-plane.tsx';

interface StepsProps {
  readonly codes: TestCodes | undefined;
  readonly view: Viewport;
  readonly code: Point | undefined;
  /** Mean squared difference of the two pictures; undefined while the numbers are not the garment's own. */
  readonly loss: number | undefined;
  readonly onMove: (code: Point) => void;
}

/** What the hourglass shows, in three steps. */
export function Steps({ codes, view, code, loss, onMove }: StepsProps) {
  const at = code && formatPoint(code);
  return (
    <ol class="steps">
      <li>
        <h2>1. Squeeze</h2>
        <p>
          The left half, the <b>encoder</b>, makes the picture smaller layer by layer until two numbers are left: the{' '}
          <b>code</b>. The right half, the <b>decoder</b>, draws a picture from the code alone.
        </p>
        <p>
          Nobody explained garments to it. It was trained until the right picture looked like the left one. Their mean
          squared difference, pixel by pixel, is the <b>reconstruction loss</b>
          {loss === undefined ? '.' : <>: here {loss.toFixed(3)}.</>}
        </p>
      </li>
      <li>
        <h2>2. The neck is a place</h2>
        <MiniPlane {...{ codes, view, code, onMove }} />
        <p>
          Two numbers are a place on a plane, the <b>latent space</b>. Each dot is a test image, coloured by its class:
          similar garments are neighbours. Drag the ring.
        </p>
        <a class="button" href={`#/plane?model=fashion${at ? `&z=${at}` : ''}`}>
          Open the map of pictures
        </a>
      </li>
      <li>
        <h2>3. New pictures</h2>
        <p>
          Any place can be decoded, even where no image was. But this model leaves gaps between its classes, and the
          pictures there are not garments.
        </p>
        <p>
          A <b>variational</b> autoencoder is also trained to spread its codes around zero without wide gaps. The{' '}
          <b>KL divergence</b> measures how far they are from that. So a random point usually decodes to a new garment.
        </p>
        <a class="button" href="#/plane?seed=0">
          Draw new garments
        </a>
      </li>
    </ol>
  );
}

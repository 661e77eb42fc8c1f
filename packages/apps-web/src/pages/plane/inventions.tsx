import { useMemo, useState } from 'preact/hooks';
import type { ModelInfo } from '../../engine/api.ts';
import { Button } from '../../kit/controls.tsx';
import { Figure, Notice } from '../../kit/frames.tsx';
import { ModelGate } from '../../kit/model-gate.tsx';
import { Picture } from '../../kit/picture.tsx';
import { useLatest } from '../../kit/use-latest.ts';
import { useEngine } from '../../shell/engine.ts';

/** Pictures of each model. */
const COUNT = 25;
const RIVALS = [
  { experiment: 'fashion-gan', title: 'GAN' },
  { experiment: 'fashion-vae-gan', title: 'VAE-GAN' },
];

interface InventionsProps {
  readonly model: ModelInfo;
  /** Determines the codes, which `sample` draws on the command line too. */
  readonly seed: number;
  readonly onDraw: () => void;
}

/** Pictures that the variational autoencoder and adversarial networks invent, side by side, once they are asked for. */
export function InventionsFigure({ model, seed, onDraw }: InventionsProps) {
  const [asked, setAsked] = useState(false);
  return (
    <Figure
      title="Ways to invent"
      actions={
        asked ? (
          <Button onClick={onDraw}>Draw {COUNT} new codes</Button>
        ) : (
          <Button onClick={() => setAsked(true)}>Compare with GANs</Button>
        )
      }
      caption="The variational autoencoder is trained to be right on average: where its two numbers leave a detail open, it draws the mean of all possibilities, which is a blur. The generator of a generative adversarial network (GAN) never sees a garment. It is trained to draw what a second network, the discriminator, takes for real: it draws edges and textures, and invents shapes that no garment has. A VAE-GAN combines them: its decoder learns to deceive a discriminator, and to draw real garments from their codes."
    >
      {asked && (
        <div class="inventions">
          <Invented title="Variational autoencoder" model={model} seed={seed} />
          {RIVALS.map(({ experiment, title }) => (
            <div key={experiment}>
              <ModelGate experiment={experiment} missing={<Notice>This site was built without a {title}.</Notice>}>
                {(rival) => <Invented title={title} model={rival} seed={seed} />}
              </ModelGate>
            </div>
          ))}
        </div>
      )}
    </Figure>
  );
}

function Invented({ title, model, seed }: { title: string; model: ModelInfo; seed: number }) {
  const { engine } = useEngine();
  const [problem, setProblem] = useState<string>();
  const question = useMemo(() => ({ seed }), [seed]);
  const rows = useLatest(
    question,
    async (asked) => engine.decode(model.experiment, await engine.normal(COUNT * model.latent, asked.seed)),
    setProblem,
  );
  return (
    <section>
      <h3>
        {title}, codes of {model.latent} numbers
      </h3>
      {problem !== undefined && <Notice kind="problem">{problem}</Notice>}
      <div class="invented">
        {Array.from({ length: COUNT }, (_, i) => (
          <Picture key={i} rows={rows} index={i} shape={model.shape} label={`${title}: picture ${i + 1}`} />
        ))}
      </div>
    </section>
  );
}

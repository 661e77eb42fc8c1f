import type { ModelInfo } from '../../engine/api.ts';
import { Notice, Page } from '../../kit/frames.tsx';
import { ModelGate } from '../../kit/model-gate.tsx';
import { Explorer } from './explorer.tsx';
import { Lesson } from './lesson.tsx';

export function StartPage() {
  return (
    <Page
      title="A picture in two numbers"
      lead="An autoencoder squeezes a picture into a few numbers, here two, and draws it again from those numbers alone. Choose a garment, or drag the numbers in the middle: every layer updates."
    >
      <ModelGate experiment="fashion">
        {(model: ModelInfo) =>
          model.latent === 2 ? (
            <Explorer model={model} />
          ) : (
            <Notice>This model’s codes have {model.latent} numbers; this page shows two.</Notice>
          )
        }
      </ModelGate>
      <Lesson />
    </Page>
  );
}

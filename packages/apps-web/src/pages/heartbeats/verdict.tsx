import { detect } from '@hourglass/experiments';
import { useMemo } from 'preact/hooks';
import type { TestErrors } from '../../engine/api.ts';
import { confusionOf } from './judgement.ts';

interface VerdictProps {
  readonly measured: TestErrors;
  readonly threshold: number;
}

/** The confusion matrix of all beats at the threshold, and its measures. */
export function Verdict({ measured: { errors, labels }, threshold }: VerdictProps) {
  const { normal, abnormal } = useMemo(() => confusionOf(errors, labels, threshold), [errors, labels, threshold]);
  const { accuracy, precision, recall, auroc } = useMemo(
    () => detect(errors, labels, threshold),
    [errors, labels, threshold],
  );
  return (
    <div class="verdict">
      <table class="confusion">
        <caption class="hidden">Confusion matrix: the true kind of the beats, and the judged kind</caption>
        <thead>
          <tr>
            <td />
            <th scope="col">judged normal</th>
            <th scope="col">judged abnormal</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">normal</th>
            <td class="right normal">
              <b>{normal.normal}</b>
            </td>
            <td class="wrong normal">
              <b>{normal.abnormal}</b> false alarms
            </td>
          </tr>
          <tr>
            <th scope="row">abnormal</th>
            <td class="wrong abnormal">
              <b>{abnormal.normal}</b> missed
            </td>
            <td class="right abnormal">
              <b>{abnormal.abnormal}</b>
            </td>
          </tr>
        </tbody>
      </table>
      <dl class="measures">
        <Measure name="Accuracy" value={accuracy} meaning="of all beats are judged correctly" />
        <Measure name="Precision" value={precision} meaning="of beats judged normal are normal" />
        <Measure name="Recall" value={recall} meaning="of normal beats are judged normal" />
        <Measure
          name="AUROC"
          value={auroc}
          meaning="at any threshold: how often an abnormal beat has a greater error than a normal one"
        />
      </dl>
    </div>
  );
}

function Measure({ name, value, meaning }: { name: string; value: number; meaning: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <b class="number">{Number.isNaN(value) ? '–' : value.toFixed(3)}</b>
        <span class="meaning">{meaning}</span>
      </dd>
    </div>
  );
}

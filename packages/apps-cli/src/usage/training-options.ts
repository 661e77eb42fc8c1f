import { LOSSES, OPTIMIZERS } from '@hourglass/experiments';
import { SCHEDULES } from '@hourglass/nn';
import { type Command, Option } from 'commander';
import { figureChoice } from '../run/figure-schedule.ts';
import { addImageOptions } from './image-options.ts';
import { LARGEST_LATENT, noise, oneOf, path, positiveNumber, tuneOption, wholeNumber } from './options.ts';
import { addDetectorOptions, addReadingOptions, share } from './series-options.ts';

/** Adds the options of a training run: the recipe, the run folder, and those for the user's series and images. */
export function addTrainingOptions(command: Command): Command {
  command
    .option(
      '--preset <name>',
      'the recipe: report, quick, or best if there is one (default: report on a GPU, quick on software)',
    )
    .option('--epochs <n>', 'number of passes through the data; with --resume, the total', wholeNumber('--epochs'))
    .option('--batch <n>', 'samples per step', wholeNumber('--batch'))
    .option('--lr <rate>', 'learning rate', positiveNumber('--lr'))
    .option(
      '--limit <n>',
      'train on only n samples: the first n; for images in files and for your own series, a sample drawn by --seed',
      wholeNumber('--limit'),
    )
    .option(
      '--latent <n>',
      "length of the codes (default: the experiment's; 64 for your own images, at most 16 for series)",
      wholeNumber('--latent', { max: LARGEST_LATENT }),
    )
    .option('--size <pixels>', 'image size, for cartoons and your own images', wholeNumber('--size'))
    .option('--out <folder>', 'the run folder (default: runs/<experiment>-<local time>)', path('--out'))
    .option('--resume <run>', 'resume the run in this folder', path('--resume'))
    .option('--keep-epochs', 'keep the checkpoint of every epoch')
    .option(
      '--figures <which>',
      'the epochs to draw: none, last or every:N (default: as many as take a tenth of the time)',
      figureChoice,
    )
    .addOption(
      new Option('--schedule <name>', "the learning rate: constant or cosine (default: the recipe's)").argParser(
        oneOf('--schedule', SCHEDULES),
      ),
    )
    .addOption(
      new Option('--optimizer <name>', 'adam, adamw, or sgd with momentum 0.9 (default: adam)').argParser(
        oneOf('--optimizer', OPTIMIZERS),
      ),
    )
    .addOption(
      new Option(
        '--loss <name>',
        "the reconstruction loss: mse, mae, bce (cross-entropy; not for series) or, for images, ssim (1 - structural similarity; default: the report's)",
      ).argParser(oneOf('--loss', LOSSES)),
    )
    .option(
      '--beta <weight>',
      'the weight of the Kullback-Leibler divergence in variational models (default: 1)',
      positiveNumber('--beta'),
    )
    .addOption(
      new Option(
        '--noise <kind>',
        'the noise that a denoiser removes: salt-pepper:0.1, gaussian:0.2 or mask:0.3, or any of these with another amount (default: salt-pepper:0.1)',
      ).argParser(noise('--noise')),
    )
    .option(
      '--validation <share>',
      'the share of the training data that is held back for validation (default: 0.2 for series, 0.1 for images and for --preset best; otherwise validation uses the test split)',
      share('--validation', { least: 0, most: 0.9 }),
    )
    .option('--patience <n>', 'stop after n epochs without a lower validation loss', wholeNumber('--patience'))
    .addOption(
      new Option('--weights <path...>', 'start from these weights: a run folder, or files').argParser(
        (text, earlier: readonly string[] = []) => [...earlier, path('--weights')(text)],
      ),
    )
    .option('--log <file>', 'append JSON lines to this file during training', path('--log'))
    .option('--tensorboard', 'write curves and pictures for TensorBoard into the run folder')
    .addOption(tuneOption());
  return addImageOptions(addDetectorOptions(addReadingOptions(command)));
}

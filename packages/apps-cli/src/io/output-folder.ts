import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { type Figure, type Image, imageToPng } from '@hourglass/experiments';
import { makeFolder } from '@hourglass/files';
import { OutputError, systemReason } from '../usage/errors.ts';
import { toUser } from './paths.ts';
import { svgToPng } from './png.ts';
import { writeWhole } from './write-whole.ts';

/** Writes files into one folder, which is created for the first one. */
export class OutputFolder {
  /** The absolute paths of the written files. */
  readonly files: string[] = [];
  private readonly path: string;
  private readonly flag: string;

  /** @param flag the option that names the folder */
  constructor(path: string, flag: string) {
    this.path = path;
    this.flag = flag;
  }

  /** Creates the folder in advance. @throws OutputError if it can't be created or written */
  async make(): Promise<void> {
    await this.attempt(this.path, async () => {
      await makeFolder(this.path);
      await access(this.path, constants.W_OK);
    });
  }

  /** Adds a file. @throws OutputError if it can't be written, as do {@link addFigure} and {@link addImage} */
  async add(name: string, content: string | Uint8Array): Promise<void> {
    const path = join(this.path, name);
    await this.attempt(path, async () => {
      await makeFolder(this.path);
      await writeWhole(path, content);
    });
    this.files.push(path);
  }

  /** Adds a figure as PNG and as SVG, which stays sharp at any size. */
  async addFigure({ name, svg }: Figure): Promise<void> {
    await this.add(`${name}.png`, svgToPng(svg));
    await this.add(`${name}.svg`, svg);
  }

  /** Adds an image with the pixels of the model's output. */
  addImage(name: string, image: Image): Promise<void> {
    return this.add(`${name}.png`, imageToPng(image));
  }

  private async attempt(path: string, action: () => Promise<void>): Promise<void> {
    await action().catch((error: unknown) => {
      throw new OutputError(
        `${toUser(path)} can't be written: ${systemReason(error)}. Choose another folder with ${this.flag}.`,
      );
    });
  }
}

import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { type Figure, type Image, imageToPng } from '@hourglass/experiments';
import { makeFolder } from '@hourglass/files';
import { OutputError, systemReason } from '../usage/errors.ts';
import { toUser } from './paths.ts';
import { svgToPng } from './png.ts';
import { writeWhole } from './write-whole.ts';

/** Files that go into one folder, which is made for the first of them. */
export class OutputFolder {
  /** What was written, absolute. */
  readonly files: string[] = [];
  private readonly path: string;
  private readonly flag: string;

  /** @param flag the option by which the user chose it */
  constructor(path: string, flag: string) {
    this.path = path;
    this.flag = flag;
  }

  /** Makes the folder before there is anything for it. @throws OutputError if it can't be made or written */
  async make(): Promise<void> {
    await this.attempt(this.path, async () => {
      await makeFolder(this.path);
      await access(this.path, constants.W_OK);
    });
  }

  /** @throws OutputError if it can't be written; as all below */
  async add(name: string, content: string | Uint8Array): Promise<void> {
    const path = join(this.path, name);
    await this.attempt(path, async () => {
      await makeFolder(this.path);
      await writeWhole(path, content);
    });
    this.files.push(path);
  }

  /** A figure as PNG, and as SVG, which stays sharp at any size. */
  async addFigure({ name, svg }: Figure): Promise<void> {
    await this.add(`${name}.png`, svgToPng(svg));
    await this.add(`${name}.svg`, svg);
  }

  /** An image as the model made it, pixel by pixel. */
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

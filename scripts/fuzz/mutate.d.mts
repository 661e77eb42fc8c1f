export type Random = (bound: number) => number;
export function randomOf(seed: number): Random;
export function mutateBytes(bytes: Uint8Array, random: Random): Buffer;
export function mutateText(text: string, random: Random): string;

export type { AdapterChoice, AdapterInfo, AdapterOptions, OpenAdapter } from './adapter.ts';
export { adapterForOthers, NoAdapterError, requestAdapter } from './adapter.ts';
export type { Finding } from './doctor.ts';
export { probeAdapters } from './doctor.ts';
export { hideDriverMessages } from './driver-messages.ts';
export { type OpenOptions, openDevice } from './open.ts';
export { pollPatiently } from './polling.ts';

export type { AdapterChoice, AdapterInfo, AdapterOptions, OpenAdapter } from './adapter.ts';
export { adapterForOthers, NoAdapterError, requestAdapter } from './adapter.ts';
export type { Finding } from './doctor.ts';
export { probeAdapters } from './doctor.ts';
export { showDriverMessages } from './driver-messages.ts';
export { openDevice } from './open.ts';

/** Whether a driver of this name computes on the CPU: Mesa's lavapipe, SwiftShader, Windows' WARP. */
export const isSoftware = (name: string): boolean => /llvmpipe|lavapipe|swiftshader|microsoft basic render/i.test(name);

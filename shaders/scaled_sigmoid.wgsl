/// a / (1 + e⁻ᵇ): a times the logistic function of b, with one division.
fn scaled_sigmoid(a: f32, b: f32) -> f32 { return a / (1.0 + exponential(-b)); }

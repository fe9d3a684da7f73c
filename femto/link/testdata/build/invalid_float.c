//! error FC1035: floating point (__mulsf3), which BPF does not have
//! at 3
int entry(float *x) { return *x * 3.5f > 2.0f; }

//! error FC1034: the function has more than five arguments
//! at 3
__attribute__((noinline)) int entry(int a, int b, int c, int d, int e, int f) { return a * b + c * d + e * f; }

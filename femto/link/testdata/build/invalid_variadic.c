//! error FC1036: the function takes variable arguments or returns a structure
//! at 3
int entry(int n, ...) { return n; }

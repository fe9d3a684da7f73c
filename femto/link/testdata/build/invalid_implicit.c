//! error FC1031: undeclared function 'host_ad'|implicit declaration of function 'host_ad'
//! at 3
int entry(int *x) { return host_ad(*x, 1); }

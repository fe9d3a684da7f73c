//! error FC1036: the function takes variable arguments or returns a structure
//! at 6
struct five {
	int x[5];
};
struct five entry(int *x) { return (struct five){{*x}}; }

//! error FC1004: function entry takes the address of function chosen
//! at 6
static __attribute__((noinline)) int chosen(int x) { return x * 3; }
long entry(int *x)
{
	return (long)(*x ? chosen : 0);
}

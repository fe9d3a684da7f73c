//! error FC1031: use of undeclared identifier 'undeclared'
//! at 5
int entry(int *x)
{
	return *x + undeclared;
}

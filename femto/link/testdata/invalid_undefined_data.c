//! error FC1002: function entry uses missing, which nothing defines
//! at 6
extern int missing;
int entry(void)
{
	return missing;
}

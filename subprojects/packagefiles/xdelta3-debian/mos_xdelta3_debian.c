/* The shim, over the source that lies here. */
#include "../packagefiles/xdelta3/mos_xdelta3.c"

#pragma once
#include "../packagefiles/xdelta3/mos_xdelta3.h"

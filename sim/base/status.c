/* Status codes and the exit codes they become. */
#include "sim/base/status.h"

int pl_exit_code(pl_status status)
{
    switch (status) {
    case PL_OK:              return 0;
    case PL_ERR_USER:        return 2;
    case PL_ERR_WORLD:       return 3;
    case PL_ERR_NUMERIC:     return 4;
    case PL_ERR_INTERRUPTED: return 130;
    }
    return 3;
}

/* The enumeration is in order of gravity. */
pl_status pl_worse(pl_status a, pl_status b)
{
    return a > b ? a : b;
}

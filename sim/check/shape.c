#include <stdarg.h>
#include <stdio.h>

#include "sim/check/shape.h"

bool shape_say(shape_sight *sight, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(sight->evidence, sizeof sight->evidence, fmt, args);
    va_end(args);
    return true;
}

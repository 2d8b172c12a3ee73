/* Status codes: what every fallible function returns.
 *
 * A status says who has to act. The words for the person go into a pl_diag (diag.h); the status alone
 * decides the exit code of the program. Zero is success, so `if (st) goto out;` reads well.
 */
#ifndef PL_BASE_STATUS_H
#define PL_BASE_STATUS_H

#define PL_MUST_USE __attribute__((warn_unused_result))
#define PL_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

typedef enum pl_status {
    PL_OK = 0,
    PL_ERR_USER,        /* the input is wrong: scenario, options, data file            exit 2 */
    PL_ERR_WORLD,       /* memory, disk, permissions: the machine said no              exit 3 */
    PL_ERR_NUMERIC,     /* a replicate left the domain of the mathematics              exit 4 */
    PL_ERR_INTERRUPTED  /* SIGINT or SIGTERM was honoured                              exit 130 */
} pl_status;

/* Exit code of the program for a status; "ran well, the answer is no" (1) is decided by the command. */
int pl_exit_code(pl_status status);

/* Of two statuses the graver: interrupted, then numeric, world, user. */
pl_status pl_worse(pl_status a, pl_status b);

#endif

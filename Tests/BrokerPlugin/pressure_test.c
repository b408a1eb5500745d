// What Sources/BrokerPlugin/pressure.c promises. Run by appliance/verify/check-broker-plugin under
// the address and undefined-behaviour sanitizers.
#include "../../Sources/BrokerPlugin/pressure.h"

#include <stdio.h>
#include <stdlib.h>

static int failures;
#define check(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            failures++;                                                                            \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
        }                                                                                          \
    } while (0)

static void levels(void) {
    check(pressure_of(SIZE_MAX, 0) == pressure_none);
    check(pressure_of(74, 100) == pressure_none);
    check(pressure_of(75, 100) == pressure_high);
    check(pressure_of(84, 96) == pressure_highest && pressure_of(83, 96) == pressure_high);
    check(pressure_of(SIZE_MAX, 1 << 30) == pressure_highest);
}

static void allowances(void) {
    struct allowance allowance = {0};
    for (int index = 0; index < 1000; index++)
        check(pressure_admits(pressure_none, &allowance, 1 << 20, 5));
    check(pressure_admits(pressure_high, &allowance, pressure_burst, 5));
    check(!pressure_admits(pressure_high, &allowance, 1, 5));
    check(pressure_admits(pressure_high, &allowance, pressure_rate, 1005));
    check(!pressure_admits(pressure_high, &allowance, 1000, 1005));
    check(pressure_admits(pressure_highest, &allowance, pressure_lowest_rate, 2005));
    check(!pressure_admits(pressure_highest, &allowance, 100, 2005));
    // Small steps of time are not lost.
    size_t given = 0;
    for (int64_t now = 2006; now <= 12005; now++)
        if (pressure_admits(pressure_high, &allowance, 64, now)) given += 64;
    check(given > 9 * pressure_rate && given <= 10 * pressure_rate);
    // Neither a clock that stands or goes back, nor one that jumps, gives anything away.
    check(!pressure_admits(pressure_high, &allowance, pressure_burst, 3));
    check(pressure_admits(pressure_high, &allowance, pressure_burst, INT64_MAX));
    check(!pressure_admits(pressure_high, &allowance, 1, INT64_MAX));
    struct allowance fresh = {0};
    check(!pressure_admits(pressure_highest, &fresh, pressure_burst + 1, 7));
    check(pressure_admits(pressure_highest, &fresh, pressure_burst, 7));
}

static void sets(void) {
    struct connections *connections = connections_new();
    static char places[50000];
    for (size_t index = 0; index < sizeof places; index++) {
        connections_add(connections, places + index);
        connections_add(connections, places + index);
    }
    for (size_t index = 0; index < sizeof places; index += 2)
        connections_remove(connections, places + index);
    for (size_t index = 0; index < sizeof places; index++)
        check(connections_has(connections, places + index) == (index % 2 == 1));
    connections_remove(connections, 0);
    check(!connections_has(connections, 0));
    connections_free(connections);
    connections_free(0);
}

int main(void) {
    levels();
    allowances();
    sets();
    return failures != 0;
}
